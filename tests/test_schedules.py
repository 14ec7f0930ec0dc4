"""The lines of docs/fetching.md that a scheduler runs: their commands, options and exit codes."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest
from test_docs import PAGES
from typer.main import get_command

from pipeline.cli.main import app

yaml = pytest.importorskip("yaml")
COMMANDS = get_command(app).commands
CODE = {
    page: "\n".join(re.findall(r"```\w*\n(.*?)```", text, re.S)).replace("\\\n", "")
    for page, text in PAGES.items()
}
GIVEN = {
    page: re.findall(r'(?:inspection-themes |-Argument ")(\w+)([^\n|&>]*)', code)
    for page, code in CODE.items()
}
FETCHING = PAGES["docs/fetching.md"]


def test_commands_are_found_in_the_docs():
    found = {name for given in GIVEN.values() for name, _ in given}
    assert {"run", "fetch", "refresh", "export"} <= found <= set(COMMANDS)


@pytest.mark.parametrize("page", CODE)
def test_options_that_the_docs_give_exist(page):
    for name, rest in GIVEN[page]:
        known = {option for each in COMMANDS[name].params for option in each.opts}
        assert set(re.findall(r"(?<=\s)--[a-z-]+", rest)) <= known, (name, rest)


def test_cron_runs_once_a_week():
    [(minute, hour, day, month, weekday)] = re.findall(
        r"^(\S+) (\S+) (\S+) (\S+) (\S+)  cd ", CODE["docs/fetching.md"], re.M
    )
    assert 0 <= int(minute) < 60 and 0 <= int(hour) < 24 and int(weekday) in range(8)
    assert day == month == "*"


def steps():
    [workflow] = re.findall(r"```yaml\n(.*?)```", FETCHING, re.S)
    return yaml.safe_load(workflow)["jobs"]["refresh"]["steps"]


def test_the_workflow_is_made_of_actions_with_versions_and_of_commands():
    for step in steps():
        assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step.get("uses", "")) or step.get("run")
    # What comes later needs what comes before.
    order = ["checkout", "setup-python", "pip install", "cache@", "refresh", "upload-pages", "deploy-pages"]  # fmt: skip
    text = "\n".join(step.get("uses") or step["run"] for step in steps())
    assert sorted(order, key=text.index) == order


@pytest.mark.skipif(
    sys.platform == "win32" or not shutil.which("bash"), reason="GitHub runs it with bash on Linux"
)
@pytest.mark.parametrize(("code", "passes"), [(0, True), (1, True), (2, False)])
def test_the_workflow_goes_on_unless_nothing_could_be_done(tmp_path, code, passes):
    [line] = [step["run"] for step in steps() if "refresh" in step.get("run", "")]
    line = re.sub(r"\$\{\{.*?\}\}", "x", line)
    script = f'inspection-themes() {{ echo news; return {code}; }}\n{line}\necho "after"'
    summary = tmp_path / "summary"
    # As GitHub runs a step: https://docs.github.com/actions/reference/workflow-syntax
    done = subprocess.run(
        ["bash", "-e", "-c", script], capture_output=True, text=True,
        env={"GITHUB_STEP_SUMMARY": summary.as_posix()},
    )  # fmt: skip
    assert (done.returncode == 0) == passes == ("after" in done.stdout)
    assert summary.read_text() == "news\n"
