"""Describe: what the parts find of a document, put together."""

from __future__ import annotations

import pytest
from factories import blocks_of
from hypothesis import given, settings
from hypothesis import strategies as st
from specimens import CABINET, DOCUMENTS, FOCUSED, ILACS, MONITORING, PEERS, SCRUTINY, day

from pipeline.base.columns import DOCUMENT_TYPES
from pipeline.base.records import KINDS, Block
from pipeline.documents.describe import Description, describe_document


@pytest.fixture(scope="module")
def describe(matcher):
    """Describe a document written line by line (see `factories.blocks_of`)."""

    def make(text: str, furniture: tuple[str, ...] = ()) -> Description:
        return describe_document("x.pdf", blocks_of(text), furniture, matcher)

    return make


@pytest.mark.parametrize("case", DOCUMENTS)
def test_kind_framework_and_dates(describe, case):
    text, kind, framework, published, first, last = DOCUMENTS[case]
    got = describe(text)
    assert (got.document_type, got.framework) == (kind, framework)
    assert (got.published_on, got.inspected_from, got.inspected_to) == (
        day(published),
        day(first),
        day(last),
    )


@pytest.mark.parametrize(
    ("text", "published", "precision"),
    [
        ("# Task group report\nSeptember 2013", "2013-09-01", "month"),
        ("# Task group report\n3 September 2013", "2013-09-03", "day"),
        ("# Task group report", None, ""),
    ],
)
def test_how_exactly_a_document_is_dated(describe, text, published, precision):
    got = describe(text)
    assert (got.published_on, got.published_precision) == (day(published), precision)


def test_a_footer_with_the_first_day_is_no_publication_date(describe):
    assert describe(ILACS, furniture=("3 May 2021",)).published_on is None


@pytest.mark.parametrize("text", [FOCUSED, MONITORING, PEERS, CABINET, SCRUTINY])
def test_documents_that_only_mention_a_grade_have_none(describe, text):
    assert describe(text).overall_effectiveness == ""


def test_authority_code_and_region_come_from_the_table(describe):
    got = describe(FOCUSED)
    assert (got.authority, got.ons_code, got.region) == ("Devon", "E10000008", "South West")


@pytest.mark.parametrize("text", ["", "\x00\x07 \x0c", "x" * 300_000, "1 " * 50_000, "| " * 9_000])
def test_odd_documents_are_other_and_empty(matcher, text):
    blocks = [Block("paragraph", text, 1)] if text else []
    assert describe_document("", blocks, [], matcher) == Description()


LINES = st.sampled_from([line for text, *_ in DOCUMENTS.values() for line in text.splitlines()])
BLOCKS = st.builds(
    Block,
    st.sampled_from(KINDS),
    st.one_of(LINES, st.text(max_size=60)),
    st.integers(min_value=1, max_value=4),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(BLOCKS, max_size=12), st.text(max_size=30), st.lists(LINES, max_size=3))
def test_whatever_comes_the_description_is_sound(matcher, blocks, path, furniture):
    got = describe_document(path, blocks, furniture, matcher)
    assert got.document_type in DOCUMENT_TYPES
    assert (got.inspected_from is None) == (got.inspected_to is None)
    if got.inspected_from and got.inspected_to:
        assert got.inspected_from <= got.inspected_to
    if got.document_type != "inspection":
        assert got.overall_effectiveness == ""


def test_characters_that_nobody_sees_hide_nothing(matcher):
    hidden = [
        Block(b.kind, "\u200b**" + b.text.replace(" ", "\x07 "), 1) for b in blocks_of(ILACS)
    ]
    assert describe_document("", hidden, [], matcher) == describe_document(
        "", blocks_of(ILACS), [], matcher
    )
