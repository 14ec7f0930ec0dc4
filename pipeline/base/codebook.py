"""The codebook: the themes, what each means, and the words that hint at it."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.base.characters import drop_invisible
from pipeline.base.errors import CorpusError
from pipeline.base.workspace import find_workspace

WORD = re.compile(r"[a-z]+|\d+")
TERM_WORD = re.compile(r"[a-z]+\*?|\d+\*?")
THEME_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
# The stances that say one thing of a service; a mixed paragraph has a sentence of either.
CLEAR_STANCES = ("strength", "concern")
STANCES = (*CLEAR_STANCES, "mixed", "neutral")
TEXTS = ("title", "definition", "not")
LISTS = ("search_terms", "negative_terms", "keywords", "rulings")


@dataclass(frozen=True, slots=True)
class Theme:
    """One theme: `id` names it in tables, `title` in print; words of terms may end in `*`."""

    id: str
    title: str
    definition: str
    not_this: str
    search_terms: tuple[str, ...]
    negative_terms: tuple[str, ...]
    # What someone would type into a search box; `evaluate` compares the model with this search.
    keywords: tuple[str, ...] = ()
    # How cases were decided that came up while coding; coders read them.
    rulings: tuple[str, ...] = ()

    def is_named_in(self, text: str) -> bool:
        """Whether a short text, such as a title, has one of the search terms in it."""
        words = WORD.findall(text.lower())
        return any(
            all(map(_matches, words[start:], term))
            for term in map(words_of_term, self.search_terms)
            for start in range(len(words) - len(term) + 1)
        )


def words_of_term(phrase: str) -> list[str]:
    """The words of a term, cut as those of a text are; each may end in `*`.

    >>> words_of_term("Step-down of children's placement*")
    ['step', 'down', 'of', 'children', 's', 'placement*']
    """
    return TERM_WORD.findall(phrase.lower())


def _matches(word: str, wanted: str) -> bool:
    return word.startswith(wanted[:-1]) if wanted.endswith("*") else word == wanted


def read_codebook(path: Path | None = None) -> dict[str, Theme]:
    """The themes of a codebook file (None: that of the workspace) by id, in the order of the file.

    Raises `CorpusError` naming the entry that is missing or wrong.
    """
    path = path or find_workspace().codebook
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8-sig"))["themes"]
        if not all(isinstance(entry, dict) for entry in entries.values()):
            raise ValueError("each theme is a table of its own, [themes.its_id]")
    except (FileNotFoundError, IsADirectoryError) as error:
        raise CorpusError(f"There is no codebook at {path}.", "Check the path.") from error
    except (ValueError, KeyError, AttributeError) as error:
        raise CorpusError(
            f"{path} is not a codebook: {error}.", "Compare it with corpus/codebook.toml."
        ) from error
    themes = {theme_id: _read_theme(path, theme_id, entry) for theme_id, entry in entries.items()}
    titles = Counter(theme.title.casefold() for theme in themes.values())
    if twice := [theme.title for theme in themes.values() if titles[theme.title.casefold()] > 1]:
        raise CorpusError(
            f"{path}: two themes have the title {twice[0]!r}.", "Rename one of them."
        )
    return themes


def _read_theme(path: Path, theme_id: str, entry: dict) -> Theme:
    if not THEME_ID.fullmatch(theme_id):
        raise CorpusError(
            f"{path}: the theme id {theme_id!r} may hold only lower-case letters, digits and _.",
            "Rename it in the codebook.",
        )
    for key, value in entry.items():
        listed = isinstance(value, list) and all(isinstance(term, str) for term in value)
        if (key in TEXTS and not isinstance(value, str)) or (key in LISTS and not listed):
            what = "a list of texts" if key in LISTS else "text in quotation marks"
            raise CorpusError(
                f"{path}: {key} of the theme {theme_id} is not {what}.",
                "Compare it with corpus/codebook.toml.",
            )
    missing = [key for key in ("title", "definition", "search_terms") if not entry.get(key)]
    if missing:
        raise CorpusError(
            f"{path}: the theme {theme_id} has no {' and no '.join(missing)}.",
            "Add it; a sentence or a few terms will do.",
        )
    terms = [*entry["search_terms"], *entry.get("negative_terms", ())]
    if wordless := [term for term in terms if not words_of_term(term)]:
        raise CorpusError(
            f"{path}: the theme {theme_id} has a term without a word: {wordless[0]!r}.",
            "Write it in plain letters, or delete it.",
        )
    if stray := set(entry.get("keywords", ())) - set(entry["search_terms"]):
        raise CorpusError(
            f"{path}: {theme_id} has keywords that are not search terms: "
            f"{', '.join(sorted(stray))}.",
            "Add them to the search terms.",
        )
    return Theme(
        id=theme_id,
        title=drop_invisible(entry["title"]),
        definition=drop_invisible(entry["definition"]),
        not_this=drop_invisible(entry.get("not", "")),
        search_terms=tuple(entry["search_terms"]),
        negative_terms=tuple(entry.get("negative_terms", ())),
        keywords=tuple(entry.get("keywords", entry["search_terms"])),
        rulings=tuple(entry.get("rulings", ())),
    )


def name_themes(theme_ids: Iterable[str]) -> dict[str, Theme]:
    """The themes with these ids, from the codebook in use; the title of any other is its id."""
    codebook = read_codebook()
    return {
        theme: codebook.get(theme, Theme(theme, theme, "", "", (), ()))
        for theme in dict.fromkeys(theme_ids)
    }
