from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from public_site import FEW, FILES, KINDS, Provider, Publication, PublicSite, answers

from pipeline.base.errors import FetchError
from pipeline.fetching.manifest import Manifest
from pipeline.fetching.ofsted import listing_address


def row_of(reports, number):
    return Manifest(reports).get(f"{FILES}{number}")


def test_a_page_past_the_end_may_be_missing(bring, site):
    first_page = (
        "text/html",
        site.page("/search", parse_qs(urlsplit(listing_address(0)).query))[1],
    )
    site.odd["/search"] = lambda handler: (
        handler.answer_with(*first_page)
        if "start=0&" in handler.path
        else handler.answer(404, b"")
    )
    done = bring()
    assert len(done.new) == 7 and done.problems == FEW


def test_paging_goes_on_until_there_are_no_more(bring, site):
    site.providers = [
        Provider(str(81000 + n), f"Area {n}", [Publication(n, KINDS["ilacs"])]) for n in range(253)
    ]
    done = bring(limit=1)
    assert done.problems == [] and site.count("/provider/") == 253 and site.count("/search") == 4


def test_a_few_unknown_kinds_are_told_by_name(site, bring, reports):
    site.providers[0].publications[2].kind = "Novelty"
    done = bring(authorities=("Marlowshire",))
    assert done.problems == [
        "1 of 3 publications is of a kind that is not known here (Novelty). It comes "
        "with the source ofsted-other. If there are many, the site may have changed."
    ]
    assert row_of(reports, 103).source == "ofsted-other" and len(done.new) == 3


@pytest.mark.parametrize(("n_odd", "is_told"), [(2, False), (3, True)])
def test_unknown_kinds_are_told_above_two_in_a_hundred(site, bring, n_odd, is_told):
    site.providers = site.providers[:1]
    site.providers[0].publications = [
        Publication(n, "Novelty" if n < n_odd else KINDS["ilacs"]) for n in range(100)
    ]
    done = bring(limit=0)
    assert any("not known here (Novelty). They come" in each for each in done.problems) == is_told


def test_a_provider_that_vanishes_is_told_and_costs_nothing(site, bring, reports):
    bring()
    before = {path: path.read_bytes() for path in reports.rglob("*.pdf")}
    del site.providers[1]
    done = bring()
    assert "2 providers; last time it had 3" in done.problems[0]
    assert {row.url for row in done.delisted} == {f"{FILES}201", f"{FILES}202"}
    assert {path: path.read_bytes() for path in reports.rglob("*.pdf")} == before
    assert row_of(reports, 201).delisted
    assert bring().problems != done.problems


def test_a_provider_only_off_the_list_is_still_asked(site, bring, reports):
    bring()
    gone = site.providers.pop()
    site.pages["/provider/44/80003"] = (
        "text/html",
        "".join(p.link for p in gone.publications).encode(),
    )
    done = bring()
    assert "last time" in done.problems[0] and not done.delisted


def test_a_page_that_lost_its_links_is_told(site, bring, reports):
    bring()
    site.providers[0].publications.clear()
    done = bring()
    assert "had 3 publications and has none now" in done.problems[1]
    assert not done.delisted and not row_of(reports, 101).delisted


def test_an_empty_listing_is_an_error(site, bring):
    site.providers.clear()
    with pytest.raises(FetchError, match="lists no providers"):
        bring()


def test_a_page_that_fails_costs_only_itself(site, bring, reports):
    site.odd["/provider/44/80002"] = answers(500)
    done = bring()
    assert "Eastmere cannot be read" in done.problems[1] and len(done.new) == 5


@pytest.mark.parametrize("state", ["", "[]", '{"x": 1}'])
def test_a_damaged_memory_costs_a_few_requests(site, bring, reports, state):
    bring()
    (reports / ".fetch" / "state.json").write_text(state)
    for path in (reports / ".fetch" / "pages").iterdir():
        path.write_bytes(b"\x1f\x8b broken")
    site.forget()
    assert bring().n_unchanged == 7 and not site.files_asked


def test_two_sites_do_not_share_what_is_remembered(bring, site):
    bring()
    with PublicSite(site.providers[0]) as other:
        assert not any("last time" in problem for problem in bring(site=other.url).problems)
