"""The Dockerfile: built and run where there is Docker and a base image, and read everywhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib

import pytest

from pipeline.base.paths import ROOT

TEXT = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
LINES = [line.split(None, 1) for line in TEXT.splitlines() if line and not line.startswith("#")]
SENT = [
    line.removeprefix("!")
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    if line.startswith("!")
]


def of(name):
    return [rest for instruction, rest in LINES if instruction == name]


def test_the_base_image_has_a_version():
    [base] = of("FROM")
    assert re.fullmatch(r"[a-z./-]+:\d[\w.-]+", base)


def test_nobody_is_root_and_the_data_is_outside():
    names = [instruction for instruction, _ in LINES]
    assert of("USER") == ["1000"] and names.index("USER") < names.index("ENTRYPOINT")
    assert of("VOLUME") == ["/data"] and of("WORKDIR")[-1] == "/data"


def test_commands_need_no_shell_and_nothing_is_added_from_the_web():
    assert all(rest.startswith("[") for rest in (*of("ENTRYPOINT"), *of("CMD")))
    assert not of("ADD") and not re.search(r"curl|wget|sudo|apt-get upgrade", TEXT)
    assert all("--no-cache-dir" in rest for rest in of("RUN") if "pip install" in rest)


def test_everything_copied_is_there_and_sent():
    copied = {source for rest in of("COPY") for source in rest.split()[:-1]}
    assert copied == set(SENT) and all((ROOT / name).exists() for name in copied)
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]
    shipped = wheel["targets"]["wheel"]["force-include"]
    assert {source.split("/")[0] for source in shipped} <= copied


def test_hadolint_finds_nothing():
    if not (hadolint := shutil.which("hadolint")):
        pytest.skip("there is no hadolint")
    done = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_it_builds_and_runs():
    if (
        not shutil.which("docker")
        or subprocess.run(["docker", "info"], capture_output=True).returncode
    ):
        pytest.skip("there is no Docker")
    base = of("FROM")[0]
    if subprocess.run(["docker", "image", "inspect", base], capture_output=True).returncode:
        pytest.skip(f"the image {base} is not on this machine")
    subprocess.run(["docker", "build", "-q", "-t", "inspection-themes-test", ROOT], check=True)
    shown = subprocess.run(
        ["docker", "run", "--rm", "inspection-themes-test", "fetch", "--help"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert "Usage: inspection-themes fetch" in shown.stdout
