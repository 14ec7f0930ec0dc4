"""Coded stances + a sentence encoder → our fine-tuned encoder; needs the extra `encoder`.

Used only by `train --encoder`. Without that option, `train` keeps the encoder of its base model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional
from tqdm.auto import tqdm
from transformers import BertConfig, BertModel

from pipeline.base.codebook import STANCES
from pipeline.base.errors import ModelError
from pipeline.tagging.stance_encoder import (
    END,
    HEAD_WIDTH,
    MAX_PIECES,
    START,
    UNKNOWN,
    Encoder,
    as_pieces,
    pieces_of,
)

# Found by fine-tuning on four fifths of the authorities and testing on the rest: six layers score
# 0.02 higher on stance, three are twice as fast.
LAYERS = 3
EPOCHS = 5
BATCH_SIZE = 16
RATE = 1.5e-4
SMOOTHING = 0.05
PADDING = "[PAD]"


def fit_encoders(
    asked: Sequence[tuple[str, str]],
    y: np.ndarray,
    fold: np.ndarray,
    start: Path,
    texts: Iterable[str],
) -> tuple[Encoder, np.ndarray]:
    """Fine-tune on (theme, text) and stances `y` (indices of STANCES, -1 if nobody coded it).

    `start` is the folder of a BERT-like sentence encoder as `transformers` stores it. Longer
    pieces of words that are in none of the `texts` are left out. Returns the encoder and, for each
    pair, the log probabilities of STANCES from an encoder that has not seen its `fold`.
    """
    base = _read_pieces(start)
    everything = {piece: n for n, piece in enumerate(base) if piece}
    used = {n for text in texts for n in pieces_of(text, everything)}
    used |= {n for theme, text in asked for n in as_pieces(theme, text, everything)[0]}
    # A word that is not in the texts is made up of short pieces.
    short = {n for piece, n in everything.items() if len(piece.removeprefix("##")) <= 2}
    special = {everything[piece] for piece in (PADDING, START, END, UNKNOWN)}
    kept = np.array(sorted(used | short | special))
    pieces = tuple(base[n] for n in kept)
    ids = {piece: n for n, piece in enumerate(pieces)}
    rows = [as_pieces(theme, text, ids) for theme, text in asked]
    held_out = np.zeros((len(y), len(STANCES)))
    for n in np.unique(fold):
        train, test = np.flatnonzero((fold != n) & (y >= 0)), np.flatnonzero(fold == n)
        part = _fine_tune([rows[i] for i in train], y[train], start, kept, ids[PADDING])
        own = Encoder(pieces, _weights(part))
        held_out[test] = own.score([asked[i] for i in test.tolist()])
    coded = np.flatnonzero(y >= 0)
    whole = _fine_tune([rows[i] for i in coded], y[coded], start, kept, ids[PADDING])
    return Encoder(pieces, _weights(whole)), held_out


def _read_pieces(start: Path) -> list[str]:
    """The word pieces of a sentence encoder. Raises `ModelError` if it does not fit ours."""
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


class _Net(torch.nn.Module):
    def __init__(self, start: Path, kept: np.ndarray) -> None:
        super().__init__()
        self.body = BertModel.from_pretrained(
            start, add_pooling_layer=False, hidden_act="gelu_pytorch_tanh"
        )
        self.body.encoder.layer = self.body.encoder.layer[:LAYERS]
        words = self.body.embeddings.word_embeddings.weight.data[torch.from_numpy(kept)]
        self.body.embeddings.word_embeddings = torch.nn.Embedding.from_pretrained(
            words, freeze=False
        )
        self.answer = torch.nn.Linear(words.shape[1], len(STANCES))
        self.drop = torch.nn.Dropout(0.1)

    def forward(self, ids: torch.Tensor, sides: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        seen = self.body(input_ids=ids, token_type_ids=sides, attention_mask=mask)
        weight = mask[..., None].float()
        mean = (seen.last_hidden_state * weight).sum(1) / weight.sum(1)
        return self.answer(self.drop(mean))


def _fine_tune(
    rows: list[tuple[list[int], list[int]]],
    y: np.ndarray,
    start: Path,
    kept: np.ndarray,
    padding: int,
) -> _Net:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    net = _Net(start, kept).train()
    steps = EPOCHS * max(1, -(-len(rows) // BATCH_SIZE))
    optimiser = torch.optim.AdamW(
        [
            {"params": net.body.parameters(), "lr": RATE},
            {"params": net.answer.parameters(), "lr": 10 * RATE},
        ],
        weight_decay=0.01,
    )
    # The rate rises over a tenth of the steps, then falls to zero.
    pace = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda n: min((n + 1) / (0.1 * steps), (steps - n) / (0.9 * steps))
    )
    for _ in tqdm(range(EPOCHS), "Fine-tuning", unit="round"):
        for own in _batches(rows, rng):
            loss = functional.cross_entropy(
                net(*_padded([rows[i] for i in own], padding)),
                torch.from_numpy(y[own]),
                label_smoothing=SMOOTHING,
            )
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            pace.step()
    return net.eval()


def _batches(
    rows: list[tuple[list[int], list[int]]], rng: np.random.Generator
) -> list[np.ndarray]:
    """Batches of rows of similar length, in random order."""
    order = rng.permutation(len(rows))
    batches = []
    for at in range(0, len(order), 20 * BATCH_SIZE):
        some = sorted(order[at : at + 20 * BATCH_SIZE], key=lambda i: len(rows[i][0]))
        batches += [np.array(some[n : n + BATCH_SIZE]) for n in range(0, len(some), BATCH_SIZE)]
    return [batches[n] for n in rng.permutation(len(batches))]


def _padded(
    rows: list[tuple[list[int], list[int]]], padding: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    width = max(len(ids) for ids, _ in rows)
    ids = torch.full((len(rows), width), padding)
    sides, mask = torch.zeros_like(ids), torch.zeros_like(ids)
    for n, (own, side) in enumerate(rows):
        ids[n, : len(own)] = torch.tensor(own)
        sides[n, : len(own)] = torch.tensor(side)
        mask[n, : len(own)] = 1
    return ids, sides, mask


def _weights(net: _Net) -> dict[str, np.ndarray]:
    """The weights of a fine-tuned net, under the names that `Encoder` uses."""
    state = {name: value.detach().numpy() for name, value in net.state_dict().items()}

    def norm(name: str) -> np.ndarray:
        return np.stack([state[f"{name}.weight"], state[f"{name}.bias"]])

    weights = {
        "pieces": state["body.embeddings.word_embeddings.weight"],
        "places": state["body.embeddings.position_embeddings.weight"],
        "sides": state["body.embeddings.token_type_embeddings.weight"],
        "pieces.norm": norm("body.embeddings.LayerNorm"),
        "answer": state["answer.weight"].T,
        "answer.bias": state["answer.bias"],
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
