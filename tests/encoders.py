"""Small sentence encoders of random weights, and lessons that they can learn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from transformers import BertConfig, BertModel, MPNetConfig, MPNetModel

from pipeline.tagging.encoder import MAX_PIECES
from pipeline.tagging.passages import Passage
from pipeline.training.fit_encoder import LAYERS
from pipeline.training.lessons import Lessons, shares_of

OWN = ["camhs", "is", "good", "poor", "not", "library", "zebra", "."]
WORDS = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", *OWN]
# As MPNet has them: its own special pieces, and BERT's, which it does not use.
TEACHERS_WORDS = ["<s>", "<pad>", "</s>", *OWN, "[CLS]", "[PAD]", "[SEP]", "[UNK]"]
SHAPE = {
    "hidden_size": 64,
    "num_attention_heads": 2,
    "intermediate_size": 128,
    "max_position_embeddings": MAX_PIECES + 2,
}
TEXTS = ["camhs is good .", "camhs is poor .", "zebra is good ."]


def write_start(folder: Path) -> Path:
    """A folder with an encoder that ours may begin as."""
    torch.manual_seed(0)
    config = BertConfig(vocab_size=len(WORDS), num_hidden_layers=LAYERS + 1, **SHAPE)
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    return folder


def write_teacher(folder: Path) -> Path:
    """A folder with an encoder of another kind, which may teach ours."""
    torch.manual_seed(1)
    config = MPNetConfig(vocab_size=len(TEACHERS_WORDS), num_hidden_layers=5, **SHAPE)
    MPNetModel(config, add_pooling_layer=False).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(TEACHERS_WORDS), encoding="utf-8")
    return folder


def lessons_of(texts, themes, stances, fold) -> Lessons:
    """Lessons on one theme; `stances` are numbers of STANCES, -1 for none."""
    return Lessons(
        names=("camhs",),
        passages=[Passage(text) for text in texts],
        themes=np.array(themes, dtype=float).reshape(-1, 1),
        stances=shares_of(np.array(stances).reshape(-1, 1)),
        carries=[{"camhs": [(0, 500)]}] * len(texts),
        fold=np.array(fold),
        worth=np.ones(len(texts), dtype=bool),
    )


def many_lessons() -> Lessons:
    """Enough of them to learn what they say."""
    return lessons_of(TEXTS * 30, [1, 1, 0] * 30, [0, 1, -1] * 30, np.repeat([0, 1], 45))
