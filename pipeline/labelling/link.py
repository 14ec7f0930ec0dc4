"""Codes ↔ the paragraphs they are about, by fingerprint."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd

from pipeline.base.columns import substantive_rows
from pipeline.labelling.codes import KEYS

LINKED_COLUMNS = ["paragraph_id", "kind", "boilerplate", "heading", "lead_in", "text"]
SHINGLE = 3
# Two texts of a document are different paragraphs if they have a smaller share of three-word runs
# in common. A paragraph that lost a line to another keeps about two thirds of them.
MIN_SIMILARITY = 0.5
_PRIME = (1 << 31) - 1
# Drawn at random once and then fixed: every stored fingerprint depends on them.
_A = np.array(
    [
        1826701614,
        1367864807,
        1097657232,
        579362556,
        661058652,
        87989973,
        161576975,
        35492827,
        376383646,
        1746484539,
        1394609702,
        1960127675,
        1081530687,
        1302740408,
        2084654369,
        1566581935,
    ]
)
_B = np.array(
    [
        1357791198,
        1167425778,
        1202413557,
        2008052738,
        595598245,
        1752032165,
        1440696407,
        5880883,
        846428919,
        1841261662,
        1190382222,
        72124473,
        1642588603,
        1566923138,
        1818006482,
        377217572,
    ]
)


def fingerprint(text: str) -> str:
    """64 hexadecimal digits that tell how much wording two texts share, and no more.

    MinHash over runs of three words (Broder 1997, "On the resemblance and containment of
    documents"), 16 hashes of 16 bits; punctuation, case and numbers do not count.
    """
    words = re.findall(r"[a-z]+", text.lower())
    runs = {" ".join(words[i : i + SHINGLE]) for i in range(max(1, len(words) - SHINGLE + 1))}
    keys = np.array([zlib.crc32(run.encode()) % _PRIME for run in sorted(runs)], dtype=np.int64)
    smallest = ((keys[:, None] * _A + _B) % _PRIME).min(axis=0) & 0xFFFF
    return "".join(f"{value:04x}" for value in smallest)


def _values(print_: str) -> np.ndarray:
    return np.frombuffer(bytes.fromhex(print_), dtype=">u2")


def link_codes(codes: pd.DataFrame, paragraphs: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Codes joined to the paragraphs they are about, and the codes whose paragraph is missing.

    Each code goes to the most similar paragraph of its document, if that is similar enough. Two
    codes by one coder with different fingerprints never share a paragraph. So codes survive an
    extraction that cuts paragraphs a little differently. Codes of one paragraph all get the
    `fingerprint` of the first. The first table has the columns of the codes and `LINKED_COLUMNS`.
    """
    at = match_prints(
        codes,
        paragraphs["doc_id"],
        lambda rows: [fingerprint(text) for text in paragraphs["text"].iloc[rows]],
        substantive_rows(paragraphs),
    )
    linked = codes[at >= 0].reset_index(drop=True)
    found = paragraphs.iloc[at[at >= 0]][LINKED_COLUMNS].reset_index(drop=True)
    linked["fingerprint"] = linked.groupby(at[at >= 0])["fingerprint"].transform("first")
    return pd.concat([linked, found], axis=1), codes[at < 0].reset_index(drop=True)


def align_codes(codes: pd.DataFrame, known: Iterable[tuple[str, str]]) -> pd.DataFrame:
    """The codes, each with the fingerprint that its paragraph has among the `known` keys (`KEYS`).

    A code that is like none of them keeps its own.
    """
    keys = pd.DataFrame(list(known), columns=KEYS, dtype=str)
    prints = keys["fingerprint"].to_numpy(dtype=object)
    anyone = pd.Series(True, index=keys.index)
    at = match_prints(codes, keys["doc_id"], lambda rows: prints[rows], anyone)
    own = codes["fingerprint"].to_numpy(dtype=object, copy=True)
    own[at >= 0] = prints[at[at >= 0]]
    return codes.assign(fingerprint=own)


def match_prints(
    codes: pd.DataFrame,
    doc_ids: pd.Series,
    prints_of: Callable[[np.ndarray], Sequence[str]],
    preferred: pd.Series,
) -> np.ndarray:
    """For each code the row of the paragraph it is about, or -1 if it is not among them.

    The paragraphs are the rows of `doc_ids`; `prints_of` gives the fingerprints of some rows. Of
    equally similar paragraphs a `preferred` one is taken: a box may repeat a heading in bold.
    """
    rows_of = dict(iter(pd.Series(np.arange(len(doc_ids))).groupby(doc_ids.to_numpy())))
    at = np.full(len(codes), -1)
    for doc_id, own in pd.Series(np.arange(len(codes))).groupby(codes["doc_id"].to_numpy()):
        if doc_id in rows_of:
            rows = rows_of[doc_id].to_numpy()
            best = _best_matches(
                codes["fingerprint"].iloc[own],
                codes["coder"].iloc[own],
                prints_of(rows),
                preferred.to_numpy()[rows],
            )
            at[own] = np.where(best >= 0, rows[best], -1)
    return at


def _best_matches(
    prints: pd.Series, coders: pd.Series, candidates: Sequence[str], preferred: np.ndarray
) -> np.ndarray:
    names, which = np.unique(prints.to_numpy(dtype=str), return_inverse=True)
    wanted = np.array([_values(name) for name in names])
    present = np.array([_values(name) for name in candidates])
    likeness = (wanted[:, None, :] == present[None, :, :]).mean(axis=2)
    # Weak matches count as none. Otherwise an exact match could be given up for a higher sum.
    likeness[likeness < MIN_SIMILARITY] = 0
    # Imported here, as it takes a second and every command loads this module.
    from scipy.optimize import linear_sum_assignment

    row, column = linear_sum_assignment(likeness + preferred * 1e-6, maximize=True)
    best = np.full(len(names), -1)
    good = likeness[row, column] > 0
    best[row[good]] = column[good]
    # One paragraph has two fingerprints if two coders read it in different extractions.
    coders_of = coders.groupby(which).agg(set)
    holder = {int(at): name for name, at in enumerate(best) if at >= 0}
    for name in sorted(np.flatnonzero(best < 0), key=lambda n: -likeness[n].max()):
        likeliest = int(likeness[name].argmax())
        rival = holder.get(likeliest)
        if (
            rival is not None
            and likeness[name, likeliest] > 0
            and coders_of[name].isdisjoint(coders_of[rival])
        ):
            best[name] = likeliest
            coders_of[rival] |= coders_of[name]
    return best[which]
