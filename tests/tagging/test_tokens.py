from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.base.codebook import WORD, Theme
from pipeline.tagging.passages import Passage
from pipeline.tagging.tokens import (
    TermFinder,
    clause_spans,
    clause_tokens,
    heading_tokens,
    passage_sentences,
    read_sentences,
    sentence_tokens,
)

THEME = Theme(
    "oversight", "Oversight", "x", "", ("supervis*", "management grip"), ("supervision order*",)
)
FINDER = TermFinder([THEME])


def sentences(text):
    return [sentence.text.strip() for sentence in read_sentences(text)]


SENTENCES = [
    ("Visits are timely. Plans are not.", ["Visits are timely.", "Plans are not."]),
    ("Some 4.5 per cent wait, e.g. for help.", ["Some 4.5 per cent wait, e.g. for help."]),
    ("They said ‘stop.’ Nobody did.", ["They said ‘stop.’", "Nobody did."]),
    ("", []),
]


@pytest.mark.parametrize(("text", "expected"), SENTENCES)
def test_sentences(text, expected):
    assert [s for s in sentences(text) if s] == expected


@settings(deadline=None)
@given(st.text(max_size=150))
def test_sentences_cover_the_text(text):
    found = read_sentences(text)
    assert all(text[s.start :].startswith(s.text) for s in found)
    assert "".join("".join(s.text.split()) for s in found) == "".join(text.split())


MANY_MARKS = {
    "a form's line": "Name and role: " + "_" * 90 + " of the manager",
    "dots": "Supervision" + "." * 90 + "9",
    "inside brackets": "(" * 60 + "supervision" + ")" * 60,
    "possessives": "the council" + "'s" * 60 + " plans",
    "bullets": "plans" + "(•(" * 60 + "•visits",
}


@pytest.mark.parametrize("name", MANY_MARKS)
def test_a_long_run_of_marks_costs_no_word_and_no_mark(name):
    text = MANY_MARKS[name]
    found = read_sentences(text)
    words = [pair for s in found for pair in zip(s.starts, s.words, strict=True)]
    assert words == [(match.start(), match[0]) for match in WORD.finditer(text.lower())]
    assert "".join("".join(s.text.split()) for s in found) == "".join(text.split())


def terms(text):
    [sentence] = read_sentences(text)
    return {term.name: term.negative for _, term in FINDER.find(sentence.words)}


def test_negative_term_covers_the_search_term_inside_it():
    assert terms("a supervision order was made") == {"supervision_order*": True}
    assert terms("supervision is reflective") == {"supervis*": False}
    assert terms("supervision of work under supervision orders") == {
        "supervis*": False,
        "supervision_order*": True,
    }
    assert terms("management has a grip") == {}


WRITTEN = {
    "a hyphen": ("step-down", "A step-down plan, and a step down.", "step_down", 2),
    "no hyphen": ("step down", "A step-down plan, and a step down.", "step_down", 2),
    "an apostrophe": ("Children's homes", "All children’s homes are full.", "children_s_homes", 1),
    "several hyphens": ("out-of-area", "They live out-of-area.", "out_of_area", 1),
    "one digit": ("tier-3*", "The wait for tier 3 is long.", "tier_3*", 1),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_punctuation_of_a_term_does_not_count(name):
    term, text, found, n = WRITTEN[name]
    finder = TermFinder([Theme("t", "T", "", "", (term, term.replace("-", " ")), ())])
    [sentence] = read_sentences(text)
    assert [hit.name for _, hit in finder.find(sentence.words)] == [found] * n
    assert f"t={found}" in sentence_tokens(sentence.words, finder)


def test_tokens_say_what_they_are():
    tokens = sentence_tokens(("management", "grip", "is", "weak"), FINDER)
    assert {"w=grip", "b=manag_grip", "x=manag", "t=management_grip", "k=oversight"} <= set(tokens)
    assert "p=management_grip~weak" in tokens
    assert not any("is" in token.split("_") for token in tokens if token.startswith("b="))


def test_clauses_keep_apart_what_a_sentence_joins():
    [sentence] = read_sentences("Supervision is regular, but plans drift.")
    found = clause_tokens(sentence, FINDER)
    assert "w=regular" in found["oversight"]
    assert "w=drift" not in found["oversight"]


CLAUSES = [
    ("Supervision is regular, but plans drift.", ["Supervision is regular, but"]),
    ("Plans drift, yet supervision is regular.", [" supervision is regular."]),
    (
        "Supervision is late; visits are timely; supervisors know it.",
        ["Supervision is late;", " supervisors know it."],
    ),
    # One clause only: all of it.
    ("Supervision is regular.", None),
    # No clause has a term, or only one of something else.
    ("Plans drift, but visits are timely.", None),
    ("Plans drift, but supervision orders end.", None),
]


@pytest.mark.parametrize(("sentence", "expected"), CLAUSES)
def test_clauses_with_a_term_are_found_in_their_sentence(sentence, expected):
    text = f"Leaders know it. {sentence} Nothing else."
    start = text.index(sentence)
    found = clause_spans(text, (start, start + len(sentence)), FINDER).get("oversight")
    assert (found and [text[a:b] for a, b in found]) == expected


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(["supervision", "plans", ";", ":", "but", "yet", ",", ".", "A", "(“"]),
        max_size=15,
    )
)
def test_clauses_lie_in_their_sentence_one_after_another(words):
    text = " ".join(words)
    for sentence in read_sentences(text):
        start, end = sentence.span
        for spans in clause_spans(text, (start, end), FINDER).values():
            ends = [start, *(place for span in spans for place in span), end]
            assert ends == sorted(ends)
            assert all("supervision" in text[a:b] for a, b in spans)


def test_innermost_heading_counts_apart():
    tokens = heading_tokens("Farwick > What needs to improve")
    assert "h=improv" in tokens and "H=farwick" in tokens and "h=farwick" not in tokens


def test_lead_in_comes_first():
    [found] = passage_sentences(
        [Passage("the pace of plans", "", "Leaders agree. They should improve:")]
    )
    assert [s.text.strip() for s in found] == ["They should improve:", "the pace of plans"]
