"""Starting a module of ours as a process of its own, which is spoken to over its pipes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from pipeline.base.paths import PACKAGE

# -P: no module is imported from the current folder.
MODULE = ["-P", "-W", "ignore", "-m"]


def start_program(
    arguments: Sequence[str], environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start Python with `arguments`, which finds this project wherever it lies.

    `environment` is set besides what this process has.
    """
    path = os.pathsep.join(filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # A process that is out of memory says so a thousand times.
        stderr=subprocess.DEVNULL,
        env={**os.environ, **(environment or {}), "PYTHONPATH": path},
    )
