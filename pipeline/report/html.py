"""The report: one HTML file with matrix, evidence and methods, which needs no network.

Of many documents, it has the evidence in a folder beside it (`parts`).
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from heapq import merge
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any

from pipeline.base.files import WholeFile
from pipeline.report.bundle import bundle, policy_hash
from pipeline.report.colours import (
    DARK,
    FEW_FILL,
    FEW_STRIPE,
    PALE_STEPS,
    STANCE_COLOURS,
    STEPS,
    TEXT_ON,
)
from pipeline.report.page_data import (
    Sources,
    data_but_evidence,
    evidence_rows,
    untagged_rows,
)
from pipeline.report.parts import PartFolder, write_parts

PAGE = Path(__file__).resolve().parent / "page"
DATA_PLACE = "{{data}}"
POLICY = '<meta http-equiv="Content-Security-Policy" content="{{policy}}">'
# How many documents a report of one file has at most.
IN_ONE_FILE = 500
# In a `<script>` these would end it, begin a comment, or (the last two) break old readers.
ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def write_report(sources: Sources, path: Path, *, in_one_file: int = IN_ONE_FILE) -> None:
    """Write the report to `path`; the same sources and places give the same bytes.

    Of more documents than `in_one_file`, the evidence goes into a folder beside it that has the
    name of the file without its ending. Parts of an earlier report are deleted from there.
    """
    data = data_but_evidence(sources, path.parent)
    in_parts = len(sources.documents) > in_one_file
    before, after = _page(in_parts).split(DATA_PLACE)
    with PartFolder(path.with_suffix("")) as folder:
        parts = _in_parts(sources, folder) if in_parts else {}
        with WholeFile(path) as file:
            file.write(before.encode())
            if in_parts:
                file.write(json_in_script(data | {"parts": parts}).encode())
            else:
                for text in _json_in_pieces(data, sources):
                    file.write(text.encode())
            file.write(after.encode())


def _in_parts(sources: Sources, folder: PartFolder) -> dict[str, Any]:
    # Of a document, what is tagged comes first.
    rows = merge(evidence_rows(sources, str), untagged_rows(sources, str), key=itemgetter(1))
    return write_parts(rows, len(sources.documents), folder)


def _json_in_pieces(data: Mapping, sources: Sources) -> Iterator[str]:
    """The data as JSON, its evidence paragraph by paragraph: it may be larger than memory."""
    headings: dict[str, int] = {}

    def number_of(heading: str) -> int:
        return headings.setdefault(heading, len(headings))

    yield json_in_script(data)[:-1] + ',"evidence":['
    yield from _joined(evidence_rows(sources, number_of))
    yield '],"untagged":"'
    yield from _packed(untagged_rows(sources, number_of))
    yield '","headings":' + json_in_script(list(headings)) + "}"


def _joined(paragraphs: Iterable[list]) -> Iterator[str]:
    between = ""
    for paragraph in paragraphs:
        yield between + json_in_script(paragraph)
        between = ","


def _packed(paragraphs: Iterable[list]) -> Iterator[str]:
    """A JSON list as zlib (RFC 1950) in base64, which browsers read: a third of its size."""
    packer, rest = zlib.compressobj(9), b""
    for text in chain(["["], _joined(paragraphs), ["]"]):
        rest += packer.compress(text.encode("utf-8", "surrogatepass"))
        # Base64 is of three bytes at a time.
        whole = len(rest) // 3 * 3
        yield base64.b64encode(rest[:whole]).decode("ascii")
        rest = rest[whole:]
    yield base64.b64encode(rest + packer.flush()).decode("ascii")


def _page(in_parts: bool) -> str:
    """The page with a place for its data.

    Its policy (Content Security Policy 3, https://www.w3.org/TR/CSP3/) lets run only what is in
    `page/`, by its hash: nothing from anywhere else, and no connection to any place.

    A report in parts lets its own script load others from where it is itself, and nobody else:
    of two policies both must agree, the first that it is our script that loads them
    ('strict-dynamic'), the second that they are from the same place. Their hashes cannot be
    demanded, because no browser checks the hash of a file on disk.
    """
    script = bundle(PAGE / "main.js")
    style = (PAGE / "report.css").read_text(encoding="utf-8") + _colour_rules()
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {policy_hash(script)}" + (" 'strict-dynamic'" if in_parts else ""),
            f"style-src {policy_hash(style)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    page = (PAGE / "page.html").read_text(encoding="utf-8")
    if in_parts:
        second = f"script-src {policy_hash(script)} 'self' file:"
        page = page.replace(POLICY, POLICY + "\n" + POLICY.replace("{{policy}}", second))
    for name, text in {"policy": policy, "style": style, "script": script}.items():
        before, after = page.split("{{" + name + "}}")
        page = before + text + after
    return page


def json_in_script(data: object) -> str:
    """JSON that no text in it can end or leave when it stands in a `<script>`.

    >>> json_in_script("</script>")
    '"\\\\u003c/script\\\\u003e"'
    """
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")).translate(
        ESCAPES
    )


def _colour_rules() -> str:
    rules = [
        f".step-{at} {{ background: {colour}; color: {text}; }}"
        for at, (colour, text) in enumerate(zip(STEPS, TEXT_ON, strict=True))
    ]
    for at, colour in enumerate(PALE_STEPS):
        rules.append(f".step-{at}.pale {{ background: {colour}; color: {DARK}; }}")
    rules.append(f".half {{ --half-from: {STEPS[5]}; --half-to: {PALE_STEPS[5]}; }}")
    for stance, colour in STANCE_COLOURS.items():
        rules.append(f".stance-{stance} {{ background: {colour}; }}")
        rules.append(f":root {{ --half-{stance}: {colour}; }}")
        rules.append(f".tags .of-{stance} {{ border-left-color: {colour}; }}")
    rules.append(
        f".matrix td.few, .scale .few, .tile.few {{ color: {DARK}; background: "
        f"repeating-linear-gradient(-45deg, {FEW_FILL} 0 5px, {FEW_STRIPE} 5px 7px); }}"
    )
    return "\n".join(rules) + "\n"
