from __future__ import annotations

from pathlib import PureWindowsPath
from urllib.parse import unquote

import pandas as pd
import pytest

from pipeline.report.links import _address, link_to, links_to

LINKS = {
    "a folder beside": ("reports/a.pdf", "corpus", "out", "./../corpus/reports/a.pdf"),
    "signs that mean something in an address": ("a #1?/50%.pdf", "corpus", "out", "./../corpus/a%20%231%3F/50%25.pdf"),
    "a name like a scheme": ("javascript:alert(1)", "out", "out", "./././javascript%3Aalert%281%29"),
}  # fmt: skip


@pytest.mark.parametrize("name", LINKS)
def test_links_stay_files(tmp_path, name):
    source_file, corpus, out, expected = LINKS[name]
    link = link_to(source_file, tmp_path / corpus, tmp_path / out)
    assert link.replace("././.", "./.") == expected.replace("././.", "./.")
    assert unquote(link).endswith(source_file)


WINDOWS = {
    "beside": (r"C:\work\reports", r"C:\work\out", "./../reports/a%20b.pdf"),
    "in another case": (r"c:\Work\reports", r"C:\work\out", "./../reports/a%20b.pdf"),
    "on another drive": (r"D:\reports", r"C:\work\out", "file:///D:/reports/a%20b.pdf"),
    "on the network": (r"\\server\share\reports", r"C:\work\out", "file://server/share/reports/a%20b.pdf"),
}  # fmt: skip


@pytest.mark.parametrize("name", WINDOWS)
def test_links_on_windows_have_no_backslashes(name):
    corpus, out, expected = WINDOWS[name]
    assert _address("a b.pdf", PureWindowsPath(corpus), PureWindowsPath(out)) == expected


def test_only_documents_with_pages_are_opened_at_one(tmp_path):
    documents = pd.DataFrame({"source_file": ["a.pdf", "b.txt"], "n_pages": [12, None]})
    link_of = links_to(documents, tmp_path / "corpus", tmp_path / "out")
    assert link_of("a.pdf", 3).endswith("a.pdf#page=3") and link_of("b.txt", 1).endswith("b.txt")
    assert links_to(documents, None, tmp_path)("a.pdf", 3) == ""
