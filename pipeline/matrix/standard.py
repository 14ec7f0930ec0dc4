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
DIGEST = 12  # bytes
WORD = re.compile(r"\w+")


class StandardFinder:
    """Finds standard paragraphs in a run, a few documents at a time: first `learn` all, then ask.

    Only hashes of the wordings are kept in memory.
    """

    def __init__(self) -> None:
        self._authorities: dict[bytes, str | set[str]] = {}
        # The hashes of each document, one after the other.
        self._wordings: dict[str, bytes] = {}

    def learn(self, paragraphs: pd.DataFrame, documents: pd.DataFrame) -> None:
        """Note the wording of substantive paragraphs; `documents` has at least theirs."""
        authority_of = dict(zip(documents["doc_id"], documents["authority"], strict=True))
        own = paragraphs[substantive_rows(paragraphs)]
        for doc_id, texts in own.groupby("doc_id", sort=False)["text"]:
            keys = [wording(text) for text in texts.tolist()]
            # A document may begin in one part and go on in the next.
            self._wordings[doc_id] = self._wordings.get(doc_id, b"") + b"".join(keys)
            authority = authority_of.get(doc_id)
            for key in keys if authority else ():
                known = self._authorities.setdefault(key, authority)
                if isinstance(known, set):
                    known.add(authority)
                elif known != authority:
                    self._authorities[key] = {known, authority}

    def find(self, paragraphs: pd.DataFrame) -> pd.DataFrame:
        """The standard ones among some paragraphs, as the table `standard` has them.

        All paragraphs of a document must be there, in the order in which they were learnt.
        """
        own = paragraphs[substantive_rows(paragraphs)]
        keys = [key for doc_id in own["doc_id"].unique() for key in self._keys(doc_id)]
        known = [self._authorities.get(key, "") for key in keys]
        n = pd.Series([len(k) if isinstance(k, set) else 1 for k in known], own.index, dtype=int)
        n = n[n >= LEAST_AUTHORITIES]
        found = own.loc[n.index]
        n_words = found["text"].str.split().str.len().astype("int64")
        return found.assign(n_authorities=n, n_words=n_words)[STANDARD].reset_index(drop=True)

    def _keys(self, doc_id: str) -> list[bytes]:
        joined = self._wordings[doc_id]
        return [joined[at : at + DIGEST] for at in range(0, len(joined), DIGEST)]


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
