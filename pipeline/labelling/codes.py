"""Codes: what coders said about paragraphs, kept separate from the texts.

A row of a codes file names a document (the first 12 digits of its SHA-256) and a paragraph (its
fingerprint), but holds none of its words. Each theme has a column: a stance, `no`, or nothing if
nobody coded for that theme. The files are plain CSV, for people to edit and review.
"""

from __future__ import annotations

import csv
import datetime
import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.base.codebook import STANCES
from pipeline.base.counted import counted
from pipeline.base.errors import CorpusError, LabelError
from pipeline.base.workspace import find_workspace
from pipeline.documents.authorities import standard_names

CODES_COLUMNS = ["doc_id", "fingerprint", "authority", "coder", "coded_on", "drawn"]
# The columns that say which paragraph a code is about.
KEYS = CODES_COLUMNS[:2]
# A further column, of paragraphs that were drawn by chance: how likely the draw was to take them;
# empty where that is not known.
PROBABILITY = "inclusion_probability"
# A column of settled codes: `theme=drawn=probability` of each coded theme; the probability is
# empty where it is not known.
DRAWS = "draws"
NO = "no"
CODE_VALUES = (*STANCES, NO, "")
# What coders have agreed on where they differed: the coder whose word counts.
CONSENSUS = "consensus"
# The trained model among coders, and beside them in the tables of a validation.
MODEL, THE_MODEL = "model", "the model"
# The coders of the codes that come with the project: this is the first, and the names of the
# others begin so.
LANGUAGE_MODEL = "language-model"
# Nobody's names: under the first a person would outvote all others.
RESERVED = (CONSENSUS, MODEL, THE_MODEL)
# How a paragraph was chosen to be coded, in the column `drawn`: a reader corrected its tags.
CORRECTED = "corrected"
# Ways of drawing paragraphs where one theme is likely (see `propose_theme`): nobody can tell from
# them how frequent it is unless `PROBABILITY` is known.
SEARCH, LIKE, UNSURE, TAGGED = "search", "like", "unsure", "tagged"
DRAWN_FOR_THEME = (SEARCH, LIKE, UNSURE, TAGGED)
# Ways of drawing a paragraph regardless of its content: only these show how often a model errs on
# paragraphs as they come. `seed`: all paragraphs of a report. (`every`, all paragraphs of the
# sample corpus, is not one of them: those were never published.)
DRAWN_AT_RANDOM = ("random", "seed")


def check_coder(name: str) -> None:
    """Raise `LabelError` if `name` is one of `RESERVED`, in whatever letters.

    A coder's own file is the same for `Consensus` and `consensus`.
    """
    if name.strip().lower() in RESERVED:
        raise LabelError(
            f"A coder cannot be called {name.strip()!r}, which stands for what coders agreed "
            "on or for the trained model.",
            "Add a family name.",
        )


def read_codes(
    files: Iterable[Path] | None = None, *, may_be_none: bool = False, themes: Sequence[str] = ()
) -> pd.DataFrame:
    """All codes in the given files (None: all of the workspace), checked.

    Columns `CODES_COLUMNS`, `PROBABILITY` if any file has it, then one for each theme that any
    file codes. A document has one `authority`, spelt as in the table of authorities; training and
    test are split by it. Raises `CorpusError` with file and line if a value is not one of
    `CODE_VALUES`, a hash, a date or a probability is damaged, a coder contradicts an earlier
    row or, unless there `may_be_none`, there is no file; and, with the `themes` of the codebook,
    if a file has one that is misspelt.
    """
    workspace = find_workspace()
    files = workspace.code_files() if files is None else list(files)
    if not files and may_be_none:
        return pd.DataFrame(columns=CODES_COLUMNS, dtype=str)
    if not files:
        raise CorpusError(
            f"There are no codes in {workspace.codes}.", "Code some paragraphs first."
        )
    tables = [_read_codes_file(path) for path in files]
    if themes:
        for path, table in zip(files, tables, strict=True):
            check_theme_names(table, themes, str(path))
    codes = pd.concat(tables, ignore_index=True).fillna("")
    if clash := next(contradictions(codes), None):
        where = [
            f"{path}, line {line}"
            for path, t in zip(files, tables, strict=True)
            for line in t.index
        ]
        row, earlier, theme = clash
        raise CorpusError(
            f"{where[row]}: the same coder codes {theme} differently for this paragraph in "
            f"{where[earlier]}.",
            "Delete the one that is wrong.",
        )
    codes["authority"] = _authority_of_documents(codes)
    return codes[[*about_codes(codes), *themes_of(codes)]]


def about_codes(codes: pd.DataFrame) -> list[str]:
    """The columns of a table of codes that are not themes."""
    return [*CODES_COLUMNS, *(name for name in (PROBABILITY, DRAWS) if name in codes.columns)]


def themes_of(codes: pd.DataFrame) -> list[str]:
    """The themes for which a table of codes has columns."""
    known = about_codes(codes)
    return [column for column in codes.columns if column not in known]


def draws_of(settled: pd.DataFrame, theme: str) -> tuple[np.ndarray, np.ndarray]:
    """How each paragraph of settled codes was drawn for a theme, and how likely that draw was.

    The probability is NaN where it is not known.
    """
    drawn = settled["drawn"].to_numpy(dtype=object, copy=True)
    probability = np.full(len(settled), np.nan)
    if DRAWS in settled.columns:
        for row, told in enumerate(settled[DRAWS]):
            for name, how, likely in (draw.split("=") for draw in told.split()):
                if name == theme:
                    drawn[row], probability[row] = how, float(likely or "nan")
    return drawn, probability


def check_theme_names(
    codes: pd.DataFrame, themes: Sequence[str], where: str = "The table of codes"
) -> None:
    """Raise `CorpusError`, which says `where`, for a theme that looks misspelt.

    `themes` are those of the codebook; codes may have others, with less similar names.
    """
    for column in (column for column in themes_of(codes) if column not in themes):
        if near := difflib.get_close_matches(column.strip().lower(), themes, n=1, cutoff=0.75):
            raise CorpusError(
                f"{where} has a column {column!r}, which is not a theme in the codebook.",
                f"If you mean {near[0]}, rename it. If not, give your theme a less similar name.",
            )


def _read_codes_file(path: Path) -> pd.DataFrame:
    """The rows of one file as they were written; the index holds their line numbers."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, strict=True)
            header = next(lines, [])
            # Some programs write a first line that tells Excel what stands between the fields.
            if header and header[0].lower().startswith("sep="):
                header = next(lines, [])
            rows = {}
            for values in lines:
                # Nobody sees a space at the end of a name, and it would make another coder.
                if any(stripped := [value.strip() for value in values]):
                    rows[lines.line_num] = stripped
    except (OSError, ValueError, csv.Error) as error:
        raise CorpusError(
            f"{path} cannot be read: {error}.", "Save it as CSV in UTF-8."
        ) from error
    for mark, name in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and mark in header[0]:
            raise CorpusError(f"{path} has {name} between its columns.", "Save it with commas.")
    header, rows = _without_emptied(header, rows)
    if missing := [column for column in CODES_COLUMNS if column not in header]:
        raise CorpusError(
            f"{path} lacks the columns {', '.join(missing)}.", "Compare it with corpus/codes."
        )
    if "" in header:
        raise CorpusError(f"{path} has a column without a name.", "Delete it, or give it a name.")
    if wrong := [name for n, name in enumerate(header) if name in header[:n]]:
        raise CorpusError(
            f"{path} has two columns named {wrong[0]!r}.", "Rename one of them, or delete it."
        )
    # A theme's name stands in lists that are divided by these, see `DRAWS`.
    if wrong := [name for name in header if re.search(r"[\s=]", name)]:
        raise CorpusError(
            f"{path}: the name of the column {wrong[0]!r} has a space or =.", "Rename it."
        )
    for line, values in rows.items():
        if len(values) != len(header):
            raise CorpusError(
                f"{path}, line {line}: it has {len(values)} fields, not {len(header)}.",
                "Add the missing fields, or delete the extra ones.",
            )
    table = pd.DataFrame(rows.values(), index=list(rows), columns=header, dtype=str)
    for column, width in (("doc_id", 12), ("fingerprint", 64)):
        _check(
            path,
            table[column],
            table[column].str.fullmatch(f"[0-9a-f]{{{width}}}"),
            f"It must be {width} hexadecimal digits; a spreadsheet may have changed it. Copy the "
            "line from an older version.",
        )
    _check(
        path,
        table["coded_on"],
        table["coded_on"].map(_is_day).astype(bool),
        "Write it as 2026-03-31, or leave it empty.",
    )
    if PROBABILITY in table.columns:
        _check(
            path,
            table[PROBABILITY],
            table[PROBABILITY].map(is_probability).astype(bool),
            "Write a number above 0, at most 1, as `label` did, or leave it empty.",
        )
    for theme in themes_of(table):
        _check(
            path,
            table[theme],
            table[theme].isin(CODE_VALUES),
            f"It can be {', '.join(filter(None, CODE_VALUES))} or empty.",
        )
    return table


def _without_emptied(
    header: list[str], rows: dict[int, list[str]]
) -> tuple[list[str], dict[int, list[str]]]:
    """A table without the columns at its end whose cells were emptied: Excel keeps them."""
    lines = [header, *rows.values()]
    if not header or header[-1] or any(len(line) != len(header) for line in lines):
        return header, rows
    filled = (n for line in lines for n, value in enumerate(line, 1) if value)
    n_filled = max(filled, default=0)
    return header[:n_filled], {number: line[:n_filled] for number, line in rows.items()}


def _check(path: Path, values: pd.Series, good: pd.Series, hint: str) -> None:
    wrong = values[~good]
    if len(wrong):
        more = f" (and {counted(len(wrong) - 1, 'more line')})" if len(wrong) > 1 else ""
        raise CorpusError(
            f"{path}, line {wrong.index[0]}: {values.name} is {wrong.iloc[0]!r}{more}.", hint
        )


def _is_day(text: str) -> bool:
    try:
        return not text or datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def is_probability(text: str) -> bool:
    """Whether a text is a probability above 0, or empty: it is not known."""
    try:
        return not text or 0 < float(text) <= 1
    except ValueError:
        return False


def _authority_of_documents(codes: pd.DataFrame) -> pd.Series:
    """The authority of each row's document: the most common name given, in standard spelling."""
    spelled = codes["authority"].map(standard_names(codes["authority"].unique()))
    commonest = spelled.groupby(codes["doc_id"]).agg(lambda names: names.mode().iloc[0])
    return codes["doc_id"].map(commonest)


def contradictions(codes: pd.DataFrame) -> Iterator[tuple[int, int, str]]:
    """Yields rows that contradict an earlier one of the same coder: (row, earlier row, theme)."""
    said: dict[tuple[str, ...], tuple[int, str]] = {}
    keys = list(zip(codes["doc_id"], codes["fingerprint"], codes["coder"], strict=True))
    for theme in themes_of(codes):
        for row, (key, code) in enumerate(zip(keys, codes[theme], strict=True)):
            earlier = said.setdefault((*key, theme), (row, code)) if code else (row, code)
            if earlier[1] != code:
                yield row, earlier[0], theme


def settle_codes(codes: pd.DataFrame) -> pd.DataFrame:
    """One row per paragraph: what the majority of its coders say, theme by theme.

    Where they have agreed on a code, as the coder `CONSENSUS`, that counts. If as many say yes as
    no, the field is empty. The most common stance counts; in a tie, the latest. Columns as in
    `codes`, with `DRAWS` instead of `PROBABILITY`: a paragraph may have been drawn twice, for
    different themes. `coder` lists all the coders. A correction has no say about a paragraph and
    theme drawn at random: readers correct what they find wrong, and the sample would no longer
    show how often that is.
    """
    codes = _without_a_say(codes)
    codes = codes.sort_values("coded_on", kind="stable")
    if PROBABILITY in codes.columns:
        codes = codes.rename(columns={PROBABILITY: DRAWS})
        codes[DRAWS] = [_draws(row) for row in codes.to_dict("records")]
    alone = ~codes.duplicated(KEYS, keep=False)
    settled = [_settle(rows) for _, rows in codes[~alone].groupby(KEYS, sort=False)]
    return pd.concat([codes[alone], pd.DataFrame(settled, columns=codes.columns)]).sort_values(
        KEYS, ignore_index=True
    )


def _draws(row: dict[str, str]) -> str:
    """The column `DRAWS` of a row of codes in which that column still holds its probability."""
    themes = [theme for theme in row if theme not in (*CODES_COLUMNS, DRAWS) and row[theme]]
    # As a word: in it there may be no space.
    how = re.sub(r"[\s=]+", "-", row["drawn"])
    return " ".join(f"{theme}={how}={row[DRAWS]}" for theme in themes)


def _without_a_say(codes: pd.DataFrame) -> pd.DataFrame:
    corrected = codes["drawn"] == CORRECTED
    if not corrected.any():
        return codes
    codes, keys = codes.copy(), pd.MultiIndex.from_frame(codes[KEYS])
    at_random = codes["drawn"].isin(DRAWN_AT_RANDOM)
    for theme in themes_of(codes):
        # Without `DRAWS` a paragraph is drawn in one way for all themes, also those corrected.
        drawn = at_random & (codes[theme] != "") if PROBABILITY in codes.columns else at_random
        codes.loc[corrected & keys.isin(keys[drawn]), theme] = ""
    return codes[~corrected | (codes[themes_of(codes)] != "").any(axis=1)]


def _settle(rows: pd.DataFrame) -> dict[str, str]:
    # `drawn` stays as it was when the paragraph was first coded.
    one = rows.iloc[0].to_dict() | {"coder": " + ".join(dict.fromkeys(rows["coder"]))}
    if DRAWS in one:
        # A theme was drawn as it was when it was first coded. A sheet of differing codes does not
        # say how likely that was: what was agreed on comes last.
        first: dict[str, str] = {}
        for row in sorted(rows.to_dict("records"), key=lambda row: row["coder"] == CONSENSUS):
            own = {draw.partition("=")[0]: draw for draw in row[DRAWS].split()}
            for theme in themes_of(rows):
                if row[theme]:
                    first.setdefault(theme, own[theme])
        one[DRAWS] = " ".join(first.values())
    for theme in themes_of(rows):
        # A coder who read a paragraph twice counts once, with the later code.
        voices: dict[str, str] = {}
        for coder, code in zip(rows["coder"], rows[theme], strict=True):
            if code:
                voices.pop(coder, None)
                voices[coder] = code
        stances = [code for code in voices.values() if code != NO]
        if CONSENSUS in voices:
            one[theme] = voices[CONSENSUS]
        elif 2 * len(stances) == len(voices):
            one[theme] = ""
        elif 2 * len(stances) < len(voices):
            one[theme] = NO
        else:
            one[theme] = max(reversed(stances), key=stances.count)
    return one
