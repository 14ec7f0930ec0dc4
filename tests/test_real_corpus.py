"""The whole path on the real reports, measured by the scripts that came with them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest
from browser import start_chromium

from pipeline.base.paths import ROOT

pytestmark = pytest.mark.corpus


# Of so many documents one goes all the way, which costs more than reading all of them.
ONE_IN = 12


@pytest.fixture(scope="module")
def readings(shared, command, tmp_path_factory):
    """The output folder of `extract` over all documents."""
    out = tmp_path_factory.mktemp("real-readings")
    finished = command("extract", shared / "corpus", "--out", out)
    # Two of the files are web pages under the name of a PDF.
    assert finished.returncode == 1, finished.stderr
    return out


@pytest.fixture(scope="module")
def run(shared, documents, command, tmp_path_factory):
    """The output folder of `run` over some of the documents."""
    corpus, out = (tmp_path_factory.mktemp(name) for name in ("real-corpus", "real-run"))
    for source_file in sorted(documents.index)[::ONE_IN]:
        corpus.joinpath(source_file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(shared / "corpus" / source_file, corpus / source_file)
    finished = command("run", corpus, "--out", out)
    assert finished.returncode == 0, finished.stderr
    return out


@pytest.fixture(scope="module")
def truth(shared):
    table = pd.read_csv(shared / "bench" / "documents_truth.csv", keep_default_na=False)
    return table.assign(source_file=table["file"].str.removeprefix("corpus/")).set_index(
        "source_file"
    )


@pytest.fixture(scope="module")
def documents(readings):
    return pd.read_parquet(readings / "documents.parquet").set_index("source_file")


def test_every_document_is_accounted_for(readings, truth, documents):
    assert set(documents.index) == set(truth.index)
    failures = pd.read_parquet(readings / "failures.parquet")
    assert len(failures) == 2 and failures["reason"].str.contains("web page").all()


def test_every_authority_is_in_the_matrix(run):
    documents = pd.read_parquet(run / "documents.parquet")
    matrix = pd.read_parquet(run / "matrix.parquet")
    assert set(matrix["authority"]) == set(documents["authority"])


@pytest.mark.parametrize(("texts", "floor"), [(False, 0.995), (True, 0.98)])
def test_paragraphs_come_out_whole(shared, readings, tmp_path, texts, floor):
    paragraphs = pd.read_parquet(readings / "paragraphs.parquet")
    chosen = paragraphs[paragraphs["source_file"].str.startswith("seeds/") == texts]
    chosen.to_parquet(tmp_path / "p.parquet")
    script = shared / "bench" / "score_paragraphs.py"
    scored = subprocess.run(
        [sys.executable, script, tmp_path / "p.parquet"],
        capture_output=True,
        text=True,
        check=True,
    )
    share = float(re.search(r"intact ([\d.]+)", scored.stdout).group(1))
    assert share >= floor, scored.stdout
    # Three paragraphs print "multiagency" or "prebirth" as one word; nothing else may be there.
    artefacts = re.findall(r"artefact: (.+?): (\d+) rows", scored.stdout)
    assert all(name == "compound joined blindly" and int(n) <= 3 for name, n in artefacts), (
        artefacts
    )


def test_who_and_grade(truth, documents):
    known = truth[truth["authority"] != ""]
    right = documents.loc[known.index, "authority"] == known["authority"]
    assert right.mean() >= 0.99, known[~right]
    graded = truth[truth["overall_effectiveness"] != ""]
    right = documents.loc[graded.index, "overall_effectiveness"] == graded["overall_effectiveness"]
    assert right.mean() >= 0.97, graded[~right]


def test_when(truth, documents):
    # Two texts give a month only, which is no date.
    dated = truth[truth["published_on"].str.len() == 10]
    right = documents.loc[dated.index, "published_on"].astype(str) == dated["published_on"]
    assert right.mean() >= 0.98, dated[~right]
    inspected = truth[truth["inspected"] != ""]
    first = inspected["inspected"].str.extract(r"^(\d{1,2})")[0].astype(int)
    last = inspected["inspected"].str.extract(r"(\d{1,2}) (\w+) (\d{4})\D*$")
    found = documents.loc[inspected.index]
    right = pd.to_datetime(found["inspected_from"]).dt.day == first
    right &= pd.to_datetime(found["inspected_to"]) == pd.to_datetime(
        last[0] + " " + last[1] + " " + last[2], format="%d %B %Y", errors="coerce"
    )
    assert right.mean() >= 0.98, inspected[~right]


def test_report_opens_and_every_link_leads_to_a_document(run):
    documents = pd.read_parquet(run / "documents.parquet")
    with start_chromium() as browser:
        page = browser.new_page()
        troubles = []
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto((run / "report.html").as_uri())
        page.wait_for_selector("html[data-ready]")
        cells = pd.read_parquet(run / "cells.parquet")
        assert page.locator("a.cell").count() == len(cells)
        data = page.evaluate("JSON.parse(document.getElementById('data').textContent)")
        urls = [document["url"] for document in data["documents"]]
        links = page.evaluate("urls => urls.map((url) => new URL(url, location.href).href)", urls)
        assert len(links) == len(documents)
        for link in links:
            assert Path(unquote(link.removeprefix("file://"))).is_file(), link
        assert all(end > start for *_, tags in data["evidence"] for *_, start, end in tags)
        assert troubles == []


def test_no_sentence_of_a_real_report_is_in_the_project(shared):
    found = subprocess.run(
        [sys.executable, shared / "bench" / "find_real_sentences.py", ROOT],
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stdout
