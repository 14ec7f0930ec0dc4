from __future__ import annotations

import pytest
from public_site import pdf

from pipeline.fetching.wanted import those_named
from pipeline.fetching.web import Manners, RequestError


def test_names_are_known_under_any_spelling():
    listed = ["Marlowshire County Council", "Norwick & Vale", "Kent", "The Royal Borough of Kensington and Chelsea", ""]  # fmt: skip
    assert those_named(listed, ["marlowshire", "Norwick and Vale"]) == set(listed[:2])
    assert those_named(listed, ["kent county council"]) == {"Kent"}
    assert those_named(listed, ["Devon"]) == set()


COUNCIL = "https://democracy.example.gov.uk"
NAMES = [
    ("Eastmeer", "Did you mean Eastmere?"),
    ("marlowshrie", "Did you mean Marlowshire County Council?"),
    ("Norwick and Vail", "Did you mean Norwick & Vale?"),
    ("Xyzzy", "Some that are: Eastmere, Marlowshire County Council, Norwick & Vale."),
]


@pytest.mark.parametrize(("name", "hint"), NAMES)
def test_an_unknown_authority_is_named_with_similar_ones(bring, name, hint):
    with pytest.raises(RequestError, match=f"No authority is called '{name}'") as error:
        bring(authorities=("Eastmere", name))
    assert error.value.hint == hint


def test_an_authority_may_be_in_the_list_of_addresses_only(bring, site, tmp_path):
    site.pages["/a.pdf"] = ("application/pdf", pdf("a"))
    listed = tmp_path / "list.csv"
    listed.write_text(f"url,authority\n{site.url}/a.pdf,Westley\n")
    for sources in ((), ("ofsted-ilacs", "urls")):
        with pytest.raises(RequestError, match="'Westly'") as error:
            bring(sources=sources, urls=listed, authorities=("Westly",))
        assert error.value.hint == "Did you mean Westley?"
    assert len(bring(sources=(), urls=listed, authorities=("Westley",)).new) == 1
    # A list without names says nothing about any authority.
    listed.write_text(f"url\n{site.url}/a.pdf\n")
    assert bring(sources=(), urls=listed, authorities=("Westly",)).n_unchanged == 1
    listed.write_text(f"url,authority\n{site.url}/a.pdf,Westley\n")
    assert len(bring(urls=listed, authorities=("Westley", "Eastmere")).new) == 2


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"sources": ("ofsted",)}, "no source ofsted"),
        ({"sources": ("urls",)}, "--urls"),
        ({"sources": ("moderngov",)}, "--moderngov"),
        ({"committees": ("Scrutiny",)}, "Give the site with --moderngov"),
        ({"moderngov": "democracy.example.gov.uk"}, "not a web address"),
        ({"moderngov": COUNCIL, "authorities": ("Kent", "Devon")}, "of one authority"),
        ({"moderngov": COUNCIL, "authorities": ("Devno",)}, "Did you mean Devon"),
        ({"site": "ftp://127.0.0.1"}, "ftp"),
        ({"manners": Manners(contact="a\r\nHost: b")}, "--contact"),
    ],
)
def test_what_cannot_be_done_is_said(site, bring, tmp_path, wanted, reason):
    with pytest.raises(RequestError) as error:
        bring(**wanted)
    assert (
        site.asked == []
        and not list(tmp_path.iterdir())
        and reason in f"{error.value} {error.value.hint}"
    )
