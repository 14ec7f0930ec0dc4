"""Coded paragraphs + a sentence encoder → our fine-tuned encoder; needs the extra `encoder`.

Used only by `train --encoder`. Without that option, `train` keeps the encoder of its base model.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from joblib import Parallel, delayed
from torch.nn import functional
from tqdm.auto import tqdm
from transformers import BertConfig, BertModel

from pipeline.base.codebook import STANCES
from pipeline.base.errors import ModelError
from pipeline.tagging.encoder import (
    END,
    MAX_PIECES,
    START,
    UNKNOWN,
    Encoder,
    Pieces,
    Span,
    as_pieces,
    in_steps,
)
from pipeline.tagging.encoder_graph import HEAD_WIDTH
from pipeline.tagging.passages import Passage

# Three layers would be twice as fast, and read joint targeted inspections and stance worse.
LAYERS = 6
EPOCHS = 3
BATCH_SIZE = 32
RATE = 1.5e-4
# An encoder is the mean of so many, fine-tuned from the same start on the same lessons in
# different orders: it is as fast as one, and better than any of them (Wortsman et al. 2022, "Model
# soups").
ORDERS = 2
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
# Stance is harder to learn than themes, and most passages carry one theme or none.
STANCE_WEIGHT = 2
# Softens codes: a coder is not always right.
SMOOTHING = 0.05
# How often in training a stance is read without what its theme adds, so that the stance of a theme
# nobody coded can be read, too.
WITHOUT_THEME = 0.3
PADDING = "[PAD]"


@dataclass(frozen=True, slots=True)
class Lessons:
    """What an encoder learns from: n passages.

    `themes` (n x themes) is 1 or 0, or NaN where nobody coded; `stances` (the same shape) an index
    of STANCES, or -1. `carries` gives the sentences of each theme. `fold` divides the passages by
    authority. `worth` says which of the passages are worth learning from.
    """

    names: tuple[str, ...]
    passages: Sequence[Passage]
    themes: np.ndarray
    stances: np.ndarray
    carries: Sequence[Mapping[str, Sequence[Span]]]
    fold: np.ndarray
    worth: np.ndarray

    def rows(self, kept: np.ndarray) -> Lessons:
        """Only some of the passages."""
        return Lessons(
            self.names,
            [self.passages[n] for n in kept],
            self.themes[kept],
            self.stances[kept],
            [self.carries[n] for n in kept],
            self.fold[kept],
            self.worth[kept],
        )


def fit_encoders(lessons: Lessons, start: Path) -> tuple[Encoder, np.ndarray, np.ndarray]:
    """An encoder fine-tuned on all lessons, and what ones that had not seen them say.

    `start` is the folder of a BERT-like sentence encoder as `transformers` stores it. Returns the
    encoder, its log odds of the themes (n x themes) and log probabilities of STANCES (n x themes x
    4), both held out by `fold`.
    """
    pieces = kept_pieces(start, lessons.passages)
    folds = np.unique(lessons.fold)
    # First the one that takes longest. Side by side they take half the time on two processors;
    # one training does not become faster with two. Each needs up to 9 GB of memory.
    parts = [lessons, *(lessons.rows(np.flatnonzero(lessons.fold != n)) for n in folds)]
    fits = [(part, order) for part in parts for order in range(ORDERS)]
    at_once = 1 if DEVICE == "cuda" else min(len(parts), os.cpu_count() or 1)
    weights = Parallel(at_once)(
        delayed(fit_weights)(part, start, pieces, order, line)
        for line, (part, order) in enumerate(fits)
    )
    encoder, *held_out = (
        Encoder(tuple(pieces), lessons.names, in_steps(_mean(weights[n : n + ORDERS])))
        for n in range(0, len(weights), ORDERS)
    )
    shape = lessons.themes.shape
    odds, tone = np.full(shape, np.nan), np.full((*shape, len(STANCES)), np.nan)
    for n, part in zip(folds, held_out, strict=True):
        own = np.flatnonzero(lessons.fold == n)
        odds[own], tone[own] = listen(part, lessons.rows(own))
    return encoder, odds, tone


def _mean(weights: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.mean([own[name] for own in weights], axis=0) for name in weights[0]}


def listen(encoder: Encoder, lessons: Lessons) -> tuple[np.ndarray, np.ndarray]:
    """What an encoder says about lessons: log odds (n x themes) and stances (n x themes x 4)."""
    odds, stances = encoder.read(lessons.passages, lessons.carries)
    return odds, np.array([[own[name] for name in lessons.names] for own in stances])


def fit_weights(
    lessons: Lessons, start: Path, pieces: Sequence[str], order: int = 0, line: int = 0
) -> dict[str, np.ndarray]:
    """The weights of an encoder fine-tuned on all of these lessons, of those that teach anything.

    `order` is the number of the order in which they are read; `line` the one on which progress is
    shown.
    """
    coded = ~np.isnan(lessons.themes).all(axis=1)
    lessons = lessons.rows(np.flatnonzero(coded & lessons.worth))
    net = _net(start, pieces, len(lessons.names))
    _fine_tune(net, as_rows(lessons, pieces), order, line)
    return _weights(net)


def kept_pieces(start: Path, passages: Iterable[Passage]) -> list[str]:
    """An encoder's pieces of words, without longer ones that are in none of the passages.

    Raises `ModelError` if the encoder does not fit ours.
    """
    base = _read_pieces(start)
    everything = {piece: n for n, piece in enumerate(base) if piece}
    used = {int(n) for passage in passages for n in as_pieces(passage, everything).ids}
    # A word that is not in the texts is made up of short pieces.
    short = {n for piece, n in everything.items() if len(piece.removeprefix("##")) <= 2}
    special = {everything[piece] for piece in (PADDING, START, END, UNKNOWN)}
    return [base[n] for n in sorted(used | short | special)]


def _read_pieces(start: Path) -> list[str]:
    hint = "Give the folder of all-MiniLM-L6-v2, or of a similar encoder."
    try:
        config = BertConfig.from_pretrained(start)
        pieces = (start / "vocab.txt").read_text(encoding="utf-8").split("\n")
    except (OSError, ValueError) as error:
        raise ModelError(f"{start} holds no sentence encoder ({error}).", hint) from error
    if (
        config.hidden_size != HEAD_WIDTH * config.num_attention_heads
        or config.num_hidden_layers < LAYERS
        or config.max_position_embeddings < MAX_PIECES
        or not {PADDING, START, END, UNKNOWN} <= set(pieces)
    ):
        raise ModelError(
            f"The encoder in {start} has the wrong shape: it needs heads {HEAD_WIDTH} wide, at "
            f"least {LAYERS} layers and {MAX_PIECES} positions, and BERT's special pieces.",
            hint,
        )
    return pieces


class Row(NamedTuple):
    """A passage for training: its pieces, whether each theme is carried (NaN: not coded), and its
    stances: for each, the number of its theme, which pieces carry it, and its index in STANCES.
    """

    pieces: Pieces
    themes: np.ndarray
    stances: list[tuple[int, np.ndarray, int]]


def as_rows(lessons: Lessons, pieces: Sequence[str]) -> list[Row]:
    """The passages of lessons in pieces."""
    ids = {piece: n for n, piece in enumerate(pieces)}
    rows = []
    for n, passage in enumerate(lessons.passages):
        own = as_pieces(passage, ids)
        stances = [
            (column, own.inside(lessons.carries[n][name]), int(lessons.stances[n, column]))
            for column, name in enumerate(lessons.names)
            if lessons.stances[n, column] >= 0
        ]
        rows.append(Row(own, lessons.themes[n], stances))
    return rows


class _Net(torch.nn.Module):
    def __init__(self, body: BertModel, n_themes: int, padding: int) -> None:
        super().__init__()
        self.body, self.padding = body, padding
        width = 2 * body.config.hidden_size
        self.themes = torch.nn.Linear(width, n_themes)
        self.stance = torch.nn.Linear(width, len(STANCES))
        self.stances = torch.nn.Linear(width, n_themes * len(STANCES), bias=False)
        torch.nn.init.zeros_(self.stances.weight)
        self.drop = torch.nn.Dropout(0.1)

    def forward(self, batch: _Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Log odds of themes for each row, and of STANCES for each stance asked for."""
        seen = self.body(
            input_ids=batch.ids, token_type_ids=batch.sides, attention_mask=batch.mask
        ).last_hidden_state
        odds = self.themes(self.drop(_pool(seen, batch.mask)))
        pooled = self.drop(_pool(seen[batch.row], batch.carry))
        added = self.stances(pooled).view(len(pooled), -1, len(STANCES))
        added = added[torch.arange(len(pooled)), batch.theme]
        if self.training and torch.rand(()) < WITHOUT_THEME:
            added = torch.zeros_like(added)
        return odds, self.stance(pooled) + added


def _pool(seen: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Means and maxima over the pieces of `mask` (n x pieces)."""
    weight = mask[..., None].float()
    mean = (seen * weight).sum(1) / weight.sum(1)
    return torch.cat([mean, seen.masked_fill(weight == 0, -1e9).amax(1)], dim=1)


class _Batch(NamedTuple):
    """Rows as tensors (n x pieces), and their stances: the `row`, theme and pieces of each."""

    ids: torch.Tensor
    sides: torch.Tensor
    mask: torch.Tensor
    themes: torch.Tensor
    row: torch.Tensor
    theme: torch.Tensor
    carry: torch.Tensor
    stance: torch.Tensor


def _batch(rows: Sequence[Row], padding: int) -> _Batch:
    width = max(len(row.pieces.ids) for row in rows)
    ids = np.full((len(rows), width), padding)
    sides, mask = np.zeros_like(ids), np.zeros_like(ids)
    asked = [(n, *stance) for n, row in enumerate(rows) for stance in row.stances]
    carry = np.zeros((len(asked), width), dtype=int)
    for n, row in enumerate(rows):
        size = len(row.pieces.ids)
        ids[n, :size], sides[n, :size], mask[n, :size] = row.pieces.ids, row.pieces.sides, 1
    for n, (_, _, inside, _) in enumerate(asked):
        carry[n, : len(inside)] = inside
    arrays = (
        ids,
        sides,
        mask,
        np.array([row.themes for row in rows], dtype=np.float32),
        np.array([n for n, *_ in asked], dtype=int),
        np.array([theme for _, theme, *_ in asked], dtype=int),
        carry,
        np.array([stance for *_, stance in asked], dtype=int),
    )
    return _Batch(*(torch.from_numpy(values).to(DEVICE) for values in arrays))


def _net(start: Path, pieces: Sequence[str], n_themes: int) -> _Net:
    """The encoder in a folder with only the given pieces, and heads that know nothing yet."""
    torch.manual_seed(0)
    # Without dropout an epoch takes a quarter less time; smoothing stands in for it.
    body = BertModel.from_pretrained(
        start,
        add_pooling_layer=False,
        # torch's own attention is slower in bfloat16 on a processor.
        attn_implementation="eager",
        hidden_act="gelu_pytorch_tanh",
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    body.encoder.layer = body.encoder.layer[:LAYERS]
    known = {piece: n for n, piece in enumerate(_read_pieces(start))}
    words = body.embeddings.word_embeddings.weight.data[[known[piece] for piece in pieces]]
    body.embeddings.word_embeddings = torch.nn.Embedding.from_pretrained(words, freeze=False)
    return _Net(body, n_themes, list(pieces).index(PADDING)).to(DEVICE)


def _multiplies_halves() -> bool:
    """Whether this machine has bfloat16 products, with which training takes half the time."""
    if DEVICE == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    # A torch too old to say what the processor can do trains slowly.
    known: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(known.get("amx_bf16") or known.get("avx512_bf16"))


def _fine_tune(net: _Net, rows: Sequence[Row], order: int, line: int) -> None:
    torch.manual_seed(order)
    rng = np.random.default_rng(order)
    net.train()
    heads = [p for name, p in net.named_parameters() if not name.startswith("body.")]
    steps = EPOCHS * max(1, -(-len(rows) // BATCH_SIZE))
    optimiser = torch.optim.AdamW(
        [{"params": net.body.parameters(), "lr": RATE}, {"params": heads, "lr": 10 * RATE}],
        weight_decay=0.01,
        fused=True,
    )
    # The rate rises over a tenth of the steps, then falls to zero.
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda n: min((n + 1) / (0.1 * steps), max(steps - n, 0) / (0.9 * steps))
    )
    halves = torch.autocast(DEVICE, torch.bfloat16, enabled=_multiplies_halves())
    with tqdm(total=steps, desc=f"Encoder {line + 1}", unit="step", position=line) as bar:
        for own in (batch for _ in range(EPOCHS) for batch in _batches(rows, rng)):
            batch = _batch([rows[n] for n in own], net.padding)
            with halves:
                odds, stances = net(batch)
            loss = _loss(odds.float(), stances.float(), batch)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            bar.update()
    net.eval()


def _loss(odds: torch.Tensor, stances: torch.Tensor, batch: _Batch) -> torch.Tensor:
    """Cross-entropies of themes and of stances, summed over those coded, per row."""
    known = ~batch.themes.isnan()
    loss = functional.binary_cross_entropy_with_logits(
        odds[known], batch.themes[known], reduction="sum"
    )
    if len(stances):
        loss = loss + STANCE_WEIGHT * functional.cross_entropy(
            stances, batch.stance, reduction="sum", label_smoothing=SMOOTHING
        )
    return loss / len(odds)


def _batches(rows: Sequence[Row], rng: np.random.Generator) -> list[np.ndarray]:
    """Batches of rows of similar length, in random order."""
    order = rng.permutation(len(rows))
    batches = []
    for at in range(0, len(order), 20 * BATCH_SIZE):
        some = sorted(order[at : at + 20 * BATCH_SIZE], key=lambda i: len(rows[i].pieces.ids))
        batches += [np.array(some[n : n + BATCH_SIZE]) for n in range(0, len(some), BATCH_SIZE)]
    return [batches[n] for n in rng.permutation(len(batches))]


def _weights(net: _Net) -> dict[str, np.ndarray]:
    """The weights of a fine-tuned net, under the names that `Encoder` uses."""
    state = {
        name: value.detach().float().cpu().numpy() for name, value in net.state_dict().items()
    }

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
