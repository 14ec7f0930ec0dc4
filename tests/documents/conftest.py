from __future__ import annotations

import pytest

from pipeline.documents.authorities import load_authorities
from pipeline.documents.authority_names import build_matcher


@pytest.fixture(scope="session")
def authorities():
    """The shipped table of authorities."""
    return load_authorities()


@pytest.fixture(scope="session")
def matcher(authorities):
    """All names of the shipped table made ready for matching, which takes a while."""
    return build_matcher(authorities)
