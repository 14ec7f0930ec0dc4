from __future__ import annotations

import pytest

from pipeline.base.errors import TableError
from pipeline.base.names import LISTED, check_known

THEMES = ["camhs", "thresholds", "recruitment", *(f"theme_{n}" for n in range(10))]


@pytest.mark.parametrize(
    ("name", "hint"),
    {"cahms": "Perhaps: camhs.", "xx": f"Perhaps: {', '.join(THEMES[:LISTED])}."}.items(),
)
def test_similar_names_are_suggested_or_else_the_first(name, hint):
    with pytest.raises(TableError, match=f"no theme '{name}'") as refused:
        check_known(name, THEMES, "theme")
    assert refused.value.hint == hint


def test_a_name_that_is_there_is_known():
    check_known("camhs", iter(THEMES), "theme")
