from __future__ import annotations

import pytest
import spacy
from spacy import displacy

from pipeline.tagging.passages import Passage

TEXT = "The roof was mended. Waits for CAMHS are far too long for children. The hall is old."


@pytest.fixture(scope="module")
def nlp():
    # By its name alone, as in a notebook: the installed package announces the component.
    nlp = spacy.blank("en")
    nlp.add_pipe("inspection_themes")
    return nlp


def test_cats_and_spans(nlp, model):
    doc = nlp(TEXT)
    assert list(doc.cats) == model.themes
    expected = model.tag([Passage(TEXT)]).probability[0].tolist()
    assert list(doc.cats.values()) == pytest.approx(expected)
    (span,) = doc.spans["themes"]
    assert (span.label_, span._.stance) == ("camhs", "concern")
    assert span.text == "Waits for CAMHS are far too long for children."


def test_displacy_shows_the_carrying_sentence(nlp):
    html = displacy.render(nlp(TEXT), style="span", options={"spans_key": "themes"}, jupyter=False)
    assert "camhs" in html


def test_heading_and_lead_in_are_read(nlp):
    doc = nlp.make_doc("supervision of social workers")
    doc._.heading, doc._.lead_in = "What needs to improve", "Leaders should improve:"
    above = nlp.get_pipe("inspection_themes")(doc).cats["supervision"]
    assert above != pytest.approx(nlp("supervision of social workers").cats["supervision"])


def test_a_stream_is_read_in_order(nlp):
    texts = [TEXT, "", "Early help is good.", "Two libraries are open."] * 3
    docs = list(nlp.pipe(texts, batch_size=5))
    assert [doc.text for doc in docs] == texts
    assert docs[0].cats == pytest.approx(nlp(TEXT).cats, abs=1e-6)
    assert [len(doc.spans["themes"]) for doc in docs[:4]] == [1, 0, 1, 0]


def test_to_read_a_document_needs_no_scikit_learn(loaded_by):
    code = "from pipeline.documents.read_document import warm_up\nwarm_up()"
    assert loaded_by(code, "sklearn", "skops", "onnxruntime") == []
