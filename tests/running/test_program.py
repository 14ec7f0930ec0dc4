from __future__ import annotations

from pipeline.running.program import start_program


def test_a_program_finds_the_project_and_what_it_is_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = "import os, pipeline; print(os.environ['SPOKEN'], input())"
    process = start_program(["-P", "-c", code], {"SPOKEN": "here"})
    told, _ = process.communicate(b"there\n")
    assert told.split() == [b"here", b"there"] and process.returncode == 0
