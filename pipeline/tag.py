"""Paragraphs + a trained model → tags: which themes, how surely, and what is said of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import skops.io
from sklearn.pipeline import Pipeline
from tqdm.auto import tqdm

from pipeline.classifier import Readers, positive
from pipeline.codebook import STANCES, read_codebook
from pipeline.counts import Counted, count_tokens
from pipeline.errors import ModelError
from pipeline.features import Passage, TermFinder
from pipeline.models import CARD_FILE, CODEBOOK_FILE, FORMAT, MODEL_FILE
from pipeline.records import PARAGRAPHS, TAGS, check_columns, is_substantive
from pipeline.stance import StanceReaders, carried, every_stance, text_columns

MAX_MODEL_BYTES = 200_000_000
BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Tagging:
    """What a model says of n passages: arrays n x themes; `stance` is "" where not tagged.

    `carries` (n x themes x 2) is the sentence of the text that speaks most for the theme, as first
    character and the one after the last.
    """

    probability: np.ndarray
    tagged: np.ndarray
    stance: np.ndarray
    carries: np.ndarray


@dataclass(frozen=True)
class Model:
    """A trained model, ready to read passages."""

    model_id: str
    thresholds: Mapping[str, float]
    names: tuple[str, ...]
    vectors: np.ndarray
    readers: Readers
    judges: Mapping[str, Pipeline]
    stance_readers: StanceReaders
    stance_judge: Pipeline
    lift: np.ndarray
    finder: TermFinder

    @property
    def themes(self) -> list[str]:
        """The ids of the themes, in the order of the columns of a `Tagging`."""
        return list(self.judges)

    def read(self, passages: Sequence[Passage]) -> Tagging:
        """Probability, decision, stance and carrying sentence of each theme for each passage."""
        starts = range(0, len(passages), BATCH)
        parts = [
            self._read_batch(passages[at : at + BATCH])
            for at in tqdm(starts, "Tagging", unit="batch", disable=None if starts[1:] else True)
        ]
        empty = np.zeros((0, len(self.themes)))
        none = Tagging(
            empty, empty.astype(bool), empty.astype(object), np.zeros((*empty.shape, 2), dtype=int)
        )
        return Tagging(
            *(np.concatenate(arrays) for arrays in zip(*map(_arrays, [none, *parts]), strict=True))
        )

    def _read_batch(self, passages: Sequence[Passage]) -> Tagging:
        data = count_tokens(passages, self.names, self.finder)
        inputs, by_sentence = self.readers.read(data, self.vectors)
        probability = np.column_stack([positive(judge, inputs) for judge in self.judges.values()])
        tagged = probability >= [self.thresholds[theme] for theme in self.themes]
        # A paragraph without a word the model knows carries nothing, whatever the base rates say.
        tagged &= (np.asarray(data.paragraphs.sum(1)) > 0).reshape(-1, 1)
        stance = np.full(tagged.shape, "", dtype=object)
        pairs = np.argwhere(tagged)
        if len(pairs):
            kept = text_columns(self.names)
            about = carried(
                data.columns(kept), by_sentence, pairs, self.themes, self.vectors[kept]
            )
            p = every_stance(self.stance_judge, self.stance_readers.read(about))
            likeliest = np.argmax(np.log(p + 1e-9) + self.lift, axis=1)
            stance[tuple(pairs.T)] = np.array(STANCES, dtype=object)[likeliest]
        return Tagging(probability, tagged, stance, _carrying_sentences(data, by_sentence))


def _arrays(tagging: Tagging) -> tuple[np.ndarray, ...]:
    return tagging.probability, tagging.tagged, tagging.stance, tagging.carries


def _carrying_sentences(data: Counted, by_sentence: np.ndarray) -> np.ndarray:
    """For each paragraph and theme the span of the likeliest sentence that is in its text."""
    in_text = np.flatnonzero(data.spans[:, 0] >= 0)
    owner = data.owner[in_text]
    carries = np.zeros((data.headings.shape[0], by_sentence.shape[1], 2), dtype=int)
    for theme, p in enumerate(by_sentence[in_text].T):
        # The last row of each paragraph is its likeliest sentence, the earlier one of equals.
        order = np.lexsort((-np.arange(len(p)), p, owner))
        last = np.append(np.diff(owner[order]) > 0, True)
        carries[owner[order[last]], theme] = data.spans[in_text[order[last]]]
    return carries


def tag_paragraphs(paragraphs: pd.DataFrame, model: Model) -> pd.DataFrame:
    """The `tags` table: a row for every substantive paragraph and theme, in their order."""
    check_columns(paragraphs, PARAGRAPHS, "paragraphs")
    counted = paragraphs[is_substantive(paragraphs)]
    passages = [
        Passage(row.text, row.heading, row.lead_in) for row in counted.itertuples(index=False)
    ]
    tagging = model.read(passages)
    n_themes = len(model.themes)
    tagged = tagging.tagged.ravel()
    carries_from, carries_to = (
        pd.array(tagging.carries[..., end].ravel(), dtype="Int64") for end in (0, 1)
    )
    carries_from[~tagged] = carries_to[~tagged] = pd.NA
    return pd.DataFrame(
        {
            "paragraph_id": np.repeat(counted["paragraph_id"].to_numpy(), n_themes),
            "doc_id": np.repeat(counted["doc_id"].to_numpy(), n_themes),
            "theme": np.tile(model.themes, len(counted)),
            "probability": tagging.probability.ravel().round(4),
            "tagged": tagged,
            "stance": tagging.stance.ravel().astype(str),
            "carries_from": carries_from,
            "carries_to": carries_to,
            "model_id": model.model_id,
        },
        columns=TAGS,
    )


def load_model(folder: Path) -> Model:
    """Load a model folder.

    Raises `ModelError` where files are missing, are no skops files, or hold types other than the
    scikit-learn, NumPy and SciPy ones that skops trusts: such a file could run code.
    """
    parts = _load_parts(folder / MODEL_FILE)
    codebook = read_codebook(folder / CODEBOOK_FILE)
    try:
        card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
        if card.get("format") != FORMAT:
            raise ModelError(
                f"The model in {folder} was written by another version of inspection-themes.",
                "Use the version that wrote it, or train a new model.",
            )
        return Model(
            model_id=card["model_id"],
            thresholds={theme: float(cut) for theme, cut in card["thresholds"].items()},
            names=tuple(parts["names"].tolist()),
            vectors=parts["vectors"].astype(np.float32),
            readers=Readers(**parts["readers"]),
            judges=parts["judges"],
            stance_readers=StanceReaders(**parts["stance_readers"]),
            stance_judge=parts["stance_judge"],
            lift=parts["lift"],
            finder=TermFinder([codebook[theme] for theme in parts["codebook_themes"]]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"The model in {folder} is not whole ({type(error).__name__}: {error}).",
            "Copy the folder again, or train a new model.",
        ) from error


def _load_parts(path: Path) -> dict:
    if not path.is_file():
        raise ModelError(
            f"There is no model file {path}.", "Give the folder that `train` wrote with --model."
        )
    if path.stat().st_size > MAX_MODEL_BYTES:
        raise ModelError(f"{path} is too large to be one of our models.", "Train a new model.")
    try:
        foreign = skops.io.get_untrusted_types(file=path)
        if foreign:
            raise ModelError(
                f"{path} holds foreign types: {', '.join(foreign[:5])}. It was not loaded.",
                "Use only model folders that `inspection-themes train` wrote.",
            )
        return skops.io.load(path, trusted=[])
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(
            f"{path} is not a skops model file ({type(error).__name__}). It was not loaded.",
            "Use only model folders that `inspection-themes train` wrote.",
        ) from error
