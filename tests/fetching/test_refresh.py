from __future__ import annotations

import datetime as dt
import hashlib
import io
import json

import pandas as pd
import pytest
from public_site import KINDS, Publication, answers
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate

from pipeline.base.errors import FetchError
from pipeline.base.settings import Settings
from pipeline.fetching.refresh import refresh
from pipeline.fetching.wanted import Wanted
from pipeline.fetching.web import Manners, RequestError
from pipeline.running.news import FORMAT

QUIET = Settings(processes=1, quiet=True)
PROSE = (
    "Children wait too long for help from the mental health team, and workers change too often.",
    "Managers see each worker every month, and the plans they make are clear to families.",
)


def letter(place: str) -> bytes:
    """A PDF of a focused visit, without any date of publication."""
    file, styles = io.BytesIO(), getSampleStyleSheet()
    title = Paragraph(
        f"Focused visit to {place} local authority children's services", styles["Heading1"]
    )
    dear = Paragraph("Dear Ms Thorne", styles["BodyText"])
    SimpleDocTemplate(file, invariant=True).build(
        [title, dear, *(Paragraph(text, styles["BodyText"]) for text in PROSE)]
    )
    return file.getvalue()


@pytest.fixture
def weekly(site, tmp_path, clock):
    """What a scheduler does every week."""
    site.providers = site.providers[:1]
    site.providers[0].name = "Kent"
    site.providers[0].publications = [
        Publication(1, KINDS["focused"], dt.date(2024, 7, 15), letter("Kent"))
    ]

    def run():
        wanted = Wanted(site=site.url)
        return refresh(tmp_path / "reports", tmp_path / "out", wanted, settings=QUIET, clock=clock)

    return run


def test_each_week_has_its_news(site, weekly, tmp_path):
    site.providers[0].publications.append(
        Publication(2, KINDS["ilacs"], dt.date(2025, 1, 9), letter("Devon"))
    )
    # As if a run of the week before had read the first report and one that is gone.
    (tmp_path / "out").mkdir()
    before = {"old.pdf": hashlib.sha256(letter("Kent")).hexdigest(), "gone.pdf": "0"}
    last = {"format": FORMAT, "started": "2026-01-05T06:00:00Z", "inputs": before}
    last |= {"made_with": {}, "cells": [], "news": None}
    (tmp_path / "out/.last.json").write_text(json.dumps(last))

    done = weekly()
    assert len(done.fetched.new) == 2 and done.outcome.n_documents == 2
    news = done.outcome.news
    assert news.new["authority"].tolist() == ["Devon"] and news.gone == ("gone.pdf",)
    told = json.loads((tmp_path / "out/run.json").read_text("utf-8"))["new_since_last_time"]
    # Nothing is known of the model of that run.
    assert told["not_compared"] and done.outcome.news.movements.empty
    assert (told["since"], len(told["new"]), told["gone"]) == (last["started"], 1, ["gone.pdf"])

    documents = pd.read_parquet(tmp_path / "out/documents.parquet").set_index("authority")
    # The date and the address are the publisher's: the document has none.
    assert documents.loc["Kent", "published_on"] == dt.date(2024, 7, 15)
    assert documents.loc["Kent", "url"] == "https://files.ofsted.gov.uk/v1/file/1"
    differing = pd.read_parquet(tmp_path / "out/discrepancies.parquet")
    assert differing[["field", "document", "publisher"]].to_numpy().tolist() == [
        ["authority", "Devon", "Kent"],
        ["document_type", "focused visit", "inspection"],
    ]
    report = (tmp_path / "out/report.html").read_text("utf-8")
    assert '"public_url":"https://files.ofsted.gov.uk/v1/file/1"' in report

    site.odd["/search"] = answers(404)
    done = weekly()
    assert "listing cannot be read" in str(done.trouble) and not done.is_complete
    assert done.outcome.unchanged and done.outcome.news.is_empty


def test_without_any_reports_a_site_in_trouble_is_an_error(site, weekly):
    site.odd["/robots.txt"] = answers(500)
    with pytest.raises(FetchError):
        weekly()


@pytest.mark.parametrize(
    ("wanted", "contact"),
    [({"authorities": ("Kant",)}, ""), ({}, "a\nb"), ({"site": "ftp://x"}, "")],
)
def test_a_slip_of_the_user_is_no_trouble_of_the_site(site, weekly, tmp_path, wanted, contact):
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports/mine.pdf").write_bytes(letter("Kent"))
    with pytest.raises(RequestError):
        refresh(
            tmp_path / "reports", tmp_path / "out", Wanted(**{"site": site.url} | wanted),
            Manners(contact=contact, pause=0), QUIET,
        )  # fmt: skip
    assert not (tmp_path / "out").exists()
