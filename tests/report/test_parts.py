from __future__ import annotations

import base64
import json
import re
import zlib
from dataclasses import replace

import pytest
from runs import make_run

from pipeline.report.html import write_report
from pipeline.report.parts import REPORT_FOLDER, PartFolder
from pipeline.stages.write_matrix import REPORT_FILE


def data_of(path):
    page = path.read_text(encoding="utf-8")
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.S).group(1))


def unpacked(path):
    name, packed = re.fullmatch(
        r'takePart\("([\w.-]+)","([\w+/=]*)"\);\n', path.read_text()
    ).groups()
    assert name == path.name
    return zlib.decompress(base64.b64decode(packed))


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr("pipeline.report.parts.TEXTS_AT_ONCE", 5_000)
    monkeypatch.setattr("pipeline.report.parts.PLACES_AT_ONCE", 200)


def test_up_to_the_limit_a_report_is_one_file(tmp_path):
    run = make_run(3, 2, 4)
    path = tmp_path / "report.html"
    write_report(run.sources, path, in_one_file=6)
    whole = path.read_bytes()
    assert [other.name for other in tmp_path.iterdir()] == ["report.html"]
    assert b"strict-dynamic" not in whole
    write_report(run.sources, path)
    assert path.read_bytes() == whole


def test_the_folder_has_the_name_of_the_report():
    assert f"{REPORT_FOLDER}.html" == REPORT_FILE


def test_parts_hold_what_one_file_holds(tmp_path, small_parts):
    sources = make_run(4, 2, 20).sources
    write_report(sources, tmp_path / "one.html")
    write_report(sources, tmp_path / "many.html", in_one_file=7)
    one, many = data_of(tmp_path / "one.html"), data_of(tmp_path / "many.html")
    untagged = json.loads(zlib.decompress(base64.b64decode(one["untagged"])))
    expected = [
        [*row[:3], one["headings"][row[3]], *row[4:]] for row in one["evidence"] + untagged
    ]
    found, parts = [], many["parts"]
    for name, first in zip(parts["texts"], parts["firsts"], strict=True):
        part = json.loads(unpacked(tmp_path / "many" / name))
        assert first == len(found)
        found += [[*row[:3], part["headings"][row[3]], *row[4:]] for row in part["paragraphs"]]
    assert len(parts["texts"]) > 2
    # By document, those with tags first.
    assert found == sorted(expected, key=lambda row: (row[1], not row[-1], row[0]))
    for name, tagged in {"tagged": True, "untagged": False}.items():
        of = [row[1] for row in found if bool(row[-1]) is tagged]
        assert parts[name] == [of.count(document) for document in range(8)]
    for name in set(one) - {"evidence", "untagged", "headings"}:
        assert many[name] == one[name], name
    assert len(json.dumps(many)) < len(json.dumps(one)) / 2


def test_same_tables_give_the_same_parts(tmp_path, small_parts):
    for name in "ab":
        (tmp_path / name).mkdir()
        write_report(make_run(3, 2, 6).sources, tmp_path / name / "report.html", in_one_file=0)
    a, b = ({p.name: p.read_bytes() for p in (tmp_path / name).rglob("*.*")} for name in "ab")
    assert a == b and len(a) > 3


def test_no_text_of_a_document_is_in_a_script(tmp_path):
    run = make_run(1, 1, 3)
    text = '</script>");alert(1);//\\u2028 <img src=x onerror=alert(1)>'
    run.paragraphs["text"] = text
    write_report(run.sources, tmp_path / "report.html", in_one_file=0)
    parts = list((tmp_path / "report").iterdir())
    texts = [json.loads(unpacked(p)) for p in parts if p.name.startswith("texts")]
    assert {row[5] for part in texts for row in part["paragraphs"]} == {text}
    assert all("alert" not in part.read_text() for part in parts)
    assert text not in (tmp_path / "report.html").read_text()


def test_only_our_script_may_load_parts_and_only_from_beside_it(tmp_path):
    write_report(make_run(1, 1, 3).sources, tmp_path / "report.html", in_one_file=0)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    first, second = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    hashed = re.search("script-src ('sha256-[^']+')", first).group(1)
    assert f"script-src {hashed} 'strict-dynamic';" in first and "default-src 'none'" in first
    assert second == f"script-src {hashed} 'self' file:"


def test_what_an_earlier_report_left_is_deleted(tmp_path):
    path, folder = tmp_path / "report.html", tmp_path / "report"
    write_report(make_run(3, 2, 6).sources, path, in_one_file=0)
    earlier = set(folder.iterdir())
    (folder / ".words-00001.js.9.part").write_text("half")
    (folder / "notes.txt").write_text("somebody's")
    write_report(make_run(2, 1, 6, seed=1).sources, path, in_one_file=0)
    parts = data_of(path)["parts"]
    named = {*parts["texts"], *parts["words"]["places"], parts["words"]["list"]}
    assert {other.name for other in folder.iterdir()} == named | {"notes.txt"}
    assert not earlier & set(folder.iterdir())
    (folder / "notes.txt").unlink()
    write_report(make_run(2, 1, 6).sources, path)
    assert not folder.exists()


def test_a_report_that_fails_leaves_the_earlier_one_whole(tmp_path, small_parts):
    path, folder = tmp_path / "report.html", tmp_path / "report"
    write_report(make_run(3, 2, 6).sources, path, in_one_file=0)
    before = {p: p.read_bytes() for p in (path, *folder.iterdir())}
    sources = make_run(3, 2, 6, seed=1).sources
    stopped = OSError("No space left on device")

    def untagged():
        yield from sources.untagged()
        raise stopped

    with pytest.raises(OSError, match="No space"):
        write_report(replace(sources, untagged=untagged), path, in_one_file=0)
    assert {other: other.read_bytes() for other in before} == before
    assert len(list(folder.iterdir())) > len(before) - 1
    assert list(tmp_path.glob(".*")) == []
    write_report(sources, path, in_one_file=0)
    assert len(list(folder.iterdir())) == len(before) - 1


def test_a_folder_that_is_not_needed_is_not_made(tmp_path):
    with PartFolder(tmp_path / "report"):
        pass
    assert not (tmp_path / "report").exists()
