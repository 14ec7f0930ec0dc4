from __future__ import annotations

import pytest

from pipeline.base.counted import counted

CASES = {0: "0 cells", 1: "1 cell", 2: "2 cells", 1_000: "1,000 cells"}


@pytest.mark.parametrize("n", CASES)
def test_one_is_not_many(n):
    assert counted(n, "cell") == CASES[n]
