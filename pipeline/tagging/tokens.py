"""Passages → tokens: what the linear models see of a text.

spaCy splits a text into words and our rules into sentences; the codebook's terms say which words
hint at a theme. No theme is named here, and no token holds more than two words in a row, apart
from the codebook's own terms.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import spacy
from spacy.attrs import IDX, LENGTH, LOWER
from spacy.tokens import Doc

from pipeline.base.characters import thin_marks
from pipeline.base.codebook import WORD, Theme, words_of_term
from pipeline.tagging.passages import Passage, Span
from pipeline.tagging.stems import one_number, stem

# A sentence ends at a full stop before a capital; inside a list paragraph also at a bullet, or
# at a colon before a lower-case letter.
SENTENCE_BREAK = re.compile(
    r"(?<=[a-z)”’'\"\d%][.!?;])[\"”’)]*\s+(?=[A-Z“\"‘(•])|(?<!\s)\s*[•]\s*|(?<=:)\s+(?=[a-z•-])"
)
CLAUSE_BREAK = re.compile(
    r"[;:]|,?(?<!\s)\s+\b(?:but|however|although|though|whilst|while|yet|despite|nevertheless"
    r"|and this|which means|meaning)\b"
)
CONTRAST = re.compile(
    r"\b(?:however|but|although|though|while|whilst|despite|nevertheless|yet|not all|most|some|few"
    r"|minority|majority)\b",
    re.IGNORECASE,
)
STOP = frozenset(
    {
        "the", "a", "an", "of", "and", "to", "in", "for", "is", "are", "was", "were", "be", "been",
        "by", "with", "on", "at", "as", "it", "its", "this", "that", "these", "those", "their",
        "they", "them", "or", "from", "has", "have", "had", "which", "who", "also",
    }
)  # fmt: skip
# How many words away from a codebook term a word may be and still be read with it.
PROXIMITY = 6


class Sentence(NamedTuple):
    """A sentence: where it starts in its text, its own text, its words and where they start."""

    start: int
    text: str
    words: tuple[str, ...]
    starts: tuple[int, ...]
    in_lead_in: bool = False

    @property
    def span(self) -> tuple[int, int]:
        """Start and end (exclusive) in the paragraph's text; (-1, -1) if in the lead-in line."""
        if self.in_lead_in:
            return -1, -1
        return self.start, self.start + len(self.text.rstrip())


@dataclass(frozen=True, slots=True)
class Term:
    """One phrase of the codebook, as words; `open_ended` says which words end in a wildcard."""

    theme: str
    name: str
    words: tuple[str, ...]
    open_ended: tuple[bool, ...]
    negative: bool = False

    def matches(self, word: str, n: int = 0) -> bool:
        """Whether `word` can be the phrase's word number `n`."""
        return word.startswith(self.words[n]) if self.open_ended[n] else word == self.words[n]

    def goes_on(self, words: Sequence[str], at: int) -> bool:
        """Whether the phrase, whose first word is at position `at` of `words`, goes on there."""
        return at + len(self.words) <= len(words) and all(
            self.matches(words[at + n], n) for n in range(1, len(self.words))
        )


class Clause(NamedTuple):
    """A clause: where it starts and ends (exclusive) in its text, and its words."""

    start: int
    end: int
    words: tuple[str, ...]

    def themes(self, finder: TermFinder) -> list[str]:
        """The themes with a search term here."""
        return sorted({term.theme for _, term in finder.find(self.words) if not term.negative})


class TermFinder:
    """Finds the terms of a codebook in a list of words."""

    def __init__(self, themes: Iterable[Theme]) -> None:
        self._terms = [term for theme in themes for term in _terms_of(theme)]
        self._starting: dict[str, list[Term]] = {}

    def find(self, words: Sequence[str]) -> list[tuple[int, Term]]:
        """The terms with their positions, without search terms that a negative term covers."""
        hits = [
            (at, term)
            for at, word in enumerate(words)
            for term in self._starting_with(word)
            if term.goes_on(words, at)
        ]
        covered = {
            (term.theme, at + i)
            for at, term in hits
            if term.negative
            for i in range(len(term.words))
        }
        return [
            (at, term) for at, term in hits if term.negative or (term.theme, at) not in covered
        ]

    def _starting_with(self, word: str) -> list[Term]:
        found = self._starting.get(word)
        if found is None:
            found = self._starting[word] = [term for term in self._terms if term.matches(word)]
        return found


def term_name(phrase: str) -> str:
    """The name of a codebook phrase in tokens, after `t=`."""
    return "_".join(words_of_term(phrase))


def _terms_of(theme: Theme) -> Iterator[Term]:
    for phrases, negative in ((theme.search_terms, False), (theme.negative_terms, True)):
        # One phrase may be there twice, as step-down and as step down.
        for name in dict.fromkeys(map(term_name, phrases)):
            parts = name.split("_")
            yield Term(
                theme.id,
                name,
                tuple(part.rstrip("*") for part in parts),
                tuple(part.endswith("*") for part in parts),
                negative,
            )


@lru_cache(maxsize=1)
def _tokenizer() -> Callable[[str], Doc]:
    # A blank pipeline: nothing is downloaded.
    tokenizer: Any = spacy.blank("en").tokenizer
    # The words in an address are read one by one in any case, and to look for one in a long text
    # with many colons and no space takes minutes.
    tokenizer.url_match = None
    return tokenizer


def read_sentences(whole: str) -> list[Sentence]:
    """The sentences of a text, by the rules of `SENTENCE_BREAK`, and their words."""
    doc = _tokenizer()(thin_marks(whole))
    # All tokens in one array: spaCy makes an object of each that is asked for by itself.
    lower, places, lengths = doc.to_array([LOWER, IDX, LENGTH]).T.tolist()
    strings = doc.vocab.strings
    breaks = {0, *(match.end() for match in SENTENCE_BREAK.finditer(whole))}
    first = [at for at, place in enumerate(places) if place in breaks]
    sentences = []
    for begin, end in pairwise([*first, len(places)]):
        text = whole[places[begin] : places[end - 1] + lengths[end - 1]]
        if not text.strip():
            continue
        words: list[str] = []
        at: list[int] = []
        for token, place in zip(lower[begin:end], places[begin:end], strict=True):
            for word, offset in _words_of(strings[token]):
                words.append(word)
                at.append(place + offset)
        sentences.append(Sentence(places[begin], text, tuple(words), tuple(at)))
    return sentences or [Sentence(0, whole, (), ())]


@lru_cache(maxsize=100_000)
def _words_of(token: str) -> tuple[tuple[str, int], ...]:
    """The words in a token, with where they start in it."""
    return tuple((one_number(match[0]), match.start()) for match in WORD.finditer(token))


def sentence_tokens(words: Sequence[str], finder: TermFinder) -> list[str]:
    """Feature tokens of a sentence, each marked with its kind.

    w= stem, b= pair of stems, x= first five letters, t= search term, k= theme with any search
    term, n= theme with a negative term, p= content word within `PROXIMITY` words of a term,
    q= content word in a sentence with a term of a theme.
    """
    stems = [stem(word) for word in words]
    tokens = text_tokens(words) + ["x=" + word[:5] for word in words]
    content = [i for i, word in enumerate(words) if word not in STOP]
    themes = set()
    for at, term in finder.find(words):
        if term.negative:
            tokens.append("n=" + term.theme)
            continue
        themes.add(term.theme)
        tokens.append("t=" + term.name)
        near = slice(bisect_left(content, at - PROXIMITY), bisect_right(content, at + PROXIMITY))
        tokens += [
            f"p={term.name}~{stems[i]}"
            for i in content[near]
            if not at <= i < at + len(term.words)
        ]
    content_stems = sorted({stems[i] for i in content})
    for theme in sorted(themes):
        tokens.append("k=" + theme)
        tokens += [f"q={theme}~{own}" for own in content_stems]
    return tokens


def text_tokens(words: Sequence[str]) -> list[str]:
    """Stems, and pairs of neighbouring stems where neither word is a stop word.

    Without stop words the pairs do not form chains, so sentences cannot be rebuilt from stored
    counts.
    """
    pairs = pairwise(words)
    return ["w=" + stem(word) for word in words] + [
        f"b={stem(a)}_{stem(b)}" for a, b in pairs if a not in STOP and b not in STOP
    ]


def heading_tokens(heading: str) -> list[str]:
    """h= stems and pairs of stems of the innermost heading, H= stems of the whole path."""
    inner = [stem(word) for word in WORD.findall(heading.lower().rsplit(">", 1)[-1])]
    return (
        ["h=" + own for own in inner]
        + [f"h={a}_{b}" for a, b in pairwise(inner)]
        + ["H=" + stem(word) for word in WORD.findall(heading.lower())]
    )


def clause_tokens(sentence: Sentence, finder: TermFinder) -> dict[str, list[str]]:
    """For each theme with a search term here, the tokens of the clauses that hold one."""
    found: dict[str, list[str]] = {}
    for clause in _clauses(sentence):
        for theme in clause.themes(finder):
            found.setdefault(theme, []).extend(text_tokens(clause.words))
    return found


def clause_spans(text: str, span: Span, finder: TermFinder) -> dict[str, list[Span]]:
    """For each theme with a search term in a sentence, where the clauses stand that hold one.

    `span` is where the sentence stands in `text`. Nothing, if it has but one clause, or is the
    lead-in line.
    """
    start, end = span
    if start < 0 or not CLAUSE_BREAK.search(text, start, end):
        return {}
    found: dict[str, list[Span]] = {}
    for sentence in read_sentences(text[start:end]):
        for clause in _clauses(sentence):
            for theme in clause.themes(finder):
                found.setdefault(theme, []).append((start + clause.start, start + clause.end))
    return found


def _clauses(sentence: Sentence) -> Iterator[Clause]:
    breaks = [sentence.start + match.end() for match in CLAUSE_BREAK.finditer(sentence.text)]
    start, at = sentence.start, 0
    for end in [*breaks, sentence.start + len(sentence.text)]:
        to = bisect_left(sentence.starts, end, at)
        if to > at:
            yield Clause(start, end, sentence.words[at:to])
        start, at = end, to


def count_contrasts(text: str) -> int:
    """The number of words that set one statement against another ("however", "not all")."""
    return len(CONTRAST.findall(text))


def passage_sentences(passages: Iterable[Passage]) -> Iterator[list[Sentence]]:
    """For each passage, the last sentence of any lead-in line, then its own sentences."""
    for passage in passages:
        sentences = read_sentences(passage.text)
        if passage.lead_in.strip():
            last = read_sentences(passage.lead_in)[-1]
            sentences.insert(0, last._replace(in_lead_in=True))
        yield sentences
