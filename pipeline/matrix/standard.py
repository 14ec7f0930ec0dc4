"""Standard paragraphs: those that stand word for word in the reports about many authorities.

They say how inspections are done, or what the framework makes every report say, and nothing about
the authority.
"""

from __future__ import annotations

import hashlib
import re

import pandas as pd

from pipeline.base.columns import STANDARD, substantive_rows

# A copy of a report, or two letters after one inspection, are about one authority, so authorities
# are counted and not documents. Fewer than this may share a sentence by chance.
LEAST_AUTHORITIES = 5
WORD = re.compile(r"\w+")


class StandardFinder:
    """Finds standard paragraphs in a run, a few documents at a time: first `learn` all, then ask.

    Only a hash of each wording is kept in memory.
    """

    def __init__(self) -> None:
        self._authorities: dict[bytes, str | set[str]] = {}

    def learn(self, paragraphs: pd.DataFrame, documents: pd.DataFrame) -> None:
        """Note the wording of substantive paragraphs; `documents` has at least theirs."""
        authority_of = dict(zip(documents["doc_id"], documents["authority"], strict=True))
        own = paragraphs[substantive_rows(paragraphs)]
        for doc_id, text in zip(own["doc_id"], own["text"], strict=True):
            if authority := authority_of.get(doc_id):
                key = wording(text)
                known = self._authorities.setdefault(key, authority)
                if isinstance(known, set):
                    known.add(authority)
                elif known != authority:
                    self._authorities[key] = {known, authority}

    def find(self, paragraphs: pd.DataFrame) -> pd.DataFrame:
        """The standard ones among some paragraphs, as the table `standard` has them."""
        own = paragraphs[substantive_rows(paragraphs)]
        known = [self._authorities.get(wording(text), "") for text in own["text"]]
        n = pd.Series([len(k) if isinstance(k, set) else 1 for k in known], own.index, dtype=int)
        found = own.assign(
            n_authorities=n, n_words=own["text"].str.split().str.len().astype("int64")
        )
        return found.loc[n >= LEAST_AUTHORITIES, STANDARD].reset_index(drop=True)


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
    return hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=12).digest()
