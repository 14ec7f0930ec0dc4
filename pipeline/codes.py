"""Codes: what coders said of paragraphs, kept apart from the texts.

A row of a codes file names a document (first 12 figures of its SHA-256) and a paragraph (its
fingerprint), never its words, and has a column for each theme: a stance, `no`, or nothing where
nobody coded for that theme. Plain CSV, to be edited and reviewed by people.
"""

from __future__ import annotations

import csv
import datetime
import difflib
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from pipeline.authorities import standard_names
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

    Columns `CODES_COLUMNS`, then one per theme that any file codes. A document has one
    `authority`, spelled as in the table of authorities: along it, training and test are kept
    apart. Raises `CorpusError` with file and line where a value is none of `CODE_VALUES`, a hash
    or a date is damaged, or a coder contradicts an earlier row.
    """
    files = sorted(CODES.glob("*.csv")) if files is None else list(files)
    if not files:
        raise CorpusError(f"There are no codes in {CODES}.", "Code some paragraphs first.")
    tables = [_read_codes_file(path) for path in files]
    codes = pd.concat(tables, ignore_index=True).fillna("")
    if clash := next(contradictions(codes), None):
        where = [
            f"{path}, line {line}"
            for path, t in zip(files, tables, strict=True)
            for line in t.index
        ]
        row, earlier, theme = clash
        raise CorpusError(
            f"{where[row]}: the same coder codes {theme} of the same paragraph otherwise in "
            f"{where[earlier]}.",
            "Delete the one that does not hold.",
        )
    codes["authority"] = _authority_of_documents(codes)
    return codes[[*CODES_COLUMNS, *themes_of(codes)]]


def themes_of(codes: pd.DataFrame) -> list[str]:
    """The themes that a table of codes has columns for."""
    return [column for column in codes.columns if column not in CODES_COLUMNS]


def themes_without_codebook(codes: pd.DataFrame, themes: Sequence[str]) -> list[str]:
    """The themes that are coded but not in the codebook.

    Raises `CorpusError` for one that reads like a misspelt theme of the codebook.
    """
    strangers = [column for column in themes_of(codes) if column not in themes]
    for column in strangers:
        if near := difflib.get_close_matches(column.strip().lower(), themes, n=1, cutoff=0.75):
            raise CorpusError(
                f"The codes have a column {column!r}, which is no theme of the codebook.",
                f"If it is {near[0]}, rename it; else give the theme another name.",
            )
    return strangers


def _read_codes_file(path: Path) -> pd.DataFrame:
    """One file's rows as they stand; the index says in which line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, strict=True)
            header = next(lines, [])
            rows = dict((lines.line_num, values) for values in lines if any(values))  # noqa: C402
    except (OSError, ValueError, csv.Error) as error:
        raise CorpusError(
            f"{path} cannot be read: {error}.", "Save it as CSV in UTF-8."
        ) from error
    if len(header) == 1 and ";" in header[0]:
        raise CorpusError(f"{path} is separated by semicolons.", "Save it with commas.")
    if missing := [column for column in CODES_COLUMNS if column not in header]:
        raise CorpusError(
            f"{path} lacks the columns {', '.join(missing)}.", "Compare it with corpus/codes."
        )
    if wrong := [name for n, name in enumerate(header) if not name or name in header[:n]]:
        raise CorpusError(
            f"{path} has a column without a name or two named {wrong[0]!r}.", "Delete one of them."
        )
    for line, values in rows.items():
        if len(values) != len(header):
            raise CorpusError(
                f"{path}, line {line}: it has {len(values)} fields, not {len(header)}.",
                "Fill in what is missing, or delete what is too much.",
            )
    table = pd.DataFrame(rows.values(), index=list(rows), columns=header, dtype=str)
    for column, width in (("doc_id", 12), ("fingerprint", 64)):
        _check(
            path,
            table[column],
            table[column].str.fullmatch(f"[0-9a-f]{{{width}}}"),
            f"It must be {width} hexadecimal figures; a spreadsheet may have changed it. Take the "
            "line from an older copy.",
        )
    _check(
        path,
        table["coded_on"],
        table["coded_on"].map(_is_day).astype(bool),
        "Write it as 2026-03-31, or leave it empty.",
    )
    for theme in themes_of(table):
        _check(
            path,
            table[theme],
            table[theme].isin(CODE_VALUES),
            f"It can be {', '.join(filter(None, CODE_VALUES))} or empty.",
        )
    return table


def _check(path: Path, values: pd.Series, good: pd.Series, hint: str) -> None:
    wrong = values[~good]
    if len(wrong):
        more = f" (and {len(wrong) - 1} lines more)" if len(wrong) > 1 else ""
        raise CorpusError(
            f"{path}, line {wrong.index[0]}: {values.name} is {wrong.iloc[0]!r}{more}.", hint
        )


def _is_day(text: str) -> bool:
    try:
        return not text or datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _authority_of_documents(codes: pd.DataFrame) -> pd.Series:
    """The commonest name of each document's authority, in its standard spelling."""
    spelled = codes["authority"].map(standard_names(codes["authority"].unique()))
    commonest = spelled.groupby(codes["doc_id"]).agg(lambda names: names.mode().iloc[0])
    return codes["doc_id"].map(commonest)


def contradictions(codes: pd.DataFrame) -> Iterator[tuple[int, int, str]]:
    """Rows at odds with an earlier one of the same coder: (row, earlier row, theme)."""
    said: dict[tuple[str, ...], tuple[int, str]] = {}
    keys = list(zip(codes["doc_id"], codes["fingerprint"], codes["coder"], strict=True))
    for theme in themes_of(codes):
        for row, (key, code) in enumerate(zip(keys, codes[theme], strict=True)):
            earlier = said.setdefault((*key, theme), (row, code)) if code else (row, code)
            if earlier[1] != code:
                yield row, earlier[0], theme


def settle_codes(codes: pd.DataFrame) -> pd.DataFrame:
    """One row per paragraph: what the majority of its coders say, theme by theme.

    Where as many say yes as no the field is empty: nobody knows. Of stances the commonest counts,
    the later one of equals. Columns as in `codes`; `coder` lists them all.
    """
    codes = codes.sort_values("coded_on", kind="stable")
    alone = ~codes.duplicated(KEYS, keep=False)
    settled = [_settle(rows) for _, rows in codes[~alone].groupby(KEYS, sort=False)]
    return pd.concat([codes[alone], pd.DataFrame(settled, columns=codes.columns)]).sort_values(
        KEYS, ignore_index=True
    )


def _settle(rows: pd.DataFrame) -> dict[str, str]:
    # How it was drawn when it was first coded: drawn at random, it stays so.
    one = rows.iloc[0].to_dict() | {"coder": " + ".join(dict.fromkeys(rows["coder"]))}
    for theme in themes_of(rows):
        # A coder who read a paragraph twice has one voice: the later one.
        voices: dict[str, str] = {}
        for coder, code in zip(rows["coder"], rows[theme], strict=True):
            if code:
                voices.pop(coder, None)
                voices[coder] = code
        stances = [code for code in voices.values() if code != NO]
        if 2 * len(stances) == len(voices):
            one[theme] = ""
        elif 2 * len(stances) < len(voices):
            one[theme] = NO
        else:
            one[theme] = max(reversed(stances), key=stances.count)
    return one


def link_codes(codes: pd.DataFrame, paragraphs: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Codes joined to the paragraphs they are about, and the codes whose paragraph is not there.

    Each code goes to the paragraph of its document that is most like it, if it is like enough, and
    no paragraph is given to two codes of different words by one coder: codes survive an extraction
    that cuts paragraphs a little differently. Codes of one paragraph get one `fingerprint`, that
    of the first of them. The first table has the columns of the codes and `LINKED_COLUMNS`.
    """
    at = match_prints(
        codes,
        paragraphs["doc_id"],
        lambda rows: [fingerprint(text) for text in paragraphs["text"].iloc[rows]],
        is_substantive(paragraphs),
    )
    linked = codes[at >= 0].reset_index(drop=True)
    found = paragraphs.iloc[at[at >= 0]][LINKED_COLUMNS].reset_index(drop=True)
    linked["fingerprint"] = linked.groupby(at[at >= 0])["fingerprint"].transform("first")
    return pd.concat([linked, found], axis=1), codes[at < 0].reset_index(drop=True)


def align_codes(codes: pd.DataFrame, known: Iterable[tuple[str, str]]) -> pd.DataFrame:
    """The codes under known keys (`KEYS`): each gets the fingerprint that is of its paragraph.

    What is like none of them keeps its own.
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
    """For each code the row of the paragraph it is about, -1 where it is not among them.

    The paragraphs are rows of `doc_ids`; `prints_of` gives the fingerprints of some of them, and
    of equally good ones a `preferred` one is taken: a box repeats in bold what a heading says.
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
    # What is too little is nothing: else an exact match would be given up for a better sum.
    likeness[likeness < MIN_SIMILARITY] = 0
    row, column = linear_sum_assignment(likeness + preferred * 1e-6, maximize=True)
    best = np.full(len(names), -1)
    good = likeness[row, column] > 0
    best[row[good]] = column[good]
    # What two coders read in two extractions has two prints and is one paragraph.
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
