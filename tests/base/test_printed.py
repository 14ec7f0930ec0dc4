from __future__ import annotations

import pandas as pd

from pipeline.base.printed import PrintFormat, as_latex, as_markdown, write_printed

TABLE = pd.DataFrame({"theme": ["early_help", "A & B|C"], "n": [3, 12]})


def test_markdown_shows_text_as_it_is():
    assert as_markdown(TABLE).splitlines() == [
        "| theme | n |",
        "| --- | --- |",
        "| early\\_help | 3 |",
        "| A & B\\|C | 12 |",
    ]


def test_latex_runs_nothing_that_stands_in_the_text():
    lines = as_latex(TABLE.rename(columns={"n": "%"})).splitlines()
    assert lines[0].startswith("\\begin{tabular}") and lines[-1] == "\\end{tabular}"
    assert "early\\_help & 3 \\\\" in lines and "A \\& B|C & 12 \\\\" in lines
    assert "theme & \\% \\\\" in lines


def test_each_format_has_its_ending(tmp_path):
    written = [write_printed(TABLE, tmp_path / "new", "a", form) for form in PrintFormat]
    assert [path.name for path in written] == ["a.md", "a.tex"]
    assert written[0].read_text(encoding="utf-8") == as_markdown(TABLE)
