"""What a source lists: providers, and the documents they publish."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Provider:
    """An authority as a publisher lists it, with the address of its page."""

    urn: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Publication:
    """A document as its publisher lists it; "" or None where the publisher does not say.

    `url` is the public address, whatever site was asked.
    """

    url: str
    source: str
    urn: str = ""
    authority: str = ""
    kind: str = ""
    title: str = ""
    published_on: dt.date | None = None
