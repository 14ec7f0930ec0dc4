"""Which paragraphs are most worth coding, as a sheet or task file, and the filled file read back.

A file goes out as an Excel sheet with drop-downs, or for Label Studio, doccano or Prodigy. In the
sheet, a row whose `read` is `yes` says `no` to every theme left empty; a row marked `skip`, or
left as it was, says nothing: it is missing, not negative.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import openpyxl
import pandas as pd
import xlsxwriter
from sklearn.cluster import MiniBatchKMeans
from sklearn.feature_extraction.text import TfidfVectorizer

from pipeline.clean import drop_invisible
from pipeline.codebook import STANCES, Theme
from pipeline.codes import (
    CODES_COLUMNS,
    KEYS,
    NO,
    contradictions,
    fingerprint,
    link_codes,
    read_codes,
    themes_of,
)
from pipeline.errors import LabelError
from pipeline.paths import CODES
from pipeline.records import is_substantive
from pipeline.tables import WholeFile

PROPOSED = [
    "paragraph_id",
    "drawn",
    "authority",
    "source_file",
    "page",
    "heading",
    "lead_in",
    "text",
]
# Shares of a proposal. What is drawn at random shows how common themes are and how often the model
# errs; without it a model that is surely wrong is never found out.
UNCERTAIN, DIVERSE = 0.5, 0.3
FORMATS = ("xlsx", "label-studio", "doccano", "prodigy")
SUFFIXES = {"xlsx": ".xlsx", "label-studio": ".json", "doccano": ".jsonl", "prodigy": ".jsonl"}
READ, COMMENT = "read", "comment"
YES, SKIP = "yes", "skip"
# In the task files a label is a theme and its stance; this one says that no theme is there.
NONE = "none"
MAX_SHEET_BYTES = 200_000_000
MAX_FAULTS = 20


def propose_paragraphs(
    paragraphs: pd.DataFrame,
    tags: pd.DataFrame,
    documents: pd.DataFrame,
    coded: set[str],
    thresholds: Mapping[str, float],
    n: int = 100,
    seed: int = 0,
) -> pd.DataFrame:
    """Up to `n` substantive paragraphs to code, in mixed order, with the columns `PROPOSED`.

    Half are those the model is least sure of, spread over what they are about; 30 % stand for
    groups of like paragraphs; the rest is drawn at random (`drawn` says which). `coded` are the
    ids of paragraphs not to propose again; of paragraphs with the same words one is proposed.
    """
    free = paragraphs[is_substantive(paragraphs)].copy()
    prints = pd.Series([fingerprint(text) for text in free["text"]], index=free.index)
    done = prints[free["paragraph_id"].isin(coded)]
    free = free[~prints.isin(done) & ~prints.duplicated()]
    if free.empty:
        raise LabelError("Every paragraph is coded already.", "Read more reports first.")
    doubt = _doubt(tags, thresholds).reindex(free["paragraph_id"], fill_value=-np.inf).to_numpy()
    words = TfidfVectorizer(sublinear_tf=True, stop_words="english", min_df=1)
    try:
        about = words.fit_transform(free["text"])
    except ValueError:  # nothing but stop words
        about = np.zeros((len(free), 1))
    rng = np.random.default_rng(seed)
    n = min(n, len(free))
    n_uncertain, n_diverse = round(n * UNCERTAIN), round(n * DIVERSE)
    drawn = np.full(len(free), "", dtype=object)
    # First, from all of them: what is left by the others would not be drawn at random.
    drawn[rng.choice(len(free), size=n - n_uncertain - n_diverse, replace=False)] = "random"
    likely = np.argsort(-np.where(drawn == "", doubt, -np.inf), kind="stable")[: 4 * n_uncertain]
    likely = likely[drawn[likely] == ""]
    drawn[_best_of_groups(likely, about, doubt, n_uncertain, seed)] = "uncertain"
    rest = np.flatnonzero(drawn == "")
    drawn[_best_of_groups(rest, about, None, n_diverse, seed)] = "diverse"
    free["drawn"] = drawn
    chosen = free[free["drawn"] != ""].merge(documents[["doc_id", "authority"]], on="doc_id")
    return chosen[PROPOSED].iloc[rng.permutation(len(chosen))].reset_index(drop=True)


def coded_in_full(
    codes: pd.DataFrame, paragraphs: pd.DataFrame, themes: Sequence[str]
) -> set[str]:
    """The ids of the paragraphs that somebody has coded for every one of the themes."""
    linked = link_codes(codes, paragraphs)[0]
    said = linked.reindex(columns=list(themes), fill_value="") != ""
    in_full = said.groupby(linked["paragraph_id"]).any().all(axis=1)
    return set(in_full.index[in_full])


def _doubt(tags: pd.DataFrame, thresholds: Mapping[str, float]) -> pd.Series:
    """For each paragraph how near a theme of it is to being decided the other way (0: on it)."""

    def log_odds(p: pd.Series) -> pd.Series:
        return np.log((p + 1e-4) / (1 - p + 1e-4))

    cut = tags["theme"].map(thresholds).astype(float).fillna(0.5)
    distance = (log_odds(tags["probability"].astype(float)) - log_odds(cut)).abs()
    return -distance.groupby(tags["paragraph_id"]).min()


def _best_of_groups(
    rows: np.ndarray, about, doubt: np.ndarray | None, n: int, seed: int
) -> np.ndarray:
    """One row of each of `n` groups of like paragraphs: the most doubtful, or the most typical."""
    if n >= len(rows):
        return rows
    if n < 1:
        return rows[:0]
    groups = MiniBatchKMeans(n, random_state=seed, n_init=1, batch_size=1024)
    member = groups.fit_predict(about[rows])
    value = -groups.transform(about[rows]).min(axis=1) if doubt is None else doubt[rows]
    order = np.argsort(-value, kind="stable")
    _, first = np.unique(member[order], return_index=True)
    best = order[first]
    # Some groups stay empty: the next best fill up.
    others = order[~np.isin(order, best)][: n - len(best)]
    return rows[np.concatenate([best, others])]


def write_proposal(
    proposed: pd.DataFrame, themes: Mapping[str, Theme], path: Path, form: str = "xlsx"
) -> list[Path]:
    """Write a proposal as `form` (one of FORMATS); returns the files written, the main one first.

    A `path` without a suffix gets the right one. Raises `LabelError`
    where one is there already: it may hold somebody's codes.
    """
    writers: dict[str, Callable[[pd.DataFrame, Mapping[str, Theme], Path], list[Path]]] = {
        "xlsx": _write_sheet,
        "label-studio": _write_label_studio,
        "doccano": _write_doccano,
        "prodigy": _write_prodigy,
    }
    if form not in FORMATS:
        raise LabelError(f"There is no format {form}.", f"Give one of {', '.join(FORMATS)}.")
    if not path.suffix:
        path = path.with_suffix(SUFFIXES[form])
    if path.exists():
        raise LabelError(f"{path} is there already.", "Give another name, or move it away.")
    path.parent.mkdir(parents=True, exist_ok=True)
    return writers[form](proposed, themes, path)


def _write_sheet(proposed: pd.DataFrame, themes: Mapping[str, Theme], path: Path) -> list[Path]:
    workbook = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False})
    head = workbook.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    wrap = workbook.add_format({"text_wrap": True, "valign": "top"})
    code = workbook.add_format({"valign": "top", "bg_color": "#fff8e1", "border": 1})
    sheet = workbook.add_worksheet("paragraphs")
    columns = [*PROPOSED, *themes, READ, COMMENT]
    widths = {"text": 90, "heading": 30, "lead_in": 25, "source_file": 14, COMMENT: 30}
    for at, column in enumerate(columns):
        sheet.write_string(0, at, column, head)
        sheet.set_column(at, at, widths.get(column, 13), None)
    for row, values in enumerate(proposed.itertuples(index=False), start=1):
        for at in range(len(PROPOSED)):
            value = "" if pd.isna(values[at]) else str(values[at])
            sheet.write_string(row, at, drop_invisible(value)[:32_000], wrap)
        for at in range(len(PROPOSED), len(columns)):
            sheet.write_blank(row, at, None, code)
    last = max(len(proposed), 1)
    first_theme, read_at = len(PROPOSED), len(PROPOSED) + len(themes)
    sheet.data_validation(
        1, first_theme, last, read_at - 1, {"validate": "list", "source": [NO, *STANCES]}
    )
    sheet.data_validation(1, read_at, last, read_at, {"validate": "list", "source": [YES, SKIP]})
    sheet.freeze_panes(1, 1)
    guide = workbook.add_worksheet("codebook")
    guide.set_column(0, 0, 28)
    guide.set_column(1, 2, 90)
    lines = [
        (
            READ,
            "yes: you read the paragraph; themes left empty are `no`.",
            "skip: do not count it.",
        ),
        ("stance", "What the paragraph says of the theme:", ", ".join(STANCES)),
        *((f"{t.id}: {t.title}", t.definition, f"Not: {t.not_this}") for t in themes.values()),
    ]
    for row, parts in enumerate(lines):
        for at, part in enumerate(parts):
            guide.write_string(row, at, part, head if at == 0 else wrap)
    workbook.close()
    return [path]


def labels_of(themes: Mapping[str, Theme]) -> list[str]:
    """The labels of the task files: `none`, then every theme with every stance."""
    return [NONE, *(f"{theme}:{stance}" for theme in themes for stance in STANCES)]


def _tasks(proposed: pd.DataFrame) -> Iterator[dict]:
    for row in proposed.itertuples(index=False):
        above = " > ".join(part for part in (row.heading, row.lead_in) if part)
        yield {
            "text": row.text,
            "above": above,
            "meta": {
                "paragraph_id": row.paragraph_id,
                "drawn": row.drawn,
                "file": row.source_file,
            },
        }


def _write_label_studio(
    proposed: pd.DataFrame, themes: Mapping[str, Theme], path: Path
) -> list[Path]:
    tasks = [
        {"data": {"text": task["text"], "above": task["above"], **task["meta"]}}
        for task in _tasks(proposed)
    ]
    path.write_text(json.dumps(tasks, ensure_ascii=False, indent=1), encoding="utf-8")
    choices = "\n".join(f"    <Choice value={quoteattr(name)}/>" for name in labels_of(themes))
    config = path.with_suffix(".xml")
    config.write_text(
        '<View>\n  <Text name="above" value="$above"/>\n  <Text name="text" value="$text"/>\n'
        f'  <Choices name="codes" toName="text" choice="multiple">\n{choices}\n  </Choices>\n'
        "</View>\n",
        encoding="utf-8",
    )
    return [path, config]


def _write_doccano(proposed: pd.DataFrame, themes: Mapping[str, Theme], path: Path) -> list[Path]:
    lines = [
        {"text": f"{t['above']}\n{t['text']}", "label": [], **t["meta"]} for t in _tasks(proposed)
    ]
    labels = path.with_suffix(".labels.json")
    labels.write_text(
        json.dumps([{"text": name} for name in labels_of(themes)], indent=1), encoding="utf-8"
    )
    return [*_write_lines(path, lines), labels]


def _write_prodigy(proposed: pd.DataFrame, themes: Mapping[str, Theme], path: Path) -> list[Path]:
    options = [{"id": name, "text": name} for name in labels_of(themes)]
    lines = [
        {"text": t["text"], "options": options, "meta": t["meta"] | {"above": t["above"]}}
        for t in _tasks(proposed)
    ]
    return _write_lines(path, lines)


def _write_lines(path: Path, lines: Sequence[dict]) -> list[Path]:
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")
    return [path]


@dataclass(frozen=True, slots=True)
class Filled:
    """One coded paragraph of a filled file: `where` it stands, `codes` as theme → code."""

    where: str
    paragraph_id: str
    drawn: str
    codes: dict[str, str]


def read_filled(path: Path, themes: Sequence[str]) -> list[Filled]:
    """The paragraphs that somebody coded in a filled file of any of the FORMATS.

    Label Studio's JSON and JSON-MIN, doccano's JSON and JSONL and Prodigy's JSONL are told apart
    by what is in them. Skipped, rejected and untouched items are left out. Raises `LabelError`
    that lists, row by row, what is not understood.
    """
    if not path.is_file():
        raise LabelError(f"There is no file {path}.", "Give the filled file with --sheet.")
    try:
        if path.suffix.lower() == ".xlsx":
            rows = list(_rows_of_sheet(path, themes))
        else:
            rows = list(_rows_of_items(_read_items(path), themes))
    except LabelError:
        raise
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
        zipfile.BadZipFile,
    ) as error:
        raise LabelError(
            f"{path} cannot be read as a coded file ({type(error).__name__}: {error}).",
            "Give the .xlsx that `label` wrote, or the export of Label Studio (JSON), doccano or "
            "Prodigy (JSONL).",
        ) from error
    filled, faults = [], []
    for where, paragraph_id, drawn, said in rows:
        own = _own_faults(where, said, themes)
        faults += own
        if said and not own:
            filled.append(Filled(where, paragraph_id, drawn, said))
    _raise_faults(path, faults)
    return filled


def _own_faults(where: str, said: dict[str, str], themes: Sequence[str]) -> list[str]:
    if READ in said:
        return [f"{where}: {READ} is {said[READ]!r}; it can be {YES}, {SKIP} or empty"]
    unknown = [
        f"{where}: `{NONE}` stands beside other labels"
        if theme == NONE
        else f"{where}: there is no theme {theme!r} in the codebook"
        for theme in said
        if theme not in themes
    ]
    wrong = [
        f"{where}: {theme} is {code!r}; it can be {', '.join((NO, *STANCES))} or empty"
        for theme, code in said.items()
        if theme in themes and code not in (NO, *STANCES)
    ]
    return unknown + wrong


def _raise_faults(path: str | Path, faults: list[str]) -> None:
    if faults:
        more = f"; and {len(faults) - MAX_FAULTS} more" if len(faults) > MAX_FAULTS else ""
        raise LabelError(
            f"{path}: {'; '.join(faults[:MAX_FAULTS])}{more}.",
            "Nothing was merged. Correct these and read the file again.",
        )


Row = tuple[str, str, str, dict[str, str]]


def _rows_of_sheet(path: Path, themes: Sequence[str]) -> Iterator[Row]:
    with zipfile.ZipFile(path) as archive:
        if sum(part.file_size for part in archive.infolist()) > MAX_SHEET_BYTES:
            raise LabelError(
                f"{path} is too large to be one of our sheets.", "Give the filled one."
            )
    workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        named = "paragraphs" if "paragraphs" in workbook.sheetnames else workbook.sheetnames[0]
        rows = list(workbook[named].iter_rows(values_only=True))
    finally:
        workbook.close()
    header = [_plain(value) for value in rows[0]] if rows else []
    _check_header(path, [name for name in header if name], themes)
    for number, values in enumerate(rows[1:], start=2):
        if any(_plain(v) and not name for name, v in zip_longest(header, values)):
            raise LabelError(
                f"{path}, row {number}: a value stands in a column without a name.",
                f"Name the column as `label` did, or delete it; notes go into `{COMMENT}`.",
            )
        row = dict(zip(header, map(_plain, values), strict=False))
        said = {theme: row[theme].lower() for theme in themes if row.get(theme)}
        read = row.get(READ, "").lower()
        if read == YES:
            said = {theme: NO for theme in themes if theme in header} | said
        elif read == SKIP:
            said = {}
        elif read:
            said |= {READ: read}
        if row.get("paragraph_id") or said:
            yield f"row {number}", row.get("paragraph_id", ""), row.get("drawn", ""), said


def _check_header(path: Path, header: list[str], themes: Sequence[str]) -> None:
    known = [*PROPOSED, *themes, READ, COMMENT]
    missing = [name for name in ("paragraph_id", READ) if name not in header]
    strange = [name for name in header if name not in known]
    twice = sorted({name for name in header if header.count(name) > 1})
    for what, names in (("lacks", missing), ("has more than once", twice)):
        if names:
            raise LabelError(
                f"{path} {what} the columns {', '.join(names)}.", "Give a sheet `label` wrote."
            )
    if strange:
        raise LabelError(
            f"{path} has the column {strange[0]!r}, which is no theme of the codebook.",
            f"Name it as `label` did, or delete it; notes go into `{COMMENT}`.",
        )


def _plain(value: object) -> str:
    return "" if value is None else str(value).strip()


def _read_items(path: Path) -> list[dict]:
    text = path.read_text(encoding="utf-8-sig")
    if text.lstrip().startswith("["):
        items = json.loads(text)
    else:
        items = [json.loads(line) for line in text.split("\n") if line.strip()]
    if not items:
        raise ValueError("it holds no item")
    return items


def _rows_of_items(items: list[dict], themes: Sequence[str]) -> Iterator[Row]:
    if any("annotation_id" in item for item in items) and not any("codes" in i for i in items):
        raise ValueError("no item has `codes`, as `label` calls them in Label Studio")
    for number, item in enumerate(items, start=1):
        where, about = f"item {number}", _about(item)
        for names in _labels_of(item, where):
            yield (
                where,
                str(about.get("paragraph_id") or ""),
                str(about.get("drawn") or ""),
                _said(names, themes),
            )


def _about(item: dict) -> dict:
    """Where an item says which paragraph it is: each tool keeps that in a place of its own."""
    for key in ("data", "meta", "metadata"):
        if isinstance(item.get(key), dict):
            return item[key]
    return item


def _labels_of(item: dict, where: str) -> Iterator[list[str]]:
    """The labels of each reading of an item; raises ValueError where it has no place for them."""
    if "answer" in item or "options" in item:  # Prodigy
        if "options" not in item:
            raise ValueError(f"{where} is not from Prodigy's view for choices")
        if item.get("answer") == "accept":
            # Accepted with nothing chosen is how Prodigy says that no option applies.
            yield list(item.get("accept", [])) or [NONE]
    elif isinstance(item.get("data"), dict):  # Label Studio, JSON
        for reading in item.get("annotations", item.get("completions", [])):
            if not reading.get("was_cancelled"):
                values = [result["value"] for result in reading["result"]]
                if values and not any("choices" in value for value in values):
                    raise ValueError(f"{where} has no choices among its annotations")
                yield [name for value in values for name in _list(value.get("choices"))]
    elif "codes" in item or "annotation_id" in item:  # Label Studio, JSON-MIN
        codes = item.get("codes")
        yield _list(codes.get("choices") if isinstance(codes, dict) else codes)
    elif "label" in item or "labels" in item:  # doccano
        yield _list(item.get("label", item.get("labels")))
    elif "annotations" in item:
        raise ValueError(
            f"{where} has numbers for labels, as older versions of doccano wrote them; export it "
            "with the labels' names"
        )
    else:
        raise ValueError(f"{where} has no place for labels")


def _list(labels: list[str] | str | None) -> list[str]:
    return [labels] if isinstance(labels, str) else [str(name) for name in labels or ()]


def _said(names: Sequence[str], themes: Sequence[str]) -> dict[str, str]:
    """Labels → codes: any label says `no` to the themes not named, no label says nothing."""
    said: dict[str, str] = {}
    for name in names:
        theme, _, stance = (part.strip() for part in str(name).partition(":"))
        if theme != NONE or len(names) > 1:
            said[theme] = f"{said[theme]} and {stance}" if theme in said else stance
    return dict.fromkeys(themes, NO) | said if names else {}


def merge_codes(
    filled: Sequence[Filled],
    source: str | Path,
    paragraphs: pd.DataFrame,
    documents: pd.DataFrame,
    themes: Sequence[str],
    coder: str,
    coded_on: str,
    path: Path,
) -> pd.DataFrame:
    """Add what `coder` coded to the codes file at `path` (made if it is not there).

    Messages call what was filled `source`. Returns the rows added. Raises `LabelError`, and writes
    nothing, where a paragraph is unknown or a code contradicts another one of the same coder.
    """
    if not filled:
        raise LabelError(
            f"Nobody has coded anything in {source}.",
            f"Choose stances, set `{READ}` to `{YES}` and save it, or name the filled file with "
            "--sheet.",
        )
    texts = paragraphs.drop_duplicates("paragraph_id").set_index("paragraph_id")
    if not any(item.paragraph_id in texts.index for item in filled):
        raise LabelError(
            f"None of the paragraphs in {source} is in this run.",
            "Give the output folder of the run from which it was made.",
        )
    authorities = documents.drop_duplicates("doc_id").set_index("doc_id")
    faults, rows, wheres = [], [], []
    for item in filled:
        if item.paragraph_id not in texts.index:
            faults.append(f"{item.where}: there is no paragraph {item.paragraph_id!r} in the run")
            continue
        paragraph = texts.loc[item.paragraph_id]
        document = authorities.loc[paragraph["doc_id"]]
        rows.append(
            {
                "doc_id": paragraph["doc_id"],
                "fingerprint": fingerprint(paragraph["text"]),
                # Without an authority each document is kept apart by itself.
                "authority": document["authority"] or document["source_file"],
                "coder": coder,
                "coded_on": coded_on,
                "drawn": item.drawn,
                **{theme: item.codes.get(theme, "") for theme in themes},
            }
        )
        wheres.append(item.where)
    new = pd.DataFrame(rows, columns=[*CODES_COLUMNS, *themes])
    old = read_codes([path]) if path.is_file() else new.head(0)
    namesakes = [name for name in old["coder"].unique() if name != coder]
    if path.name == coder_file(path.parent, coder).name and namesakes:
        raise LabelError(
            f"{path} holds the codes of {namesakes[0]!r}, not of {coder!r}.",
            "Give --coder as before, or another name if it is somebody else.",
        )
    # Commands read the files of a folder together, and refuse contradictions between them.
    shared = path.parent.resolve() == CODES.resolve() and any(CODES.glob("*.csv"))
    known = read_codes() if shared else old
    for row, earlier, theme in contradictions(
        pd.concat([known, new], ignore_index=True).fillna("")
    ):
        at = row - len(known)
        if earlier < len(known):
            was = known.iloc[earlier]
            faults.append(
                f"{wheres[at]}: its {theme} is {new[theme][at]}, but {coder} coded it "
                f"{was[theme]} before (to correct that, change the line with "
                f"{was['fingerprint'][:12]} in the codes file)"
            )
        else:
            faults.append(f"{wheres[at]}: its {theme} contradicts {wheres[earlier - len(known)]}")
    _raise_faults(source, faults)
    both = pd.concat([old, new], ignore_index=True).fillna("")
    both = both.drop_duplicates([*KEYS, "coder", *themes_of(both)], ignore_index=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    with WholeFile(path) as file:
        file.write(both.to_csv(index=False, lineterminator="\n").encode())
    return both.iloc[len(old) :].reset_index(drop=True)


def coder_file(codes: Path, coder: str) -> Path:
    """Where a coder's codes go: a file of his or her own in the folder `codes`."""
    name = re.sub(r"[^a-z0-9]+", "-", coder.lower()).strip("-")
    if not name:
        raise LabelError("A coder needs a name.", "Give one with --coder.")
    return codes / f"{name}.csv"
