from __future__ import annotations

from pipeline.stages import briefings


def test_briefings_whose_names_are_alike_get_numbers_that_are_free(tmp_path):
    names = ["Kent", "Kent 2", "KENT", "Kent?"]
    paths = briefings._briefing_paths(names, tmp_path)
    assert [paths[name].stem for name in names] == ["Kent", "Kent 2", "KENT 3", "Kent 4"]
