from __future__ import annotations

import zipfile

import pytest
from projects import JO, SAM, code, code_id, selection, source, write_project

from pipeline.base.errors import LabelError
from pipeline.exchange import read_qdpx as module
from pipeline.exchange.read_qdpx import read_qdpx

TEXT = "Two lines.\r\nThe second."


def one_source(path):
    (found,) = read_qdpx(path).sources
    return found


def test_users_codes_texts_and_selections_are_read(tmp_path):
    inside = (
        selection(0, 3, "A", "B", more="<Description>why</Description>"),
        selection(4, 9, "A", by=SAM),
    )
    path = write_project(
        tmp_path / "p.qdpx", code("A", code("B")), source("Été", *inside),
        texts={"t1.txt": b"\xef\xbb\xbf" + TEXT.encode()},
    )  # fmt: skip
    received = read_qdpx(path)
    assert [(user.guid, user.name) for user in received.project.users] == [
        (JO, "Jo"),
        (SAM, "Sam"),
    ]
    assert received.project.codes[0].codes[0].name == "B"
    (found,) = received.sources
    # The mark of byte order shifts no position, and line ends stay as they are.
    assert (found.name, found.text, found.fault) == ("Été", TEXT, "")
    first, second = found.selections
    assert (first.start, first.end, first.memo, first.user) == (0, 3, "why", JO)
    assert [coding.code for coding in first.codings] == [code_id("A"), code_id("B")]
    assert second.codings[0].user == SAM


@pytest.mark.parametrize(
    "how", [{"folder": "Sources"}, {"directories": True}, {"origin": "ATLAS.ti Windows"}], ids=str
)
def test_what_programs_do_differently(tmp_path, how):
    path = write_project(tmp_path / "p.qdpx", "", source("a"), texts={"T1.TXT": b"x"}, **how)
    assert one_source(path).text == "x"


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (source("a", path="internal://t2.txt"), "not in the project file"),
        (source("a", path="absolute:///etc/passwd"), "not in the project file"),
        (source("a", path="relative://../t1.txt"), "not in the project file"),
        ('<PictureSource guid="e" name="a" path="internal://x.png"/>', "no plain text"),
    ],
)
def test_a_source_without_text_has_the_reason(tmp_path, given, fault):
    path = write_project(tmp_path / "p.qdpx", "", given, texts={"t1.txt": b"x"})
    assert fault in one_source(path).fault


def test_a_text_may_stand_in_the_project_and_represent_a_pdf(tmp_path):
    inner = f"<PlainTextContent>A page.</PlainTextContent>{selection(0, 1, 'A')}"
    area = f'<PDFSelection guid="s"><Coding guid="c" creatingUser="{JO}"><CodeRef targetGUID="{code_id("A")}"/></Coding></PDFSelection>'
    pdf = f'<PDFSource guid="e" name="a.pdf">{area}<Representation guid="f">{inner}</Representation></PDFSource>'
    found = one_source(write_project(tmp_path / "p.qdpx", code("A"), pdf))
    assert found.text == "A page." and len(found.selections) == 1
    assert [what for what, _ in found.unplaced] == ["an area of a page"]


def coded(tag, inside="", positions=""):
    return f'<{tag} guid="s" {positions} creatingUser="{JO}">{inside}<Coding guid="c"><CodeRef targetGUID="{code_id("A")}"/></Coding></{tag}>'


@pytest.mark.parametrize(
    ("inside", "what"),
    [
        (f"<Transcript>{coded('TranscriptSelection')}</Transcript>", "a stretch of a transcript"),
        (coded("PlainTextSelection", positions='startPosition="1" endPosition="x"'), "a place that cannot be read"),
        (f"<PDFSelection><Representation>{selection(0, 1, 'A')}</Representation></PDFSelection>", "an area of a page"),
        (f"<TextDescription>{selection(0, 1, 'A')}</TextDescription>", "the description of a picture"),
        (f'<Coding guid="c" creatingUser="{JO}"><CodeRef targetGUID="{code_id("A")}"/></Coding>', "the document as a whole"),
    ],
    ids=["transcript", "positions", "text of an area", "description", "document"],
)  # fmt: skip
def test_a_coding_that_is_not_of_the_text_is_kept_with_what_it_is_of(tmp_path, inside, what):
    given = source("a", inside, selection(0, 1, "A"))
    found = one_source(write_project(tmp_path / "p.qdpx", code("A"), given))
    assert [(item, coding.code, coding.user) for item, coding in found.unplaced] == [
        (what, code_id("A"), JO)
    ]
    assert len(found.selections) == 1


def test_a_coding_without_a_code_is_kept(tmp_path):
    inside = selection(0, 1, more=f'<Coding guid="c" creatingUser="{JO}"/>')
    found = one_source(write_project(tmp_path / "p.qdpx", "", source("a", inside)))
    assert [coding.code for coding in found.selections[0].codings] == [""]


def test_notes_belong_to_selections_by_reference_or_link(tmp_path):
    more = """<Notes><Note guid="n1"><PlainTextContent>First.</PlainTextContent></Note>
    <Note guid="n2" plainTextPath="internal://n2.txt"/></Notes>
    <Links><Link guid="l" originGUID="n2" targetGUID="s"/></Links>"""
    inside = selection(0, 1, "A", guid="s").replace(
        "</PlainT", '<NoteRef targetGUID="n1"/></PlainT'
    )
    path = write_project(
        tmp_path / "p.qdpx", code("A"), source("a", inside), more=more,
        texts={"t1.txt": b"x", "n2.txt": b"Second."},
    )  # fmt: skip
    assert one_source(path).selections[0].memo == "First.\nSecond."


def rewritten(path, xml, **files):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.qde", xml)
        for name, raw in files.items():
            archive.writestr(name, raw)
    return path


LAUGHS = '<!DOCTYPE Project [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><Project xmlns="urn:QDA-XML:project:1.0" name="&b;"/>'
OUTSIDE = '<!DOCTYPE Project [<!ENTITY x SYSTEM "file:///etc/passwd">]><Project xmlns="urn:QDA-XML:project:1.0" name="p"><Description>&x;</Description></Project>'


@pytest.mark.parametrize(
    ("xml", "message"),
    [
        (LAUGHS, "declares a document type"),
        (OUTSIDE, "declares a document type"),
        ("<Project", "is damaged"),
        ("<Project/>", "not a REFI-QDA project"),
        ('<CodeBook xmlns="urn:QDA-XML:codebook:1.0"/>', "holds a CodeBook"),
        ("<a>" * 5000 + "</a>" * 5000, "is damaged"),
    ],
    ids=["laughs", "outside", "cut", "bare", "codebook", "deep"],
)
def test_hostile_and_broken_xml_is_refused(tmp_path, xml, message):
    with pytest.raises(LabelError, match=message):
        read_qdpx(rewritten(tmp_path / "p.qdpx", xml))


@pytest.mark.parametrize("name", ["../x.txt", "/x.txt", "sources/../../x", "C:\\x", "..\\x.txt"])
def test_a_file_outside_the_archive_is_refused(tmp_path, name):
    path = tmp_path / "p.qdpx"
    info = zipfile.ZipInfo("x")
    info.filename = name
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, b"x")
    with pytest.raises(LabelError, match="would lie outside"):
        read_qdpx(path)


def test_bombs_are_refused_while_they_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_TEXT", 2 * module.MB)
    path = tmp_path / "p.qdpx"
    write_project(path, "", source("a"))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sources/t1.txt", b"0" * (3 * module.MB))
    assert path.stat().st_size < 10_000
    with pytest.raises(LabelError, match="more than 2 MB"):
        read_qdpx(path)
    monkeypatch.setattr(module, "MAX_XML", 100)
    with pytest.raises(LabelError, match=r"project\.qde"):
        read_qdpx(path)
    monkeypatch.setattr(module, "MAX_FILES", 1)
    with pytest.raises(LabelError, match="2 files"):
        read_qdpx(path)


def test_all_texts_together_have_a_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_TEXTS", 15)
    sources = source("a") + source("b", path="internal://t2.txt")
    path = write_project(
        tmp_path / "p.qdpx", "", sources, texts={"t1.txt": b"0" * 10, "t2.txt": b"0" * 10}
    )
    with pytest.raises(LabelError, match="too large"):
        read_qdpx(path)


def test_what_is_no_project_is_refused(tmp_path):
    path = tmp_path / "p.qdpx"
    with pytest.raises(LabelError, match="There is no file"):
        read_qdpx(path)
    path.write_bytes(b"PK\x03\x04 not a zip")
    with pytest.raises(LabelError, match="not a project file"):
        read_qdpx(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", b"x")
    with pytest.raises(LabelError, match="0 projects"):
        read_qdpx(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damaged_texts_are_refused(tmp_path, method):
    path = write_project(tmp_path / "p.qdpx", "", source("a"))
    with zipfile.ZipFile(path, "a", method) as archive:
        archive.writestr("sources/t1.txt", TEXT * 9)
        info = archive.getinfo("sources/t1.txt")
    # Behind the local header (30 bytes and the name) and what LZMA and BZIP2 begin with.
    at = info.header_offset + 30 + len(info.filename) + 9
    raw = bytearray(path.read_bytes())
    raw[at : at + 9] = b"\xff" * 9
    path.write_bytes(raw)
    with pytest.raises(LabelError, match="not a project file"):
        read_qdpx(path)
