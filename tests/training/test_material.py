from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from pipeline.base.codebook import read_codebook
from pipeline.base.columns import PARAGRAPHS
from pipeline.base.errors import ModelError
from pipeline.base.paths import CODEBOOK
from pipeline.labelling.codes import CODES_COLUMNS, KEYS, themes_of
from pipeline.labelling.link import fingerprint, link_codes
from pipeline.tagging.model_folder import COUNTS_FILE
from pipeline.training.kept_counts import read_counts
from pipeline.training.material import code_arrays, gather_material


def test_every_code_of_the_sample_finds_its_paragraph(codes, paragraphs):
    linked, lost = link_codes(codes, paragraphs)
    assert lost.empty and len(linked) == len(codes)


def test_texts_come_first_and_counts_of_the_others_are_those_kept(
    few_codes, few_paragraphs, small
):
    """A report of which the text is there is counted as it was when it was kept."""
    doc_id = few_codes["doc_id"][0]
    at_hand = few_paragraphs[few_paragraphs["doc_id"] == doc_id]
    material = gather_material(few_codes, at_hand, read_codebook(), small)
    n_texts = len(few_codes[few_codes["doc_id"] == doc_id])
    assert len(material.passages) == n_texts
    assert material.n_kept == len(few_codes) - n_texts
    assert (material.codes["doc_id"] == doc_id).tolist() == [True] * n_texts + [
        False
    ] * material.n_kept
    kept = read_counts(small / COUNTS_FILE)
    assert material.names[: len(kept.names)].tolist() == kept.names.tolist()
    rows = kept.rows(*(material.codes[key] for key in KEYS))
    own = material.counted.paragraphs[:, : len(kept.names)]
    assert (own != kept.counted.paragraphs[rows]).nnz == 0


@pytest.mark.parametrize("changes", [{"kind": "heading"}, {"boilerplate": True}])
def test_what_no_longer_counts_as_text_teaches_nothing(few_codes, few_paragraphs, changes):
    code = few_codes.iloc[7]
    there = few_paragraphs["doc_id"] == code["doc_id"]
    there &= few_paragraphs["text"].map(fingerprint) == code["fingerprint"]
    changed = few_paragraphs.copy()
    changed.loc[there, list(changes)] = list(changes.values())
    material = gather_material(few_codes, changed, read_codebook(), None)
    assert material.not_used[KEYS].to_numpy().tolist() == [code[KEYS].tolist()]
    assert "heading, a table or boilerplate" in material.not_used["reason"][0]
    assert len(material.codes) == len(material.passages) == len(few_codes) - 1


def test_two_coders_of_two_extractions_are_settled_as_one_paragraph(codes, paragraphs, trained):
    """Another coder's fingerprints are those of texts without their first word."""
    shifted = paragraphs["text"].str.split().str[1:].str.join(" ").map(fingerprint)
    prints = dict(zip(paragraphs["text"].map(fingerprint), shifted, strict=True))
    again = codes.assign(coder="zoe", fingerprint=codes["fingerprint"].map(prints))
    both = pd.concat([codes, again.iloc[::3]], ignore_index=True)
    # With the texts, and from the counts alone.
    for texts in (paragraphs, None):
        material = gather_material(both, texts, read_codebook(), trained)
        assert len(material.codes) == len(codes.drop_duplicates(KEYS))
        coders = material.codes["coder"].value_counts()
        assert coders["language-model + zoe"] > 200 and len(material.not_used) < 8


def test_search_terms_that_kept_counts_do_not_know_are_noted(codes, trained, tmp_path):
    codebook = tmp_path / "codebook.toml"
    text = CODEBOOK.read_text(encoding="utf-8")
    codebook.write_text(text.replace("search_terms = [", 'search_terms = ["turnstile", ', 1))
    (note,) = gather_material(codes, None, read_codebook(codebook), trained).notes
    assert note.startswith(f"The search terms of thresholds differ from those of {trained.name}")


def test_a_theme_that_the_base_does_not_have_has_no_other_terms_there(codes, trained, tmp_path):
    codebook = tmp_path / "codebook.toml"
    ferries = 'title = "Ferries"\ndefinition = "On ferries."\nsearch_terms = ["ferry"]\n'
    text = CODEBOOK.read_text(encoding="utf-8")
    codebook.write_text(f"{text}\n[themes.ferries]\n{ferries}", encoding="utf-8")
    # Every tenth paragraph, of more than one authority.
    own = codes.assign(ferries=["no" if n % 10 else "concern" for n in range(len(codes))])
    (note,) = gather_material(own, None, read_codebook(codebook), trained).notes
    assert note.startswith(f"{trained.name} does not have the theme ferries.")


THEMES = ["camhs", "thresholds", "ferries"]
# What is coded of twenty paragraphs for `camhs`, `thresholds` and `ferries`; " " if nothing.
RARE = {
    "carried too rarely": (
        ("cccccccccc" + "n" * 10, "n" * 8 + "cccccccccccc", "ccccccnnnn" + " " * 10),
        {"ferries": "6 coded paragraphs carry it, and 10 are needed"},
    ),
    "carried by one, and by none": (
        ("cccccccccc" + "n" * 10, "c" + "n" * 19, "n" * 20),
        {
            "thresholds": "1 coded paragraph carries it, and 10 are needed",
            "ferries": "0 coded paragraphs carry it, and 10 are needed",
        },
    ),
    "carried by all": (
        ("cccccccccc" + "n" * 10, "c" * 20, " " * 20),
        {
            "thresholds": "no paragraph is coded `no` for it, and some are needed",
            "ferries": "0 coded paragraphs carry it, and 10 are needed",
        },
    ),
    "coded of paragraphs of their own": (
        ("cccccccccc" + "n" * 5 + " " * 5, "cccccccccc" + "n" * 5 + " " * 5, " " * 14 + "nnnccc"),
        {"ferries": "3 coded paragraphs carry it, and 10 are needed"},
    ),
    "carried in one authority": (
        ("cccccccccc" + "n" * 10, "cn" * 10, " " * 20),
        {
            "thresholds": "all paragraphs that carry it are of a, and two authorities are needed",
            "ferries": "0 coded paragraphs carry it, and 10 are needed",
        },
    ),
}


def rarely_coded(*columns):
    """Codes as in `RARE`, and the paragraphs they are about."""
    texts = [
        f"The {what} of {whose} waits for the tide."
        for what in ("ferry", "barge", "tug", "dinghy")
        for whose in ("Ann", "Ben", "Cleo", "Dora", "Ewan")
    ]
    meant = {"c": "concern", "n": "no", " ": ""}
    codes = pd.DataFrame(
        [
            (f"{n % 2}" * 12, fingerprint(text), "ab"[n % 2], "c", "", "random")
            for n, text in enumerate(texts)
        ],
        columns=CODES_COLUMNS,
    ).assign(**{t: list(map(meant.get, c)) for t, c in zip(THEMES, columns, strict=True)})
    rows = [
        (f"{doc_id}:{n}", doc_id, "x", n, 1, "", "", "", "paragraph", False, text)
        for n, (doc_id, text) in enumerate(zip(codes["doc_id"], texts, strict=True))
    ]
    return codes, pd.DataFrame(rows, columns=PARAGRAPHS)


@pytest.mark.parametrize("case", RARE)
def test_themes_with_too_few_codes_are_left_out_and_noted(case):
    columns, left_out = RARE[case]
    codebook = read_codebook()
    codebook["ferries"] = replace(codebook["camhs"], id="ferries")
    material = gather_material(*rarely_coded(*columns), codebook, None)
    assert material.notes == tuple(f"{t} was left out: {why}." for t, why in left_out.items())
    assert themes_of(material.codes) == [t for t in codebook if t in THEMES and t not in left_out]
    assert set(code_arrays(material.codes).themes) == set(themes_of(material.codes))
    n_taught = sum(any(c != " " for c in said) for said in zip(*columns[:2], strict=True))
    assert len(material.codes) == len(material.passages) == n_taught
    assert material.counted.paragraphs.shape[0] == n_taught and material.not_used.empty


def test_a_model_needs_one_theme_with_enough_codes():
    codes, paragraphs = rarely_coded("ccc" + "n" * 17, "n" * 20, " " * 20)
    with pytest.raises(ModelError, match=r"No theme .*thresholds: 0 coded .*camhs: 3 coded"):
        gather_material(codes, paragraphs, read_codebook(), None)


def test_no_code_has_its_paragraph(codes, paragraphs):
    with pytest.raises(ModelError, match="None of the codes"):
        gather_material(codes.assign(doc_id="0" * 12), paragraphs, read_codebook(), None)


def test_codes_are_ones_zeros_or_missing():
    rows = [
        (f"{n}", f"{n}", "ab"[n % 2], "c", "", "random", code, "")
        for n, code in enumerate(["concern"] * 10 + ["no", ""])
    ]
    codes = pd.DataFrame(rows, columns=[*CODES_COLUMNS, "camhs", "early_help"])
    coded = code_arrays(codes)
    assert list(coded.themes) == ["camhs"]
    assert coded.themes["camhs"].tolist() == [1] * 10 + [0, -1]
    with pytest.raises(ModelError, match="No theme"):
        code_arrays(codes.drop(columns="camhs"))
    with pytest.raises(ModelError, match="All codes are about x"):
        code_arrays(codes.assign(authority="x"))
    with pytest.raises(ModelError, match="Only paragraphs of x are coded with a theme"):
        code_arrays(codes.assign(authority=["x"] * 10 + ["y", "y"]))
