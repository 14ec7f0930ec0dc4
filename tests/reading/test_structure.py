"""The structure tree: which element a piece of marked content belongs to."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from pdfminer.pdftypes import PDFObjRef
from pdfminer.psparser import LIT

from pipeline.base.records import Element, Figure
from pipeline.reading import structure
from pipeline.reading.structure import PageStructure, read_structure

PAGE = 7


class Objects:
    """A document's objects by number, as pdfminer looks them up."""

    def __init__(self, **objects):
        self.objects = {int(name[1:]): value for name, value in objects.items()}

    def getobj(self, number):
        return self.objects[number]


def el(name, *kids, **entries):
    return {"S": LIT(name), "K": list(kids), **entries}


def read(*kids, roles=None, **objects):
    """The structure of page 7 of a document with these kids under its root."""
    store = Objects(o7={}, **objects)
    page = PDFObjRef(store, PAGE)
    root = {"K": [el("Document", *kids, Pg=page)], "RoleMap": roles or {}}
    return read_structure(SimpleNamespace(catalog={"StructTreeRoot": root})).get(
        PAGE, PageStructure()
    )


def elements(*kids, **options):
    """(number, role, level) of each piece of marked content, by its number."""
    return {
        number: (each.number, each.role, each.level)
        for number, each in read(*kids, **options).elements.items()
    }


CASES = {
    "paragraphs": (
        (el("P", 0), el("P", 1, 2)),
        {0: (1, "paragraph", 0), 1: (2, "paragraph", 0), 2: (2, "paragraph", 0)},
    ),
    "headings have their level": (
        (el("H1", 0), el("H3", 1), el("H", 2)),
        {0: (1, "heading", 1), 1: (2, "heading", 3), 2: (3, "heading", 1)},
    ),
    "parts of a paragraph": (
        (el("P", 0, el("Span", 1), el("Link", el("Span", 2)), 3),),
        dict.fromkeys(range(4), (1, "paragraph", 0)),
    ),
    "an item with its label and its body": (
        (el("L", el("LI", el("Lbl", 0), el("LBody", 1)), el("LI", el("LBody", 2))),),
        {0: (1, "list_item", 1), 1: (1, "list_item", 1), 2: (2, "list_item", 1)},
    ),
    "the first paragraph of an item is the item": (
        (el("L", el("LI", el("Lbl", 0), el("LBody", el("P", 1), el("P", 2)))),),
        {0: (1, "list_item", 1), 1: (1, "list_item", 1), 2: (2, "paragraph", 1)},
    ),
    "a list in an item": (
        (el("L", el("LI", el("LBody", 0, el("L", el("LI", el("LBody", 1)))))),),
        {0: (1, "list_item", 1), 1: (2, "list_item", 2)},
    ),
    "a numbered heading is no item": (
        (el("L", el("LI", el("Lbl", 0), el("LBody", el("H2", 1)))),),
        {0: (1, "heading", 2), 1: (1, "heading", 2)},
    ),
    "cells, the paragraphs in them too": (
        (el("Table", el("TR", el("TH", el("P", 0)), el("TD", el("P", 1), el("P", 2)))),),
        {0: (1, "cell", 0), 1: (2, "cell", 0), 2: (3, "cell", 0)},
    ),
    "a note in a paragraph, which goes on": (
        (el("P", 0, el("Note", el("P", 1)), 2),),
        {0: (1, "paragraph", 0), 1: (2, "footnote", 0), 2: (1, "paragraph", 0)},
    ),
    "text right in a group": (
        (el("Div", 0, 1), el("Div", 2)),
        {0: (1, "paragraph", 0), 1: (1, "paragraph", 0), 2: (2, "paragraph", 0)},
    ),
    "contents": ((el("TOC", el("TOCI", el("Link", 0))),), {0: (1, "contents", 0)}),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_elements_of_marked_content(name):
    kids, expected = CASES[name]
    assert elements(*kids) == expected


def test_other_names_lead_to_the_standard_ones():
    roles = {"Body-Text": LIT("Normal"), "Normal": LIT("P"), "Round": LIT("Round")}
    assert elements(el("Body-Text", 0), el("Round", 1), roles=roles) == {
        0: (1, "paragraph", 0),
        1: (2, "paragraph", 0),
    }


def test_an_element_goes_on_over_pages():
    other = PDFObjRef(Objects(o9={}), 9)
    paragraph = el("P", 0, {"MCID": 4, "Pg": other})
    store = Objects(o7={})
    root = {"K": [dict(paragraph, Pg=PDFObjRef(store, PAGE))]}
    found = read_structure(SimpleNamespace(catalog={"StructTreeRoot": root}))
    assert found[PAGE].elements[0] == found[9].elements[4] == Element(1, "paragraph")


def test_what_another_stream_marks_has_numbers_of_its_own():
    assert elements(el("P", 0, {"MCID": 1, "Stm": 5})) == {0: (1, "paragraph", 0)}


def test_a_text_that_replaces_what_is_shown():
    one = el("P", el("Span", 0, ActualText=b"five"), el("Span", 1, 2, ActualText=b"ways"))
    assert read(one).meant == {0: "five"}


CHART = b"Bar chart: caseloads fell from 24 to 17 in a year"


@pytest.mark.parametrize(
    "kid", [el("P", 0, el("Figure", 1, Alt=CHART), 2), el("P", 0, el("Figure", Alt=CHART))]
)
def test_a_picture_has_its_description(kid):
    assert read(kid).figures == (Figure(2, CHART.decode()),)


def test_only_the_picture_is_on_a_page():
    page = PDFObjRef(Objects(o7={}), PAGE)
    picture = el("Figure", {"MCID": 1, "Pg": page}, Alt=CHART)
    found = read_structure(SimpleNamespace(catalog={"StructTreeRoot": {"K": [picture]}}))
    assert found[PAGE].figures == (Figure(1, CHART.decode()),)


@pytest.mark.parametrize(
    "alt", [b"", b"Farwick_Logo", 5, b"Logo of the council of Farwick in blue"]
)
def test_what_describes_nothing_is_left_out(alt):
    assert read(el("Figure", 0, Alt=alt)).figures == ()


DAMAGED = {
    "no tree": {},
    "a tree that is none": {"StructTreeRoot": 5},
    "a kid that is missing": {"StructTreeRoot": {"K": [PDFObjRef(Objects(), 3)]}},
    "no page": {"StructTreeRoot": {"K": [el("P", 0)]}},
    "a name that is none": {"StructTreeRoot": {"K": [{"S": [], "K": 0}], "RoleMap": 4}},
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_tree_is_none(name):
    assert read_structure(SimpleNamespace(catalog=DAMAGED[name])) == {}


def test_a_tree_that_bites_its_tail_ends():
    store = Objects()
    store.objects = {3: el("P", 0, PDFObjRef(store, 3), Pg=PDFObjRef(store, PAGE))}
    root = {"K": [PDFObjRef(store, 3)]}
    found = read_structure(SimpleNamespace(catalog={"StructTreeRoot": root}))
    assert found[PAGE].elements == {0: Element(1, "paragraph")}


def test_a_tree_too_large_is_none(monkeypatch):
    monkeypatch.setattr(structure, "MAX_ELEMENTS", 20)
    assert elements(*(el("P", number) for number in range(30))) == {}
