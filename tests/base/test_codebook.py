from __future__ import annotations

import pytest

from pipeline.base.codebook import Theme, name_themes, read_codebook
from pipeline.base.errors import CorpusError

HOUSING = """
[themes.housing]
title = "Housing"
definition = "Where families live."
search_terms = ["hous*", "tenancy"]
"""


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
        ("[[themes]]\n", "not a codebook"),
        ('[themes]\nhousing = "Housing"\n', "not a codebook"),
        ('[themes.housing]\nsearch_terms = "hous*"\n', "search_terms of .* housing is not a list"),
        ("[themes.housing]\nsearch_terms = [1]\n", "search_terms of .* housing is not a list"),
        (f'{HOUSING}negative_terms = ["the rent", "16+", "*"]', r"term without a word: '\*'"),
        ("[themes.housing]\ntitle = 1\n", "title of the theme housing is not text"),
    ],
)
def test_faults_are_named(tmp_path, text, reason):
    path = tmp_path / "codebook.toml"
    path.write_text(text)
    with pytest.raises(CorpusError, match=reason):
        read_codebook(path)


def read(tmp_path, text):
    path = tmp_path / "codebook.toml"
    path.write_text(text)
    return read_codebook(path)


def test_a_theme_needs_little(tmp_path):
    theme = read(tmp_path, HOUSING)["housing"]
    assert (theme.id, theme.title, theme.not_this, theme.negative_terms) == (
        "housing",
        "Housing",
        "",
        (),
    )
    # Who would search for it searches for its terms, unless something else is said.
    assert theme.keywords == theme.search_terms == ("hous*", "tenancy")
    told = read(tmp_path, f'{HOUSING}keywords = ["tenancy"]\nnot = "hospitals"\n')["housing"]
    assert (told.keywords, told.not_this) == (("tenancy",), "hospitals")


def test_a_byte_order_mark_does_no_harm(tmp_path):
    """As Windows editors write it."""
    (tmp_path / "codebook.toml").write_text(HOUSING.lstrip(), encoding="utf-8-sig")
    assert list(read_codebook(tmp_path / "codebook.toml")) == ["housing"]


NAMED = {
    "a hyphen": ("step-down", "Step down from care", True),
    "an apostrophe": ("Children's homes", "the children’s homes of Greymoor", True),
    "a sign": ("16+", "services for 16+", True),
    "an ending": ("out-of-area*", "out of areas", True),
    "another word": ("step-down", "steps down", False),
}


@pytest.mark.parametrize("name", NAMED)
def test_a_title_names_a_theme_however_its_term_is_written(name):
    term, title, expected = NAMED[name]
    assert Theme("t", "T", "", "", (term,), ()).is_named_in(title) == expected


def test_keywords_are_search_terms(tmp_path):
    with pytest.raises(CorpusError, match=r"housing.*keywords.*: rent, roof\."):
        read(tmp_path, f'{HOUSING}keywords = ["tenancy", "roof", "rent"]\n')


def test_themes_keep_the_order_of_the_file(tmp_path):
    other = HOUSING.replace("housing]", "early_help]").replace("Housing", "Early help")
    assert list(read(tmp_path, HOUSING + other)) == ["housing", "early_help"]


def test_two_themes_cannot_have_one_title(tmp_path):
    """Programs for qualitative data cannot tell their codes apart."""
    other = HOUSING.replace("housing]", "homes]").replace("Housing", "HOUSING")
    with pytest.raises(CorpusError, match="two themes have the title 'Housing'"):
        read(tmp_path, HOUSING + other)


def test_what_cannot_be_seen_is_left_out(tmp_path):
    (theme,) = read(tmp_path, HOUSING.replace("families", "\\u0007fam\\u200bilies")).values()
    assert theme.definition == "Where families live."


def test_a_folder_is_no_codebook(tmp_path):
    with pytest.raises(CorpusError, match="no codebook"):
        read_codebook(tmp_path)


def test_a_theme_that_only_the_model_knows_goes_by_its_id():
    named = name_themes(["camhs", "stone_circles", "camhs"])
    assert list(named) == ["camhs", "stone_circles"]
    assert named["camhs"] == read_codebook()["camhs"]
    assert named["stone_circles"].title == "stone_circles"


def test_missing_codebook(tmp_path):
    with pytest.raises(CorpusError, match="no codebook"):
        read_codebook(tmp_path / "none.toml")
