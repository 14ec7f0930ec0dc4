from __future__ import annotations

import datetime

import pytest

from pipeline.base.errors import CorpusError
from pipeline.documents.authorities import AUTHORITIES_FILE
from pipeline.documents.overrides import OVERRIDABLE, OVERRIDES_FILE, Overrides, read_overrides


def put(folder, *lines, name=OVERRIDES_FILE):
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("source_file,grade\nx,1\n", "grade"),
        ("source_file,,region\nx,1,North\n", "unknown: one without a name"),
        ("source_file,region,\nx,North,1\n", "more fields"),
        ("source_file,published_on\nx,soon\n", "not a date"),
        ("source_file,published_on\nx,28/05/19\n", "not a date"),
        ("source_file,published_on\nx,05/28/2019\n", "not a date"),
        ("source_file,document_type\nx,letter\n", "document_type .*'letter'"),
        ("source_file,leadership\nx,fine\n", "leadership .*'fine'"),
        ("source_file,authority\nx,a,b\n", "more fields"),
        ("source_file,authority\nx/y.pdf,Kent\nx\\y.pdf,Devon\n", "two rows for x/y.pdf"),
        (f"source_file,authority\nx,{'K' * 200_000}\n", "field larger than"),
    ],
)
def test_wrong_overrides_are_named(tmp_path, content, reason):
    path = tmp_path / "documents.csv"
    path.write_text(content)
    with pytest.raises(CorpusError, match=reason):
        read_overrides(path)


def test_a_folder_of_that_name_is_not_passed_over(tmp_path):
    (tmp_path / "documents.csv").mkdir()
    with pytest.raises(CorpusError, match="cannot be read"):
        read_overrides(tmp_path / "documents.csv")


def test_empty_rows_say_nothing(tmp_path):
    path = put(tmp_path, "source_file,authority", "a.pdf,Kent", ",", "", ",")
    assert list(read_overrides(path)) == ["a.pdf"]


def test_empty_columns_at_the_end_say_nothing(tmp_path):
    path = put(tmp_path, "source_file,authority,,", "a.pdf,Kent,,")
    assert read_overrides(path) == {"a.pdf": {"authority": "Kent"}}


def test_overrides_may_be_as_excel_writes_them(tmp_path):
    path = tmp_path / "documents.csv"
    path.write_bytes("source_file,authority\r\nBerry’s £5.pdf,Kent\r\n".encode("cp1252"))
    assert read_overrides(path) == {"Berry’s £5.pdf": {"authority": "Kent"}}


def test_without_the_file_nothing_is_said(tmp_path):
    assert read_overrides(tmp_path / "documents.csv") == {}
    overrides = Overrides(tmp_path)
    assert overrides.apply("a.pdf", {"authority": "Devon"}) == {"authority": "Devon"}
    assert overrides.strays([]) == []


@pytest.mark.parametrize("content", [b"source_file\n\xff\x00\x01\x02" + bytes(range(1, 9)) * 9, b"authority\nKent\n"])  # fmt: skip
def test_what_is_no_table_of_documents_is_refused(tmp_path, content):
    path = tmp_path / "documents.csv"
    path.write_bytes(content)
    with pytest.raises(CorpusError):
        read_overrides(path)


def test_only_fields_that_are_filled_in_say_something(tmp_path):
    path = put(
        tmp_path,
        "source_file,published_on,leadership,region,document_type",
        "north\\a.pdf, 2019-05-28 ,Requires  IMPROVEMENT,,",
        "b.pdf,,,  ,Other",
    )
    assert read_overrides(path) == {
        "north/a.pdf": {
            "published_on": datetime.date(2019, 5, 28),
            "published_precision": "day",
            "leadership": "requires improvement",
        },
        "b.pdf": {"document_type": "other"},
    }


@pytest.mark.parametrize("written", ["2019-05-12", "12/05/2019", "12/5/2019"])
def test_dates_may_be_as_excel_saves_them(tmp_path, written):
    path = put(tmp_path, "source_file,published_on,inspected_to", f"a.pdf,{written},{written}")
    on = datetime.date(2019, 5, 12)
    assert read_overrides(path) == {
        "a.pdf": {"published_on": on, "published_precision": "day", "inspected_to": on}
    }


def test_a_month_of_publication_is_its_first_day(tmp_path):
    path = put(tmp_path, "source_file,published_on", "a.pdf,2013-09")
    assert read_overrides(path) == {
        "a.pdf": {"published_on": datetime.date(2013, 9, 1), "published_precision": "month"}
    }


def test_what_is_counted_cannot_be_overridden():
    assert not {"doc_id", "sha256", "n_paragraphs", "n_words", "n_pages"} & set(OVERRIDABLE)
    assert {"authority", "published_on", "overall_effectiveness"} <= set(OVERRIDABLE)


DOCUMENT = {"authority": "Devon", "ons_code": "E10000008", "region": "South West", "framework": "SIF"}  # fmt: skip
AUTHORITIES = {
    "one of the table": ("Kent", "E10000016", "South East"),
    "one of the folder": ("Marlowshire", "X1", "Nowhere"),
    "one that nobody knows": ("Atlantis", "", ""),
}


@pytest.mark.parametrize("case", AUTHORITIES)
def test_an_authority_brings_its_code_and_region(tmp_path, case):
    name, code, region = AUTHORITIES[case]
    put(tmp_path, "source_file,authority", f"a.pdf,{name}")
    put(tmp_path, "name,ons_code,region", "Marlowshire,X1,Nowhere", name=AUTHORITIES_FILE)
    said = Overrides(tmp_path).apply("a.pdf", DOCUMENT)
    assert said == {"authority": name, "ons_code": code, "region": region, "framework": "SIF"}


@pytest.mark.parametrize(
    ("said", "name", "code"),
    [("Devon County Council", "Devon", "E10000008"), ("Old Marlow", "Marlowshire", "X1")],
)
def test_an_authority_may_be_spelled_in_any_way_that_is_known(tmp_path, said, name, code):
    put(tmp_path, "source_file,authority", f"a.pdf,{said}")
    put(
        tmp_path, "name,ons_code,also_known_as", "Marlowshire,X1,Old Marlow", name=AUTHORITIES_FILE
    )
    row = Overrides(tmp_path).apply("a.pdf", DOCUMENT)
    assert (row["authority"], row["ons_code"]) == (name, code)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Devn", "Devon"),
        ("Birmigham City Council", "Birmingham"),
        ("Marlowshre", "Marlowshire"),
        ("Devon County Council", ""),
        ("Marlowshire", ""),
        ("Atlantis", ""),
    ],
)
def test_a_name_that_looks_misspelt_stays_and_what_may_be_meant_is_known(tmp_path, said, meant):
    put(tmp_path, "source_file,authority,framework", f"a.pdf,{said},", "b.pdf,,SIF")
    put(tmp_path, "name", "Marlowshire", name=AUTHORITIES_FILE)
    overrides = Overrides(tmp_path)
    assert [overrides.may_mean(name) for name in ("a.pdf", "b.pdf", "c.pdf")] == [meant, "", ""]
    assert not meant or overrides.apply("a.pdf", DOCUMENT)["authority"] == said


def test_a_region_that_is_said_too_is_kept(tmp_path):
    put(tmp_path, "source_file,authority,region", "a.pdf,Kent,Garden of England")
    assert Overrides(tmp_path).apply("a.pdf", DOCUMENT)["region"] == "Garden of England"


def test_other_documents_stay_as_they_are_and_strays_are_told(tmp_path):
    put(tmp_path, "source_file,framework", "a.pdf,ILACS", "gone.pdf,ILACS")
    overrides = Overrides(tmp_path)
    assert overrides.apply("b.pdf", DOCUMENT) == DOCUMENT
    assert overrides.apply("a.pdf", DOCUMENT) == DOCUMENT | {"framework": "ILACS"}
    assert DOCUMENT["framework"] == "SIF"
    assert overrides.strays({"a.pdf", "b.pdf"}) == ["gone.pdf"]


def test_the_row_of_a_copy_speaks_for_the_document_but_does_not_overrule_it(tmp_path):
    put(tmp_path, "source_file,framework,region", "copy.pdf,SIF,North", "a.pdf,ILACS,")
    overrides = Overrides(tmp_path)
    overrides.speak_for({"copy.pdf": "a.pdf", "other copy.pdf": "a.pdf"})
    assert overrides.apply("a.pdf", {}) == {"framework": "ILACS", "region": "North"}
