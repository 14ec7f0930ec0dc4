"""The kinds of document in a run: whether the classifier was validated on them, and knows them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipeline.base.columns import DOCUMENT_TYPES, KINDS
from pipeline.base.counted import counted
from pipeline.matrix.intervals import (
    MIN_VALIDATED,
    MIN_VALIDATED_DOCUMENTS,
    OF_THIS_RUN,
    is_validated,
)

# A kind is unfamiliar if this share of its documents are. Of documents like those that the model
# learnt from, one or two in a hundred are.
UNFAMILIAR_SHARE = 0.2
# What tables, workbook, picture and report say of a share that cannot be corrected.
NOT_VALIDATED = "not validated for this kind"
NOT_CORRECTED = (
    "the tags are not validated on this kind of document, and its shares are not corrected."
)


def build_kinds(documents: pd.DataFrame, card: Mapping) -> pd.DataFrame:
    """The `kinds` table: a row for each document type of the run, as declared in `KINDS`.

    `card` is the model's; {} or an older one has validated nothing.
    """
    known = card.get("kinds") or {}
    by_kind = dict(list(documents.groupby("document_type")))
    rows = []
    for kind in sorted(by_kind, key=(*DOCUMENT_TYPES, *by_kind).index):
        own = by_kind[kind]
        n_validated, validated, note = _validation(known.get(kind))
        strange = int(own["unfamiliar"].sum())
        unfamiliar = strange >= UNFAMILIAR_SHARE * len(own)
        row = (kind, own["doc_id"].nunique(), own["n_paragraphs"].sum(), n_validated, validated)
        note += _say_unfamiliar(strange, len(own)) if unfamiliar else ""
        rows.append((*row, own["familiarity"].astype(float).mean(), unfamiliar, note))
    table = pd.DataFrame(rows, columns=KINDS)
    whole = ["n_documents", "n_paragraphs", "n_validated"]
    yes_no = dict.fromkeys(("validated", "unfamiliar"), bool)
    return table.astype(
        {**dict.fromkeys(whole, "int64"), **yes_no, "familiarity": float, "note": "str"}
    )


def _say_unfamiliar(n: int, of: int) -> str:
    which = "The document is" if of == 1 else f"{n} of {of} documents are"
    return f" {which} unlike those that the model learnt from: read the evidence."


def _validation(known: Mapping | None) -> tuple[int, bool, str]:
    """`n_validated`, `validated` and `note` of a kind."""
    if known is None:
        return 0, False, f"No paragraph of this kind was coded at random: {NOT_CORRECTED}"
    n, n_documents = known["n_paragraphs"], known["n_documents"]
    if OF_THIS_RUN in known:
        return n, True, known[OF_THIS_RUN]
    coded = (
        f"{n:,} paragraphs of {counted(n_documents, 'document')} of this kind were coded at random"
    )
    if is_validated(known):
        return n, True, f"{coded}: shares are corrected where the theme is common enough."
    least = f"{MIN_VALIDATED} from {MIN_VALIDATED_DOCUMENTS} documents are needed"
    return n, False, f"Only {coded}, and {least}: {NOT_CORRECTED}"
