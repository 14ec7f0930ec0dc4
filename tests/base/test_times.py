from __future__ import annotations

import pytest

from pipeline.base.times import utc

TIMES = {0: "1970-01-01T00:00:00Z", 1_600_000_000.9: "2020-09-13T12:26:40Z"}


@pytest.mark.parametrize("seconds", TIMES)
def test_a_time_is_told_to_the_second(seconds):
    assert utc(seconds) == TIMES[seconds]
