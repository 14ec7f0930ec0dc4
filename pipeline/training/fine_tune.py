"""A sentence encoder + passages in pieces → the encoder fine-tuned; needs the extra `encoder`.

For ours (`fit_encoder`) and for the larger one that may teach it (`fit_teacher`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn import functional
from tqdm.auto import tqdm
from transformers import AutoConfig, AutoModel, PretrainedConfig

from pipeline.base.codebook import STANCES
from pipeline.base.errors import ModelError
from pipeline.tagging.encoder import END, MAX_PIECES, START, UNKNOWN, as_pieces
from pipeline.tagging.passages import Passage
from pipeline.training.lessons import Row

BATCH_SIZE = 32
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
# Stance is harder to learn than themes, and most passages carry one theme or none.
STANCE_WEIGHT = 2
# How often in training a stance is read without what its theme adds, so that the stance of a theme
# nobody coded can be read, too.
WITHOUT_THEME = 0.3
PADDING = "[PAD]"
HINT = (
    "Give the folder of a sentence encoder: to --encoder all-MiniLM-L6-v2 or a similar one, to "
    "--teacher a larger one, such as all-mpnet-base-v2."
)
# What MPNet calls BERT's special pieces.
SPECIAL = {"<s>": START, "</s>": END, "<pad>": PADDING}


def n_at_once(n: int) -> int:
    """How many of n encoders are fine-tuned side by side: of a graphics card each needs all."""
    return 1 if DEVICE == "cuda" else min(n, os.cpu_count() or 1)


class Pace(NamedTuple):
    """How fast an encoder learns: the rate of its last layer, what part of it each layer below
    has of the one above, and how many of the lowest (and the embeddings) stay as they are.
    """

    rate: float
    decay: float = 1.0
    frozen: int = 0


def read_pieces(start: Path) -> tuple[PretrainedConfig, list[str]]:
    """The configuration of the encoder in a folder, and its pieces under BERT's names.

    Raises `ModelError` if there is none, or none that reads as many pieces as ours.
    """
    try:
        # A folder that is not there would be looked for on huggingface.co.
        config = AutoConfig.from_pretrained(start, local_files_only=True)
        pieces = (start / "vocab.txt").read_text(encoding="utf-8").split("\n")
    except (OSError, ValueError) as error:
        raise ModelError(f"{start} holds no sentence encoder ({error}).", HINT) from error
    if set(SPECIAL) <= set(pieces):
        # MPNet has BERT's special pieces, too, and does not use them.
        pieces = ["" if p in SPECIAL.values() else SPECIAL.get(p, p) for p in pieces]
    if config.max_position_embeddings < MAX_PIECES or not (
        {PADDING, START, END, UNKNOWN} <= set(pieces)
    ):
        raise ModelError(
            f"The encoder in {start} has the wrong shape: it needs {MAX_PIECES} positions and "
            "BERT's special pieces.",
            HINT,
        )
    return config, pieces


def kept_pieces(start: Path, passages: Iterable[Passage]) -> list[str]:
    """An encoder's pieces of words, without longer ones that are in none of the passages.

    Raises `ModelError` like `read_pieces`.
    """
    _, base = read_pieces(start)
    everything = {piece: n for n, piece in enumerate(base) if piece}
    used = {int(n) for passage in passages for n in as_pieces(passage, everything).ids}
    # A word that is not in the texts is made up of short pieces.
    short = {n for piece, n in everything.items() if len(piece.removeprefix("##")) <= 2}
    special = {everything[piece] for piece in (PADDING, START, END, UNKNOWN)}
    return [base[n] for n in sorted(used | short | special)]


class Net(torch.nn.Module):
    """An encoder, and what reads themes and stances from what it sees."""

    # A BERT or an MPNet: a class of `transformers` of its own for each.
    body: Any

    def __init__(self, body: torch.nn.Module, n_themes: int, padding: int) -> None:
        super().__init__()
        self.body, self.padding = body, padding
        width = 2 * self.body.config.hidden_size
        self.themes = torch.nn.Linear(width, n_themes)
        self.stance = torch.nn.Linear(width, len(STANCES))
        self.stances = torch.nn.Linear(width, n_themes * len(STANCES), bias=False)
        torch.nn.init.zeros_(self.stances.weight)
        self.drop = torch.nn.Dropout(0.1)

    def forward(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Log odds of themes for each row, and of STANCES for each stance asked for."""
        embeddings = self.body.embeddings
        # MPNet counts places from behind that of its padding, and knows no sides.
        first = (embeddings.position_embeddings.padding_idx or -1) + 1
        places = torch.arange(first, first + batch.ids.shape[1], device=batch.ids.device)
        knows_sides = hasattr(embeddings, "token_type_embeddings")
        seen = self.body(
            input_ids=batch.ids,
            attention_mask=batch.mask,
            position_ids=places[None],
            **({"token_type_ids": batch.sides} if knows_sides else {}),
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


class Batch(NamedTuple):
    """Rows as tensors (n x pieces), and their stances: the `row`, theme and pieces of each."""

    ids: torch.Tensor
    sides: torch.Tensor
    mask: torch.Tensor
    themes: torch.Tensor
    row: torch.Tensor
    theme: torch.Tensor
    carry: torch.Tensor
    stance: torch.Tensor


def as_batch(rows: Sequence[Row], padding: int) -> Batch:
    """Rows side by side; `padding` is the number of the piece that fills the shorter ones."""
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
        np.array([stance for *_, stance in asked], dtype=np.float32).reshape(-1, len(STANCES)),
    )
    return Batch(*(torch.from_numpy(values).to(DEVICE) for values in arrays))


def load_net(start: Path, pieces: Sequence[str], n_themes: int, layers: int | None = None) -> Net:
    """The encoder in a folder with only the given pieces, and heads that know nothing yet.

    Of its layers only the first `layers` (None: all).
    """
    torch.manual_seed(0)
    # Without dropout an epoch takes a quarter less time; smoothing stands in for it.
    body = AutoModel.from_pretrained(
        start,
        local_files_only=True,
        # The other format runs code when it is read.
        use_safetensors=True,
        add_pooling_layer=False,
        # torch's own attention is slower in bfloat16 on a processor.
        attn_implementation="eager",
        hidden_act="gelu_pytorch_tanh",
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    body.encoder.layer = body.encoder.layer[:layers]
    known = {piece: n for n, piece in enumerate(read_pieces(start)[1]) if piece}
    words = body.embeddings.word_embeddings.weight.data[[known[piece] for piece in pieces]]
    body.embeddings.word_embeddings = torch.nn.Embedding.from_pretrained(words, freeze=False)
    return Net(body, n_themes, list(pieces).index(PADDING)).to(DEVICE)


def _in_halves() -> torch.autocast:
    """Products in bfloat16, where this machine has them: training takes half the time."""
    if DEVICE == "cuda":
        able = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        # A torch too old to say what the processor can do trains slowly.
        known: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
        able = bool(known.get("amx_bf16") or known.get("avx512_bf16"))
    return torch.autocast(DEVICE, torch.bfloat16, enabled=able)


def fine_tune(
    net: Net, epochs: Sequence[Sequence[Row]], pace: Pace, order: int = 0, line: int = 0
) -> None:
    """Let an encoder learn from the rows of each epoch.

    `order` is the number of the order in which they are read; `line` the one on which progress is
    shown.
    """
    torch.manual_seed(order)
    rng = np.random.default_rng(order)
    net.train()
    steps = sum(max(1, -(-len(rows) // BATCH_SIZE)) for rows in epochs)
    optimiser = torch.optim.AdamW(_groups(net, pace), weight_decay=0.01, fused=True)
    # The rate rises over a tenth of the steps, then falls to zero.
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda n: min((n + 1) / (0.1 * steps), max(steps - n, 0) / (0.9 * steps))
    )
    halves = _in_halves()
    with tqdm(total=steps, desc=f"Encoder {line + 1}", unit="step", position=line) as bar:
        for own in (batch for rows in epochs for batch in _batches(rows, rng)):
            batch = as_batch(own, net.padding)
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


def _groups(net: Net, pace: Pace) -> list[dict]:
    """All parameters with their rates, from the top; those that stay as they are, are frozen."""
    layers = [list(layer.parameters()) for layer in net.body.encoder.layer]
    in_layers = {id(own) for layer in layers for own in layer}
    # The embeddings, and what all layers share.
    lowest = [own for own in net.body.parameters() if id(own) not in in_layers]
    heads = [own for name, own in net.named_parameters() if not name.startswith("body.")]
    if pace.frozen:
        for own in (*lowest, *chain.from_iterable(layers[: pace.frozen])):
            own.requires_grad_(False)
    rates = [pace.rate * pace.decay**depth for depth in range(len(layers) + 1)]
    from_top = [
        {"params": own, "lr": rate}
        for own, rate in zip((*reversed(layers), lowest), rates, strict=True)
    ]
    return [{"params": heads, "lr": 10 * pace.rate}, *from_top]


def _loss(odds: torch.Tensor, stances: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Cross-entropies of themes and of stances, summed over those known, per row."""
    known = ~batch.themes.isnan()
    loss = functional.binary_cross_entropy_with_logits(
        odds[known], batch.themes[known], reduction="sum"
    )
    if len(stances):
        loss = loss + STANCE_WEIGHT * functional.cross_entropy(
            stances, batch.stance, reduction="sum"
        )
    return loss / len(odds)


def _batches(rows: Sequence[Row], rng: np.random.Generator) -> list[list[Row]]:
    """Batches of rows of similar length, in random order."""
    order = rng.permutation(len(rows))
    batches = []
    for at in range(0, len(order), 20 * BATCH_SIZE):
        some = sorted(order[at : at + 20 * BATCH_SIZE], key=lambda i: len(rows[i].pieces.ids))
        batches += [some[n : n + BATCH_SIZE] for n in range(0, len(some), BATCH_SIZE)]
    return [[rows[k] for k in batches[n]] for n in rng.permutation(len(batches))]


@torch.inference_mode()
def hear(net: Net, rows: Sequence[Row]) -> tuple[np.ndarray, np.ndarray]:
    """What a fine-tuned encoder says of rows, each of which asks for the stance of every theme.

    Returns how likely it finds each theme (n x themes), and each of STANCES (n x themes x 4).
    """
    shape = (len(rows), net.themes.out_features)
    themes, stances = np.empty(shape), np.empty((*shape, len(STANCES)))
    order = sorted(range(len(rows)), key=lambda n: len(rows[n].pieces.ids))
    halves = _in_halves()
    for at in range(0, len(order), BATCH_SIZE):
        own = order[at : at + BATCH_SIZE]
        with halves:
            odds, tones = net(as_batch([rows[n] for n in own], net.padding))
        themes[own] = odds.float().sigmoid().cpu().numpy()
        stances[own] = tones.float().softmax(1).cpu().numpy().reshape(len(own), -1, len(STANCES))
    return themes, stances
