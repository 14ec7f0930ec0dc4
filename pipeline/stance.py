"""Counts → stance: what a paragraph says of a theme it carries; one model for all themes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from pipeline.classifier import (
    LANDMARKS,
    constant_model,
    fit_linear,
    grouped_folds,
    log_odds,
    positive,
)
from pipeline.codebook import STANCES
from pipeline.counts import Counted, Counts, meaning, total
from pipeline.features import Passage

# How much of a heading and of a lead-in line an encoder reads, in characters.
ABOVE = 100
# From this probability on, counts decide on their own: the encoder takes ten times as long, and
# on held-out paragraphs changed nothing there.
SURE = 0.9


@dataclass
class Carried:
    """Counts that bear on one theme's stance, one row per (paragraph, theme) pair."""

    blocks: list[Counts]  # carrying sentences, other sentences, clauses with a term, heading
    cues: np.ndarray
    sense: np.ndarray
    carriers: Counts  # the carrying sentences, one a row
    pair: np.ndarray  # whose they are


def carried(
    data: Counted, each: np.ndarray, pairs: np.ndarray, themes: Sequence[str], vectors: np.ndarray
) -> Carried:
    """Split each pair's sentences by whether they carry the theme (half the best or more)."""
    bounds = np.searchsorted(data.owner, np.arange(data.headings.shape[0] + 1))
    clause_row = {
        t: dict(zip(at.tolist(), range(len(at)), strict=True))
        for t, (at, _) in data.clauses.items()
    }
    yes: list[tuple[int, int]] = []
    no: list[tuple[int, int]] = []
    clause: dict[str, list[tuple[int, int]]] = {}
    bare: list[tuple[int, int]] = []
    for n, (paragraph, theme) in enumerate(pairs):
        known = clause_row.get(themes[theme], {})
        for sentence, carries in _sentences(bounds, each, paragraph, theme):
            (yes if carries else no).append((n, sentence))
            if carries and sentence in known:
                clause.setdefault(themes[theme], []).append((n, known[sentence]))
            elif carries:
                bare.append((n, sentence))
    focus = _gather(bare, data.sentences, len(pairs))
    for theme, found in clause.items():
        focus = focus + _gather(found, data.clauses[theme][1], len(pairs))
    pair, sentence = np.array([n for n, _ in yes]), np.array([s for _, s in yes])
    carriers = data.sentences[sentence]
    weight = sparse.diags(each[sentence, pairs[pair, 1]].astype(np.float32))
    sense = meaning(total(weight @ carriers, pair, len(pairs)), vectors)
    inside = np.bincount(pair, minlength=len(pairs))
    everything = bounds[pairs[:, 0] + 1] - bounds[pairs[:, 0]]
    words = np.asarray(total(data.sentences, data.owner, len(bounds) - 1).sum(1)).ravel()[
        pairs[:, 0]
    ]
    contrast = np.bincount(pair, data.contrasts[sentence], minlength=len(pairs))
    blocks = [
        total(carriers, pair, len(pairs)),
        _gather(no, data.sentences, len(pairs)),
        focus,
        data.headings[pairs[:, 0]],
    ]
    return Carried(
        blocks,
        np.column_stack([contrast, inside, everything, np.log1p(words)]),
        sense,
        carriers,
        pair,
    )


def _sentences(
    bounds: np.ndarray, each: np.ndarray, paragraph: int, theme: int
) -> Iterator[tuple[int, bool]]:
    """A paragraph's sentences, and whether each carries the theme (half the best or more)."""
    own = np.arange(bounds[paragraph], bounds[paragraph + 1])
    p = each[own, theme]
    return zip(own.tolist(), (p >= 0.5 * p.max()).tolist(), strict=True)


def ask(
    passages: Sequence[Passage],
    data: Counted,
    each: np.ndarray,
    pairs: np.ndarray,
    themes: Sequence[str],
) -> list[tuple[str, str]]:
    """What an encoder is to read for each pair: the theme, and the sentences that carry it.

    The heading and the lead-in line stand before them: `What needs to improve: …`.
    """
    bounds = np.searchsorted(data.owner, np.arange(data.headings.shape[0] + 1))
    asked = []
    for paragraph, theme in pairs:
        passage = passages[paragraph]
        spans = [
            data.spans[n] for n, carries in _sentences(bounds, each, paragraph, theme) if carries
        ]
        parts = dict.fromkeys(passage.lead_in if a < 0 else passage.text[a:b] for a, b in spans)
        said = " ".join(parts)
        heading = passage.heading.rsplit(" > ", 1)[-1][-ABOVE:]
        lead_in = passage.lead_in[-ABOVE:]
        above = [f"{heading}:" if heading else "", "" if lead_in in said else lead_in]
        asked.append((themes[theme].replace("_", " "), " ".join(filter(None, [*above, said]))))
    return asked


def _gather(found: list[tuple[int, int]], counts: Counts, size: int) -> Counts:
    if not found:
        return sparse.csr_matrix((size, counts.shape[1]), dtype=counts.dtype)
    target, source = np.array(found).T
    return total(counts[source], target, size)


@dataclass
class StanceReaders:
    """First-stage stance models, shared by all themes."""

    weights: list[TfidfTransformer]
    landmarks: Nystroem
    whole: list[LogisticRegression]
    focus: list[LogisticRegression]
    sense: LogisticRegression
    polarity: LogisticRegression
    by_sentence: TfidfTransformer

    def read(self, c: Carried) -> np.ndarray:
        """Second-stage inputs per pair."""
        blocks = [w.transform(block) for w, block in zip(self.weights, c.blocks, strict=True)]
        x, f = (
            sparse.hstack(blocks).tocsr(),
            sparse.hstack([blocks[0], blocks[2], blocks[3]]).tocsr(),
        )
        polarity = self.polarity.decision_function(self.by_sentence.transform(c.carriers))
        parts = [
            log_odds(np.column_stack([positive(m, x) for m in self.whole])),
            log_odds(np.column_stack([positive(m, f) for m in self.focus])),
            log_odds(every_stance(self.sense, self.landmarks.transform(c.sense))),
            c.cues,
            _polarity_of_sentences(polarity, c.pair, len(c.cues)),
        ]
        return np.hstack(parts)


def _polarity_of_sentences(polarity: np.ndarray, pair: np.ndarray, size: int) -> np.ndarray:
    high, low = np.full(size, -np.inf), np.full(size, np.inf)
    np.maximum.at(high, pair, polarity)
    np.minimum.at(low, pair, polarity)
    mean = np.bincount(pair, polarity, minlength=size) / np.bincount(pair, minlength=size)
    both = np.maximum(high, 0) * np.maximum(-low, 0)
    return np.column_stack([high, low, mean, both, np.abs(mean)])


def fit_stance_readers(c: Carried, y: np.ndarray) -> StanceReaders:
    """Fit the first stage of stance; `y` indexes STANCES, -1 where nobody coded it."""
    coded = np.flatnonzero(y >= 0)
    c, y = take_pairs(c, coded), y[coded]
    weights = [TfidfTransformer(sublinear_tf=True).fit(block) for block in c.blocks]
    blocks = [w.transform(block) for w, block in zip(weights, c.blocks, strict=True)]
    x, f = sparse.hstack(blocks).tocsr(), sparse.hstack([blocks[0], blocks[2], blocks[3]]).tocsr()
    landmarks = Nystroem(gamma=1.0, n_components=min(LANDMARKS, len(y)), random_state=0).fit(
        c.sense
    )
    sense = _fit_every(LogisticRegression(C=10, max_iter=400), landmarks.transform(c.sense), y)
    by_sentence = TfidfTransformer(sublinear_tf=True).fit(c.carriers)
    clear = np.flatnonzero(y[c.pair] < 2)
    polarity = (
        _fit_one(by_sentence.transform(c.carriers[clear]), y[c.pair[clear]] == 0, c=3)
        if len(clear)
        else constant_model(c.carriers.shape[1], clear)
    )
    whole = [_fit_one(x, y == n, c=10, class_weight="balanced") for n in range(len(STANCES))]
    focus = [_fit_one(f, y == n, c=5) for n in range(len(STANCES))]
    return StanceReaders(weights, landmarks, whole, focus, sense, polarity, by_sentence)


def _fit_one(x: Counts, is_it: np.ndarray, c: float, **options) -> LogisticRegression:
    if is_it.all() or not is_it.any():
        return constant_model(x.shape[1], is_it)
    return fit_linear(x, is_it.astype(int), c=c, **options)


def _fit_every(model: Pipeline | LogisticRegression, x: np.ndarray, y: np.ndarray):
    # A researcher's first codes of a new theme may all be concerns.
    return (model if len(np.unique(y)) > 1 else DummyClassifier()).fit(x, y)


def fit_stance_judge(read: np.ndarray, y: np.ndarray) -> Pipeline | DummyClassifier:
    """Fit the second stage on what `StanceReaders.read` says; -1 where nobody coded it."""
    judge = make_pipeline(StandardScaler(), LogisticRegression(C=0.5, max_iter=1000))
    return _fit_every(judge, read[y >= 0], y[y >= 0])


def with_tone(p: np.ndarray, tone: np.ndarray) -> np.ndarray:
    """What the last judge sees of a pair: probabilities by counts, and what an encoder heard."""
    return np.hstack([np.log(p + 1e-4), tone])


def every_stance(
    model: LogisticRegression | Pipeline | DummyClassifier, x: np.ndarray
) -> np.ndarray:
    """Probability of each of STANCES (columns), 0 for those the model has never met."""
    probability = np.zeros((len(x), len(STANCES)))
    probability[:, model.classes_] = model.predict_proba(x)
    return probability


def take_pairs(c: Carried, rows: np.ndarray) -> Carried:
    """Only the pairs `rows` (increasing)."""
    new = np.full(len(c.cues), -1)
    new[rows] = np.arange(len(rows))
    kept = np.flatnonzero(new[c.pair] >= 0)
    return Carried(
        [b[rows] for b in c.blocks],
        c.cues[rows],
        c.sense[rows],
        c.carriers[kept],
        new[c.pair[kept]],
    )


def stance_folds(y: np.ndarray, groups: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Fold of each pair, by group, the stances shared out evenly (those of -1 count for none)."""
    return grouped_folds(groups, k, seed, spread=(y[:, None] == np.arange(len(STANCES))))


def cross_read_stance(c: Carried, y: np.ndarray, groups: np.ndarray, k: int = 5) -> np.ndarray:
    """`StanceReaders.read` for every pair from readers that never saw its group."""
    fold = stance_folds(y, groups, k, seed=1)
    parts = [(np.flatnonzero(fold == n), np.flatnonzero(fold != n)) for n in np.unique(fold)]
    read = [
        fit_stance_readers(take_pairs(c, train), y[train]).read(take_pairs(c, test))
        for test, train in parts
    ]
    inputs = np.zeros((len(y), read[0].shape[1]))
    for (test, _), part in zip(parts, read, strict=True):
        inputs[test] = part
    return inputs


def stance_lift(p: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Addition to each stance's log probability that maximises accuracy + macro-F1."""
    p, y = p[y >= 0], y[y >= 0]
    best, lift = -1.0, np.zeros(len(STANCES))
    for mixed in np.linspace(0, 1.6, 9):
        for neutral in np.linspace(0, 1.6, 9):
            own = np.array([0, 0, mixed, neutral])
            guess = np.argmax(np.log(p + 1e-9) + own, axis=1)
            score = accuracy_score(y, guess) + f1_score(y, guess, average="macro", zero_division=0)
            if score > best:
                best, lift = score, own
    return lift


def text_columns(names: Sequence[str]) -> np.ndarray:
    """Columns the stance model reads: plain words, pairs and headings, no theme features."""
    return np.flatnonzero([name[:2] in ("w=", "b=", "h=", "H=") for name in names])
