"""A model's parts → its file, the same bytes whenever the parts are the same.

skops names its members by where objects lay in memory, and stamps them with the time of writing.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import PurePosixPath

from pipeline.tagging.model_file import skops_io

# The first day that a ZIP archive can name.
NO_DAY = (1980, 1, 1, 0, 0, 0)
SCHEMA = "schema.json"


def parts_as_bytes(parts: dict) -> bytes:
    """The parts as a skops file whose members are numbered in the order of its schema."""
    with zipfile.ZipFile(io.BytesIO(skops_io.dumps(parts))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    numbers: dict[str, int] = {}
    schema = _renumbered(json.loads(members.pop(SCHEMA)), numbers)
    names = {name: _file(name, numbers) for name in members}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=8) as archive:
        for name in sorted(names, key=lambda name: numbers[PurePosixPath(name).stem]):
            archive.writestr(_member(names[name]), members[name])
        archive.writestr(_member(SCHEMA), json.dumps(schema, indent=2))
    return packed.getvalue()


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, NO_DAY)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _renumbered(node: object, numbers: dict[str, int]) -> object:
    """A schema with every id, and every file named by one, replaced by its number."""
    if isinstance(node, list):
        return [_renumbered(part, numbers) for part in node]
    if not isinstance(node, dict):
        return node
    own: dict[str, object] = {}
    for key, value in node.items():
        if key == "__id__":
            own[key] = numbers.setdefault(str(value), len(numbers) + 1)
        elif key == "file" and isinstance(value, str):
            numbers.setdefault(PurePosixPath(value).stem, len(numbers) + 1)
            own[key] = _file(value, numbers)
        else:
            own[key] = _renumbered(value, numbers)
    return own


def _file(name: str, numbers: dict[str, int]) -> str:
    path = PurePosixPath(name)
    return f"{numbers[path.stem]}{path.suffix}"
