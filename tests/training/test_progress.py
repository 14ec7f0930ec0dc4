from __future__ import annotations

import logging
import sys

from pipeline.training.progress import in_steps


def test_where_there_is_no_terminal_each_step_is_a_line(caplog, capsys):
    """With its output in a file, train said nothing for minutes."""
    with caplog.at_level(logging.INFO):
        assert list(in_steps(["a", "b"], "Themes, held out", "fold")) == ["a", "b"]
    assert caplog.messages == ["Themes, held out: fold 1 of 2", "Themes, held out: fold 2 of 2"]
    # In a notebook nothing is printed.
    assert capsys.readouterr().err == ""


def test_in_a_terminal_there_is_a_bar(caplog, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with caplog.at_level(logging.INFO):
        assert list(in_steps([1, 2, 3], "Themes, held out", "fold")) == [1, 2, 3]
    assert "3/3" in capsys.readouterr().err and not caplog.messages
