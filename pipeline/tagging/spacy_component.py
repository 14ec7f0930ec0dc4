"""A trained model as a component of a spaCy pipeline.

    nlp = spacy.blank("en")
    nlp.add_pipe("inspection_themes")
    doc = nlp("Supervision is regular.")
    doc.cats, doc.spans["themes"]
    spacy.displacy.render(doc, style="span", options={"spans_key": "themes"})

`doc.cats` has the probability of each theme. `doc.spans["themes"]` has the carrying sentence of
each tagged theme, labelled with the theme; `span._.stance` is the stance. Any heading or lead-in
line above the text goes into `doc._.heading` and `doc._.lead_in` before the component runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import minibatch

from pipeline.tagging.model_folder import find_model
from pipeline.tagging.passages import Passage

if TYPE_CHECKING:
    from pipeline.tagging.model import Model

SPANS_KEY = "themes"
for _owner, _name in ((Doc, "heading"), (Doc, "lead_in"), (Span, "stance")):
    if not _owner.has_extension(_name):
        _owner.set_extension(_name, default="")


class ThemeTagger:
    """Tags whole documents, each read as one paragraph."""

    def __init__(self, model: Model, spans_key: str = SPANS_KEY) -> None:
        self.model = model
        self.spans_key = spans_key

    def __call__(self, doc: Doc) -> Doc:
        return next(self.pipe([doc]))

    def pipe(self, docs: Iterable[Doc], batch_size: int = 256) -> Iterator[Doc]:
        """Tag a stream of documents in batches, which is far quicker."""
        for batch in minibatch(docs, batch_size):
            tagging = self.model.tag(
                [Passage(doc.text, doc._.heading, doc._.lead_in) for doc in batch]
            )
            for row, doc in enumerate(batch):
                doc.cats |= dict(
                    zip(self.model.themes, tagging.probability[row].tolist(), strict=True)
                )
                spans = []
                for column in tagging.tagged[row].nonzero()[0]:
                    start, end = tagging.carries[row, column].tolist()
                    span = doc.char_span(
                        start, end, label=self.model.themes[column], alignment_mode="expand"
                    )
                    if span is None:
                        # The lead-in alone carries the theme.
                        continue
                    span._.stance = str(tagging.stance[row, column])
                    spans.append(span)
                doc.spans[self.spans_key] = spans
                yield doc


@Language.factory("inspection_themes", default_config={"model": None, "spans_key": SPANS_KEY})
def make_tagger(nlp: Language, name: str, model: str | None, spans_key: str) -> ThemeTagger:
    """The component; `model` is a model folder, or None for the one in use."""
    # Imported here: spaCy loads this module with every pipeline, also where documents are only
    # read, and scikit-learn takes three seconds.
    from pipeline.tagging.model import load_model

    return ThemeTagger(load_model(find_model(Path(model) if model else None)), spans_key)
