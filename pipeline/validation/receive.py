"""A filled sheet of the sample → the codes of its coder, in the folder of the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace as changed
from pathlib import Path

import pandas as pd

from pipeline.base.errors import LabelError
from pipeline.labelling.codes import check_coder
from pipeline.labelling.filled import Filled
from pipeline.labelling.merge import About, Merged, coder_file, merge_for_coder
from pipeline.validation.kept import FOLDER, mark_of

# Files of the folder that are not a coder's.
TAKEN = ("sample",)


def receive_codes(
    filled: Sequence[Filled],
    about: About,
    sample: pd.DataFrame,
    *,
    coder: str,
    run: Path,
    replace: bool,
) -> Merged:
    """Merge what `coder` coded into the coder's own file in the folder `validation` of the run.

    It is a codes file like any other, which training can use: its paragraphs count as drawn for
    `validation`, not at random, as rare themes are more common among them. Raises `LabelError`,
    and changes nothing, if the sheet is of another run, holds paragraphs that were not drawn, or
    for any reason that `merge.merge_codes` has.
    """
    if sample.empty:
        raise LabelError(f"No sample of {run} has been drawn.", "Draw one first: without --read.")
    check_coder(coder)
    target = coder_file(run / FOLDER, coder)
    if target.stem in TAKEN:
        raise LabelError(f"A coder cannot be called {coder!r} here.", "Add a family name.")
    mark = mark_of(sample["run"].iloc[0])
    other = {item.drawn for item in filled} - {mark, ""}
    drawn = set(sample["paragraph_id"])
    strangers = [item for item in filled if item.paragraph_id not in drawn]
    if other or strangers:
        what = (
            f"{about.source} was drawn from another run, or from this one before it changed"
            if other
            else f"{about.source}, {strangers[0].where}: the paragraph "
            f"{strangers[0].paragraph_id!r} is not in the sample of this run"
        )
        raise LabelError(
            f"{what}. Nothing was read.",
            "Give the sheet that validate wrote for this run, or the folder of the run it is of.",
        )
    named = [changed(item, drawn=FOLDER) for item in filled]
    own = about.paragraphs[about.paragraphs["paragraph_id"].isin(drawn)]
    about = changed(about, paragraphs=own)
    return merge_for_coder(named, about, coder=coder, target=target, replace=replace)
