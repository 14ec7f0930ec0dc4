from __future__ import annotations

import pytest

from pipeline.tagging.explain import explain
from pipeline.tagging.passages import Passage

CARRIES = "Waits for CAMHS are far too long, and children's mental health gets worse."
TEXT = f"The council has two offices. {CARRIES} The roof was mended in May."


def test_the_reason_is_the_sentence_and_its_words(model):
    reason = explain(model, Passage(TEXT), "camhs")
    assert reason.tagged and reason.stance == "concern" and reason.probability > 0.5
    assert TEXT[reason.start : reason.end] == CARRIES
    words = {TEXT[word.start : word.end]: word.weight for word in reason.words}
    assert words["CAMHS"] > 0
    # Without a word another sentence is not one any more, and to the encoder that is something.
    assert max(abs(words.get(word, 0)) for word in ("roof", "offices")) < words["CAMHS"] / 4
    weights = [abs(word.weight) for word in reason.words]
    assert weights == sorted(weights, reverse=True)


def test_a_weight_is_what_the_word_is_worth(model):
    reason = explain(model, Passage(TEXT), "camhs", n_words=1)
    (word,) = reason.words
    without = Passage(TEXT[: word.start] + TEXT[word.end :])
    assert explain(model, without, "camhs").probability < reason.probability


@pytest.mark.parametrize("text", ["", "☃", "the of and", "İstanbul CAMHS ﬁnds"])
def test_odd_texts_have_a_reason_too(model, text):
    reason = explain(model, Passage(text), "camhs")
    assert all(0 <= word.start < word.end <= len(text) for word in reason.words)
    assert 0 <= reason.start <= reason.end <= len(text)


def test_unknown_theme(model):
    with pytest.raises(KeyError, match="housing"):
        explain(model, Passage(TEXT), "housing")
