from __future__ import annotations

import pytest

from pipeline.base.paths import PACKAGE
from pipeline.base.settings import Settings
from pipeline.running import versions


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of ours with a module in every folder, whose versions are not remembered."""
    for folder in {*versions.READING_FOLDERS, *versions.TAGGING_FOLDERS, "running", "report"}:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "module.py").write_text("x = 1\n")
    for name in versions.CARRIERS:
        (tmp_path / name).write_text("x = 1\n")
    monkeypatch.setattr(versions, "PACKAGE", tmp_path)
    forget()
    yield tmp_path
    forget()


def forget():
    versions._version_of.cache_clear()
    versions.whole_version.cache_clear()


def all_versions():
    forget()
    return {
        "reading": versions.reading_version(),
        "tagging": versions.tagging_version(),
        "whole": versions.whole_version(),
    }


CHANGES = {
    "base/module.py": {"reading", "tagging", "whole"},
    "reading/module.py": {"reading", "whole"},
    "paragraphs/new.py": {"reading", "whole"},
    "documents/module.py": {"reading", "whole"},
    "tagging/module.py": {"tagging", "whole"},
    "running/worker.py": {"reading", "tagging", "whole"},
    "running/module.py": {"whole"},
    "report/page.js": {"whole"},
}


@pytest.mark.parametrize("changed", CHANGES)
def test_version_changes_with_the_code_that_is_used(package, changed):
    before = all_versions()
    with (package / changed).open("a") as file:
        file.write("# changed\n")
    after = all_versions()
    assert {name for name in before if before[name] != after[name]} == CHANGES[changed]


def test_version_changes_with_the_packages(package, monkeypatch):
    before = all_versions()
    monkeypatch.setattr(versions, "_version", lambda package: "0.1")
    after = all_versions()
    assert not set(before.values()) & set(after.values())


def test_tesseract_counts_only_if_it_is_used(monkeypatch):
    def version(installed: str, *, ocr: bool) -> str:
        monkeypatch.setattr(versions, "tesseract_version", lambda: installed)
        return versions.extras_version(Settings(ocr=ocr))

    assert version("", ocr=True) != version("tesseract 5.3 eng", ocr=True)
    assert version("", ocr=False) == version("tesseract 5.3 eng", ocr=False)


def test_a_folder_without_modules_is_not_passed_over(package):
    for path in (package / "reading").iterdir():
        path.unlink()
    with pytest.raises(FileNotFoundError, match="reading"):
        all_versions()


def test_every_folder_that_reading_and_tagging_import_from_is_counted():
    """A folder that is imported and not counted would let stale results be found."""
    for folders in (versions.READING_FOLDERS, versions.TAGGING_FOLDERS):
        for folder in folders:
            for path in versions.sources_in(PACKAGE / folder):
                for line in path.read_text(encoding="utf-8").splitlines():
                    words = line.split()
                    if words[:1] in (["from"], ["import"]) and words[1].startswith("pipeline."):
                        assert words[1].split(".")[1] in folders, f"{path}: {line}"
