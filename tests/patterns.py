"""Every regular expression of the package, and texts made to keep each of them busy."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from re import _constants as codes
from re import _parser as parser
from types import ModuleType
from typing import Any

import pipeline

METHODS = ("match", "fullmatch", "search", "findall", "finditer", "split", "sub", "subn")
# Where a function of `re` takes its flags.
PLACE_OF_FLAGS = {"split": 3, "sub": 4, "subn": 4}
# The package's copies of the corpus, and modules that cannot be loaded without torch.
LEFT_OUT = (
    "pipeline.shipped",
    "pipeline.training.fine_tune",
    "pipeline.training.fit_encoder",
    "pipeline.training.fit_teacher",
    "pipeline.__main__",
)
CHARACTERS = " \t\n\xa00a.A-–(['\"<*_|,:/\\•#@&"
FURTHER = (". ", "a ", "1 ", "a-", "a.", "1.", "-1", "A a", " and", "<a>", "a@", "[a", "*a", "ab,")
ENDS = ("", "\0")
MOST_STARTS = 12


@dataclass(eq=False)
class Use:
    """A pattern, where it was found, and the methods it is used with."""

    where: str
    pattern: re.Pattern
    methods: set[str] = field(default_factory=set)


def collect() -> tuple[list[Use], list[str]]:
    """The patterns of all modules, and the places that make one this search cannot see."""
    uses: dict[int, Use] = {}
    faults: list[str] = []
    modules = list(_modules())
    for module in modules:
        for name, value in vars(module).items():
            for pattern in _patterns_in(value):
                uses.setdefault(id(pattern), Use(f"{module.__name__}.{name}", pattern))
    for module in modules:
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        scan = _Scan(module, uses, faults, ast.parse(source))
        for pattern in [*scan.handed_on, *_patterns_in_tables(module)]:
            if pattern in uses:
                uses[pattern].methods |= scan.methods_of_others
    for use in uses.values():
        use.methods = use.methods or set(METHODS[:3])
    return list(uses.values()), faults


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(pipeline.__path__, "pipeline."):
        if not found.name.startswith(LEFT_OUT):
            yield importlib.import_module(found.name)


def _patterns_in(value: Any) -> Iterator[re.Pattern]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, (tuple, list, frozenset, set)):
        for each in value:
            yield from _patterns_in(each)
    elif isinstance(value, dict):
        yield from _patterns_in([*value, *value.values()])


def _patterns_in_tables(module: ModuleType) -> Iterator[int]:
    for value in vars(module).values():
        if not isinstance(value, re.Pattern):
            yield from map(id, _patterns_in(value))


class _Scan(ast.NodeVisitor):
    """Notes how the patterns of a module are used, and those written where they are used.

    Of patterns handed on under other names, only the methods these are used with are known.
    """

    def __init__(
        self, module: ModuleType, uses: dict[int, Use], faults: list[str], tree: ast.Module
    ) -> None:
        self._module, self._uses, self._faults = module, uses, faults
        self._depth = 0
        self.handed_on: set[int] = set()
        self.methods_of_others: set[str] = set()
        self._makers = {
            function.name
            for function in tree.body
            if isinstance(function, ast.FunctionDef)
            and any(self._is_compile(node) for node in ast.walk(function))
        }
        self.visit(tree)

    def _is_compile(self, node: ast.AST) -> bool:
        function = node.func if isinstance(node, ast.Call) else None
        return (
            isinstance(function, ast.Attribute)
            and function.attr == "compile"
            and self._value(function.value) is re
        )

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        # A function that compiles may be called where the module begins, and nowhere else.
        inside = node.name not in self._makers
        self._depth += inside
        self.generic_visit(node)
        self._depth -= inside

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.module in ("re", "regex"):
            self._fault(node, "import re, so that its patterns are found")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        pattern = self._value(node.value)
        if isinstance(pattern, re.Pattern) and node.attr in METHODS and id(pattern) in self._uses:
            self._uses[id(pattern)].methods.add(node.attr)
        elif not isinstance(pattern, re.Pattern):
            # `split` is nearly always that of a text.
            if pattern is None and node.attr in METHODS and node.attr != "split":
                self.methods_of_others.add(node.attr)
            self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        pattern = getattr(self._module, node.id, None)
        # Handed on to other code, which may do anything with it.
        if isinstance(node.ctx, ast.Load) and isinstance(pattern, re.Pattern):
            self.handed_on.add(id(pattern))

    def visit_Call(self, node: ast.Call) -> None:
        function = node.func
        of_re = isinstance(function, ast.Attribute) and self._value(function.value) is re
        makes = isinstance(function, ast.Name) and function.id in self._makers
        if self._depth and (makes or self._is_compile(node)):
            self._fault(node, "compile the pattern where the module begins")
        elif of_re and function.attr in METHODS:
            self._note(node, function.attr)
        self.generic_visit(node)

    def _note(self, node: ast.Call, method: str) -> None:
        pattern, flags = self._value(node.args[0]), 0
        place = PLACE_OF_FLAGS.get(method, 2)
        given = [
            *node.args[place:],
            *(each.value for each in node.keywords if each.arg == "flags"),
        ]
        if given:
            flags = self._value(given[0])
        if not isinstance(pattern, (str, bytes)) or flags is None:
            self._fault(node, "compile the pattern where the module begins")
            return
        where = f"{self._module.__name__}:{node.lineno}"
        self._uses[id(node)] = Use(where, re.compile(pattern, flags), {method})

    def _value(self, node: ast.expr) -> Any:
        """What an expression of names and constants of the module comes to; None for others."""
        names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        if any(isinstance(each, (ast.Call, ast.Await)) for each in ast.walk(node)):
            return None
        if not names <= set(vars(self._module)):
            return None
        try:
            code = compile(ast.Expression(node), "pattern", "eval")
            return eval(code, dict(vars(self._module)))
        except Exception:
            return None

    def _fault(self, node: ast.AST, what: str) -> None:
        self._faults.append(f"{self._module.__name__}:{node.lineno}: {what}")


# --- texts that keep a pattern busy -------------------------------------------------------------


def busy_texts(pattern: re.Pattern) -> list[tuple[str, str, str]]:
    """Beginnings, pieces to repeat, and ends, made of what the pattern looks for."""
    raw = (
        pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    )
    starts, pieces = [""], [*CHARACTERS, *FURTHER]
    _walk(parser.parse(raw, pattern.flags & ~re.UNICODE & ~re.ASCII), "", starts, pieces)
    starts = sorted(dict.fromkeys(starts), key=len)[:MOST_STARTS]
    pieces += [f"{start}{gap}" for start in starts for gap in ("", " ", "a ")]
    return list(product(starts, filter(None, dict.fromkeys(pieces)), ENDS))


def _walk(parsed: Any, before: str, starts: list[str], pieces: list[str]) -> str:
    """Note what comes before each repetition and what it repeats; gives one text that fits."""
    for code, value in parsed:
        if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            low, high, inner = value
            text = _walk(inner, before, starts, pieces)[len(before) :]
            if high > 3:
                starts += [before, before + text]
                pieces += [text, *_samples(inner)]
            before += text * low
        elif code is codes.BRANCH:
            texts = [_walk(each, before, starts, pieces) for each in value[1]]
            starts += texts
            before = texts[0]
        elif code is codes.SUBPATTERN:
            before = _walk(value[-1], before, starts, pieces)
        elif code is codes.ATOMIC_GROUP:
            before = _walk(value, before, starts, pieces)
        elif code in (codes.ASSERT, codes.ASSERT_NOT):
            _walk(value[1], before, starts, pieces)
        elif code is codes.GROUPREF_EXISTS:
            before = _walk(value[1], before, starts, pieces)
        else:
            before += next(iter(_samples([(code, value)])), "")
    return before


def _samples(parsed: Any) -> list[str]:
    """Characters that a single item of a pattern fits."""
    if len(parsed) != 1:
        return []
    [(code, value)] = parsed
    if code is codes.LITERAL:
        return [chr(value)]
    if code is codes.ANY:
        return ["a"]
    if code is codes.NOT_LITERAL:
        return [each for each in "a 1.-" if ord(each) != value][:2]
    if code is codes.IN:
        inside = "".join(_class(value))
        compiled = re.compile(inside, re.S)
        return [each for each in "a1 A.-_\t\n(’'" if compiled.fullmatch(each)] or _given(value)
    return []


def _given(items: Any) -> list[str]:
    return [
        chr(value if code is codes.LITERAL else value[0])
        for code, value in items
        if code in (codes.LITERAL, codes.RANGE)
    ][:3]


CATEGORIES = {
    codes.CATEGORY_DIGIT: r"\d",
    codes.CATEGORY_NOT_DIGIT: r"\D",
    codes.CATEGORY_SPACE: r"\s",
    codes.CATEGORY_NOT_SPACE: r"\S",
    codes.CATEGORY_WORD: r"\w",
    codes.CATEGORY_NOT_WORD: r"\W",
}


def _class(items: Any) -> Iterator[str]:
    yield "["
    for code, value in items:
        if code is codes.NEGATE:
            yield "^"
        elif code is codes.LITERAL:
            yield re.escape(chr(value))
        elif code is codes.RANGE:
            yield f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
        elif code is codes.CATEGORY:
            yield CATEGORIES[value]
    yield "]"


# --- how the work grows -------------------------------------------------------------------------

# Lengths in characters, and the processor time in seconds that no linear pattern takes for them.
# What would go on for ever on the longest is slow on the shorter ones.
LENGTHS = {20: 0.0015, 32: 0.002, 48: 0.003, 80: 0.005, 240: 0.05}
LONGEST, MORE = 2_400, 4
# Processor time, in seconds, that makes a long text worth a second look.
SUSPICIOUS = 0.0015
# A linear pattern takes 4 times as long for 4 times the text, a quadratic one 16 times.
AT_MOST = 9
# So many of the slowest texts are looked at more closely.
SLOWEST = 12
TRIES = 5


def slow_text(use: Use) -> str:
    """A text on which the pattern's work grows faster than the text; empty if none was found."""
    for method in _to_try(use.methods):
        run = getattr(use.pattern, method)
        found: list[tuple[float, Callable[[int], Any], str]] = []
        for parts in busy_texts(use.pattern):
            text = _text_of(use.pattern, *parts)
            for length, too_slow in LENGTHS.items():
                seconds = _seconds(run, text(length))
                if seconds > too_slow and _best(run, text(length)) > too_slow:
                    return _told(method, parts, length)
            found.append((seconds, text, _told(method, parts, LONGEST)))
        found.sort(key=lambda each: each[0], reverse=True)
        for _, text, told in found[:SLOWEST]:
            if _grows(run, text):
                return told
    return ""


def _to_try(methods: set[str]) -> list[str]:
    """Looking everywhere in a text includes matching its beginning."""
    if methods - {"match", "fullmatch", "search"}:
        methods = {"findall"} | methods & {"fullmatch"}
    elif "search" in methods:
        methods = methods - {"match"}
    return sorted(methods)


def _grows(run: Callable[[Any], object], text: Callable[[int], Any]) -> bool:
    # Most texts need no second look: they are too quick for anything but a linear pattern.
    if _seconds(run, text(LONGEST)) <= SUSPICIOUS:
        return False
    # Twice, as a busy machine spoils a single comparison.
    return all(
        _best(run, text(length)) > AT_MOST * _best(run, text(length // MORE))
        for length in (LONGEST, LONGEST // 2)
    )


def _best(run: Callable[[Any], object], text: Any) -> float:
    return min(_seconds(run, text) for _ in range(TRIES))


def _seconds(run: Callable[[Any], object], text: Any) -> float:
    begun = time.process_time()
    run(text)
    return time.process_time() - begun


def _text_of(pattern: re.Pattern, start: str, piece: str, end: str) -> Callable[[int], Any]:
    def text(length: int) -> Any:
        made = start + piece * (length // len(piece)) + end
        return made.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else made

    return text


def _told(method: str, parts: tuple[str, str, str], length: int) -> str:
    start, piece, end = parts
    return f"{method}: {start!r} + {piece!r} * n + {end!r}, at {length} characters"
