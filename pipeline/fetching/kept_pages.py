"""Pages kept from the last time, so that a server can say that nothing has changed (304)."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zlib
from pathlib import Path

from pipeline.base.files import write_whole
from pipeline.fetching.web import Web

PAGE_BYTES = 20_000_000


class KeptPages:
    """A folder of pages; None keeps nothing (a dry run)."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def get(self, web: Web, url: str) -> bytes:
        """The page at `url` as it is now. Raises `FetchError` if it cannot be had."""
        told, body = self._read(url)
        file = io.BytesIO()
        answer = web.get(url, file, PAGE_BYTES, **told)
        if answer.status == 304:
            return body
        body = file.getvalue()
        if answer.etag or answer.last_modified:
            self._write(url, {"etag": answer.etag, "last_modified": answer.last_modified}, body)
        return body

    def _path(self, url: str) -> Path | None:
        name = hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()[:32]
        return self._folder / f"{name}.gz" if self._folder else None

    def _read(self, url: str) -> tuple[dict[str, str], bytes]:
        path = self._path(url)
        try:
            head, _, body = gzip.decompress(path.read_bytes() if path else b"").partition(b"\n")
            told = json.loads(head)
            return {name: str(told[name]) for name in ("etag", "last_modified")}, body
        except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError):
            return {}, b""

    def _write(self, url: str, told: dict[str, str], body: bytes) -> None:
        if path := self._path(url):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, gzip.compress(json.dumps(told).encode() + b"\n" + body, mtime=0))
