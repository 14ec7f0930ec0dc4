"""The workbook and the pictures of a run, each written in a process of its own.

They depend on nothing but tables that are on the disk, so they can be written while this process
writes the report. `python -m pipeline.running.beside WHAT` loads what it needs for one of them
while the tables are being made, writes it when it is asked on its standard input, and says on its
standard output how that went; it ends when its parent does.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pipeline.base.codebook import name_themes
from pipeline.base.errors import PipelineError, TableError
from pipeline.base.files import drop_parts
from pipeline.base.tables import read_table
from pipeline.matrix.evidence import by_cell
from pipeline.running.program import MODULE, start_program

WORKBOOK_FILE = "matrix.xlsx"
# Starting a process takes as long as writing what so many documents make.
WORTH_A_PROCESS = 150
PROGRAM = [*MODULE, "pipeline.running.beside"]


def write_workbook_of(out: Path, corpus: Path | None, evidence: Path) -> None:
    """Write the workbook from the tables in `out`; `evidence` is where a store has it."""
    from pipeline.report.links import links_to
    from pipeline.report.sheets import build_sheets
    from pipeline.report.workbook import write_workbook
    from pipeline.running.mark_corpus import copies_of_run

    cells = read_table(out, "cells")
    documents = read_table(out, "documents")
    link_of = links_to(documents, corpus, out, copies_of_run(out, documents))
    tables = {name: read_table(out, name) for name in ("stances", "slices", "progress", "kinds")}
    more = build_sheets(tables, documents, link_of)
    themes = name_themes(dict.fromkeys(cells["theme"]))
    write_workbook(out / WORKBOOK_FILE, cells, by_cell(evidence, cells), themes, link_of, more)


def draw_matrix_of(
    out: Path, corpus: Path | None, evidence: Path, authorities: Sequence[str] = ()
) -> None:
    """Draw the pictures of the matrix from the table `cells` in `out`; see `draw_matrix`."""
    from pipeline.report.picture import draw_matrix

    cells = read_table(out, "cells")
    draw_matrix(cells, name_themes(dict.fromkeys(cells["theme"])), out, authorities)


Write = Callable[..., None]
WRITERS: dict[str, Write] = {"workbook": write_workbook_of, "pictures": draw_matrix_of}
NICE = 5
# What takes longest to load of what each needs.
LOADED_FIRST = {"workbook": "pipeline.report.workbook", "pictures": "pipeline.report.picture"}


class Beside:
    """Writes things beside this process, or after it if the run is small or has one processor.

    Use it in a `with`: when that ends, all are written, or an error of one is raised: what it
    would have raised here.
    """

    def __init__(
        self, out: Path, corpus: Path | None, n_documents: int, processes: int | None
    ) -> None:
        self._out = out
        self._corpus = corpus
        self._alone = (processes or os.cpu_count() or 1) < 2 or n_documents < WORTH_A_PROCESS
        self._started: dict[str, subprocess.Popen[bytes]] = {}
        self._asked: dict[str, tuple[Path, dict[str, Any]]] = {}

    def __enter__(self) -> Self:
        try:
            for what in () if self._alone else WRITERS:
                self._started[what] = start_program([*PROGRAM, what])
        except OSError:
            self._end_all()
            raise
        return self

    def write(self, what: str, evidence: Path, **wanted: Any) -> None:
        """Write one of `WRITERS`, whose tables must be there; `evidence` is that of a store.

        `wanted` is what else the writer takes, and goes to it as JSON.
        """
        self._asked[what] = evidence, wanted
        if self._alone:
            # A workbook that is open in Excel cannot be written: all else is there by then.
            return
        process = self._started[what]
        places = (self._out.resolve(), self._corpus and self._corpus.resolve(), evidence.resolve())
        assert process.stdin is not None
        # A process that has ended already breaks its pipe; `__exit__` says so. What is left open
        # tells it that we are still there.
        with suppress(OSError):
            asked = json.dumps([[place and str(place) for place in places], wanted])
            process.stdin.write(asked.encode() + b"\n")
            process.stdin.flush()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            for what, (evidence, wanted) in self._asked.items() if kind is None else ():
                if self._alone:
                    WRITERS[what](self._out, self._corpus, evidence, **wanted)
                else:
                    process = self._started[what]
                    assert process.stdout is not None
                    _raise_what_happened(process.stdout.read(), process)
        finally:
            self._end_all()

    def _end_all(self) -> None:
        for process in self._started.values():
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    if pipe is not None:
                        pipe.close()
            drop_parts(self._out, process.pid)


def _raise_what_happened(told: bytes, process: subprocess.Popen[bytes]) -> None:
    """Raise the error that a process tells of, if it does."""
    kind, *details = json.loads(told) if told else ("died", str(process.wait()))
    if kind == "OSError":
        raise OSError(*details)
    if kind == "PipelineError":
        raise PipelineError(*details)
    if kind == "died":
        raise TableError(
            f"A process that was to write a part of the results ended ({details[0]}).",
            "If the machine is short of memory, free some or use one of --processes. Then run the "
            "same command again.",
        )
    if kind:
        raise RuntimeError(*details)


def main() -> None:
    """Write what the command line names, when a line of the standard input says where."""
    # Ctrl-C reaches every process of the terminal; this one ends with its parent.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    what = sys.argv[1]
    if what == "pictures" and hasattr(os, "nice"):
        # Of three processes on two processors this one has least to do.
        os.nice(NICE)
    # What goes wrong here goes wrong again, and is told, when it is needed.
    with suppress(Exception):
        import_module(LOADED_FIRST[what])
    asked = sys.stdin.buffer.readline()
    if not asked:
        return
    threading.Thread(target=_end_with_parent, daemon=True).start()
    places, wanted = json.loads(asked)
    out, corpus, evidence = (Path(place) if place else None for place in places)
    assert out is not None and evidence is not None
    told: list[object] = [""]
    try:
        WRITERS[what](out, corpus, evidence, **wanted)
    except PipelineError as error:
        told = ["PipelineError", str(error), error.hint]
    except OSError as error:
        told = ["OSError", error.errno, error.strerror, error.filename]
    except Exception as error:
        told = ["error", f"{type(error).__name__}: {error}"]
    print(json.dumps(told, default=str), flush=True)


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
