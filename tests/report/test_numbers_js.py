"""The statistics of the page, in Node, against those of Python."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import asdict
from itertools import product

import numpy as np
import pandas as pd
import pytest

from pipeline.matrix.compare import (
    PRIOR_PARAGRAPHS,
    STANDS_OUT_Z,
    build_standouts,
    log_odds_ratio,
)
from pipeline.matrix.intervals import (
    FEW,
    Errors,
    Z,
    corrected_share,
    difference_interval,
    share_interval,
)
from pipeline.report.html import PAGE

SETTINGS = {
    "z": Z,
    "few": FEW,
    "prior_paragraphs": PRIOR_PARAGRAPHS,
    "stands_out_z": STANDS_OUT_Z,
}
# As (tagged, size): nothing there, none, all and one of few and of many.
SHARES = [
    (0, 0), (0, 1), (1, 1), (0, 60), (3, 60), (59, 60), (60, 60), (1, 10**7), (10**7 - 1, 10**7),
    (123_456, 10**6), (10**6, 10**6),
]  # fmt: skip
ERRORS = [
    Errors(60, 12, 11, 917),
    Errors(40, 0, 0, 960),  # never wrong
    Errors(1, 0, 0, 1),  # hardly measured
    Errors(30, 200, 30, 300),  # often wrong
    Errors(10**6, 10**5, 10**5, 10**8),
]
CORRECTED = [(*share, errors) for share, errors in product(SHARES[1:], ERRORS)]
# As two of (value, low, high).
DIFFERENCES = [
    ((0.1, 0.05, 0.18), (0.2, 0.12, 0.3)),
    ((0.0, 0.0, 1.0), (1.0, 0.0, 1.0)),
    ((1e-9, 0.0, 2e-9), (1e-9, 0.0, 2e-9)),
    ((0.5, 0.49999, 0.50001), (0.4, 0.39, 0.42)),
]
# As three of (tagged, size): here, there, altogether.
COMPARED = [
    ((12, 60), (60, 1000), (72, 1060)),
    ((0, 60), (60, 1000), (60, 1060)),
    ((60, 60), (0, 1000), (60, 1060)),
    ((0, 60), (0, 1000), (0, 1060)),
    ((60, 60), (1000, 1000), (1060, 1060)),
    ((0, 0), (60, 1000), (60, 1000)),
    ((12, 60), (0, 0), (12, 60)),
    ((1, 1), (1, 10**7), (2, 10**7 + 1)),
    ((10**6, 10**7), (10**6, 10**8), (2 * 10**6, 11 * 10**7)),
]
# Authorities that stand out by much and by little, with many paragraphs and with few.
AUTHORITIES = [(0, 4000), (40, 4000), (60, 4000), (4, 4), (9, 9), (90, 2000), (1, 90), (0, 0)]
STANDOUTS = build_standouts(
    pd.DataFrame(
        [
            (f"Area {at}", "ILACS", "camhs", tagged, size)
            for at, (tagged, size) in enumerate(AUTHORITIES)
        ],
        columns=["authority", "framework", "theme", "n_tagged", "n_paragraphs"],
    ),
    pd.DataFrame({"authority": ["Area 0"], "neighbour": ["Area 4"]}),
)
DRIVER = """
import * as numbers from "./numbers.mjs";
let text = "";
for await (const part of process.stdin) text += part;
const results = ([name, cases]) => [name, cases.map((given) => numbers[name](...given))];
console.log(JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text)).map(results))));
"""


def count(tagged, size):
    return {"tagged": tagged, "size": size}


@pytest.fixture(scope="module")
def in_node(tmp_path_factory):
    """What numbers.js gives for every case above, by function."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed (apt-get install nodejs)")
    cases = {
        "shareInterval": [[*share, SETTINGS] for share in SHARES],
        "correctedShare": [
            [tagged, size, asdict(errors), SETTINGS] for tagged, size, errors in CORRECTED
        ],
        "differenceInterval": DIFFERENCES,
        "standOutScore": [[*(count(*c) for c in case), SETTINGS] for case in COMPARED],
        "standsOut": [
            [None if np.isnan(z) else z, tagged, SETTINGS]
            for z, tagged in zip(STANDOUTS["z"], STANDOUTS["n_tagged"], strict=True)
        ],
    }
    folder = tmp_path_factory.mktemp("node")
    # By their ends Node takes them for modules, whatever its version.
    shutil.copy(PAGE / "numbers.js", folder / "numbers.mjs")
    (folder / "driver.mjs").write_text(DRIVER, encoding="utf-8")
    finished = subprocess.run(
        [node, "driver.mjs"], input=json.dumps(cases), capture_output=True, text=True, cwd=folder
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def near(values):
    return pytest.approx([float(value) for value in values], rel=1e-9, abs=1e-9)


def test_share_interval(in_node):
    tagged, size = np.array(SHARES, dtype=float).T
    expected = np.transpose(share_interval(tagged, size))
    for case, ours, theirs in zip(SHARES, in_node["shareInterval"], expected, strict=True):
        assert ours == near(theirs), case


def test_corrected_share(in_node):
    for case, ours in zip(CORRECTED, in_node["correctedShare"], strict=True):
        tagged, size, errors = case
        assert ours == near(corrected_share(np.float64(tagged), np.float64(size), errors)), case


def test_difference_interval(in_node):
    for case, ours in zip(DIFFERENCES, in_node["differenceInterval"], strict=True):
        assert ours == near(difference_interval(*case)), case


def test_stand_out_score(in_node):
    for case, ours in zip(COMPARED, in_node["standOutScore"], strict=True):
        _, z = log_odds_ratio(*(n for c in case for n in c))
        assert (np.nan if ours is None else ours) == pytest.approx(z, rel=1e-9, nan_ok=True), case


def test_what_stands_out(in_node):
    assert in_node["standsOut"] == STANDOUTS["stands_out"].tolist()
    assert set(in_node["standsOut"]) == {"more", "less", ""}
    few = STANDOUTS[(STANDOUTS["z"] >= STANDS_OUT_Z) & (STANDOUTS["n_tagged"] < FEW)]
    assert len(few) > 0 and (few["stands_out"] == "").all()
