from __future__ import annotations

import errno
import os
import subprocess
import sys

import pytest

from pipeline.base.errors import TableError
from pipeline.base.files import LOCK_FILE, WholeFile, own_folder, part_folder, write_whole
from pipeline.base.paths import ROOT


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_gets_its_name_when_it_is_whole(tmp_path):
    path = tmp_path / "cells.csv"
    with WholeFile(path) as file:
        file.write(b"theme\n")
        assert not path.exists()
    assert path.read_bytes() == b"theme\n"
    assert names_in(tmp_path) == ["cells.csv"]


@pytest.mark.parametrize("content", ["théme\n", "théme\n".encode()])
def test_what_is_at_hand_is_written_whole(tmp_path, content):
    write_whole(tmp_path / "cells.csv", content)
    assert (tmp_path / "cells.csv").read_bytes() == "théme\n".encode()
    assert names_in(tmp_path) == ["cells.csv"]


@pytest.mark.parametrize("before", [None, b"of before"])
def test_a_file_that_fails_half_way_leaves_what_was_there(tmp_path, before):
    path = tmp_path / "cells.csv"
    if before:
        path.write_bytes(before)
    with pytest.raises(RuntimeError), WholeFile(path) as file:
        file.write(b"half of it")
        raise RuntimeError
    assert [p.read_bytes() for p in tmp_path.iterdir()] == ([before] if before else [])


def test_two_runs_do_not_write_the_same_file_beside(tmp_path, monkeypatch):
    path = tmp_path / "cells.csv"
    one = WholeFile(path)
    monkeypatch.setattr(os, "getpid", lambda: 1)
    other = WholeFile(path)
    with one as file:
        file.write(b"one")
        with other as file:
            file.write(b"other")
    assert path.read_bytes() == b"one"
    assert names_in(tmp_path) == ["cells.csv"]


def test_one_run_at_a_time_is_in_a_folder(tmp_path):
    out = tmp_path / "new" / "out"
    with own_folder(out):
        with pytest.raises(TableError, match="Another run") as refusal, own_folder(out):
            pytest.fail("two runs are in one folder")
        assert "--out" in refusal.value.hint
    with own_folder(out):
        pass
    # The file also says what the folder is, so it stays.
    assert names_in(out) == [LOCK_FILE]


def test_a_run_that_fails_gives_its_folder_back(tmp_path):
    with pytest.raises(RuntimeError), own_folder(tmp_path):
        raise RuntimeError
    with own_folder(tmp_path):
        assert names_in(tmp_path) == [LOCK_FILE]


@pytest.mark.parametrize(
    "before, left",
    [
        (None, None),
        ([], []),
        (["report.pdf"], ["report.pdf"]),
        ([LOCK_FILE], [LOCK_FILE]),
        (["documents.parquet"], [LOCK_FILE, "documents.parquet"]),
    ],
)
def test_a_run_that_fails_makes_no_output_of_what_was_none(tmp_path, before, left):
    out = tmp_path / "devon"
    if before is not None:
        out.mkdir()
        for name in before:
            (out / name).touch()
    with pytest.raises(RuntimeError), own_folder(out):
        raise RuntimeError
    assert (names_in(out) if out.exists() else None) == left


def test_what_a_killed_run_left_half_written_is_cleared_away(tmp_path):
    (tmp_path / ".cells.csv.123.part").write_text("half")
    (tmp_path / ".evidence.123.part").mkdir()
    (tmp_path / ".evidence.123.part" / "1.parquet").write_text("half")
    (tmp_path / "cells.csv").write_text("whole")
    with own_folder(tmp_path):
        assert names_in(tmp_path) == [LOCK_FILE, "cells.csv"]


@pytest.mark.parametrize("failure", [None, RuntimeError])
def test_a_part_folder_goes_when_it_is_done_with(tmp_path, failure):
    def use():
        with part_folder(tmp_path / "out", "evidence") as place:
            (place / "1.parquet").write_text("x")
            assert place.name.startswith(".evidence.") and place.parent == tmp_path / "out"
            if failure:
                raise failure

    if failure:
        with pytest.raises(failure):
            use()
    else:
        use()
    assert names_in(tmp_path / "out") == []


FULL = """
import os, resource, signal, sys, traceback, zipfile
from pathlib import Path
from pipeline.base.files import WholeFile
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, resource.RLIM_INFINITY))
try:
    with WholeFile(Path(sys.argv[1])) as file:
        archive = zipfile.ZipFile(file, "w")
        try:
            archive.writestr("a", os.urandom(100_000))
        except OSError as error:
            traceback.clear_frames(error.__traceback__)
            del archive
            raise
except OSError as error:
    print(type(error).__name__)
"""


def test_a_full_disk_is_said_once(tmp_path):
    pytest.importorskip("resource", reason="no limits as on Linux and macOS")
    done = subprocess.run(
        [sys.executable, "-c", FULL, tmp_path / "a.zip"], capture_output=True, text=True, cwd=ROOT
    )
    # The archive writes its table of contents once more when it is deleted.
    assert (done.stdout.strip(), done.stderr) == ("OSError", "")
    assert names_in(tmp_path) == []


def test_a_failure_to_write_that_a_library_hides_is_not_lost(tmp_path):
    with pytest.raises(OSError, match="No space"), WholeFile(tmp_path / "a.csv") as file:
        file.raw.failure = OSError(errno.ENOSPC, "No space left on device")
        file.write(b"more")
    assert names_in(tmp_path) == []


def test_an_error_names_the_file_that_is_wanted(tmp_path):
    path = tmp_path / "matrix.xlsx"
    path.mkdir()
    with pytest.raises(OSError, match="matrix") as not_replaced, WholeFile(path):
        pass
    with pytest.raises(FileNotFoundError) as not_begun, WholeFile(path / "none" / "matrix.xlsx"):
        pass
    names = [error.value.filename for error in (not_replaced, not_begun)]
    assert names == [str(path), str(path / "none" / "matrix.xlsx")]
