from __future__ import annotations

from projects import code, selection, source, write_project

from pipeline.labelling.codes import read_codes


def test_a_run_goes_out_and_comes_back(command, sample_run, tmp_path):
    project, codebook = tmp_path / "p.qdpx", tmp_path / "c.qdc"
    finished = command(
        "export", sample_run, "--qdpx", project, "--qdc", codebook, "--no-people", "--for", "atlas",
        "--since", "2019",
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    assert (
        "codings by the model and 0 by other coders to" in finished.stderr and codebook.is_file()
    )
    target = tmp_path / "anna.csv"
    options = ("--run", sample_run, "--coder", "Anna", "--codes", target)
    finished = command("import", project, *options)
    assert finished.returncode == 2 and "--user" in finished.stderr
    user = finished.stderr.split("codings by ")[1].split(". ")[0].removesuffix(".")
    finished = command("import", project, *options, "--user", user)
    assert finished.returncode == 0, finished.stderr
    assert set(read_codes([target])["coder"]) == {"Anna"}


def test_it_is_said_whose_codings_were_taken(command, sample_run, tmp_path):
    given = source("no such report", selection(0, 3, "camhs"))
    path = write_project(tmp_path / "p.qdpx", code("camhs"), given, texts={"t1.txt": b"abc"})
    for coder, said in (("Dave", "1 coding by Jo, taken as Dave;"), ("Jo", "1 coding by Jo;")):
        finished = command("import", path, "--run", sample_run, "--coder", coder)
        assert said in finished.stderr


def test_a_file_to_write_is_needed(command, sample_run):
    finished = command("export", sample_run)
    assert finished.returncode == 2 and "--qdpx" in finished.stderr


def test_what_is_left_out_makes_the_exit_code_1(command, sample_run, tmp_path):
    given = source("no such report", selection(0, 3, "camhs"))
    path = write_project(tmp_path / "p.qdpx", code("camhs"), given, texts={"t1.txt": b"abc"})
    finished = command("import", path, "--run", sample_run, "--coder", "Jo")
    assert finished.returncode == 1
    assert "not taken, 1 times: no document of the run" in finished.stderr
    assert (tmp_path / "p.not-imported.csv").is_file()
