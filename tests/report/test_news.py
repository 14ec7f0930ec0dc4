from __future__ import annotations

import json

import pandas as pd

from pipeline.base.columns import MOVEMENTS
from pipeline.report.news import News, Reason, as_manifest, for_page, say_not_compared


def news_of(**changes):
    came = {name: 9 for name in MOVEMENTS if name.startswith("new_")}
    row = dict.fromkeys(MOVEMENTS, 18) | came | {
        "authority": "Kent", "theme": "camhs", "difference": float("nan"), "share_moved": "",
        "balance_moved": "up",
    }  # fmt: skip
    movements = pd.DataFrame(
        [
            row,
            row | {"n_strength": 10, "n_concern": 10},
            row | {"balance_moved": "no clear change"},
        ]
    )
    new = pd.DataFrame({"doc_id": ["d1"], "source_file": ["a.pdf"]})
    given = {
        "since": "2026-01-05T06:00:00Z", "until": "2026-01-12T06:00:00Z", "new": new, "gone": (),
        "first": ("Kent",), "not_compared": (), "movements": movements,
        "to_read": pd.DataFrame(columns=["doc_id"]),
    }  # fmt: skip
    return News(**given | changes)


def test_the_manifest_lists_clear_movements_of_more_than_few_paragraphs():
    told = as_manifest(news_of(), lambda *place: "")
    assert told["n_moved"] == len(told["moved"]) == 1 and told["moved"][0]["difference"] is None
    json.dumps(told, allow_nan=False)


def test_the_page_has_all_movements_by_number():
    told = for_page(news_of(), ["d0", "d1"], ["Bath", "Kent"], list)
    assert told["new"] == [1] and told["first"] == [1]
    assert [row["clear"] for row in told["movements"]] == [["balance_moved"], [], []]
    assert {row["authority"] for row in told["movements"]} == {1}
    json.dumps(told, allow_nan=False)


def test_another_model_is_said():
    assert say_not_compared(news_of()) == ""
    assert "the model is another one" in say_not_compared(news_of(not_compared=(Reason.MODEL,)))
