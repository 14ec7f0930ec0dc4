from __future__ import annotations

import pytest

from pipeline import kept as module
from pipeline.kept import Kept, code_version, key_of

KEY = key_of("reading", "a.pdf")


def test_what_was_put_is_got(tmp_path):
    kept = Kept(tmp_path)
    assert kept.get(KEY) is None
    kept.put(KEY, b"what was read")
    assert kept.get(KEY) == b"what was read"
    assert kept.get(key_of("reading", "b.pdf")) is None


@pytest.mark.parametrize("damage", [b"", b"what was", b"what was rEad", b"what was read twice"])
def test_damaged_result_is_not_trusted(tmp_path, damage):
    kept = Kept(tmp_path)
    kept.put(KEY, b"what was read")
    [path] = tmp_path.rglob("*.parquet")
    path.write_bytes(damage)
    assert kept.get(KEY) is None
    kept.put(KEY, b"what was read")
    assert kept.get(KEY) == b"what was read"


def test_half_written_result_is_not_found_and_removed(tmp_path):
    kept = Kept(tmp_path)
    kept.put(KEY, b"what was read")
    [path] = tmp_path.rglob("*.parquet")
    half = path.with_name(f".{path.name}.77.part")
    path.rename(half)
    assert kept.get(KEY) is None
    kept.tidy()
    assert not half.exists()


def test_another_content_name_or_setting_is_another_key():
    keys = [key_of("reading", *parts) for parts in [("a", 1), ("a", 2), ("b", 1), ("a",)]]
    assert len(set(keys)) == len(keys)


@pytest.fixture
def package(tmp_path, monkeypatch):
    sources = {
        "read": "def read(): ...\n",
        "clean": "def clean(): ...\n",
        "document": "from pipeline.read import read\n\ndef later():\n    import pipeline.clean\n",
        "unrelated": "x = 1\n",
    }
    for name, source in sources.items():
        (tmp_path / f"{name}.py").write_text(source)
    monkeypatch.setattr(module, "PACKAGE", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("changed", "counts"),
    [("document", True), ("read", True), ("clean", True), ("unrelated", False)],
)
def test_version_changes_with_the_code_that_is_used(package, changed, counts):
    before = code_version.__wrapped__("document", ("pandas",))
    with (package / f"{changed}.py").open("a") as file:
        file.write("# changed\n")
    assert (code_version.__wrapped__("document", ("pandas",)) != before) == counts


def test_version_changes_with_the_packages(package, monkeypatch):
    before = code_version.__wrapped__("document", ("pandas",))
    monkeypatch.setattr(module, "_version", lambda package: "0.1")
    assert code_version.__wrapped__("document", ("pandas",)) != before


def test_reading_depends_on_every_reader():
    from pipeline.paths import ROOT

    sources = (ROOT / "pipeline").glob("read_*.py")
    assert {path.stem for path in sources} <= set(module.modules_of("document"))
