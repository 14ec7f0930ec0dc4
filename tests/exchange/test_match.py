from __future__ import annotations

import pytest
from projects import (
    JO,
    ONE,
    SAM,
    TAGGED,
    TEXTS,
    TWO,
    code,
    paragraph_id,
    selection,
    source,
    write_project,
)

from pipeline.base.codebook import read_codebook
from pipeline.base.errors import LabelError
from pipeline.exchange.code_tree import read_meanings
from pipeline.exchange.export_project import export_project
from pipeline.exchange.from_run import model_user
from pipeline.exchange.match import NAMELESS, choose_user, match_codings, read_text
from pipeline.exchange.project import Selection, Source
from pipeline.exchange.read_qdpx import read_qdpx

CODEBOOK = read_codebook()
CODES = (
    code("camhs", code("concern"), code("strength"))
    + code("supervision")
    + code("read")
    + code("Buses")
)
A, B, C = (text for _, text in TEXTS[ONE][1:])
# As another program may keep it: without the heading, with page furniture and other line ends.
TEXT = f"{A}\r\nPage 1 of 9\r\n{B}\r\n{C}"
AT = {text: TEXT.index(text) for text in (A, B, C)}


def over(text, *codes, first=0, last=None, **more):
    start = AT[text] + first
    return selection(start, AT[text] + (len(text) if last is None else last), *codes, **more)


def match(tmp_path, tables, *inside, users=(JO,), name=f"Résumé ({ONE}).pdf", text=TEXT):
    path = write_project(
        tmp_path / "p.qdpx", CODES, source(name, *inside), texts={"t1.txt": text.encode()}
    )
    received = read_qdpx(path)
    meanings = read_meanings(received.project.codes, CODEBOOK, {})
    return match_codings(received, users, meanings, tables["documents"], tables["paragraphs"])


def codes_of(matched):
    return {item.paragraph_id: item.codes for item in matched.filled}


def test_what_the_model_tagged_comes_back_whole(run, tables, tmp_path):
    path = tmp_path / "p.qdpx"
    export_project(run, path, codes=())
    received = read_qdpx(path)
    meanings = read_meanings(received.project.codes, CODEBOOK, {})
    with pytest.raises(LabelError, match="It cannot be told"):
        choose_user(received, "x", "", ())
    _, users = choose_user(received, "x", model_user("m1"), ())
    matched = match_codings(received, users, meanings, tables["documents"], tables["paragraphs"])
    assert matched.left_out.empty and matched.n_codings == 10
    assert codes_of(matched) == {
        paragraph_id(*at): {theme: stance for theme, stance, _ in tags}
        for at, tags in TAGGED.items()
    }


def test_theme_and_stance_may_be_on_different_selections(tmp_path, tables):
    inside = (
        over(B, "camhs"),
        over(B, "concern", last=20),
        over(A, "read"),
        over(C, "strength", by=SAM),
    )
    matched = match(tmp_path, tables, *inside)
    assert matched.left_out.empty and matched.n_codings == 3
    assert codes_of(matched) == {
        paragraph_id(ONE, 2): {"camhs": "concern"},
        paragraph_id(ONE, 1): {"camhs": "no", "supervision": "no"},
    }


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ([over(A, "Buses")], "not one of the themes"),
        ([over(A, "supervision")], "has no stance"),
        ([over(A, "supervision"), over(A, "read")], "has no stance"),
        ([over(B, "concern", last=20), over(B, "strength", first=50)], "coded as concern and strength"),
        ([selection(AT[A] + len(A) + 2, AT[A] + len(A) + 13, "concern")], "not at least half"),
        ([selection(5, 99999, "concern")], "outside the text"),
        ([selection(9, 5, "concern")], "outside the text"),
        ([f'<Coding guid="d" creatingUser="{JO}"><CodeRef targetGUID="x"/></Coding>'], "as a whole"),
    ],
)  # fmt: skip
def test_what_cannot_be_mapped_is_listed_with_the_reason(tmp_path, tables, inside, reason):
    matched = match(tmp_path, tables, *inside)
    assert matched.left_out["reason"].str.contains(reason).all() and len(matched.left_out)
    # Nothing is made of it: neither a stance, nor a `no` where the theme was coded.
    assert all("supervision" not in codes for codes in codes_of(matched).values())
    assert not any(set(codes.values()) - {"no"} for codes in codes_of(matched).values())


@pytest.mark.parametrize(
    ("name", "reason"),
    [("unknown.pdf", "no document of the run"), ("Résumé", "more than one document"), ("Re\u0301sume\u0301.pdf", "more than one")],
)  # fmt: skip
def test_a_source_must_be_one_document_of_the_run(tmp_path, tables, name, reason):
    matched = match(tmp_path, tables, over(B, "concern"), name=name)
    assert not matched.filled and reason in matched.left_out["reason"][0]


def test_a_heading_counts_only_where_there_is_nothing_else(tmp_path, tables):
    heading = TEXTS[ONE][0][1]
    text = f"{heading}\n\n{A}\n\n{B}\n\n{C}"
    only = match(tmp_path, tables, selection(0, len(heading), "concern"), text=text)
    both = match(tmp_path, tables, selection(0, len(heading) + 60, "concern"), text=text)
    assert list(codes_of(only)) == [paragraph_id(ONE, 0)]
    assert list(codes_of(both)) == [paragraph_id(ONE, 1)]


def test_the_same_text_twice_must_be_coded_alike(tmp_path, tables):
    twice = tables["paragraphs"].copy()
    twice.loc[twice["paragraph_id"] == paragraph_id(ONE, 3), "text"] = B
    text = f"{A}\n{B}\n{B}"
    second = text.rindex(B)
    inside = over(B, "concern"), selection(second, second + len(B), "strength")
    tables = tables | {"paragraphs": twice}
    shifted = [
        part.replace(f'"{AT[B]}"', f'"{text.index(B)}"').replace(
            f'"{AT[B] + len(B)}"', f'"{text.index(B) + len(B)}"'
        )
        for part in inside
    ]
    matched = match(tmp_path, tables, *shifted, text=text)
    assert not matched.filled
    assert (
        matched.left_out["reason"].tolist()
        == ["the same text is in the document twice, and is coded differently"] * 2
    )


def test_the_memo_of_a_code_that_is_no_theme_becomes_a_comment_without_a_theme(tmp_path, tables):
    inside = over(B, "Buses", more="<Description>see page 4</Description>")
    matched = match(tmp_path, tables, inside)
    assert len(matched.left_out) == 1
    assert [(c.paragraph_id, c.theme, c.text) for c in matched.comments] == [
        (paragraph_id(ONE, 2), "", "see page 4")
    ]


def test_memos_become_comments(tmp_path, tables):
    memo = "<Description>see page 4</Description>"
    inside = (
        over(B, "concern", more=memo),
        over(C, more=memo),
        over(A, "concern", more=memo, by=SAM),
    )
    matched = match(tmp_path, tables, *inside)
    assert [(c.paragraph_id, c.theme, c.text) for c in matched.comments] == [
        (paragraph_id(ONE, 2), "camhs", "see page 4"), (paragraph_id(ONE, 3), "", "see page 4"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("by", "text"), [("two", "ab cd\r\nef gh\r\nij"), ("one", "ab cd\nef gh\nij")]
)
def test_line_ends_count_as_the_selections_fit(by, text):
    at = text.index("ij")
    chosen = Selection("s", "", at, at + 2, "u", "", ())
    read = read_text(Source("g", "a", "ab cd\r\nef gh\r\nij", (chosen,)))
    assert read[chosen.start : chosen.end] == "ij", by


def test_it_must_be_clear_whose_codings_to_take(tmp_path):
    def received(*inside):
        path = write_project(
            tmp_path / "p.qdpx", CODES, source("a", *inside), texts={"t1.txt": b"abc"}
        )
        return read_qdpx(path)

    both = received(selection(0, 1, "camhs"), selection(0, 1, "camhs", by=SAM))
    assert choose_user(both, "Jo", "", ()) == ("Jo", {JO})
    assert choose_user(both, "x", "Sam", ()) == ("Sam", {SAM})
    only = received(selection(0, 1, "camhs", by=SAM))
    assert choose_user(only, "x", "", {"Jo"}) == ("Sam", {SAM})
    # Whose codes are here already are not somebody else's, nor are those of a newcomer.
    for project, known in ((only, "Sam"), (both, "Jo")):
        with pytest.raises(LabelError, match=r"codings by .*Sam"):
            choose_user(project, "x", "", {known})
    with pytest.raises(LabelError, match="codings by Jo, Sam"):
        choose_user(both, "x", "", ())
    with pytest.raises(LabelError, match="codings by Jo, Sam"):
        choose_user(both, "Jo", "Nobody", ())
    with pytest.raises(LabelError, match="Nothing is coded"):
        choose_user(received(), "x", "", ())
    assert choose_user(received(selection(0, 1, "camhs", by="")), "x", "", ()) == (NAMELESS, {""})


def test_documents_are_told_apart(tmp_path, tables):
    text = TEXTS[TWO][0][1]
    matched = match(
        tmp_path, tables, selection(0, len(text), "concern"), name=f"résumé ({TWO})", text=text
    )
    assert list(codes_of(matched)) == [paragraph_id(TWO, 0)]
