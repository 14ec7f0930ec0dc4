"""Codes: what coders said of paragraphs, kept apart from the texts.

A row of a codes file names a document (first 12 figures of its SHA-256) and a paragraph (its
fingerprint), never its words, and has a column for each theme: a stance, `no`, or nothing where
nobody coded for that theme. Plain CSV, to be edited and reviewed by people.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from pipeline.codebook import STANCES
from pipeline.errors import CorpusError
from pipeline.paths import CODES
from pipeline.records import is_substantive

CODES_COLUMNS = ["doc_id", "fingerprint", "authority", "coder", "coded_on", "drawn"]
# What a code is about.
KEYS = CODES_COLUMNS[:2]
LINKED_COLUMNS = ["paragraph_id", "kind", "boilerplate", "heading", "lead_in", "text"]
NO = "no"
CODE_VALUES = (*STANCES, NO, "")
N_HASHES = 16
SHINGLE = 3
# Two texts of the same document that share fewer of their three-word runs than this are two
# paragraphs. A paragraph that lost a line to another keeps about two thirds of them.
MIN_SIMILARITY = 0.5
_PRIME = (1 << 31) - 1
# Drawn once at random and written out: every stored fingerprint depends on them.
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
    """64 hexadecimal figures from which the share of words in common can be estimated, no more.

    MinHash over runs of three words (Broder 1997, "On the resemblance and containment of
    documents"), 16 hashes of 16 bits; punctuation, case and leading numbers do not count.
    """
    words = re.findall(r"[a-z]+", text.lower())
    runs = {" ".join(words[i : i + SHINGLE]) for i in range(max(1, len(words) - SHINGLE + 1))}
    keys = np.array([zlib.crc32(run.encode()) % _PRIME for run in sorted(runs)], dtype=np.int64)
    smallest = ((keys[:, None] * _A + _B) % _PRIME).min(axis=0) & 0xFFFF
    return "".join(f"{value:04x}" for value in smallest)


def similarity(one: str, other: str) -> float:
    """Estimated share of three-word runs that two fingerprints have in common, 0 to 1."""
    return float(np.mean(_values(one) == _values(other)))


def _values(print_: str) -> np.ndarray:
    return np.frombuffer(bytes.fromhex(print_), dtype=">u2")


def read_codes(files: Iterable[Path] | None = None) -> pd.DataFrame:
    """All codes of the given files (default: `corpus/codes/*.csv`), checked.

    Columns `CODES_COLUMNS`, then one per theme that any file codes. Raises `CorpusError` with
    file and line where a value is none of `CODE_VALUES`, a hash is damaged, or a coder contradicts
    an earlier row.
    """
    files = sorted(CODES.glob("*.csv")) if files is None else list(files)
    if not files:
        raise CorpusError(f"There are no codes in {CODES}.", "Code some paragraphs first.")
    tables = [_read_codes_file(path) for path in files]
    codes = pd.concat(tables, ignore_index=True).fillna("")
    return codes[[*CODES_COLUMNS, *themes_of(codes)]]


def themes_of(codes: pd.DataFrame) -> list[str]:
    """The themes that a table of codes has columns for."""
    return [column for column in codes.columns if column not in CODES_COLUMNS]


def _read_codes_file(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise CorpusError(
            f"{path} cannot be read: {error}.", "Save it as CSV in UTF-8."
        ) from error
    if missing := [column for column in CODES_COLUMNS if column not in table.columns]:
        raise CorpusError(
            f"{path} lacks the columns {', '.join(missing)}.", "Compare it with corpus/codes."
        )
    for column, width in (("doc_id", 12), ("fingerprint", 64)):
        wrong = table.index[~table[column].str.fullmatch(f"[0-9a-f]{{{width}}}")]
        if len(wrong):
            raise CorpusError(
                f"{path}, line {wrong[0] + 2}: {column} is {table[column][wrong[0]]!r}, not "
                f"{width} hexadecimal figures.",
                "A spreadsheet may have changed it; take the line from an older copy.",
            )
    for theme in themes_of(table):
        wrong = table.index[~table[theme].isin(CODE_VALUES)]
        if len(wrong):
            raise CorpusError(
                f"{path}, line {wrong[0] + 2}: {theme} is {table[theme][wrong[0]]!r}.",
                f"It can be {', '.join(filter(None, CODE_VALUES))} or empty.",
            )
    if clash := contradiction(table):
        line, earlier, theme = clash
        raise CorpusError(
            f"{path}, lines {earlier + 2} and {line + 2}: the same coder codes {theme} of one "
            "paragraph in two ways.",
            "Delete the one that does not hold.",
        )
    return table


def contradiction(codes: pd.DataFrame) -> tuple[int, int, str] | None:
    """The first row at odds with an earlier one of its coder: (row, earlier row, theme)."""
    said: dict[tuple[str, ...], tuple[int, str]] = {}
    keys = list(zip(codes["doc_id"], codes["fingerprint"], codes["coder"], strict=True))
    for theme in themes_of(codes):
        for row, (key, code) in enumerate(zip(keys, codes[theme], strict=True)):
            earlier = said.setdefault((*key, theme), (row, code)) if code else (row, code)
            if earlier[1] != code:
                return row, earlier[0], theme
    return None


def settle_codes(codes: pd.DataFrame) -> pd.DataFrame:
    """One row per paragraph: what the majority of its coders say, theme by theme.

    Where as many say yes as no the field is empty: nobody knows. Of stances the commonest counts,
    the later one of equals. Columns as in `codes`; `coder` lists them all.
    """
    codes = codes.drop_duplicates([*KEYS, "coder", *themes_of(codes)])
    alone = ~codes.duplicated(KEYS, keep=False)
    settled = [_settle(rows) for _, rows in codes[~alone].groupby(KEYS, sort=False)]
    return pd.concat([codes[alone], pd.DataFrame(settled, columns=codes.columns)]).sort_values(
        KEYS, ignore_index=True
    )


def _settle(rows: pd.DataFrame) -> dict[str, str]:
    one = rows.iloc[-1].to_dict() | {"coder": " + ".join(dict.fromkeys(rows["coder"]))}
    for theme in themes_of(rows):
        said = [code for code in rows[theme] if code]
        stances = [code for code in said if code != NO]
        if 2 * len(stances) == len(said):
            one[theme] = ""
        elif 2 * len(stances) < len(said):
            one[theme] = NO
        else:
            one[theme] = max(reversed(stances), key=stances.count)
    return one


def link_codes(codes: pd.DataFrame, paragraphs: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Codes joined to the paragraphs they are about, and the codes whose paragraph is not there.

    Each code goes to the paragraph of its document that is most like it, if it is like enough, and
    no paragraph is given to two codes of different words: codes survive an extraction that cuts
    paragraphs a little differently. The first table has the columns of the codes and
    `LINKED_COLUMNS`.
    """
    by_document = dict(iter(paragraphs.groupby("doc_id")))
    linked, lost = [], []
    for doc_id, rows in codes.groupby("doc_id", sort=False):
        candidates = by_document.get(doc_id)
        if candidates is None:
            lost.append(rows)
            continue
        at, likeness = _best_matches(rows["fingerprint"], candidates)
        good = likeness >= MIN_SIMILARITY
        found = candidates.iloc[at[good]][LINKED_COLUMNS]
        linked.append(
            pd.concat([rows[good].reset_index(drop=True), found.reset_index(drop=True)], axis=1)
        )
        lost.append(rows[~good])
    columns = [*codes.columns, *LINKED_COLUMNS]
    together = pd.concat(linked, ignore_index=True) if linked else pd.DataFrame(columns=columns)
    missing = pd.concat(lost, ignore_index=True) if lost else codes.head(0)
    return together, missing


def _best_matches(prints: pd.Series, candidates: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """For each print the row of its paragraph, and how alike they are (-1 where none is left)."""
    names, which = np.unique(prints.to_numpy(dtype=str), return_inverse=True)
    wanted = np.array([_values(name) for name in names])
    present = np.array([_values(fingerprint(text)) for text in candidates["text"]])
    likeness = (wanted[:, None, :] == present[None, :, :]).mean(axis=2)
    # Of equally good paragraphs the one that counts: a box repeats in bold what a heading says.
    substantive = is_substantive(candidates).to_numpy() * 1e-6
    row, column = linear_sum_assignment(likeness + substantive, maximize=True)
    best, how = np.zeros(len(names), dtype=int), np.full(len(names), -1.0)
    best[row], how[row] = column, likeness[row, column]
    return best[which], how[which]
