"""The squares of the tile map: one for each authority of England."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pipeline.base.paths import TILES


def load_tiles(authorities: pd.DataFrame, path: Path = TILES) -> pd.DataFrame:
    """Every square: `name`, `region`, `label`, and `column` and `row` from the north-west, from 0.

    By region from north to south, in a region row by row. `authorities` is the table that
    `authorities.load_authorities` gives, in which squares are found by their `ons_code`. An
    authority that a corpus adds has none, unless it takes the code of one that has.
    """
    places = pd.read_csv(path, comment="#", dtype={"ons_code": "str"}, encoding="utf-8")
    known = authorities.loc[authorities["ons_code"] != "", ["ons_code", "name", "region"]]
    tiles = places.drop(columns="name").merge(
        known.drop_duplicates("ons_code", keep="last"), on="ons_code", validate="one_to_one"
    )
    north = tiles.groupby("region")["row"].transform("min")
    tiles = tiles.assign(north=north).sort_values(["north", "region", "row", "column"])
    return tiles[["name", "region", "label", "column", "row"]].reset_index(drop=True)
