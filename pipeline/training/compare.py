"""Two models → whether one is better than the other, and what it would change in the matrix.

Themes that are provisional in a model are not counted, and are not asked of the other one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.base.columns import CELLS, empty_table, substantive_rows
from pipeline.base.errors import UnjudgedError
from pipeline.base.tables import read_card, read_table
from pipeline.labelling.codes import KEYS
from pipeline.matrix.cells import build_cells
from pipeline.matrix.provisional import provisional_themes
from pipeline.matrix.standard import find_standard
from pipeline.tagging.model import load_model
from pipeline.tagging.model_folder import read_model_card
from pipeline.tagging.tag import tag_paragraphs
from pipeline.training.evaluate import judge_model
from pipeline.training.scores import (
    NOT_KNOWN,
    known_themes,
    middle_of,
    resampled_f1,
    score_all,
    score_themes,
)

MATRIX_CHANGES = ["authority", "theme", "n_tagged", "n_tagged_before", "share", "share_before"]
# A new model passes as not worse if the low end of its interval is no further than this below 0.
TOLERANCE = 0.01
# The new model must be judged on at least this share of the paragraphs the old one was judged on.
MIN_SHARED = 0.8


@dataclass(frozen=True, slots=True)
class Comparison:
    """A new model's scores minus an old one's, on the same `n` paragraphs, with 95% intervals.

    These are NaN if all paragraphs are of one authority. `n_old` is how many paragraphs the old
    one could be judged on; `lost` are the themes that only the old one has.
    """

    n: int
    n_old: int
    lost: tuple[str, ...]
    difference: dict[str, float]
    interval: dict[str, tuple[float, float]]

    @property
    def verdict(self) -> str:
        """`better` or `worse` if the 95% interval of micro-F1 says so, or `no different`.

        Of a single authority `not known`.
        """
        low, high = self.interval["micro_f1"]
        if math.isnan(low):
            return NOT_KNOWN
        return "better" if low > 0 else "worse" if high < 0 else "no different"

    @property
    def is_fair(self) -> bool:
        """Whether the comparison covers enough of what the old model was judged on.

        Otherwise a model that learnt from few codes, and is judged on them, sets its own test.
        """
        return self.n > 0 and self.n >= MIN_SHARED * self.n_old

    @property
    def doubts(self) -> list[str]:
        """In words, why the new model is not shown to be as good as the old; [] if it is."""
        low, doubts = self.interval["micro_f1"][0], []
        if self.n == 0:
            doubts.append(
                "the two models have no coded paragraphs in common on which they can be compared"
            )
        elif not self.is_fair:
            doubts.append(
                f"it can be judged on only {self.n} of the {self.n_old} coded paragraphs on "
                "which that one can be judged"
            )
        if math.isnan(low):
            doubts.append(
                "the paragraphs on which they can be compared are all of one authority, which "
                "does not tell a difference from chance"
            )
        if self.lost:
            doubts.append(f"it lacks the themes {', '.join(self.lost)}")
        if low < -TOLERANCE:
            doubts.append(f"its micro-F1 may be {-low:.3f} lower, by more than {TOLERANCE}")
        return doubts


def compare_models(new: pd.DataFrame, old: pd.DataFrame) -> Comparison:
    """Compare two tables `judged` on the codes in both, resampling the same authorities."""
    keys = [*KEYS, "theme"]
    lost = tuple(sorted(set(old["theme"]) - set(new["theme"])))
    both = new.merge(old[keys], on=keys)
    both_old = old.merge(new[keys], on=keys)
    n_old = len(old.drop_duplicates(KEYS))
    if not known_themes(both):
        return Comparison(0, n_old, lost, {}, {"micro_f1": (0.0, 0.0)})
    both, both_old = (table.sort_values(keys, ignore_index=True) for table in (both, both_old))
    names, f1 = resampled_f1(both)
    _, f1_old = resampled_f1(both_old)
    scores, scores_old = (
        score_all(table) | {theme: s["f1"] for theme, s in score_themes(table).items()}
        for table in (both, both_old)
    )
    return Comparison(
        n=len(both.drop_duplicates(KEYS)),
        n_old=n_old,
        lost=lost,
        difference={name: scores[name] - scores_old[name] for name in names},
        interval=middle_of(names, f1 - f1_old),
    )


def compare_on(codes: pd.DataFrame, new: Path, old: Path) -> Comparison:
    """Compare two model folders on codes of paragraphs that they learnt from.

    What is provisional in the old one is not asked of the new one.
    """
    try:
        return compare_models(judge_model(new, codes), judge_counted(old, codes))
    except UnjudgedError:
        return Comparison(0, 0, (), {}, {"micro_f1": (0.0, 0.0)})


def judge_counted(
    model: Path, codes: pd.DataFrame, paragraphs: pd.DataFrame | None = None
) -> pd.DataFrame:
    """What `judge_model` gives, without the model's provisional themes."""
    return _counted(judge_model(model, codes, paragraphs), model)


def changes_in_run(run: Path, new: Path, old: Path) -> pd.DataFrame:
    """What a new model would change in the matrix of a run (`MATRIX_CHANGES` and `run`).

    The matrix counts no provisional themes.
    """
    paragraphs, documents = (read_table(run, name) for name in ("paragraphs", "documents"))
    tags, tags_before = (
        _counted(_tags_as_by(model, run, paragraphs), model) for model in (new, old)
    )
    standard = find_standard(paragraphs, documents)
    return matrix_changes(tags, tags_before, documents, standard).assign(run=str(run))


def matrix_changes(
    new: pd.DataFrame,
    old: pd.DataFrame,
    documents: pd.DataFrame,
    standard: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The cells that differ (`MATRIX_CHANGES`) between the tags that two models give to the same
    documents, the largest change first. Paragraphs in the table `standard` are not counted."""
    keys = ["authority", "theme"]
    new_cells, old_cells = (
        _cells_of(tags, documents, standard)[[*keys, "n_tagged", "share"]] for tags in (new, old)
    )
    # If only one of the models has a theme, all cells of that theme change.
    both = new_cells.merge(old_cells, on=keys, suffixes=("", "_before"), how="outer")
    both = both.fillna({"n_tagged": 0, "n_tagged_before": 0}).astype(
        {"n_tagged": int, "n_tagged_before": int}
    )
    changed = both[both["n_tagged"] != both["n_tagged_before"]]
    shift = changed["share"].fillna(0) - changed["share_before"].fillna(0)
    order = shift.abs().sort_values(ascending=False, kind="stable")
    return changed.loc[order.index, MATRIX_CHANGES].reset_index(drop=True)


def _cells_of(
    tags: pd.DataFrame, documents: pd.DataFrame, standard: pd.DataFrame | None
) -> pd.DataFrame:
    if len(tags):
        return build_cells(tags, documents, None, standard)
    # A model of provisional themes only has no tags that count.
    return empty_table(CELLS).astype({"n_tagged": "int64", "share": "float64"})


def _counted(rows: pd.DataFrame, model: Path) -> pd.DataFrame:
    """The rows about themes that are not provisional in a model."""
    return rows[~rows["theme"].isin(list(provisional_themes(read_model_card(model))))]


def _tags_as_by(model: Path, run: Path, paragraphs: pd.DataFrame) -> pd.DataFrame:
    """The tags that a model gives in a run: those that are there, if it gave them."""
    if read_card(run).get("model_id") == read_model_card(model)["model_id"]:
        tags, tagged = read_table(run, "tags"), paragraphs[substantive_rows(paragraphs)]
        # `extract` writes the paragraphs again and leaves the tags.
        if set(tags["paragraph_id"]) == set(tagged["paragraph_id"]):
            return tags
    return tag_paragraphs(paragraphs, load_model(model))
