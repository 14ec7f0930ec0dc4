from __future__ import annotations

import pytest
from hostile import LETTER


@pytest.fixture
def corpus(tmp_path):
    """A folder of two letters."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "a.txt").write_text(LETTER, encoding="utf-8")
    (folder / "b.txt").write_text(LETTER.replace("Thorne", "Holt"), encoding="utf-8")
    return folder
