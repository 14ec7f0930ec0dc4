"""One script text from the modules in `page/`.

The report must be one file that opens from disk, and a browser does not let a page from disk
import other files. A bundler would do this, but then everybody who installs the pipeline, and
every council analyst who runs it, would need Node. So the modules keep to the little syntax that
can be taken off line by line, and anything else is refused rather than guessed at.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

NAMES = r"\{\s*+(\w++(?:\s*+,\s*+\w++)*+)\s*+,?\s*+\}"
IMPORT = re.compile(rf'^import\s+{NAMES}\s+from\s+"\./(\w+\.js)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?function\b|const\b|class\b|let\b)", re.MULTILINE)
DECLARATION = re.compile(
    r"^(export )?(?:async function|function\*?|const|class|let|var)\b[ ]*(\w*)", re.MULTILINE
)
# What is left of the syntax of modules when the above is taken off.
REFUSED = re.compile(r"^[^\S\n]*(?:import|export)\b|\bimport\s*\(|\bimport\.meta\b", re.MULTILINE)


def bundle(main: Path) -> str:
    """The module `main` and all that it imports, each after what it imports, as one script.

    Raises `ValueError` naming file and line where a module uses other syntax than named imports
    from "./x.js" and `export` before a declaration, where an import leads nowhere or in a circle,
    or where two modules declare the same name.
    """
    texts: dict[str, str] = {}
    exports: dict[str, set[str]] = {}
    declared: dict[str, str] = {}

    def add(path: Path, importers: tuple[str, ...]) -> None:
        text = path.read_text(encoding="utf-8")
        for found in IMPORT.finditer(text):
            names, other = re.findall(r"\w+", found[1]), found[2]
            if other in (*importers, path.name):
                raise _error(path, text, found.start(), f"{other} imports this module in turn")
            if not (path.parent / other).is_file():
                raise _error(path, text, found.start(), f"there is no {other}")
            if other not in texts:
                add(path.parent / other, (*importers, path.name))
            for name in set(names) - exports[other]:
                raise _error(path, text, found.start(), f"{other} does not export {name}")
        exports[path.name] = set()
        for found in DECLARATION.finditer(text):
            exported, name = found.groups()
            if not name:
                raise _error(path, text, found.start(), "name one thing in each declaration")
            if name in declared:
                raise _error(path, text, found.start(), f"{declared[name]} declares {name} too")
            declared[name] = path.name
            if exported:
                exports[path.name].add(name)
        texts[path.name] = _without_modules(path, text)

    add(main, ())
    return "\n".join(f"// --- {name}\n{text}" for name, text in texts.items())


def _without_modules(path: Path, text: str) -> str:
    # Lines are kept while places are still told.
    bare = IMPORT.sub(lambda found: "\n" * found[0].count("\n"), EXPORT.sub("", text))
    if found := REFUSED.search(bare):
        raise _error(path, bare, found.end(), "this syntax of modules is not supported")
    return IMPORT.sub("", EXPORT.sub("", text))


def _error(path: Path, text: str, place: int, what: str) -> ValueError:
    return ValueError(f"{path.name}, line {text.count(chr(10), 0, place) + 1}: {what}.")


def policy_hash(text: str) -> str:
    """The source of a content policy that allows a script or style of this text only."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
