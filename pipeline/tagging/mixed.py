"""Mixed paragraphs → the sentence that is the strength, and the one that is the concern.

Each sentence that carries the theme is judged twice: by the stance model, as if it were a
paragraph of its own, and by the encoder, among the sentences around it. Where both find a strength
in one sentence and a concern in another, these two are named. In the rest a single sentence says
both, or it is not clear which one says what. docs/method.md says how often the two are right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pipeline.base.codebook import CLEAR_STANCES, STANCES
from pipeline.tagging.passages import Span
from pipeline.tagging.stance_model import Carried, carried, carrying_rows
from pipeline.tagging.token_counts import TokenCounts

# The halves of a mixed paragraph, in the order of `Tagging.halves`.
SIDES = [STANCES.index(name) for name in CLEAR_STANCES]
NOWHERE = -1


def split_mixed(
    data: TokenCounts,
    each: np.ndarray,
    mixed: np.ndarray,
    themes: Sequence[str],
    vectors: np.ndarray,
    judge: Callable[[Carried], np.ndarray],
    hear: Callable[[int, str, Sequence[Span]], np.ndarray] | None,
) -> np.ndarray:
    """Where the sentences of `CLEAR_STANCES` start and end in each of `mixed` (n x 2 x 2).

    `mixed` has pairs of a paragraph and a theme, `each` the probability of each theme for each
    sentence. `judge` gives log probabilities of STANCES (columns) as the counts have them, and
    `hear` as the encoder has them, for sentences of a paragraph and a theme (None: there is no
    encoder). `NOWHERE` stands for a paragraph that cannot be split.
    """
    halves = np.full((len(mixed), len(CLEAR_STANCES), 2), NOWHERE)
    rows = [
        [row for row in own if data.spans[row, 0] >= 0] for own in carrying_rows(data, each, mixed)
    ]
    several = [n for n, own in enumerate(rows) if len(own) > 1]
    if not several:
        return halves
    sentences = np.concatenate([rows[n] for n in several])
    theme = np.repeat(mixed[several, 1], [len(rows[n]) for n in several])
    pairs = np.column_stack([np.arange(len(sentences)), theme])
    p = judge(carried(data.alone(sentences), each[sentences], pairs, themes, vectors))
    at = 0
    for n in several:
        own = slice(at, at + len(rows[n]))
        at = own.stop
        found = p[own].argmax(axis=1)[:, None] == np.array(SIDES)
        if not found.any(axis=0).all():
            continue
        sure, spans = p[own][:, SIDES], data.spans[rows[n]]
        if hear is not None:
            asked: list[Span] = [(int(start), int(end)) for start, end in spans]
            sure = hear(int(mixed[n, 0]), themes[mixed[n, 1]], asked)[:, SIDES]
            # NaN, for what the encoder does not reach, is not above anything.
            found &= sure > sure[:, ::-1]
        if found.any(axis=0).all():
            halves[n] = spans[np.where(found, sure, -np.inf).argmax(axis=0)]
    return halves
