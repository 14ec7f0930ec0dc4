"""The README and docs/ say what is there, and all of it."""

from __future__ import annotations

import re
import tomllib

import pytest
from typer.main import get_command

from pipeline.base import columns
from pipeline.base.paths import PACKAGE, ROOT
from pipeline.cli.main import app

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")}
PAGES = {"README.md": README, "CONTRIBUTING.md": (ROOT / "CONTRIBUTING.md").read_text("utf-8")}
PAGES |= {f"docs/{name}": text for name, text in DOCS.items()}
MODULES = sorted(
    path.relative_to(PACKAGE)
    for path in PACKAGE.rglob("*.py")
    if "shipped" not in path.parts and not path.name.startswith("__")
)
# What they hold is tested where it is used.
WITHOUT_TESTS = {
    "base/errors.py",
    "base/paths.py",
    "base/records.py",
    "base/settings.py",
    "cli/options.py",
    "fetching/publications.py",
    "paragraphs/chunks.py",
}
COMMANDS = sorted(get_command(app).commands)


def test_readme_is_short():
    # Words of prose: what stands in code blocks is there to be copied.
    prose = re.sub(r"```.*?```", "", README, flags=re.S)
    assert len(prose.split()) <= 1_000


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_explained(command, name):
    summary = command(name, "--help").stdout
    assert name in command("--help").stdout and "Usage: inspection-themes" in summary
    assert any(f"inspection-themes {name} " in text for text in PAGES.values())


def test_no_summary_is_cut_off(command):
    assert "…" not in command("--help").stdout and "..." not in command("--help").stdout.replace(
        "[ARGS]...", ""
    )


@pytest.mark.parametrize("name", columns.TABLES)
def test_every_column_is_explained(name):
    for column in columns.TABLES[name].columns:
        # Movements have some of theirs three times: as they are, before, and of what is new.
        plain = re.sub("^(?:before|new)_", "", column) if name == "movements" else column
        assert f"`{plain}`" in DOCS["tables.md"], column


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", PAGES[page]):
        assert ((ROOT / page).parent / target).exists(), target


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_every_module_is_in_the_layout_and_has_its_tests(module):
    layout = DOCS["layout.md"]
    folder, name = (module.parts[0], module.stem) if len(module.parts) > 1 else ("", module.stem)
    first_cell = re.compile(rf"\| [^|]*`{folder or name}`[^|]*\|")
    row = next(line for line in layout.splitlines() if first_cell.match(line))
    assert f"`{name}`" in row, f"docs/layout.md does not name {module}"
    if module.as_posix() not in WITHOUT_TESTS:
        tests = ROOT / "tests" / module.parent / f"test_{name}.py"
        assert tests.is_file(), f"{module} has no tests where one looks for them: {tests}"


def test_every_extra_is_mentioned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for extra in project["optional-dependencies"]:
        assert any(f"[{extra}]" in text for text in PAGES.values()), extra


def test_versions_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"version: {project['version']}" in (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"## {project['version']} " in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_constraints_name_every_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["dev"], *extras["notebooks"]]
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower()
    pinned = set(re.findall(r"^([a-z0-9._-]+)==", text, re.M))
    for requirement in wanted:
        name = re.match(r"[A-Za-z0-9._-]+", requirement).group().lower()
        assert re.sub(r"[._]", "-", name) in pinned, f"{name}: run `make lock`"
