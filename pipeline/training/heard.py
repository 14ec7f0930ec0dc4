"""Material + an encoder → what it says of coded paragraphs whose authority it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from pipeline.base.codebook import STANCES
from pipeline.base.errors import ModelError
from pipeline.base.extras import how_to_install
from pipeline.labelling.codes import KEYS
from pipeline.labelling.link import align_codes
from pipeline.tagging.encoder import Encoder
from pipeline.tagging.passages import Span
from pipeline.tagging.stance_model import carrying_spans
from pipeline.training.fit_themes import spread_of
from pipeline.training.folds import grouped_folds
from pipeline.training.lessons import Lessons, Start, shares_of
from pipeline.training.material import Coded, Material

# Coded paragraphs needed to fine-tune an encoder.
MIN_TUNED = 500
# What an encoder says about an authority comes from one tuned on the other half of them: five
# folds would take over twice as long.
HALVES = 2
# What an encoder says about a paragraph and theme: the log odds that it is carried (NaN for a
# theme that the encoder does not know), and the log probability of each stance (NaN for a theme
# that nobody asked for).
HEARD = [*KEYS, "theme", "odds", *STANCES]


@dataclass(frozen=True, slots=True)
class FineTuned:
    """An encoder and what is known about it; without an `encoder`, only counts are used.

    `heard` (columns `HEARD`) is what encoders that had not seen the authority said about coded
    paragraphs; `authorities` are those that the present one has seen. `judge` weighs what it
    says of stance and what counts say. `made_in` names the model for which it was fine-tuned.
    """

    encoder: Encoder | None
    judge: Pipeline | None
    heard: pd.DataFrame
    authorities: frozenset[str]
    made_in: str


NO_ENCODER = FineTuned(None, None, pd.DataFrame(columns=HEARD), frozenset(), "")


@dataclass(frozen=True, slots=True)
class Heard:
    """What encoders say of coded paragraphs whose authority they have not seen; NaN if unknown.

    `odds` is paragraphs x the encoder's themes, `tone` paragraphs x `themes` x STANCES.
    """

    keys: pd.DataFrame
    themes: tuple[str, ...]
    known: tuple[str, ...]
    odds: np.ndarray
    tone: np.ndarray

    def table(self) -> pd.DataFrame:
        """The paragraphs and themes of which something is known, as a table `HEARD`.

        Of the encoder's themes, also those that nobody asked for: a judge needs the odds of all.
        """
        themes = list(dict.fromkeys([*self.themes, *self.known]))
        odds = np.full((len(self.keys), len(themes)), np.nan)
        odds[:, [themes.index(theme) for theme in self.known]] = self.odds
        tone = np.full((*odds.shape, len(STANCES)), np.nan)
        tone[:, : len(self.themes)] = self.tone
        said = np.isfinite(odds) | np.isfinite(tone).all(axis=2)
        row, column = np.nonzero(said)
        return pd.DataFrame(
            {
                **{key: self.keys[key].to_numpy()[row] for key in KEYS},
                "theme": np.array(themes, dtype=object)[column],
                "odds": odds[said],
                **dict(zip(STANCES, tone[said].T, strict=True)),
            },
            columns=HEARD,
        )


def check_start(start: Start) -> None:
    """Raise `ModelError` if a folder of `start` holds no encoder, or the extra is missing."""
    try:
        from pipeline.training.fine_tune import read_pieces
    except ImportError as error:
        raise ModelError(
            f"Fine-tuning an encoder needs the package {error.name}.",
            how_to_install("encoder"),
        ) from error
    for folder in filter(None, start):
        read_pieces(folder)


def hear_coded(
    material: Material,
    coded: Coded,
    by_sentence: np.ndarray,
    worth: np.ndarray,
    tuned: FineTuned,
    start: Start | None,
) -> tuple[FineTuned, Heard]:
    """The encoder, and what ones that had not seen the authority say of every coded paragraph.

    A new encoder learns from the paragraphs that are `worth` reading, and from those that carry a
    theme.
    """
    themes, n = tuple(coded.themes), len(material.codes)
    here = np.arange(n) < len(material.passages)
    carries = partial(
        carrying_spans,
        material.counted,
        by_sentence,
        material.passages,
        themes=themes,
        finder=material.finder,
    )
    if start is not None:
        tuned, odds, tone = _fine_tune(
            material, coded, carries(np.flatnonzero(here)), worth, start
        )
        return tuned, Heard(material.codes[KEYS], themes, themes, odds, tone)
    known = tuned.encoder.themes if tuned.encoder else ()
    odds, tone = recorded(material.codes, tuned.heard, themes, known)
    fresh = here & ~np.isin(coded.groups, list(tuned.authorities))
    fresh &= np.isnan(tone).any(axis=(1, 2)) | np.isnan(odds).any(axis=1)
    if tuned.encoder is not None and fresh.any():
        rows = np.flatnonzero(fresh)
        odds[rows], said = tuned.encoder.read(
            [material.passages[row] for row in rows], carries(rows)
        )
        tone[rows] = [[own[theme] for theme in themes] for own in said]
    return tuned, Heard(material.codes[KEYS], themes, known, odds, tone)


def with_more(before: pd.DataFrame, heard: Heard) -> pd.DataFrame:
    """A table `HEARD` with what is now known of paragraphs and themes, too; the newer counts."""
    parts = [before, heard.table()] if len(before) else [heard.table()]
    return pd.concat(parts).groupby(HEARD[:3], sort=False).last().reset_index()


def recorded(
    codes: pd.DataFrame, heard: pd.DataFrame, themes: Sequence[str], known: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """What a table `HEARD` says of the paragraphs of codes: `Heard.odds` and `Heard.tone`."""
    table = heard.set_index(HEARD[:3])
    named = align_codes(codes[KEYS].assign(coder=""), table.index.droplevel("theme").unique())
    keys = [named["doc_id"], named["fingerprint"]]

    def look_up(theme: str, columns: Sequence[str]) -> np.ndarray:
        at = pd.MultiIndex.from_arrays([*keys, [theme] * len(named)], names=HEARD[:3])
        return table[list(columns)].reindex(at).to_numpy(dtype=float)

    odds = [look_up(theme, ["odds"]) for theme in known]
    tone = np.stack([look_up(theme, STANCES) for theme in themes], axis=1)
    return np.hstack([np.zeros((len(codes), 0)), *odds]), tone


def _fine_tune(
    material: Material,
    coded: Coded,
    carries: list[dict[str, list[Span]]],
    worth: np.ndarray,
    start: Start,
) -> tuple[FineTuned, np.ndarray, np.ndarray]:
    """A new encoder, its log odds and its tone; NaN for paragraphs without their text."""
    themes, n_here = list(coded.themes), len(material.passages)
    groups = coded.groups[:n_here]
    real = material.real[:n_here]
    n_real = int(real.sum())
    if n_real < MIN_TUNED or len(np.unique(groups[real])) < HALVES:
        raise ModelError(
            f"Only {n_real} coded paragraphs have their text; fine-tuning an encoder needs "
            f"{MIN_TUNED} from several authorities.",
            "Give the output folders of `run` for the reports they are about, or leave out "
            "--encoder to keep the present encoder.",
        )
    from pipeline.training.fit_encoder import fit_encoders

    codes = {theme: y[:n_here] for theme, y in coded.carried.items()}
    y = np.column_stack(list(codes.values()))
    stances = np.full((len(material.codes), len(themes)), -1)
    stances[tuple(coded.pairs.T)] = coded.stances
    lessons = Lessons(
        names=tuple(themes),
        passages=material.passages,
        themes=np.where(y < 0, np.nan, y),
        stances=shares_of(stances[:n_here]),
        carries=carries,
        fold=grouped_folds(groups, HALVES, seed=3, spread=spread_of(codes)),
        worth=~real | worth[:n_here] | (y == 1).any(axis=1),
    )
    odds = np.full((len(material.codes), len(themes)), np.nan)
    tone = np.full((*odds.shape, len(STANCES)), np.nan)
    encoder, odds[:n_here], tone[:n_here] = fit_encoders(lessons, start)
    return replace(NO_ENCODER, encoder=encoder, authorities=frozenset(groups.tolist())), odds, tone
