from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pandas as pd
import pytest
from corpora import QUIET, files

from pipeline import stages
from pipeline.base.errors import ModelError
from pipeline.base.tables import MODEL_CARD, read_table
from pipeline.stages.write_matrix import write_matrix
from pipeline.tagging.model_folder import CARD_FILE, find_model, read_model_card


def test_a_provisional_theme_is_tagged_but_counted_only_if_it_is_named(corpus, tmp_path):
    model, out = tmp_path / "model", tmp_path / "out"
    shutil.copytree(find_model(), model)
    usual = read_model_card(model)
    card = usual | {"provisional": {"supervision": "too few codes"}}
    (model / CARD_FILE).write_text(json.dumps(card), encoding="utf-8")
    outcome = stages.run(corpus, out, QUIET, model=model)
    said = "supervision is provisional and not counted: too few codes."
    assert said in outcome.remarks and said in (out / "report.html").read_text(encoding="utf-8")
    assert json.loads((out / "run.json").read_bytes())["provisional"] == {
        "supervision": {"counted": False, "why": "too few codes"}
    }
    assert "supervision" in set(pd.read_parquet(out / "tags.parquet")["theme"])
    for table in ("cells", "slices", "standouts"):
        assert "supervision" not in set(pd.read_parquet(out / f"{table}.parquet")["theme"])
    stages.matrix(out, replace(QUIET, with_themes=("supervision",)))
    assert json.loads((out / "run.json").read_bytes())["provisional"]["supervision"]["counted"]
    [said] = stages.say_provisional_themes(out, replace(QUIET, with_themes=("supervision",)))
    assert "but counted as asked for" in said and said in (out / "report.html").read_text("utf-8")
    counted = files(out)
    (out / MODEL_CARD).write_text(json.dumps(usual), encoding="utf-8")
    stages.matrix(out)
    assert "supervision" in set(pd.read_parquet(out / "cells.parquet")["theme"])
    # What it counts does not depend on how the theme is called.
    own = (MODEL_CARD, "report.html")
    assert all(data == counted[name] for name, data in files(out).items() if name not in own)


def test_without_a_theme_to_count_there_are_tags_and_it_is_said_why(corpus, tmp_path):
    """A run used to say that nothing is tagged, and to run `tag`, which changed nothing."""
    model, out = tmp_path / "model", tmp_path / "out"
    shutil.copytree(find_model(), model)
    usual = read_model_card(model)
    card = usual | {"provisional": dict.fromkeys(usual["thresholds"], "too few codes")}
    (model / CARD_FILE).write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ModelError, match=r"(?s)All themes .* --with-theme: .*supervision"):
        stages.run(corpus, out, QUIET, model=model)
    assert set(read_table(out, "tags")["theme"]) == set(usual["thresholds"])
    named = replace(QUIET, with_themes=("supervision",))
    stages.matrix(out, named)
    assert set(read_table(out, "cells")["theme"]) == {"supervision"}
    # What is there is kept.
    with pytest.raises(ModelError, match="All themes"):
        stages.matrix(out, QUIET)
    assert (out / "report.html").exists()
    stages.run(corpus, out, named, model=model)
    assert set(read_table(out, "cells")["theme"]) == {"supervision"}


def test_what_is_handed_on_is_what_was_written(corpus, tmp_path):
    out = tmp_path / "out"
    outcome = stages.run(corpus, out, QUIET)
    written = write_matrix(out, corpus, QUIET)
    for name in ("documents", "failures", "cells"):
        pd.testing.assert_frame_equal(getattr(written, name), read_table(out, name))
    # Without a run that has begun nothing is new, and the report tells what the last run told.
    assert written.news.is_empty and outcome.news.until and not written.news.until
