from __future__ import annotations

import pytest

from pipeline.tagging.explain import explain
from pipeline.tagging.passages import Passage
from pipeline.tagging.theme_model import log_odds

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


def test_a_word_weighs_as_much_as_all_its_occurrences(model):
    """Of a theme's own word that is there twice, one seemed to speak against it."""
    text = f"{CARRIES} Camhs has 14 vacancies in 2019, and CAMHS managers know it."
    reason = explain(model, Passage(text), "camhs", n_words=99)
    words = [text[word.start : word.end].lower() for word in reason.words]
    assert words.count("camhs") == 1 and not any(map(str.isdigit, words))
    by_word = dict(zip(words, reason.words, strict=True))
    assert by_word["camhs"].start == text.index("CAMHS") and by_word["camhs"].weight > 0
    bare = text.replace("CAMHS", "").replace("Camhs", "")
    odds = log_odds(model.tag([Passage(text), Passage(bare)]).probability[:, column(model)])
    assert by_word["camhs"].weight == pytest.approx(odds[0] - odds[1], rel=1e-3)


def column(model):
    return model.themes.index("camhs")


@pytest.mark.parametrize("text", ["", "☃", "the of and", "İstanbul CAMHS ﬁnds"])
def test_odd_texts_have_a_reason_too(model, text):
    reason = explain(model, Passage(text), "camhs")
    assert all(0 <= word.start < word.end <= len(text) for word in reason.words)
    assert 0 <= reason.start <= reason.end <= len(text)


def test_unknown_theme(model):
    with pytest.raises(KeyError, match="housing"):
        explain(model, Passage(TEXT), "housing")
