from __future__ import annotations

import re
from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.report.word_index import WordIndex, varint

LETTERS = st.text("aZß’é_ 7İ-", max_size=12)


def numbers_of(places):
    """The paragraphs of a word, read as the page reads them."""
    number, gap, unit, found = -1, 0, 1, []
    for byte in places:
        gap += byte % 128 * unit
        unit *= 128
        if byte < 128:
            number += gap
            found.append(number)
            gap, unit = 0, 1
    return found


def index_of(texts, place, most_in_memory):
    index = WordIndex(place, most_in_memory)
    for number, text in texts:
        index.add(number, text)
    return {word: numbers_of(places) for word, places in index.words()}


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 40_000), LETTERS), max_size=12), st.integers(0, 1_000))
def test_every_word_has_its_paragraphs_however_little_memory(tmp_path_factory, gaps, most):
    texts, number, expected = [], -1, defaultdict(list)
    for gap, text in gaps:
        number += gap
        texts.append((number, text))
        for word in sorted(set(re.findall(r"\w+", text.lower()))):
            expected[word].append(number)
    found = index_of(texts, tmp_path_factory.mktemp("index"), most)
    assert found == expected and list(found) == sorted(found)


def test_every_apostrophe_parts_words(tmp_path):
    # ʼ is a letter in Unicode, but is searched for as the others are.
    texts = [(0, "the keeper's log"), (1, "the keeper’s log"), (2, "the KEEPERʼS log")]
    assert index_of(texts, tmp_path, 1_000)["keeper"] == [0, 1, 2]


def test_what_does_not_fit_goes_to_disk(tmp_path):
    texts = [(number, f"ferry {number % 7}") for number in range(100)]
    found = index_of(texts, tmp_path, 1_000)
    assert list(tmp_path.iterdir())
    assert found["ferry"] == list(range(100))
    assert found["3"] == list(range(3, 100, 7))


def test_numbers_in_base_128():
    assert [list(varint(n)) for n in (0, 127, 128, 300, 16_384)] == [
        [0], [127], [128, 1], [172, 2], [128, 128, 1],
    ]  # fmt: skip
