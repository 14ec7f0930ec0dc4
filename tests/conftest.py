from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("INSPECTION_CORPUS", ROOT.parent / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the real reports; tests that need it are skipped where it is not."""
    if not (SHARED / "corpus").is_dir():
        pytest.skip(f"the real reports are not at {SHARED} (set INSPECTION_CORPUS)")
    return SHARED


@pytest.fixture(scope="session")
def command():
    """Run the installed command line; gives the finished process."""

    def run(*arguments, cwd=ROOT):
        return subprocess.run(
            [sys.executable, "-m", "pipeline", *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=cwd,
        )

    return run


@pytest.fixture(scope="session")
def sample_run(command, tmp_path_factory) -> Path:
    """The output folder of one run on the sample corpus."""
    out = tmp_path_factory.mktemp("sample-run")
    finished = command("run", "--out", out)
    assert finished.returncode == 0, finished.stderr
    return out
