from __future__ import annotations

import io
import zipfile

import numpy as np
from sklearn.linear_model import LogisticRegression

from pipeline.tagging.model_file import TRUSTED, skops_io
from pipeline.training.store import parts_as_bytes


def parts():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20, 3))
    return {
        "names": np.array(["a", "b"], dtype=np.str_),
        "judges": {
            theme: LogisticRegression().fit(x, x[:, n] > 0) for n, theme in enumerate("de")
        },
        "nothing": None,
        "again": [np.float64(0.5), {"x": rng.normal(size=4)}],
    }


def test_the_same_parts_give_the_same_bytes_wherever_they_lie_in_memory():
    kept = [parts() for _ in range(3)]  # so that none lies where another one lay
    assert len({parts_as_bytes(one) for one in kept}) == 1


def test_what_is_stored_comes_back():
    before, after = parts(), skops_io.loads(parts_as_bytes(parts()), trusted=TRUSTED)
    assert list(after) == list(before) and after["nothing"] is None
    np.testing.assert_array_equal(after["names"], before["names"])
    np.testing.assert_array_equal(after["again"][1]["x"], before["again"][1]["x"])
    for theme, judge in before["judges"].items():
        np.testing.assert_array_equal(after["judges"][theme].coef_, judge.coef_)


def test_other_parts_give_other_bytes():
    other = parts() | {"nothing": 0.5}
    assert parts_as_bytes(other) != parts_as_bytes(parts())


def test_members_are_numbered_and_bear_no_time():
    with zipfile.ZipFile(io.BytesIO(parts_as_bytes(parts()))) as archive:
        members = archive.infolist()
    assert {member.date_time for member in members} == {(1980, 1, 1, 0, 0, 0)}
    assert all(member.filename.split(".")[0].isdigit() for member in members[:-1])
    assert members[-1].filename == "schema.json"
