from __future__ import annotations

import shutil

import pytest


@pytest.fixture(scope="session")
def node():
    """The program that runs the scripts of the page."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed (apt-get install nodejs)")
    return node
