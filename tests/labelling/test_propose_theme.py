from __future__ import annotations

import numpy as np
import openpyxl
import pandas as pd
import pytest
from factories import fill_sheet

from pipeline.base.codebook import STANCES, Theme
from pipeline.base.columns import PARAGRAPHS
from pipeline.base.errors import LabelError
from pipeline.labelling.codes import (
    CODES_COLUMNS,
    PROBABILITY,
    SEARCH,
    draws_of,
    read_codes,
    settle_codes,
)
from pipeline.labelling.filled import read_filled
from pipeline.labelling.link import fingerprint
from pipeline.labelling.merge import About, merge_codes
from pipeline.labelling.propose_theme import (
    ENOUGH,
    RANDOM,
    draw_by_size,
    propose_for_theme,
    search_scores,
)
from pipeline.labelling.task_files import CODED, FORMATS, PROPOSED, write_proposal

FERRIES = Theme(
    "ferries", "Ferries", "Boats that carry people.", "Freight.",
    ("ferr*", "landing stage", "crossing*"), ("school crossing*",),
)  # fmt: skip
DOC = "c" * 12
ABOUT = ("The ferry {n} waits at the landing stage.", "A crossing of hour {n} was cancelled.")
OTHER = (
    "The library lends {n} books.",
    "Hall {n} has a new roof.",
    "Pupils use school crossing {n}.",
)


@pytest.fixture(scope="module")
def run():
    """300 invented paragraphs, of which 40 are about ferries."""
    texts = [
        ABOUT[n % 2].format(n=f"{n:b}".replace("0", "a").replace("1", "b")) for n in range(40)
    ]
    texts += [
        OTHER[n % 3].format(n=f"{n:b}".replace("0", "c").replace("1", "d")) for n in range(260)
    ]
    rows = [(f"{DOC}:{n:04d}", DOC, "x.pdf", n, 1, "", "Part", "", "paragraph", False, text)
            for n, text in enumerate(texts)]  # fmt: skip
    tags = pd.DataFrame(columns=["paragraph_id", "theme", "tagged"]).astype({"tagged": bool})
    documents = pd.DataFrame(
        {"doc_id": [DOC], "authority": ["Ambleford"], "source_file": ["x.pdf"]}
    )
    return pd.DataFrame(rows, columns=PARAGRAPHS), tags, documents


def coded(run, *values, theme="ferries", first=0):
    """Codes of the run's paragraphs from number `first` on."""
    texts = run[0]["text"].iloc[first : first + len(values)]
    rows = [(DOC, fingerprint(text), "Ambleford", "us", "", "chosen") for text in texts]
    return pd.DataFrame(rows, columns=CODES_COLUMNS).assign(**{theme: list(values)})


NONE = pd.DataFrame(columns=CODES_COLUMNS)


def about(proposed):
    return proposed["text"].str.contains("ferry|A crossing")


def test_without_codes_it_is_search_and_some_at_random(run):
    proposed = propose_for_theme(FERRIES, *run, NONE, 40)
    assert list(proposed.columns) == [*PROPOSED, PROBABILITY, CODED]
    assert len(proposed) == 40 and proposed["paragraph_id"].is_unique
    assert set(proposed["drawn"]) == {SEARCH, RANDOM}
    assert about(proposed)[proposed["drawn"] == SEARCH].all()
    assert proposed[PROBABILITY].astype(float).between(0, 1, inclusive="right").all()
    pd.testing.assert_frame_equal(proposed, propose_for_theme(FERRIES, *run, NONE, 40))


def test_negative_terms_and_rare_terms_count(run):
    texts = [
        "A school crossing.",
        "A ferry.",
        "A ferry at the landing stage.",
        "A hall.",
        "A ferry.",
    ]
    score = search_scores(FERRIES, run[0].head(5).assign(text=texts))
    assert score[0] == score[3] == 0 and score[2] > score[1] == score[4] > 0


def test_with_codes_there_is_more_of_what_is_like_them_and_unsure(run):
    ways = []
    for n_yes, n_no in ((0, 0), (3, 0), (ENOUGH, ENOUGH)):
        codes = pd.concat(
            [coded(run, *["concern"] * n_yes), coded(run, *["no"] * n_no, first=100)]
        )
        proposed = propose_for_theme(FERRIES, *run, codes, 40)
        ways.append(set(proposed["drawn"]))
        ids = proposed["paragraph_id"].str[13:].astype(int)
        assert not (ids < n_yes).any() and not ids.between(100, 99 + n_no).any()
    assert ways[0] < ways[1] < ways[2] == {"search", "random", "like", "unsure"}


def test_what_the_model_tags_is_drawn_too_so_that_tags_are_checked(run):
    paragraphs, _, documents = run
    tagged = paragraphs["paragraph_id"].iloc[200:220]
    tags = pd.DataFrame({"paragraph_id": tagged, "theme": "ferries", "tagged": True})
    proposed = propose_for_theme(FERRIES, paragraphs, tags, documents, NONE, 40)
    drawn = proposed[proposed["drawn"] == "tagged"]
    assert len(drawn) > 5 and drawn["paragraph_id"].isin(tagged).all()


def test_codes_of_other_themes_are_shown(run):
    codes = pd.concat([coded(run, *["mixed"] * 300, theme="camhs"), coded(run, "no")]).fillna("")
    proposed = propose_for_theme(FERRIES, *run, codes, 400)
    assert len(proposed) == 299 and set(proposed[CODED]) == {"camhs: mixed"}


def test_when_all_is_coded_there_is_nothing_to_propose(run):
    with pytest.raises(LabelError, match="ferries already"):
        propose_for_theme(FERRIES, *run, coded(run, *["no"] * 300), 40)


def test_a_paragraph_on_which_coders_differ_is_coded(run):
    ben = coded(run, *["concern"] * 10, first=10).assign(coder="Ben")
    codes = pd.concat([coded(run, *["no"] * 20), ben])
    proposed = propose_for_theme(FERRIES, *run, codes, 300)
    assert len(proposed) == 280
    assert set(proposed["paragraph_id"]) == set(run[0]["paragraph_id"][20:])


def test_probabilities_are_those_of_the_draw():
    """Of 1,000 draws, each row comes as often as was said, and `random` ones equally often."""
    sizes = {
        "search": np.r_[50.0, np.ones(9), np.zeros(30)],
        "like": np.r_[np.zeros(35), np.ones(5)],
    }
    often, at_random, said = np.zeros(40), np.zeros(40), {}
    for seed in range(1000):
        draw = draw_by_size(sizes, 40, 8, np.random.default_rng(seed))
        assert len(draw.rows) == 8
        often[draw.rows] += 1
        at_random[draw.rows[draw.drawn == RANDOM]] += 1
        said |= dict(zip(draw.rows.tolist(), draw.probability.tolist(), strict=True))
    known = np.array([said[row] for row in range(40)])
    assert known[0] == 1 and known.sum() == pytest.approx(8)
    assert np.abs(often / 1000 - known).max() < 0.06
    assert np.abs(at_random / 1000 - known.min()).max() < 0.03


@pytest.mark.parametrize("form", FORMATS)
def test_the_draw_is_kept_with_the_codes_and_only_the_theme_is_asked_for(run, tmp_path, form):
    proposed = propose_for_theme(FERRIES, *run, NONE, 5)
    [sheet, *_] = write_proposal(proposed, {"ferries": FERRIES}, tmp_path / "s", form)
    fill(sheet, form)
    themes = ["camhs", "ferries"]
    filled = read_filled(sheet, themes)
    assert all(item.codes == {"ferries": "concern"} for item in filled) and len(filled) == 5
    target = tmp_path / "us.csv"
    about = About(sheet, run[0], run[2], themes)
    merge_codes(filled, about, coder="us", coded_on="2026-11-28", target=target)
    codes = read_codes([target])
    assert (codes["camhs"] == "").all()
    drawn, probability = draws_of(settle_codes(codes), "ferries")
    told = dict(zip(proposed["text"].map(fingerprint), proposed[PROBABILITY], strict=True))
    expected = [float(told[print_]) for print_ in settle_codes(codes)["fingerprint"]]
    assert probability.tolist() == expected and set(drawn) <= {SEARCH, RANDOM}
    assert np.isnan(draws_of(settle_codes(codes), "camhs")[1]).all()


@pytest.mark.parametrize("lost", ["every", "one"])
def test_a_sheet_that_lost_how_likely_its_draws_were_is_refused(run, tmp_path, lost):
    proposed = propose_for_theme(FERRIES, *run, NONE, 5)
    rows = proposed["drawn"] == SEARCH
    rows &= ~rows.duplicated() if lost == "one" else True
    proposed.loc[rows, PROBABILITY] = ""
    if lost == "every":
        proposed = proposed.drop(columns=PROBABILITY)
    [sheet] = write_proposal(proposed, {"ferries": FERRIES}, tmp_path / "s")
    fill_sheet(sheet, (2, "ferries", "concern"))
    with pytest.raises(LabelError, match=f"lacks {PROBABILITY} .*row") as error:
        read_filled(sheet, ["ferries"])
    assert "Copy it back" in error.value.hint


def fill(sheet, form):
    """Code everything in a task file as a concern."""
    if form == "xlsx":
        workbook = openpyxl.load_workbook(sheet)
        rows = workbook["paragraphs"]
        header = [cell.value for cell in rows[1]]
        assert header[len(PROPOSED) :] == [PROBABILITY, CODED, "ferries", "read", "comment"]
        for row in range(2, 7):
            rows.cell(row, header.index("ferries") + 1, "concern")
        workbook.save(sheet)
        return
    items = pd.read_json(sheet, lines=form != "label-studio").to_dict("records")
    for item in items:
        if form == "label-studio":
            item["annotations"] = [{"result": [{"value": {"choices": ["ferries:concern"]}}]}]
        elif form == "doccano":
            item["label"] = ["ferries:concern"]
        else:
            item |= {"answer": "accept", "accept": ["ferries:concern"]}
    pd.DataFrame(items).to_json(sheet, orient="records", lines=form != "label-studio")


def test_a_damaged_probability_is_named(run, tmp_path):
    proposed = propose_for_theme(FERRIES, *run, NONE, 2).assign(**{PROBABILITY: ["0.5", "often"]})
    [sheet] = write_proposal(proposed, {"ferries": FERRIES}, tmp_path / "s.xlsx")
    workbook = openpyxl.load_workbook(sheet)
    for row in (2, 3):
        workbook["paragraphs"].cell(row, len(PROPOSED) + 3, STANCES[0])
    workbook.save(sheet)
    with pytest.raises(LabelError, match="row 3: inclusion_probability is 'often'"):
        read_filled(sheet, ["ferries"])
