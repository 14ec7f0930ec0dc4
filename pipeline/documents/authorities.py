"""The table of authorities, and every spelling of their names."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from pipeline.base.characters import thin_marks
from pipeline.base.csv_files import read_csv, table_of
from pipeline.base.errors import CorpusError, TableError
from pipeline.base.paths import AUTHORITIES

# The file in a corpus folder that adds authorities, or says more of known ones.
AUTHORITIES_FILE = "authorities.csv"
AUTHORITY_COLUMNS = [
    "ons_code",
    "dfe_code",
    "ofsted_urn",
    "name",
    "also_known_as",
    "region",
    "type",
    "statistical_neighbours",
    "domain",
    "population_0_25",
    "printed_names",
]


def words_of(text: str) -> frozenset[str]:
    """The words of a text, without their order."""
    return frozenset(text.split())


# Two councils share each address, so it does not say which of them is meant.
SHARED_DOMAINS = {"bcpcouncil.gov.uk", "richmondandwandsworth.gov.uk"}
COUNCIL_WORDS = words_of("county city borough metropolitan district unitary local council")
COUNCIL_ENDS = words_of("council councils mbc mdc authority authorities corporation cc bc")
# `Royal Borough of`, `City of`, `the Council of the`
BOROUGH = (
    r"(?:the\s+)?(?:(?:royal|london|metropolitan)\s+){0,3}"
    r"(?:borough|city|county|district|council|corporation)\s+of\s+(?:the\s+)?"
)
BOROUGH_OF = re.compile(rf"^{BOROUGH}", re.IGNORECASE)
MAX_SEARCHED = 4_000
# How alike a name is to the one that it is a misspelling of.
ALIKE = 0.75
# How many names an error suggests, and how many it lists where none is similar.
SUGGESTED, LISTED = 3, 12


def authorities_beside(corpus: Path | None) -> Path | None:
    """The `authorities.csv` of a corpus folder; None if there is none, or no folder is known."""
    path = corpus / AUTHORITIES_FILE if corpus else None
    return path if path and path.is_file() else None


def load_authorities(extra: Path | str | None = None, path: Path = AUTHORITIES) -> pd.DataFrame:
    """The table of authorities with the rows of `extra`, a file or the text of one.

    A row of a name that is known replaces the fields it fills in. Only the column `name` of
    `extra` is required. Raises `CorpusError` if it cannot be read.
    """
    tables = [_read_table(path)] + ([_read_table(extra)] if extra is not None else [])
    table = pd.concat(tables, ignore_index=True)
    table = table[table["name"].str.strip() != ""]
    filled = table.mask(table == "").groupby("name", sort=False).last().fillna("")
    return filled.reset_index()[AUTHORITY_COLUMNS]


def standard_names(names: Iterable[str], extra: Path | None = None) -> dict[str, str]:
    """Each name → the name of the authority it is a spelling of, or itself if it is unknown.

    The whole name must be a spelling: `Report on Marlow.pdf` stays as it is. `extra` is a corpus's
    own table of authorities.
    """
    known = _known_spellings(extra)
    plain = {name: (plain_spelling(name), plain_spelling(without_council(name))) for name in names}
    return {
        name: next((known[way.lower()] for way in ways if way.lower() in known), name)
        for name, ways in plain.items()
    }


def similar_names(names: Iterable[str], extra: Path | None = None) -> dict[str, str]:
    """Each of the unknown `names` that looks misspelt → the authority that it may stand for."""
    known = _known_spellings(extra)
    near = {name: difflib.get_close_matches(_key(name), known, 1, ALIKE) for name in names}
    return {name: known[found[0]] for name, found in near.items() if found}


def _known_spellings(extra: Path | None) -> dict[str, str]:
    authorities = load_authorities(extra)
    return {
        spelling: authorities["name"].iat[row]
        for row, spellings in names_by_row(authorities).items()
        for spelling in spellings
    }


def pick_authority(name: str, there: Iterable[str], extra: Path | None = None) -> str:
    """The authority that `name` is a spelling of, out of those that are `there`.

    `extra` is a corpus's own table of authorities. Raises `TableError`, which suggests similar
    names or says what is there.
    """
    names = sorted(set(there) - {""})
    if name in names:
        return name
    standard = standard_names([name, *names], extra)
    for own in names:
        if standard[own] == standard[name] or _key(own) == _key(name):
            return own
    by_key = {_key(own): own for own in names}
    near = [own for key, own in by_key.items() if _key(name) and _key(name) in key]
    close = difflib.get_close_matches(_key(name), by_key, n=SUGGESTED, cutoff=0.7)
    near = list(dict.fromkeys([*near, *(by_key[key] for key in close)]))[:SUGGESTED]
    if near:
        hint = f"Did you mean {' or '.join(near)}?"
    elif names:
        more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
        hint = f"There are: {'; '.join(names[:LISTED])}{more}."
    else:
        hint = "It has no report whose authority is known."
    raise TableError(f"There is no authority {name!r} in this run.", hint)


def _key(name: str) -> str:
    return plain_spelling(without_council(name) or name).lower()


def _read_table(given: Path | str) -> pd.DataFrame:
    if isinstance(given, Path):
        table, where = read_csv(given, CorpusError), str(given)
    else:
        table, where = table_of(given, AUTHORITIES_FILE, CorpusError), AUTHORITIES_FILE
    if "name" not in table.columns:
        raise CorpusError(f"{where} has no column `name`.", "Add it; the others are optional.")
    rows = [[cells.get(name, "") for name in AUTHORITY_COLUMNS] for _, cells in table.rows]
    return pd.DataFrame(rows, columns=AUTHORITY_COLUMNS, dtype=str)


def names_by_row(authorities: pd.DataFrame) -> dict[int, set[str]]:
    """Row → its spellings; one that several rows share belongs to the first that lists it."""
    owner: dict[str, int] = {}
    own = [(row, [name]) for row, name in enumerate(authorities["name"])]
    others = [
        (row, [name.strip() for name in f"{known};{printed}".split(";")])
        for row, (known, printed) in enumerate(
            zip(authorities["also_known_as"], authorities["printed_names"], strict=True)
        )
    ]
    for shorten in (False, True):
        for row, names in own + others:
            for name in filter(None, names):
                plain = plain_spelling(without_council(name) if shorten else name)
                if plain:
                    owner.setdefault(plain.lower(), row)
    names_by_row: dict[int, set[str]] = {}
    for name, row in owner.items():
        names_by_row.setdefault(row, set()).add(name)
    return names_by_row


def without_council(name: str) -> str:
    """`Marlowshire County Council` → `Marlowshire`, so that both are found."""
    name = BOROUGH_OF.sub("", name)
    words = name.split()
    if words and words[-1].lower() in COUNCIL_ENDS:
        while len(words) > 1 and words[-1].lower() in COUNCIL_WORDS | COUNCIL_ENDS:
            words.pop()
    return " ".join(words) if " ".join(words).lower() != "london" else ""


def domains_of(authorities: pd.DataFrame) -> dict[str, int]:
    """Council domain → row of the table; those that several authorities share are left out."""
    domains = authorities["domain"].str.lower().str.strip()
    unique = domains[~domains.duplicated(keep=False) & domains.str.endswith(".gov.uk")]
    own = unique[~unique.isin(SHARED_DOMAINS)]
    return {str(domain): int(row) for row, domain in own.items()}


def plain_spelling(text: str) -> str:
    """The text with dashes, ampersands, `St.` and spaces written one way, so that names match."""
    text = unicodedata.normalize("NFKC", text[: 2 * MAX_SEARCHED])
    text = "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Pd") else c for c in text)
    text = re.sub(r"\bSt\.", "St", text.replace("&", " and ").replace("\u2019", "'"), flags=re.I)
    return re.sub(r"[\s*#_|]+", " ", thin_marks(text)).strip()
