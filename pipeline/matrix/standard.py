"""Standard paragraphs: those that stand word for word in the reports about many authorities.

They say how inspections are done, or what the framework makes every report say, and nothing about
the authority.
"""

from __future__ import annotations

import hashlib
import re
from itertools import chain

import numpy as np
import pandas as pd

from pipeline.base.columns import STANDARD, substantive_rows

# A copy of a report, or two letters after one inspection, are about one authority, so authorities
# are counted and not documents. Fewer than this may share a sentence by chance.
LEAST_AUTHORITIES = 5
DIGEST = 8  # bytes
WORD = re.compile(r"\w+")


class StandardFinder:
    """Finds standard paragraphs in a run, a few documents at a time: first `learn` all, then ask.

    Only a hash of each paragraph's wording is kept in memory, eight bytes: there may be millions.
    """

    def __init__(self) -> None:
        # The hashes of each document, one after the other, and the number of its authority.
        self._wordings: dict[str, bytes] = {}
        self._authority: dict[str, int] = {}
        self._numbers: dict[str, int] = {}
        self._standard: dict[int, int] | None = None

    def learn(self, paragraphs: pd.DataFrame, documents: pd.DataFrame) -> None:
        """Note the wording of substantive paragraphs; `documents` has at least theirs."""
        authority_of = dict(zip(documents["doc_id"], documents["authority"], strict=True))
        own = paragraphs[substantive_rows(paragraphs)]
        for doc_id, texts in own.groupby("doc_id", sort=False)["text"]:
            joined = b"".join(wording(text) for text in texts.tolist())
            # A document may begin in one part and go on in the next.
            self._wordings[doc_id] = self._wordings.get(doc_id, b"") + joined
            if authority := authority_of.get(doc_id):
                number = self._numbers.setdefault(authority, len(self._numbers))
                self._authority[doc_id] = number
        self._standard = None

    def find(self, paragraphs: pd.DataFrame) -> pd.DataFrame:
        """The standard ones among some paragraphs, as the table `standard` has them.

        All paragraphs of a document must be there, in the order in which they were learnt.
        """
        if self._standard is None:
            self._standard = self._count()
        own = paragraphs[substantive_rows(paragraphs)]
        each = (self._hashes(doc_id).tolist() for doc_id in own["doc_id"].unique())
        hashes = chain.from_iterable(each)
        n = pd.Series([self._standard.get(key, 0) for key in hashes], own.index, dtype=int)
        n = n[n > 0]
        found = own.loc[n.index]
        n_words = found["text"].str.split().str.len().astype("int64")
        return found.assign(n_authorities=n, n_words=n_words)[STANDARD].reset_index(drop=True)

    def _hashes(self, doc_id: str) -> np.ndarray:
        return np.frombuffer(self._wordings[doc_id], dtype="<u8")

    def _count(self) -> dict[int, int]:
        """In the documents about how many authorities each standard wording stands."""
        each = [self._hashes(doc_id) for doc_id in self._authority]
        hashes = np.concatenate([*each, np.empty(0, "<u8")])
        authorities = np.repeat(
            np.fromiter(self._authority.values(), "int32"), [len(own) for own in each]
        )
        order = np.lexsort((authorities, hashes))
        hashes, authorities = hashes[order], authorities[order]
        first = np.ones(len(hashes), dtype=bool)
        first[1:] = (np.diff(hashes) != 0) | (np.diff(authorities) != 0)
        wordings, n = np.unique(hashes[first], return_counts=True)
        enough = n >= LEAST_AUTHORITIES
        return dict(zip(wordings[enough].tolist(), n[enough].tolist(), strict=True))


def find_standard(paragraphs: pd.DataFrame, documents: pd.DataFrame) -> pd.DataFrame:
    """The standard paragraphs of a whole run (the table `standard`)."""
    finder = StandardFinder()
    finder.learn(paragraphs, documents)
    return finder.find(paragraphs)


def uncount(tags: pd.DataFrame, standard: pd.DataFrame) -> pd.DataFrame:
    """The tags, with the paragraphs in the table `standard` as if they had none."""
    return tags.assign(
        tagged=tags["tagged"] & ~tags["paragraph_id"].isin(standard["paragraph_id"])
    )


def wording(text: str) -> bytes:
    """A hash of the words of a paragraph; case, space and punctuation do not matter.

    >>> wording("The service - is good.") == wording("the service is good")
    True
    """
    words = " ".join(WORD.findall(text.lower()))
    return hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=DIGEST).digest()
