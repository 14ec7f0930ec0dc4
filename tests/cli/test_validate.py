from __future__ import annotations

import shutil

from samples import fill


def test_a_run_is_validated(command, sample_run, tmp_path):
    """Draw, code half of it, read it back, and correct the matrix by it."""
    run = tmp_path / "my-matrix"
    shutil.copytree(sample_run, run)
    sheet = tmp_path / "validate.xlsx"
    assert "unless the file names one" not in " ".join(
        command("validate", "--help").stdout.split()
    )
    finished = command("validate", run, "--number", 60, "--sheet", sheet)
    assert finished.returncode == 0, finished.stderr
    assert (
        "Wrote 60 paragraphs" in finished.stderr and f"--read --sheet {sheet}" in finished.stderr
    )
    fill(sheet, sheet, {}, slice(0, 30))
    finished = command("validate", run, "--read", "--sheet", sheet, "--coder", "A. Name")
    assert finished.returncode == 0, finished.stderr
    assert "30 of the 60 paragraphs drawn are not coded by this coder" in finished.stderr
    assert "camhs" in finished.stdout and "0.0% of paragraphs (0.0% to" in finished.stdout
    assert run.joinpath("validation.html").is_file()
    assert "Too few codes to correct any share" in finished.stderr
    assert "inspection-themes matrix" not in finished.stderr
    assert command("matrix", "--out", run).returncode == 0
    for wrong, expected in (
        (("--read", "--again"), "Give only one of them"),
        (("--replace",), "Give it with --read"),
        (("--read", "--kind", "inspection"), "--kind is for drawing"),
        (("--kind", "inspektion"), "Use one of: "),
        (("--sheet", sheet), "already exists"),
    ):
        finished = command("validate", run, *wrong)
        assert finished.returncode == 2 and expected in finished.stderr
