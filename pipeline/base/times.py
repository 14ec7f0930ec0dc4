"""Times as the tables and manifests have them."""

from __future__ import annotations

import time


def utc(seconds: float) -> str:
    """A time in seconds since 1970, such as `2020-09-13T12:26:40Z`."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
