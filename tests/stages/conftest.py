from __future__ import annotations

import pytest
from hostile import LETTER


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "a.txt").write_text(LETTER, encoding="utf-8")
    return folder
