from __future__ import annotations

import os
import shutil
import time

from pipeline.running.cache import DAY


def test_it_says_how_much_there_is_and_what_can_go(command, sample_run, tmp_path):
    shutil.copytree(sample_run / ".kept", tmp_path / ".kept")
    files = sorted((tmp_path / ".kept").rglob("*.parquet"))
    for path, days in zip(files[:3], (20, 100, 200), strict=True):
        os.utime(path, (time.time() - days * DAY,) * 2)
    told = command("kept", tmp_path)
    assert told.returncode == 0, told.stderr
    assert f".kept: {len(files)} results" in told.stdout
    assert f"last 30 days: {len(files) - 2} results" in told.stdout
    assert "Can go: 2 results" in told.stdout
    assert len(list((tmp_path / ".kept").rglob("*.parquet"))) == len(files)
    gone = command("kept", tmp_path, "--keep-for", 10, "--drop")
    assert "Dropped: 3 results" in gone.stdout
    assert len(list((tmp_path / ".kept").rglob("*.parquet"))) == len(files) - 3


def test_nothing_is_kept_there(command, tmp_path):
    told = command("kept", tmp_path)
    assert told.returncode == 2 and "There is no folder" in told.stderr


def test_a_run_drops_what_none_has_used_for_long(command, sample_run, tmp_path):
    out = shutil.copytree(sample_run, tmp_path, dirs_exist_ok=True)
    (out / "run.json").unlink()
    old = time.time() - 10 * DAY
    unused = out / ".kept" / "00" / f"{'0' * 32}-{'0' * 32}.parquet"
    unused.parent.mkdir(exist_ok=True)
    unused.write_bytes(b"x")
    files = list((out / ".kept").rglob("*.parquet"))
    for path in files:
        os.utime(path, (old, old))
    assert command("extract", "--out", out, "--keep-for", 9).returncode == 0
    left = list((out / ".kept").rglob("*.parquet"))
    # Readings were used, tags and the odd file were not.
    assert unused not in left and len(left) == (len(files) - 1) // 2
