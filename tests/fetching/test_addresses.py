from __future__ import annotations

import pytest

from pipeline.base.errors import FetchError
from pipeline.fetching import addresses
from pipeline.fetching.addresses import Mirror, check_public, join, origin_of

PRIVATE = [
    "http://127.0.0.1/",
    "http://localhost/",
    "http://10.1.2.3/a.pdf",
    "http://192.168.0.1:8080/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.64.0.1/",
    "http://0.0.0.0/",
    "http://[::1]/",
    "http://[fe80::1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://2130706433/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[::7f00:1]/",
    "http://[fec0::1]/",
    "http://224.0.0.1/",
    "http://localhost./",
]


@pytest.mark.parametrize("url", PRIVATE)
def test_private_addresses_are_refused_unless_they_are_named(url):
    with pytest.raises(FetchError, match="private network"):
        check_public(url, [("http", "example.org", 80)])
    check_public(url, [origin_of(url)])


def test_a_name_that_leads_into_a_private_network_is_refused(monkeypatch):
    found = [(0, 0, 0, "", ("93.184.216.34", 80)), (0, 0, 0, "", ("192.168.0.7", 80))]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(FetchError, match="private network"):
        check_public("https://rebound.example/", [])
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *_, **__: found[:1])
    check_public("https://honest.example/", [])


@pytest.mark.parametrize("variable", ["https_proxy", "all_proxy"])
def test_behind_a_proxy_names_are_left_to_the_proxy(monkeypatch, variable):
    for name in ("https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    found = [(0, 0, 0, "", ("10.0.0.1", 3128))]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setenv(variable, "http://10.0.0.1:3128")
    check_public("https://files.ofsted.gov.uk/v1/file/1", [])
    with pytest.raises(FetchError):
        check_public("https://127.0.0.1/", [])


@pytest.mark.parametrize(
    "url",
    ["", "a.pdf", "file:///etc/passwd", "ftp://example.org/", "javascript:alert(1)", "http://", "http://a:b@example.org/", "http://example.org:99999/", "http://[bad/"],
)  # fmt: skip
def test_only_web_addresses_are_fetched(url):
    with pytest.raises(FetchError, match="not a web address"):
        origin_of(url)


def test_a_mirror_stands_in_for_every_host():
    mirror = Mirror("http://127.0.0.1:8000")
    assert (
        mirror.asked("https://files.ofsted.gov.uk/v1/file/1?a=b")
        == "http://127.0.0.1:8000/v1/file/1?a=b"
    )
    for here in ("http://127.0.0.1:8000/x", "https://127.0.0.1/x", "http://localhost:8001/x"):
        assert mirror.is_here(here)
    assert not mirror.is_here("http://a.example:8000/x")
    assert Mirror("http://a.example").is_here("https://A.example:8443/x")
    assert not Mirror("http://a.example").is_here("http://localhost/x")
    assert not Mirror().is_here("http://127.0.0.1/")
    assert Mirror().asked("https://a.example/x") == "https://a.example/x"


def test_links_lose_their_fragment():
    assert join("https://a.example/b/c", "../d.pdf#page=3") == "https://a.example/d.pdf"
    assert join("https://a.example/", "http://[bad") == ""
