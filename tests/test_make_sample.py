"""The sample corpus: complete, invented on its face, and the same at every run."""

from __future__ import annotations

import csv
import importlib.util
import re
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

for library in ("reportlab", "docx", "fontTools"):
    pytest.importorskip(library, reason=f"corpus/make_sample.py needs {library} (dev extra)")

from pdfminer.high_level import extract_text  # noqa: E402

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
SOURCES = sorted((CORPUS / "sources").glob("*.txt"))


def _load():
    spec = importlib.util.spec_from_file_location("make_sample", CORPUS / "make_sample.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


make_sample = _load()


def _source(name: str) -> Path:
    return CORPUS / "sources" / f"{name}.txt"


def _first_page(name: str, content: bytes) -> str:
    """The text of the first page; of the whole document where there are no pages."""
    if name.endswith(".pdf"):
        return extract_text(BytesIO(content), maxpages=1)
    if name.endswith(".docx"):
        return make_sample.docx.Document(BytesIO(content)).paragraphs[0].text
    return content.decode().split("\f")[0]


def test_every_source_has_its_file():
    made = {f"{path.stem}.{make_sample.FORMATS.get(path.stem, 'pdf')}" for path in SOURCES}
    kept = {path.name for path in (CORPUS / "sample").iterdir()}
    assert len(SOURCES) >= 12
    assert kept == made | {"authorities.csv", "README.md"}


def test_sample_stays_small():
    assert sum(path.stat().st_size for path in (CORPUS / "sample").iterdir()) < 1_500_000


@pytest.mark.parametrize("name", ["port-hallam-monitoring-visit-2017", "saltwick-cabinet-2017"])
def test_two_runs_write_the_same_bytes(name):
    first, second = (make_sample.make_document(_source(name))[1] for _ in range(2))
    assert first == second


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_first_page_says_that_all_is_invented(source):
    name = f"{source.stem}.{make_sample.FORMATS.get(source.stem, 'pdf')}"
    text = _first_page(name, (CORPUS / "sample" / name).read_bytes())
    assert "This document and the authority it describes are invented." in " ".join(text.split())


@pytest.mark.parametrize(
    "name", ["port-hallam-monitoring-visit-2017", "saltwick-peer-challenge-2020"]
)
def test_kept_file_is_what_the_script_makes(name):
    """By content, not by bytes: another zlib or reportlab compresses differently."""
    file_name, content = make_sample.make_document(_source(name))
    kept = (CORPUS / "sample" / file_name).read_bytes()
    if file_name.endswith(".pdf"):
        assert extract_text(BytesIO(content)) == extract_text(BytesIO(kept))
    else:
        with zipfile.ZipFile(BytesIO(content)) as new, zipfile.ZipFile(BytesIO(kept)) as old:
            assert new.read("word/document.xml") == old.read("word/document.xml")


@pytest.mark.parametrize("name", ["eastmere-jtai-2019", "fenmarch-scrutiny-2015"])
def test_kept_text_is_what_the_script_makes(name):
    file_name, content = make_sample.make_document(_source(name))
    assert content == (CORPUS / "sample" / file_name).read_bytes()


def test_footnote_and_form_feed_interrupt_a_sentence():
    text = (CORPUS / "sample" / "fenmarch-scrutiny-2015.txt").read_text(encoding="utf-8")
    assert re.search(r"[a-z]\n\n[¹²³] [^\n]+\n\n\f[a-z]", text)


def test_contents_pages_are_those_of_the_headings():
    document = make_sample.read_source(_source("thornwick-inspection-2016"))
    (contents,) = (block for block in document.blocks if block.kind == "contents")
    pages = extract_text(BytesIO(make_sample.make_pdf(document))).split("\f")
    listed = dict(re.findall(r"([A-Z][\w ,]+?) *\.{9,}\s*(\d+)", pages[2]))
    assert len(listed) >= len(contents.rows) - 2
    for title, page in listed.items():
        assert title.lower() in " ".join(pages[int(page) - 1].lower().split())


def test_wrap_breaks_behind_the_hyphen_of_a_compound():
    make_sample.register_fonts()
    lines = make_sample.wrap("a multi-agency hub on 3-4 May", make_sample.BODY, 50)
    assert lines == ["a multi-", "agency", "hub on", "3-4 May"]


def test_authorities_are_each_others_neighbours():
    with (CORPUS / "sample" / "authorities.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    codes = {row["ons_code"] for row in rows}
    assert len(codes) == len(rows) == 7
    for row in rows:
        assert set(row["statistical_neighbours"].split()) <= codes - {row["ons_code"]}
