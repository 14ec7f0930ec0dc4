from __future__ import annotations

import re
from html import escape as html_escape

import pandas as pd
import pytest
from samples import THEMES

from pipeline.base.codebook import Theme, name_themes
from pipeline.validation.page import Grid, Section, compose, write_page

HOSTILE = '"><script>alert(1)</script>'
NASTY = [HOSTILE, "](javascript:alert(1))", "a|b", "*bold* `code`", "# head\n\n| x |", "\ud800"]


@pytest.fixture
def pages(tmp_path):
    def write(*sections, title="Validation of my-matrix"):
        write_page(title, sections, tmp_path)
        return [
            tmp_path.joinpath(f"validation.{end}").read_text(encoding="utf-8")
            for end in ("html", "md")
        ]

    return write


def test_a_page_as_it_stands(pages):
    grid = Grid("The sample", ("Kind", "Share"), [("inspection", "4.5%\n[3.1–6.2]")])
    html, markdown = pages(Section("What was coded", ["Two people.", grid]))
    assert markdown == (
        "# Validation of my-matrix\n\n## What was coded\n\nTwo people.\n\n**The sample**\n\n"
        "| Kind | Share |\n| --- | --- |\n| inspection | 4.5% [3.1–6.2] |\n"
    )
    assert '<tr><th scope="row">inspection</th><td>4.5%\n[3.1–6.2]</td></tr>' in html
    assert "<caption>The sample</caption>" in html and '<html lang="en-GB">' in html


@pytest.mark.parametrize("text", NASTY)
def test_names_cannot_become_markup(text, pages):
    grid = Grid(text, ("Coder", text), [(text, text)])
    html, markdown = pages(Section("What was coded", [text, grid]), title=text)
    assert "<script" not in html and html.count("<h2>") == 1 and html.count("<td>") == 1
    # One line for a row, two dividers beside the outer ones, and no link.
    rows = [line for line in markdown.splitlines() if line.startswith("|")]
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in rows] == [3, 3, 3]
    assert "](" not in markdown and not re.search(r"(?<!\\)<", markdown)


def test_a_page_loads_and_runs_nothing(pages):
    html, _ = pages(Section("What was coded", []))
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]+)"', html)
    assert set(re.sub(r"'sha256-[^']+'", "HASH", policy).split("; ")) == {
        "default-src 'none'", "base-uri 'none'", "form-action 'none'", "style-src HASH",
    }  # fmt: skip
    assert not re.search(r"<(script|img|link|iframe|form)|https?://|style=|\son\w+=", html)


def test_all_that_was_found_is_on_the_page(differed, made):
    run, done = differed
    html, markdown = (
        run.joinpath(f"validation.{end}").read_text("utf-8") for end in ("html", "md")
    )
    assert done.page == run / "validation.html"
    for page in (html, markdown):
        assert "120 paragraphs of the run were drawn at random; 120 were coded" in page
        for theme in name_themes(made.themes).values():
            assert html_escape(theme.title) in page or theme.title in page
        for part in ("Confusion of stances", "Anna with Ben, in the sample", "Ben with the model",
                     "weighted to the run", "To quote: Anna with Ben, on whether 120 paragraphs",
                     "focused visit", "Codes to halve the interval"):  # fmt: skip
            assert part in page
    assert "nan" not in html.replace("Finan", "") and "None" not in html
    # Two coders agree on all but the paragraphs one of them missed.
    kappa = re.search(r"Children's mental health: κ (0\.\d\d) \[0\.\d\d, [01]\.\d\d\]", markdown)
    assert kappa and 0.5 < float(kappa.group(1)) < 1


def test_themes_without_a_title_keep_their_id():
    kinds = pd.DataFrame({"kind": ["inspection"], "n_documents": [1], "n_paragraphs": [9]})
    sample = pd.DataFrame({"kind": ["inspection"] * 2})
    verdicts = pd.DataFrame(
        {"coder": ["Anna"], "paragraph_id": ["a"], "document_type": ["inspection"]}
    )
    row = dict.fromkeys(("low", "high"), float("nan")) | {
        "slice": "all",
        "value": "",
        "of": "",
        "estimate": 0.5,
    }
    table = pd.DataFrame(
        [row | {"theme": THEMES[0], "measure": name, "n_paragraphs": 2, "n_documents": 1, "n_coded": 1, "n_more": 7}
         for name in ("share", "share_tagged", "share_corrected", "precision", "recall")]
    )  # fmt: skip
    themes = {"two": Theme("two", "The second", "", "", (), ())}
    sections = compose(table, sample, verdicts, kinds, themes)
    assert [section.heading for section in sections][:2] == [
        "What was coded",
        "Shares of the themes, and errors of the tags",
    ]
    [grid] = [part for part in sections[1].parts if isinstance(part, Grid)]
    assert grid.rows == [("one", "1 of 2", "50.0%", "50.0%", "50.0%", "50.0%", "50.0%", "7")]
