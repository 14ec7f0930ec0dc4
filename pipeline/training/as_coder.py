"""The model as a coder: what it says of coded paragraphs, as codes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pipeline.base.errors import LabelError
from pipeline.labelling.codes import CODES_COLUMNS, KEYS, MODEL, NO, themes_of
from pipeline.labelling.link import align_codes
from pipeline.training.evaluate import read_held_out


def known_prints(codes: pd.DataFrame, model: Path) -> pd.DataFrame:
    """The codes, with the fingerprints of those of their paragraphs that the model learnt from."""
    held_out = read_held_out(model)
    return align_codes(codes, dict.fromkeys(zip(*(held_out[key] for key in KEYS), strict=True)))


def codes_of_model(
    codes: pd.DataFrame,
    model: Path,
    paragraph_ids: pd.Series | None = None,
    tags: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """What the model says of the paragraphs in `codes`, as codes by the coder `MODEL`.

    Of paragraphs that it learnt from, it is what was held out: the word of a model that had not
    seen the authority. Of others it is the `tags` of a run; `paragraph_ids` says which paragraph
    of the run a row of `codes` is about. `codes` as from `known_prints`. Raises `LabelError` if a
    coder is called `MODEL`, or it has nothing to say.
    """
    if (codes["coder"] == MODEL).any():
        raise LabelError(
            f"A coder is called {MODEL!r}, which stands for the trained model.",
            "Give that coder another name in the file of codes.",
        )
    one = codes.assign(paragraph_id="" if paragraph_ids is None else paragraph_ids)
    one = one.drop_duplicates(KEYS)[[*CODES_COLUMNS, "paragraph_id"]]
    tables = [one.merge(_as_codes(read_held_out(model), KEYS), on=KEYS)]
    if tags is not None:
        known = pd.MultiIndex.from_frame(tables[0][KEYS])
        rest = one[~pd.MultiIndex.from_frame(one[KEYS]).isin(known)]
        own = tags[tags["paragraph_id"].isin(set(rest["paragraph_id"]))]
        tables.append(rest.merge(_as_codes(own, ["paragraph_id"]), on="paragraph_id"))
    said = pd.concat(tables, ignore_index=True).fillna("")
    if said.empty:
        raise LabelError(
            f"The model {model.name} says nothing of these paragraphs.",
            "Give the output folder of the run that they are in with --run.",
        )
    themes = [theme for theme in themes_of(codes) if theme in said]
    return said.assign(coder=MODEL, coded_on="")[[*CODES_COLUMNS, *themes]]


def _as_codes(said: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Tags or held-out answers → a row for each paragraph, a column of codes for each theme."""
    code = said["stance"].where(said["tagged"], NO)
    return said.assign(code=code).pivot(index=keys, columns="theme", values="code").reset_index()
