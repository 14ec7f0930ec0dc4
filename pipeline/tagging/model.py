"""A trained model: loaded safely, and ready to tag passages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from sklearn.pipeline import Pipeline
from tqdm.auto import tqdm

from pipeline.base.codebook import CLEAR_STANCES, STANCES, read_codebook
from pipeline.base.errors import ModelError
from pipeline.tagging.encoder import MAX_PIECES, Encoder, check_encoder, from_stored
from pipeline.tagging.mixed import NOWHERE, split_mixed
from pipeline.tagging.model_file import load_parts
from pipeline.tagging.model_folder import CODEBOOK_FILE, MODEL_FILE, find_model, read_model_card
from pipeline.tagging.passages import Passage, Span
from pipeline.tagging.stance_model import (
    Carried,
    StanceFirstStage,
    carried,
    carrying_spans,
    every_stance,
    lifted,
    text_columns,
    with_tone,
)
from pipeline.tagging.theme_model import (
    FirstStage,
    every_theme,
    is_short,
    positive,
    shortness,
    with_odds,
    worth_reading,
)
from pipeline.tagging.token_counts import TokenCounts, count_tokens
from pipeline.tagging.tokens import TermFinder

PASSAGES_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Tagging:
    """What a model says of n passages, as arrays of n x themes; `stance` is "" where not tagged.

    `carries` (n x themes x 2) gives where the carrying sentence starts and ends (exclusive) in the
    text; `halves` (n x themes x 2 x 2) where those of `CLEAR_STANCES` in a mixed paragraph do,
    `NOWHERE` if it is not split.
    """

    probability: np.ndarray
    tagged: np.ndarray
    stance: np.ndarray
    carries: np.ndarray
    halves: np.ndarray


@dataclass(frozen=True)
class Model:
    """A trained model, ready to read passages.

    With `reads_all`, its encoder reads every passage, and not only those worth reading.
    """

    model_id: str
    thresholds: Mapping[str, float]
    names: tuple[str, ...]
    vectors: np.ndarray
    first_stage: FirstStage
    judges: Mapping[str, Pipeline]
    stance_first_stage: StanceFirstStage
    stance_judge: Pipeline
    encoder: Encoder | None
    read_judges: Mapping[str, Pipeline]
    tone_judge: Pipeline | None
    lift: np.ndarray
    finder: TermFinder
    reads_all: bool = False

    @property
    def themes(self) -> list[str]:
        """The ids of the themes, in the order of the columns of a `Tagging`."""
        return list(self.judges)

    @cached_property
    def _stance_columns(self) -> tuple[np.ndarray, np.ndarray]:
        """The columns that the stance model reads, and their vectors."""
        # Found once, not for every report: it takes longer than tagging a few paragraphs.
        kept = text_columns(self.names)
        return kept, self.vectors[kept]

    def tag(self, passages: Sequence[Passage]) -> Tagging:
        """Probability, decision, stance and carrying sentence for each passage and theme."""
        starts = range(0, len(passages), PASSAGES_AT_ONCE)
        parts = [
            self._tag_batch(passages[at : at + PASSAGES_AT_ONCE])
            for at in tqdm(starts, "Tagging", unit="batch", disable=None if starts[1:] else True)
        ]
        empty = np.zeros((0, len(self.themes)))
        none = Tagging(
            empty,
            empty.astype(bool),
            empty.astype(object),
            np.zeros((*empty.shape, 2), dtype=int),
            np.zeros((*empty.shape, len(CLEAR_STANCES), 2), dtype=int),
        )
        return Tagging(
            *(np.concatenate(arrays) for arrays in zip(*map(_arrays, [none, *parts]), strict=True))
        )

    def _tag_batch(self, passages: Sequence[Passage]) -> Tagging:
        data = count_tokens(passages, self.names, self.finder)
        inputs, by_sentence = self.first_stage.score(data, self.vectors)
        probability = every_theme(self.judges, inputs)
        read = np.flatnonzero(self.reads_all | worth_reading(probability, inputs))
        tones: dict[int, dict[str, np.ndarray]] = {}
        if self.encoder is not None and len(read):
            spans = carrying_spans(data, by_sentence, passages, read, self.themes, self.finder)
            own = [passages[row] for row in read.tolist()]
            odds, said = self.encoder.read(own, spans, beyond=False)
            tones = dict(zip(read.tolist(), said, strict=True))
            both = with_odds(inputs[read], odds)
            for theme, judge in self.read_judges.items():
                # In a long paragraph the encoder may not have come to what is said of a theme.
                reached = np.array([theme in tone for tone in said])
                at = self.themes.index(theme)
                probability[read, at] = np.where(
                    reached, positive(judge, both), probability[read, at]
                )
        tagged = probability >= [self.thresholds[theme] for theme in self.themes]
        # A text without a word the model knows carries no theme, whatever stands above it.
        known = np.asarray(data.sentences.sum(1)).ravel() * (data.spans[:, 0] >= 0)
        tagged &= np.bincount(data.owner, known, len(passages))[:, None] > 0
        stance = np.full(tagged.shape, "", dtype=object)
        halves = np.full((*tagged.shape, len(CLEAR_STANCES), 2), NOWHERE)
        pairs = np.argwhere(tagged)
        if len(pairs):
            kept, vectors = self._stance_columns
            worded = data.columns(kept)
            about = carried(worded, by_sentence, pairs, self.themes, vectors)
            p = every_stance(self.stance_judge, self.stance_first_stage.score(about))
            heard = np.array(
                [self.themes[column] in tones.get(row, ()) for row, column in pairs.tolist()]
            )
            if self.tone_judge is not None and heard.any():
                tone = np.array([tones[row][self.themes[column]] for row, column in pairs[heard]])
                short = shortness(inputs[pairs[heard, 0]])
                p[heard] = every_stance(self.tone_judge, with_tone(p[heard], tone, short))
            lift = self.lift * ~is_short(inputs[pairs[:, 0]])[:, None]
            likeliest = np.argmax(lifted(p, lift), axis=1)
            stance[tuple(pairs.T)] = np.array(STANCES, dtype=object)[likeliest]
            mixed = pairs[likeliest == STANCES.index("mixed")]
            hear = None if self.encoder is None else partial(_hear, self.encoder, passages)
            halves[tuple(mixed.T)] = split_mixed(
                worded, by_sentence, mixed, self.themes, vectors, self._judge_stance, hear
            )
        return Tagging(probability, tagged, stance, _carrying_sentences(data, by_sentence), halves)

    def _judge_stance(self, about: Carried) -> np.ndarray:
        """Of single sentences, the lifted log probabilities of STANCES as the counts have them."""
        p = every_stance(self.stance_judge, self.stance_first_stage.score(about))
        return lifted(p, self.lift)


def _hear(
    encoder: Encoder, passages: Sequence[Passage], row: int, theme: str, spans: Sequence[Span]
) -> np.ndarray:
    return encoder.hear(passages[row], theme, spans)


def _arrays(tagging: Tagging) -> tuple[np.ndarray, ...]:
    return tagging.probability, tagging.tagged, tagging.stance, tagging.carries, tagging.halves


def _carrying_sentences(data: TokenCounts, by_sentence: np.ndarray) -> np.ndarray:
    """For each paragraph and theme, the span of the likeliest sentence in its text."""
    in_text = np.flatnonzero(data.spans[:, 0] >= 0)
    owner = data.owner[in_text]
    carries = np.zeros((data.headings.shape[0], by_sentence.shape[1], 2), dtype=int)
    for theme, p in enumerate(by_sentence[in_text].T):
        # The last row of each paragraph is its likeliest sentence; of equals, the earlier one.
        order = np.lexsort((-np.arange(len(p)), p, owner))
        last = np.append(np.diff(owner[order]) > 0, True)
        carries[owner[order[last]], theme] = data.spans[in_text[order[last]]]
    return carries


def load_model(folder: Path) -> Model:
    """The model in a folder.

    Raises `ModelError` if files are missing or damaged, are not skops files, or hold anything but
    `ALLOWED_TYPES`: such a file could run code.
    """
    card, parts = read_model_card(find_model(folder)), load_parts(folder / MODEL_FILE)
    codebook = read_codebook(folder / CODEBOOK_FILE)
    try:
        model = Model(
            model_id=card["model_id"],
            thresholds={theme: float(cut) for theme, cut in card["thresholds"].items()},
            names=tuple(parts["names"].tolist()),
            vectors=parts["vectors"].astype(np.float32),
            first_stage=FirstStage(**parts["readers"]),
            judges=parts["judges"],
            stance_first_stage=StanceFirstStage(**parts["stance_readers"]),
            stance_judge=parts["stance_judge"],
            encoder=from_stored(parts["encoder"]) if parts["encoder"] else None,
            read_judges=parts["read_judges"],
            tone_judge=parts["tone_judge"],
            lift=parts["lift"],
            finder=TermFinder([codebook[theme] for theme in parts["codebook_themes"]]),
        )
        _try_out(model)
    except Exception as error:  # a damaged part can fail in any way
        raise ModelError(
            f"The model in {folder} is damaged ({type(error).__name__}: {error}).",
            "Copy the folder again, or train a new model.",
        ) from error
    return model


def _try_out(model: Model) -> None:
    """Try every part of a model on two lines, so that damage shows before any report is read."""
    cuts = [model.thresholds[theme] for theme in model.themes]
    if not all(0 <= cut <= 1 for cut in cuts):
        raise ValueError("a threshold is not between 0 and 1")
    if model.encoder is not None:
        check_encoder(model.encoder)
    eager = replace(model, thresholds=dict.fromkeys(model.themes, 0.0), reads_all=True)
    lines = [
        Passage("Social workers and children had support.", "What works well"),
        Passage("and so on, " * MAX_PIECES),
    ]
    tagging = eager.tag(lines)
    if not (np.isfinite(tagging.probability).all() and np.isfinite(model.lift).all()):
        raise ValueError("its results are not finite numbers")
