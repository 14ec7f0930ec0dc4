"""Every notebook from a clean kernel, on the sample corpus."""

from __future__ import annotations

import os
import shutil

import pytest

from pipeline.base.paths import ROOT

nbformat = pytest.importorskip(
    "nbformat", reason="nbformat is not installed (pip install '.[dev]')"
)
nbclient = pytest.importorskip(
    "nbclient", reason="nbclient is not installed (pip install '.[dev]')"
)

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# So long a cell may take where many programs share the machine.
SECONDS = 600


def test_notebooks_are_numbered():
    assert [path.name[:2] for path in NOTEBOOKS] == [
        f"{n:02d}" for n in range(1, len(NOTEBOOKS) + 1)
    ]
    assert len(NOTEBOOKS) >= 4


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_committed_without_outputs(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One for all, as with people: what a notebook has made of the corpus, the next one finds."""
    folder = tmp_path_factory.mktemp("work") / "notebooks"
    folder.mkdir()
    return folder


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_from_a_clean_kernel(path, folder, monkeypatch):
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    )
    shutil.copy(path, folder)
    notebook = nbformat.read(folder / path.name, as_version=4)
    client = nbclient.NotebookClient(
        notebook,
        timeout=SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not any(output.output_type == "error" for output in cell.outputs)
            assert not any(output.get("name") == "stderr" for output in cell.outputs), cell.source
    shown = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    assert any("text/html" in output.get("data", {}) for output in shown)
