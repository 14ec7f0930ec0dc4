from __future__ import annotations

import datetime

import pandas as pd
import pytest

from pipeline.base.codebook import Theme
from pipeline.base.columns import DOCUMENTS, HALF_COLUMNS
from pipeline.matrix.evidence import EVIDENCE
from pipeline.report.quotations import FEWEST, MOST, choose_quotations

MANY = [f"theme {n}" for n in range(12)]
THEMES = {
    name: Theme(name, name.capitalize(), "", "", (), ())
    for name in ("supervision", "camhs", *MANY)
}


def documents(*years):
    return pd.DataFrame(
        [
            dict.fromkeys(DOCUMENTS, "")
            | {"doc_id": f"d{year}", "source_file": f"{year}.pdf", "document_type": "inspection",
               "published_on": datetime.date(year, 5, 3), "inspected_to": None}
            for year in years
        ]
    )  # fmt: skip


def said(text, year=2020, stance="strength", theme="camhs", page=2, **more):
    return dict.fromkeys(EVIDENCE, "") | dict.fromkeys(HALF_COLUMNS) | {
        "doc_id": f"d{year}", "source_file": f"{year}.pdf", "document_type": "inspection",
        "stance": stance, "theme": theme, "page": page, "text": text, "probability": 0.9,
        "carries_from": 0, "carries_to": len(text), **more,
    }  # fmt: skip


def counted(*themes, year=2020):
    """How often the report of a year praises each theme, and how often it worries about it."""
    rows = [(f"d{year}", *theme) for theme in themes]
    return pd.DataFrame(rows, columns=["doc_id", "theme", "n_strength", "n_concern"])


def choose(
    rows, *years, n_pages=9, link_of=lambda file, page: f"./{file}#page={page}", latest=None
):
    evidence = pd.DataFrame(rows, columns=EVIDENCE)
    evidence = evidence.astype(
        dict.fromkeys(("carries_from", "carries_to", *HALF_COLUMNS), "Int64")
    )
    about = documents(*(years or (2020,))).assign(n_pages=n_pages)
    latest = counted() if latest is None else latest
    return choose_quotations(evidence, about, latest, THEMES, link_of)


GOOD = "The harbour team answers every call within {} minutes on most days."

NOT_QUOTED = {
    "too short": "The team answers calls.",
    "too long": "The team " + "answers many calls " * 20 + "each day.",
    "no full stop": "The harbour team answers every call within nine minutes",
    "begins in the middle": "and the harbour team answers every call within nine minutes.",
    "neutral": said(GOOD.format(9), stance="neutral"),
    "what is to improve": said(GOOD.format(9), heading="Summary > What needs to improve"),
    "a recommendation": said(GOOD.format(9), lead_in="The council should:"),
    "no carrying sentence": said(GOOD.format(9), carries_from=None, carries_to=None),
}


@pytest.mark.parametrize("name", NOT_QUOTED)
def test_what_cannot_stand_alone_is_not_quoted(name):
    row = NOT_QUOTED[name]
    assert choose([said(row) if isinstance(row, str) else row]) == []


def test_a_quotation_says_where_it_stands():
    text = "12. " + GOOD.format(9)
    (quotation,) = choose([said(text, theme="supervision", stance="concern", page=7)])
    assert quotation.text == GOOD.format(9)
    assert (quotation.stance, quotation.theme) == ("concern", "Supervision")
    assert quotation.source == "inspection, 3 May 2020, page 7"
    assert quotation.link == "./2020.pdf#page=7"
    (whole,) = choose([said(text)], n_pages=None)
    assert whole.source == "inspection, 3 May 2020"
    (public,) = choose([said(text, url="https://example.org/1#page=2")])
    assert public.link == "https://example.org/1#page=2"


def test_a_mixed_paragraph_is_quoted_by_the_sentences_it_is_made_of():
    praise, worry = (
        GOOD.format("nine"),
        "Some calls from the ferry quarter wait for two days or more.",
    )
    rest = " The lighthouse opened again in spring." * 20
    text = f"{praise}{rest} {worry}"
    start = text.index(worry)
    halves = dict(zip(HALF_COLUMNS, (0, len(praise), start, len(text)), strict=True))
    chosen = choose([said(text, stance="mixed", carries_from=3, carries_to=9, **halves)])
    assert [(q.text, q.stance) for q in chosen] == [(praise, "strength"), (worry, "concern")]
    assert choose([said(text, stance="mixed")]) == []


def test_the_newest_first_and_two_of_each_before_a_third():
    rows = [said(GOOD.format(f"{year} and {n}"), year) for year in (2012, 2020) for n in range(9)]
    chosen = choose(rows, 2020, 2012)
    assert len(chosen) == MOST
    years = [int(quotation.link[2:6]) for quotation in chosen]
    assert years == [2020] * 4 + [2012] * 4
    rows = [row for row in rows if row["doc_id"] == "d2020" or row["text"] == rows[0]["text"]]
    assert [q.link[2:6] for q in choose(rows, 2020, 2012)] == ["2020"] * 7 + ["2012"]


def test_stances_and_themes_take_turns():
    rows = [
        said(GOOD.format(f"{theme} {stance} {n}"), stance=stance, theme=theme, probability=p)
        for theme, stance, p in (
            ("camhs", "strength", 0.99), ("camhs", "concern", 0.91),
            ("supervision", "strength", 0.95), ("supervision", "concern", 0.9),
        )
        for n in range(6)
    ]  # fmt: skip
    chosen = choose(rows)
    assert [q.stance for q in chosen] == ["strength"] * 4 + ["concern"] * 4
    assert sorted(q.theme for q in chosen) == ["Camhs"] * 4 + ["Supervision"] * 4


# How often the latest report praises supervision, and worries about it, and of which stance its
# one sentence on it is, of many on another theme, is quoted for certain.
WEIGHTS = {
    "mostly concern": (0, 11, "concern"),
    "mostly praise": (6, 1, "strength"),
    "few concerns": (0, 4, None),
    "as much praise": (6, 6, None),
}


@pytest.mark.parametrize("second_best", [False, True])
@pytest.mark.parametrize("name", WEIGHTS)
def test_what_weighs_most_in_the_latest_report_is_quoted(name, second_best):
    """Praise of it, from the report before, was all that was quoted of a main worry."""
    n_strength, n_concern, stance = WEIGHTS[name]
    rows = [
        said(GOOD.format(f"{year} {stance} {n}"), year, stance, probability=0.99)
        for year in (2020, 2015, 2012)
        for stance in ("strength", "concern")
        for n in range(4)
    ]
    own = {
        stance: said(
            f"{'This' if second_best else 'Here'} is {stance} about the harbour team’s guidance.",
            stance=stance, theme="supervision", probability=0.91,
        )
        for stance in ("strength", "concern")
    }  # fmt: skip
    old = said(GOOD.format("old praise"), 2012, theme="supervision", probability=1.0)
    latest = counted(("camhs", 3, 3), ("supervision", n_strength, n_concern))
    chosen = choose([*rows, *own.values(), old], 2020, 2015, 2012, latest=latest)
    assert len(chosen) == MOST
    texts = [quotation.text for quotation in chosen]
    if stance:
        assert own[stance]["text"] in texts
    elif second_best:
        assert not {row["text"] for row in own.values()} & set(texts)


def test_no_more_are_quoted_than_there_is_room_for():
    rows = [said(GOOD.format(name), stance="concern", theme=name) for name in MANY]
    latest = counted(*((name, 0, 5 + n) for n, name in enumerate(MANY)))
    chosen = choose(rows, latest=latest)
    assert {quotation.theme for quotation in chosen} == {THEMES[n].title for n in MANY[-MOST:]}


def test_a_sentence_is_quoted_once():
    rows = [said(GOOD.format(9)), said(GOOD.format(9), theme="supervision"), said(GOOD.format(8))]
    assert len(choose(rows)) == 2


SECOND_BEST = {
    "hardly about the theme": lambda n: said(GOOD.format(n), probability=0.6),
    "leans on the one before": lambda n: said(f"This helps {n} families of the harbour a lot."),
    "a small part of its paragraph": lambda n: said(
        GOOD.format(n) + " More is said." * 40, carries_to=len(GOOD.format(n))
    ),
}


@pytest.mark.parametrize("name", SECOND_BEST)
def test_second_best_sentences_only_fill_up(name):
    second = [SECOND_BEST[name](n) for n in range(10, 19)]
    assert len(choose(second)) == FEWEST
    best = [said(GOOD.format(f"{n}{n}")) for n in range(4)]
    texts = [quotation.text for quotation in choose([*second, *best])]
    assert len(texts) == FEWEST and set(texts) > {row["text"] for row in best}
    full = [said(GOOD.format(f"{n}{n}")) for n in range(6)]
    assert len(choose([*second, *full])) == len(full)
