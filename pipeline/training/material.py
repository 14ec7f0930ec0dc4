"""Codes + the paragraphs they are about, or their kept counts → what a model is fitted on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.base.codebook import STANCES, Theme, read_codebook
from pipeline.base.columns import PARAGRAPHS, substantive_rows
from pipeline.base.errors import ModelError
from pipeline.labelling.codes import (
    CODES_COLUMNS,
    KEYS,
    NO,
    about_codes,
    check_theme_names,
    settle_codes,
    themes_of,
)
from pipeline.labelling.direction import DIRECTION
from pipeline.labelling.link import LINKED_COLUMNS, align_codes, link_codes
from pipeline.tagging.model import load_model
from pipeline.tagging.model_folder import (
    CODEBOOK_FILE,
    COUNTS_FILE,
    read_model_card,
)
from pipeline.tagging.passages import Passage, passages_of
from pipeline.tagging.token_counts import TokenCounts, count_tokens
from pipeline.tagging.tokens import TermFinder
from pipeline.training.kept_counts import onto, read_counts, together
from pipeline.training.provisional import too_few
from pipeline.training.vocabulary import read_vocabulary, word_vectors

MIN_POSITIVE = 10
MIN_NEGATIVE = 1
NOT_USED = [*CODES_COLUMNS, "reason"]
NO_PARAGRAPH = "neither its paragraph nor its counts are available"


@dataclass(frozen=True, slots=True)
class Material:
    """What a model is fitted on: settled codes and the counts of their paragraphs, row by row.

    `passages` are the texts of the first rows. The last `n_kept` rows have no text; their counts
    come from an earlier model. `names` are the tokens counted, `vectors` (tokens x 200) the
    meaning of those that are words, `finder` finds the codebook's terms. `not_used` are the codes
    that could not be used, with the reason; `notes` say what else a user of the model should know
    about it.
    """

    codes: pd.DataFrame
    passages: list[Passage]
    counted: TokenCounts
    names: np.ndarray
    vectors: np.ndarray
    finder: TermFinder
    n_kept: int
    not_used: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def real(self) -> np.ndarray:
        """Which of the rows are of real paragraphs, and not of invented ones (`DIRECTION`)."""
        return (self.codes["drawn"] != DIRECTION).to_numpy()


def gather_material(
    codes: pd.DataFrame,
    paragraphs: pd.DataFrame | None,
    codebook: dict[str, Theme],
    base: Path | None,
) -> Material:
    """Count the paragraphs that codes are about; if they are missing, use the counts of `base`.

    `codes` as from `read_codes`, `paragraphs` with the columns of that table (None: there are no
    texts), `base` a model folder. Themes with too few codes are left out, with a note. Raises
    `ModelError` if there is nothing to learn from.
    """
    check_theme_names(codes, list(codebook))
    strangers = [theme for theme in themes_of(codes) if theme not in codebook]
    codes = codes.drop(columns=strangers)
    at_hand = pd.DataFrame(columns=PARAGRAPHS) if paragraphs is None else paragraphs
    linked, absent = link_codes(codes, at_hand)
    kept = None if base is None or absent.empty else read_counts(base / COUNTS_FILE)
    if kept is not None:
        here = set(zip(linked["doc_id"], linked["fingerprint"], strict=True))
        others = [
            key for key in zip(kept.doc_id, kept.fingerprint, strict=True) if key not in here
        ]
        absent = align_codes(absent, others)
    columns = [*about_codes(codes), *(t for t in codebook if t in themes_of(codes))]
    linked, absent = _settle_linked(linked, columns), settle_codes(absent[columns])
    columns = [*about_codes(absent), *themes_of(absent)]
    rows = (
        np.full(len(absent), -1)
        if kept is None
        else kept.rows(absent["doc_id"], absent["fingerprint"])
    )
    # What is now a heading, a table or boilerplate does not count, so nothing is learnt from it.
    counts_as_text = substantive_rows(linked)
    linked, aside = linked[counts_as_text], linked[~counts_as_text]
    not_used = pd.concat(
        [
            absent[rows < 0].assign(reason=NO_PARAGRAPH),
            aside.assign(reason="its paragraph is now a heading, a table or boilerplate"),
        ]
    )[NOT_USED]
    absent, rows = absent[rows >= 0], rows[rows >= 0]
    # `take` needs increasing rows, so the codes follow the order of the kept counts.
    order = np.argsort(rows)
    absent, rows = absent.iloc[order], rows[order]
    if linked.empty and absent.empty:
        raise ModelError(
            "None of the codes is about a paragraph that was read.",
            "Run `extract` on the documents the codes are about, and give its output folder.",
        )
    if rare := _too_rare(pd.concat([linked[columns], absent])):
        columns = [column for column in columns if column not in rare]
        # Paragraphs that were coded for nothing else have nothing to teach.
        linked, taught = linked[_is_coded(linked[columns])], _is_coded(absent[columns])
        absent, rows = absent.loc[taught, columns], rows[taught]
    used = pd.concat([linked[columns], absent], ignore_index=True)
    finder = TermFinder([codebook[theme] for theme in themes_of(used)])
    passages = passages_of(linked)
    if kept is None or base is None or absent.empty:
        names = read_vocabulary(passages, finder)
        unlabelled = [Passage(text) for text in at_hand.loc[substantive_rows(at_hand), "text"]]
        vectors = word_vectors([*unlabelled, *passages], names)
        counted = count_tokens(passages, names, finder)
    else:
        known = {str(name) for name in kept.names}
        fresh = read_vocabulary(passages, finder).tolist()
        names = np.array([*kept.names, *(name for name in fresh if name not in known)])
        old = load_model(base).vectors
        vectors = np.vstack([old, np.zeros((len(names) - len(old), old.shape[1]))])
        counted = onto(kept.counted.take(rows), kept.names, names)
        if passages:
            counted = together(count_tokens(passages, names, finder), counted)
    return Material(
        codes=used,
        passages=passages,
        counted=counted,
        names=np.asarray(names, dtype=np.str_),
        # Half precision is what is stored: fitting on that keeps the saved and fitted model equal.
        vectors=vectors.astype(np.float16).astype(np.float32),
        finder=finder,
        n_kept=len(absent),
        not_used=not_used.reset_index(drop=True),
        notes=(
            *(
                f"{theme} is coded but is not in the codebook, so it was not learnt."
                for theme in strangers
            ),
            *(f"{theme} was left out: {why}." for theme, why in rare.items()),
            *(_changed_terms(themes_of(used), codebook, base) if base and len(absent) else ()),
        ),
    )


def _too_rare(codes: pd.DataFrame) -> dict[str, str]:
    """The themes of settled codes that have too few to learn them, each with the reason.

    Raises `ModelError` if no theme is left.
    """
    real, rare = codes[codes["drawn"] != DIRECTION], dict[str, str]()
    for theme in themes_of(codes):
        n_negative = int((real[theme] == NO).sum())
        carrying = real.loc[~real[theme].isin(["", NO]), "authority"]
        if len(carrying) < MIN_POSITIVE:
            rare[theme] = too_few(len(carrying), MIN_POSITIVE)
        elif carrying.nunique() < 2:
            # Held out, nothing would be known of it.
            only = carrying.iloc[0] or "no named authority"
            rare[theme] = (
                f"all paragraphs that carry it are of {only}, and two authorities are needed"
            )
        elif n_negative < MIN_NEGATIVE:
            rare[theme] = "no paragraph is coded `no` for it, and some are needed"
    if rare and len(rare) == len(themes_of(codes)):
        raise ModelError(
            "No theme has enough codes. "
            + " ".join(f"{theme}: {why}." for theme, why in rare.items()),
            "Code more paragraphs, of at least two authorities.",
        )
    return rare


def _is_coded(codes: pd.DataFrame) -> np.ndarray:
    """Whether each paragraph has a code for any theme."""
    return (codes[themes_of(codes)] != "").any(axis=1).to_numpy(dtype=bool)


def _changed_terms(themes: Sequence[str], codebook: dict[str, Theme], base: Path) -> Iterator[str]:
    """Notes on search terms that cannot be counted again because the texts are missing."""
    before = read_codebook(base / CODEBOOK_FILE)
    # The terms of a theme that it left out were not counted.
    learnt = read_model_card(base)["thresholds"]
    for theme in themes:
        old, new = before.get(theme), codebook[theme]
        if old is None or theme not in learnt:
            yield (
                f"{base.name} does not have the theme {theme}. What was learnt from its kept "
                "counts does not include the search terms of that theme."
            )
        elif _terms(old) != _terms(new):
            yield (
                f"The search terms of {theme} differ from those of {base.name}. What was learnt "
                "from its kept counts does not include the new ones."
            )


def _terms(theme: Theme) -> tuple[set[str], set[str]]:
    return set(theme.search_terms), set(theme.negative_terms)


def _settle_linked(linked: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Settled codes with the paragraphs they are about, as `link_codes` gives them."""
    texts = linked.drop_duplicates(KEYS)[[*KEYS, *LINKED_COLUMNS]]
    return settle_codes(linked[columns]).merge(texts, on=KEYS)


@dataclass(frozen=True, slots=True)
class Coded:
    """Settled codes as arrays over n paragraphs.

    `groups` names the authority of each paragraph, by which folds are split. `carried[t]` is 1, 0
    or -1 (not coded) for each; `themes` is the same without the sentences on direction, which do
    not show how common a theme is. `pairs` holds (paragraph, theme) of every coded stance, and
    `stances` its index in STANCES.
    """

    groups: np.ndarray
    carried: dict[str, np.ndarray]
    themes: dict[str, np.ndarray]
    pairs: np.ndarray
    stances: np.ndarray


def code_arrays(codes: pd.DataFrame) -> Coded:
    """Settled codes → arrays, for the themes that anybody has coded.

    Raises `ModelError` if there is none, and if all codes, or all with a theme, are about one
    authority.
    """
    carried = {
        theme: np.select([codes[theme] == "", codes[theme] == NO], [-1, 0], 1)
        for theme in themes_of(codes)
        if (codes[theme] != "").any()
    }
    invented = (codes["drawn"] == DIRECTION).to_numpy()
    themes = {theme: np.where(invented, -1, values) for theme, values in carried.items()}
    if not themes:
        raise ModelError(
            "No theme in the codebook has codes.", "Add a column of codes for one of its themes."
        )
    groups = codes["authority"].to_numpy(dtype=str)
    if len(set(groups[~invented])) < 2:
        raise ModelError(
            f"All codes are about {groups[~invented][0] or 'no named authority'}.",
            "Code paragraphs from at least two authorities: a model is tested on those it has not "
            "seen.",
        )
    ids = list(themes)
    real = np.column_stack([themes[theme] == 1 for theme in ids]).any(axis=1)
    if len(carrying := set(groups[real])) < 2:
        raise ModelError(
            f"Only paragraphs of {carrying.pop()} are coded with a theme.",
            "Code some from another authority: a model is tested on those it has not seen.",
        )
    pairs = np.argwhere(np.column_stack([carried[theme] for theme in ids]) == 1)
    values = codes[ids].to_numpy(dtype=str)[tuple(pairs.T)]
    stances = np.array([STANCES.index(value) for value in values])
    return Coded(groups, carried, themes, pairs, stances)
