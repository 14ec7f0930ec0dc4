from __future__ import annotations

import pytest

from pipeline.base.codebook import read_codebook
from pipeline.base.errors import CorpusError


def test_shipped_codebook_is_whole():
    themes = read_codebook()
    assert len(themes) >= 5
    for theme in themes.values():
        assert theme.title and theme.definition and theme.not_this and theme.search_terms


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("not toml [", "not a codebook"),
        ("[other]\n", "not a codebook"),
        ('[themes."Bad Id"]\ntitle = "x"\n', "Bad Id"),
        ('[themes.housing]\ntitle = "Housing"\n', "no definition and no search_terms"),
    ],
)
def test_faults_are_named(tmp_path, text, reason):
    path = tmp_path / "codebook.toml"
    path.write_text(text)
    with pytest.raises(CorpusError, match=reason):
        read_codebook(path)


def test_missing_codebook(tmp_path):
    with pytest.raises(CorpusError, match="no codebook"):
        read_codebook(tmp_path / "none.toml")
