from __future__ import annotations

import re
import tomllib

import pytest

from pipeline.base.extras import how_to_install
from pipeline.base.paths import PACKAGE, ROOT

CASES = {("fetch", ""): '-e ".[fetch]" (', ("store", "s3fs"): '-e ".[store]" s3fs ('}


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_it_names_the_extra_and_the_package(case):
    assert CASES[case] in how_to_install(*case)


def test_the_extras_that_are_asked_for_exist():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {
        extra
        for path in PACKAGE.rglob("*.py")
        for extra in re.findall(r"how_to_install\(.(\w+)", path.read_text(encoding="utf-8"))
        if path.name != "extras.py"
    }
    assert asked == set(project["optional-dependencies"]) - {"notebooks", "dev"}


def test_no_message_has_a_way_of_its_own():
    """The bare `pip` is another Python's, and no index has the project."""
    for path in PACKAGE.rglob("*.py"):
        assert path.name == "extras.py" or "pip install" not in path.read_text(encoding="utf-8")
