from __future__ import annotations

from dataclasses import replace

import pandas as pd

from pipeline.base.columns import DOCUMENTS, MOVEMENTS
from pipeline.cli.news import print_news
from pipeline.report.news import News
from pipeline.running.news import nothing_new


def test_nothing_new_is_said(capsys):
    print_news(nothing_new("2026-01-05T06:00:00Z"))
    assert capsys.readouterr().out == "Nothing new since 2026-01-05.\n"


def said_of(capsys, **changes):
    came = {name: 9 for name in MOVEMENTS if name.startswith("new_")}
    row = dict.fromkeys(MOVEMENTS, 18) | came | {
        "authority": "Kent", "theme": "camhs", "share_moved": "up", "before_share": 0.04,
        "share": 0.06, "difference": 0.05, "balance_moved": "up", "before_balance": float("nan"),
        "balance": 0.5,
    } | changes  # fmt: skip
    document = dict.fromkeys(DOCUMENTS, "") | {"authority": "Kent", "document_type": "inspection"}
    read = {
        "authority": "Kent", "theme": "camhs", "stance": "concern", "source_file": "a.pdf",
        "page": 3, "url": "", "sentence": "The ferry clinic was full.",
    }  # fmt: skip
    news = News(
        "2026-01-05T06:00:00Z", "", pd.DataFrame([document]), ("b.pdf",), (), (),
        pd.DataFrame([row]), pd.DataFrame([read]),
    )  # fmt: skip
    print_news(news)
    return capsys.readouterr().out


def test_what_is_new_is_said_in_a_few_lines(capsys):
    said = said_of(capsys)
    for part in (
        "New since 2026-01-05: 1 document.", "- Kent, inspection", "No longer there: b.pdf.",
        "1 cell changed, 1 of them beyond chance",
        "share up: +5.0 points from other documents to new ones of their kind; in all 4.0% → 6.0%",
        "none said → 50%", "concern: “The ferry clinic was full.” (a.pdf, page 3)",
    ):  # fmt: skip
        assert part in said


def test_a_balance_of_few_is_not_said_to_have_moved(capsys):
    said = said_of(capsys, n_strength=10, n_concern=10)
    assert "share up" in said and "none said" not in said
    said = said_of(capsys, n_strength=10, n_concern=10, share_moved="no clear change")
    assert "1 cell changed, none beyond chance." in said


def test_a_long_list_of_what_has_gone_says_how_long_it_is(capsys):
    gone = tuple(f"{n}.pdf" for n in range(23))
    print_news(replace(nothing_new("2026-01-05T06:00:00Z"), gone=gone))
    assert "19.pdf and 3 more, which run.json lists." in capsys.readouterr().out
