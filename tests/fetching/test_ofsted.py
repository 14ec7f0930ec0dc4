from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.base.errors import FetchError
from pipeline.documents.publisher import type_of_kind
from pipeline.fetching.addresses import Mirror
from pipeline.fetching.ofsted import (
    OTHER,
    SOURCES,
    read_providers,
    read_publications,
    read_words,
    source_of_kind,
)
from pipeline.fetching.publications import Provider

PROVIDER = Provider("80001", "Marlowshire", "https://reports.ofsted.gov.uk/provider/44/80001")
JULY = dt.date(2024, 7, 15)

# What a link says → kind and date.
WORDS = [
    ("Area SEND full inspection, pdf - 15 July 2024", "Area SEND full inspection", JULY),
    ("Area SEND full inspection, PDF – 15 July 2024.", "Area SEND full inspection", JULY),
    ("Area SEND full inspection (pdf) - 15th Jul 2024", "Area SEND full inspection", JULY),
    ("Joint area review – progress inspection, pdf - 15 July 2024", "Joint area review – progress inspection", JULY),
    ("Focused visit, pdf", "Focused visit", None),
    ("Focused visit, pdf - 31 February 2024", "Focused visit, pdf - 31 February 2024", None),
    ("Focused visit 15 July 2024", "Focused visit", JULY),
    ("15 July 2024", "", JULY),
    ("", "", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "day"), WORDS)
def test_a_link_says_kind_and_date(text, kind, day):
    assert read_words(text) == (kind, day)


@given(st.text(max_size=60))
def test_any_words_can_be_read(text):
    kind, day = read_words(text)
    assert len(kind) <= len(text) and (day is None or day.year >= 1900)


KINDS = [
    ("Children's services inspection", "ofsted-ilacs"),
    ("Inspection of local authority children's services", "ofsted-ilacs"),
    ("Children's services focused visit", "ofsted-visits"),
    ("Focussed visit", "ofsted-visits"),
    ("Monitoring visit", "ofsted-visits"),
    ("COVID-19 assurance visit", "ofsted-visits"),
    ("Joint area child protection inspection", "ofsted-jtai"),
    ("Joint targeted area inspection", "ofsted-jtai"),
    ("Joint area review – progress inspection", "ofsted-jtai"),
    ("Area SEND full inspection", "ofsted-send"),
    ("Area SEND priority action / monitoring visit", "ofsted-send"),
    ("Local area special educational needs revisit", "ofsted-send"),
    ("Annual conversation letters", OTHER),
    ("Something of next year", OTHER),
    ("", OTHER),
]


@pytest.mark.parametrize(("kind", "source"), KINDS)
def test_every_kind_belongs_to_a_source(kind, source):
    assert source_of_kind(kind) == source and source in SOURCES
    assert (type_of_kind(kind) is None) == (kind in ("Something of next year", ""))


def test_providers_are_read_once_whatever_the_link_looks_like():
    page = b"""<a href="/provider/44/80001"><img></a><a href="/provider/44/80001">  Marlow-
      shire </a><a href="https://reports.ofsted.gov.uk/provider/CARE/X2/?x=1#y">East &amp; mere</a>
      <a href="/provider/44/80001/more">no</a><a>none</a><a href="http://[bad">bad</a>
      <a href="https://elsewhere.example/provider/44/9">other</a><a href="/search">next</a>
      <a href="https://reports.ofsted.gov.uk.elsewhere.example/provider/44/8">other</a>
      <A HREF='HTTPS://Reports.Ofsted.gov.uk/Provider/44/80003'><h3>West<br>\n  ley</h3></A>
      <div><a title="x" href = " ../provider/44/80004 " class=search-result><span>Norwick</span></a></div>"""
    assert read_providers(page, Mirror()) == [
        Provider("80001", "Marlow- shire", PROVIDER.url),
        Provider("X2", "East & mere", "https://reports.ofsted.gov.uk/provider/CARE/X2"),
        Provider("80003", "West ley", "https://reports.ofsted.gov.uk/provider/44/80003"),
        Provider("80004", "Norwick", "https://reports.ofsted.gov.uk/provider/44/80004"),
    ]


LINKS = {
    "as Ofsted writes it": (
        '<a class="publication-link" href="https://files.ofsted.gov.uk/v1/file/5" target="_blank">Area SEND full '
        'inspection <span class="nonvisual">Area SEND full inspection, pdf - 15 July 2024</span></a>',
        ("Area SEND full inspection", "Area SEND full inspection", JULY),
    ),
    "with other classes": (
        '<a class="x publication-link y" href="/v1/file/5"><b>Report</b><span class="sr-only nonvisual">Focused visit, '
        "pdf - 15 July 2024</span></a>",
        ("Focused visit", "Report", JULY),
    ),
    "without a class": ('<a href="http://files.ofsted.gov.uk/v1/file/5/">Focused visit</a>', ("Focused visit", "Focused visit", None)),
    "in other cases": (
        '<A TARGET=_blank CLASS="Publication-Link" HREF="HTTPS://Files.Ofsted.GOV.UK/V1/File/5?download=1#page=2">Focused visit '
        '<SPAN CLASS=NonVisual>Focused visit, PDF - 15 JULY 2024</SPAN></A>',
        ("Focused visit", "Focused visit", JULY),
    ),
    "with wrappers": (
        '<li><div><a href="../../v1/file/5"\n class="\tpublication-link "><svg><title>PDF</title></svg><strong>Focused\n&nbsp;visit</strong>'
        '<span><em class="govuk-visually-hidden">Focused visit, <b>pdf</b>\n - 15&nbsp;July\n2024</em></span></a></div></li>',
        ("Focused visit", "PDF Focused visit", JULY),
    ),
    "with hidden text of another class": (
        '<a class="publication-link" href="/v1/file/5">Focused visit <small class="hide">Focused visit, pdf - 15 July 2024</small></a>',
        ("Focused visit", "Focused visit", JULY),
    ),
    "with hidden text first": (
        '<a class="publication-link" href="/v1/file/5"><span class="nonvisual">Focused visit, pdf - 15 July 2024</span> Focused visit</a>',
        ("Focused visit", "Focused visit", JULY),
    ),
    "with a label": (
        '<a class="publication-link" aria-label="Focused visit, pdf - 15 July 2024" href="/v1/file/5">Download</a>',
        ("Focused visit", "Download", JULY),
    ),
    "with empty hidden text": (
        '<a class="publication-link" href="/v1/file/5">Focused visit - 15 July 2024<span class="nonvisual"> </span></a>',
        ("Focused visit", "Focused visit", JULY),
    ),
    "with another dash": (
        '<a class="publication-link" href="/v1/file/5">x <span class="nonvisual">Joint area review &ndash; progress inspection, pdf &#8211; 15 July 2024</span></a>',
        ("Joint area review – progress inspection", "x", JULY),
    ),
    "with comments and an address inside": (
        '<!-- <a class="publication-link" href="/v1/file/6">old</a> --><a class="publication-link" href="/v1/file/5"><!-- pdf -->Focused visit</a>',
        ("Focused visit", "Focused visit", None),
    ),
    "without words": ('<a class="publication-link" href="//files.ofsted.gov.uk/v1/file/5"></a>', ("", "", None)),
}  # fmt: skip


@pytest.mark.parametrize("case", LINKS)
def test_a_publication_link(case):
    html, (kind, title, day) = LINKS[case]
    [publication] = read_publications(f"<body>{html}</body>".encode(), PROVIDER, Mirror())
    assert publication.url == "https://files.ofsted.gov.uk/v1/file/5"
    assert (publication.kind, publication.title, publication.published_on) == (kind, title, day)
    assert (publication.urn, publication.authority) == ("80001", "Marlowshire")


TWICE = [
    ("<a href='/v1/file/5'>Download</a><a href='/v1/file/5'>Focused visit</a>", "Focused visit"),
    ("<a href='/v1/file/5'><img></a><a href='/v1/file/5/'>Focused visit</a>", "Focused visit"),
    ("<a href='/v1/file/5'>Focused visit</a><a href='/v1/file/5#x'>Download</a>", "Focused visit"),
    (
        "<a href='/v1/file/5'>Focused visit</a><a href='/v1/file/5'>Letter - 15 July 2024</a>",
        "Letter",
    ),
]


@pytest.mark.parametrize(("page", "kind"), TWICE)
def test_of_two_links_to_one_document_the_one_that_says_more_counts(page, kind):
    [publication] = read_publications(page.encode(), PROVIDER, Mirror())
    assert publication.kind == kind


def test_a_page_may_have_a_base_and_any_encoding():
    words = "<h1>Café</h1><base href='https://files.ofsted.gov.uk/v1/'><a href='file/5'>Joint area review – x</a>"
    for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16"):
        [publication] = read_publications(words.encode(encoding), PROVIDER, Mirror())
        assert publication.url == "https://files.ofsted.gov.uk/v1/file/5"
        assert publication.kind == "Joint area review – x"


def test_links_elsewhere_keep_their_address():
    page = (
        b'<a class="publication-link" href="https://assets.example.gov.uk/a.pdf">Focused visit</a>'
    )
    [publication] = read_publications(page, PROVIDER, Mirror("http://127.0.0.1:9"))
    assert publication.url == "https://assets.example.gov.uk/a.pdf"


@pytest.mark.parametrize(
    "href", ["", "javascript:alert(1)", "mailto:a@example.org", "file:///etc/passwd"]
)
def test_what_is_no_web_address_is_no_publication(href):
    page = f'<a class="publication-link" href="{href}">Focused visit</a>'.encode()
    found = read_publications(page, PROVIDER, Mirror())
    assert all(publication.url.startswith("https:") for publication in found)


@pytest.mark.parametrize("body", [b"", b"   "])
def test_an_empty_page_is_an_error(body):
    with pytest.raises(FetchError, match="empty"):
        read_providers(body, Mirror())


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_page_can_be_read(body):
    try:
        read_publications(body, PROVIDER, Mirror())
    except FetchError as error:
        assert "empty" in str(error)
