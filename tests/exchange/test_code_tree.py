from __future__ import annotations

import pytest

from pipeline.base.codebook import STANCES, read_codebook
from pipeline.base.errors import LabelError
from pipeline.exchange.code_tree import (
    Meaning,
    code_tree,
    read_map,
    read_meanings,
    walk_codes,
)
from pipeline.exchange.project import Code

CODEBOOK = read_codebook()


def test_every_theme_has_its_stances_below_it_and_no_name_occurs_twice():
    tree = code_tree(CODEBOOK)
    names = [code.name for code, _ in walk_codes(tree)]
    assert len(names) == len(set(names)) == len(CODEBOOK) * (1 + len(STANCES)) + 1
    assert CODEBOOK["camhs"].definition in next(
        code.description for code in tree if code.name == CODEBOOK["camhs"].title
    )


def test_our_own_codes_mean_what_they_meant():
    tree = code_tree(CODEBOOK)
    meanings = read_meanings(tree, CODEBOOK, {})
    assert len(meanings) == len(list(walk_codes(tree)))
    assert meanings[tree[-1].guid] == Meaning(read=True)
    assert meanings[tree[0].codes[1].guid] == Meaning("thresholds", "concern")


BELOW = (Code("2", "Strength"), Code("3", "camhs: concern"), Code("4", "Waits"))


@pytest.mark.parametrize(
    ("codes", "mapped", "meant"),
    [
        ((Code("1", " CAMHS  ", codes=BELOW),), {}, {"1": "camhs", "2": "camhs strength", "3": "camhs concern"}),
        ((Code("2", "Strength"),), {}, {}),
        ((Code("1", "Clinic", codes=BELOW),), {"clinic": Meaning("camhs")}, {"1": "camhs", "2": "camhs strength", "3": "camhs concern"}),
        ((Code("1", "Clinic", codes=BELOW),), {"clinic > waits": Meaning("camhs", "concern")}, {"3": "camhs concern", "4": "camhs concern"}),
        ((Code("1", "Read"),), {}, {"1": "read"}),
    ],
)  # fmt: skip
def test_other_codes_are_known_by_name_or_by_the_table(codes, mapped, meant):
    # The title of the theme in our codebook is longer than its id; both are known.
    found = read_meanings(codes, CODEBOOK, mapped)
    said = {
        guid: "read" if m.read else f"{m.theme} {m.stance}".strip() for guid, m in found.items()
    }
    assert said == meant


def test_a_table_of_correspondences_is_checked(tmp_path):
    path = tmp_path / "codes.csv"
    path.write_text(
        "code,theme,stance\nClinic,camhs,\nWaits ,camhs,concern\n", encoding="utf-8-sig"
    )
    assert read_map(path, list(CODEBOOK)) == {
        "clinic": Meaning("camhs"),
        "waits": Meaning("camhs", "concern"),
    }
    path.write_text("code,theme,stance\nClinic,camhs,bad\n")
    with pytest.raises(LabelError, match=r"line 2: there is no stance 'bad'"):
        read_map(path, list(CODEBOOK))
    path.write_text("name,theme\nClinic,camhs\n")
    with pytest.raises(LabelError, match="needs the columns code, theme, stance"):
        read_map(path, list(CODEBOOK))
    path.write_text("code,theme,stance\nClinic,camhs,\nclinic,camhs,\nClinic ,thresholds,\n")
    with pytest.raises(LabelError, match="line 4: 'Clinic' has another meaning further up"):
        read_map(path, list(CODEBOOK))
    with pytest.raises(LabelError, match="There is no file"):
        read_map(tmp_path / "none.csv", list(CODEBOOK))


def test_a_table_of_correspondences_as_excel_saves_it(tmp_path):
    path = tmp_path / "codes.csv"
    path.write_bytes("code,theme,stance\r\nCafé,camhs,\r\n".encode("cp1252"))
    assert read_map(path, list(CODEBOOK)) == {"café": Meaning("camhs")}
    path.write_text("code,theme,stance\nClinic,camhs,\n ,camhs,concern\n")
    with pytest.raises(LabelError, match="line 3: there is no code"):
        read_map(path, list(CODEBOOK))
