"""Coded paragraphs + a sentence encoder → our fine-tuned encoder; needs the extra `encoder`.

Used only by `train --encoder`. Without that option, `train` keeps the encoder of its base model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
import torch
from joblib import Parallel, delayed

from pipeline.base.codebook import STANCES
from pipeline.base.errors import ModelError
from pipeline.tagging.encoder import Encoder, in_steps
from pipeline.tagging.encoder_graph import HEAD_WIDTH
from pipeline.tagging.passages import Passage
from pipeline.training.fine_tune import (
    HINT,
    Pace,
    fine_tune,
    kept_pieces,
    load_net,
    n_at_once,
    read_pieces,
)
from pipeline.training.fit_teacher import Taught, ask_teachers, untaught
from pipeline.training.lessons import Lessons, Start, as_rows

# Three layers would be twice as fast, and read joint targeted inspections and stance worse.
LAYERS = 6
# An encoder is the mean of so many, fine-tuned from the same start on the same lessons in
# different orders: it is as fast as one, and better than any of them (Wortsman et al. 2022, "Model
# soups").
ORDERS = 2


class Round(NamedTuple):
    """A round of fine-tuning: so many times through the lessons, at a pace."""

    epochs: int
    pace: Pace


# Taught by a larger encoder, ours goes through a second round, which starts from the mean of the
# first; each order then reads the sentences that another one has read. The mean over both rounds
# reads better than either.
FIRST, SECOND = Round(3, Pace(1.5e-4)), Round(2, Pace(1e-4))
# The parameters of a net, by the names that torch gives them.
State: TypeAlias = dict[str, np.ndarray]


def fit_encoders(lessons: Lessons, start: Start) -> tuple[Encoder, np.ndarray, np.ndarray]:
    """An encoder fine-tuned on all lessons, and what ones that had not seen them say.

    Returns the encoder, its log odds of the themes (n x themes) and log probabilities of STANCES
    (n x themes x 4), both held out by `fold`. Raises `ModelError` if an encoder of `start` cannot
    be used.
    """
    pieces = _own_pieces(start.encoder, lessons.passages)
    folds = np.unique(lessons.fold)
    to_all, *to_others = (
        ask_teachers(lessons, start.teacher)
        if start.teacher
        else [untaught(lessons)] * (1 + len(folds))
    )
    # First the one that takes longest. Side by side they take half the time on two processors;
    # one training does not become faster with two. Each needs up to 9 GB of memory.
    parts = [to_all, *(own.without(n) for n, own in zip(folds, to_others, strict=True))]
    learnt: list[list[State]] = [[] for _ in parts]
    fits = [(n, order) for n in range(len(parts)) for order in range(ORDERS)]
    for own_round in (FIRST, SECOND) if start.teacher else (FIRST,):
        begun = [_mean(states) if states else None for states in learnt]
        states = Parallel(n_at_once(len(parts)))(
            delayed(fit_state)(parts[n], start.encoder, pieces, own_round, begun[n], order, line)
            for line, (n, order) in enumerate(fits)
        )
        for (n, _), state in zip(fits, states, strict=True):
            learnt[n].append(state)
    encoder, *held_out = (
        Encoder(tuple(pieces), lessons.names, in_steps(_weights(_mean(states))))
        for states in learnt
    )
    shape = lessons.themes.shape
    odds, tone = np.full(shape, np.nan), np.full((*shape, len(STANCES)), np.nan)
    for n, part in zip(folds, held_out, strict=True):
        own = np.flatnonzero(lessons.fold == n)
        odds[own], tone[own] = listen(part, lessons.rows(own))
    return encoder, odds, tone


def _mean(states: Sequence[State]) -> State:
    return {name: np.mean([own[name] for own in states], axis=0) for name in states[0]}


def listen(encoder: Encoder, lessons: Lessons) -> tuple[np.ndarray, np.ndarray]:
    """What an encoder says about lessons: log odds (n x themes) and stances (n x themes x 4)."""
    odds, stances = encoder.read(lessons.passages, lessons.carries)
    return odds, np.array([[own[name] for name in lessons.names] for own in stances])


def fit_state(
    taught: Taught,
    start: Path,
    pieces: Sequence[str],
    own_round: Round,
    begun: State | None = None,
    order: int = 0,
    line: int = 0,
) -> State:
    """What an encoder has learnt from the lessons that teach anything, and from sentences.

    It starts from what was `begun` in the round before (None: from the folder `start`).
    `order` is the number of the order in which lessons are read; `line` the one on which progress
    is shown.
    """
    lessons = as_rows(taught.lessons.that_teach(), pieces)
    net = load_net(start, pieces, len(taught.lessons.names), LAYERS)
    if begun:
        net.load_state_dict({name: torch.from_numpy(own) for name, own in begun.items()})
    n = len(taught.sentences.passages)
    epochs = [
        lessons + as_rows(taught.sentences.rows(portion), pieces)
        for portion in _portions(n, order + bool(begun), own_round.epochs)
    ]
    fine_tune(net, epochs, own_round.pace, order + ORDERS * bool(begun), line)
    return {name: value.detach().float().cpu().numpy() for name, value in net.state_dict().items()}


def _portions(n: int, order: int, epochs: int) -> list[np.ndarray]:
    """Which of n sentences are read in each epoch: every order reads others, each of them once."""
    own = np.random.default_rng(0).permutation(n)[order % ORDERS :: ORDERS]
    return np.array_split(own, epochs)


def _own_pieces(start: Path, passages: Iterable[Passage]) -> list[str]:
    """The pieces of our encoder. Raises `ModelError` if the one in the folder does not fit it."""
    config, _ = read_pieces(start)
    if (
        config.model_type != "bert"
        or config.hidden_size != HEAD_WIDTH * config.num_attention_heads
        or config.num_hidden_layers < LAYERS
    ):
        raise ModelError(
            f"The encoder in {start} has the wrong shape: it must be a BERT with heads "
            f"{HEAD_WIDTH} wide and at least {LAYERS} layers.",
            HINT,
        )
    return kept_pieces(start, passages)


def _weights(state: State) -> dict[str, np.ndarray]:
    """What a net has learnt, under the names that `Encoder` uses."""

    def norm(name: str) -> np.ndarray:
        return np.stack([state[f"{name}.weight"], state[f"{name}.bias"]])

    weights = {
        "pieces": state["body.embeddings.word_embeddings.weight"],
        "places": state["body.embeddings.position_embeddings.weight"],
        "sides": state["body.embeddings.token_type_embeddings.weight"],
        "pieces.norm": norm("body.embeddings.LayerNorm"),
        "themes": state["themes.weight"].T,
        "themes.bias": state["themes.bias"],
        "stance": state["stance.weight"].T,
        "stance.bias": state["stance.bias"],
        "stances": state["stances.weight"].T,
    }
    for n in range(LAYERS):
        own = f"body.encoder.layer.{n}"
        attend = [f"{own}.attention.self.{part}" for part in ("query", "key", "value")]
        weights[f"{n}.attend"] = np.concatenate([state[f"{a}.weight"] for a in attend]).T
        weights[f"{n}.attend.bias"] = np.concatenate([state[f"{a}.bias"] for a in attend])
        for ours, theirs in (
            ("gather", "attention.output"),
            ("widen", "intermediate"),
            ("narrow", "output"),
        ):
            weights[f"{n}.{ours}"] = state[f"{own}.{theirs}.dense.weight"].T
            weights[f"{n}.{ours}.bias"] = state[f"{own}.{theirs}.dense.bias"]
            if ours != "widen":
                weights[f"{n}.{ours}.norm"] = norm(f"{own}.{theirs}.LayerNorm")
    return weights
