"""What a briefing says of an authority, whatever the run lacks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from runs import comparison_tables, make_run

from pipeline.base.columns import NO_LONGER_GIVEN, STANDARD
from pipeline.matrix.cells import count_by_document, sum_by
from pipeline.matrix.changes import ACROSS
from pipeline.matrix.intervals import read_errors
from pipeline.matrix.kinds import build_kinds
from pipeline.report.briefing_text import Chart, Points, Table, Tables, write_briefing
from pipeline.report.quotations import Quotation

AREA = "Area 001"


@pytest.fixture(scope="module")
def made():
    return make_run(6, 3, 40)


def brief(made, change=None, standard=None, **other):
    """The briefing on `AREA` after `change` of the documents."""
    documents = made.documents.copy()
    if change is not None:
        documents = change(documents)
    kept = documents["doc_id"]
    tags, paragraphs = (t[t["doc_id"].isin(kept)] for t in (made.tags, made.paragraphs))
    counts = count_by_document(tags, documents, standard)
    tables = comparison_tables(
        replace(
            made,
            documents=documents,
            counts=counts,
            cells=sum_by(counts, "authority", read_errors(made.card)),
            kinds=build_kinds(documents, made.card),
        )
    )
    named = {name: tables[name] for name in
             ("cells", "changes", "neighbours", "standouts", "kinds")}  # fmt: skip
    given = Tables(documents=documents, paragraphs=paragraphs, tags=tags, counts=counts,
                   themes=made.themes, card=made.card, **(named | other))  # fmt: skip
    return write_briefing(AREA, given, lambda file, page: f"./{file}#page={page}")


def section(briefing, heading):
    (found,) = [s for s in briefing.sections if s.heading.startswith(heading)]
    return found.parts


def said(parts):
    return " ".join(part for part in parts if isinstance(part, str))


def of(parts, kind):
    return [part for part in parts if isinstance(part, kind)]


def own(documents):
    return documents["authority"] == AREA


def test_two_inspections_are_told_apart(made):
    briefing = brief(made)
    (grades,) = of(section(briefing, "Grades"), Table)
    assert grades.header == ("Judgement", "SIF, February 2014", "ILACS, February 2018", "Moved")
    assert grades.rows == (
        ("Overall effectiveness", "requires improvement", "inadequate", "worse"),
    )
    (points,) = of(section(briefing, "Better or worse"), Points)
    assert points.items[0] == "Worse, by grade: overall effectiveness."
    (chart,) = of(section(briefing, "What was praised"), Chart)
    assert [row[0] for row in chart.earlier] == [row[0] for row in chart.later]
    (table,) = of(section(briefing, "What was praised"), Table)
    assert [(row[0], int(row[2]), int(row[3])) for row in table.rows] == list(chart.later)
    changes = comparison_tables(made)["changes"]
    now = changes[changes["authority"] == AREA].set_index("theme")
    for theme, title in ((name, theme.title) for name, theme in made.themes.items()):
        assert (title, now.at[theme, "later_n_strength"], now.at[theme, "later_n_concern"]) in (
            chart.later
        )


def test_more_than_before_is_said_against_the_average_of_each_framework(made):
    """Of every report less may be said than before, and of one more than of the others."""
    changes = comparison_tables(made)["changes"]
    known = {"later_share": 0.25, "earlier_share": 0.3, "difference_low": 0.05,
             "difference_high": 0.3, "later_framework_share": 0.1,
             "earlier_framework_share": 0.4, "comparison": ACROSS}  # fmt: skip
    (points,) = of(section(brief(made, changes=changes.assign(**known)), "Better or"), Points)
    assert (
        "against others inspected under the same framework: 25% of paragraphs where they have 10%, "
        "after 30% where they had 40%."
    ) in points.items[-1]


# Of one theme: strengths and concerns before and now, which way the balance moved, what is said.
BALANCES = {
    "much moved": (1, 5, 7, 1, "up", "Better, by what is said: Early help (1 strength, 5"),
    "few before": (0, 1, 5, 0, "up", "Too few strengths and concerns to say: Early help (0"),
    "few now": (5, 0, 1, 3, "down", "Too few strengths and concerns to say: Early help (5"),
    "much is alike": (5, 5, 5, 5, "no clear change", "No clear change in what is said: Early"),
    "few are alike": (1, 1, 1, 1, "no clear change", "Too few strengths and concerns to say"),
    "none before": (0, 0, 5, 5, "", "Nothing to compare: Early help (0 strengths, 0 concerns"),
}


@pytest.mark.parametrize("case", BALANCES)
def test_of_few_strengths_and_concerns_nothing_is_better_or_worse(made, case):
    *numbers, moved, wanted = BALANCES[case]
    names = ["earlier_n_strength", "earlier_n_concern", "later_n_strength", "later_n_concern"]
    changes = comparison_tables(made)["changes"]
    known = dict(zip(names, numbers, strict=True)) | {"balance_moved": moved}
    changes = changes[changes["theme"] == "early_help"].assign(**known)
    (points,) = of(section(brief(made, changes=changes), "Better or"), Points)
    (found,) = [item for item in points.items if "Early help (" in item]
    assert found.startswith(wanted)


MIXED = {
    (7, 0): "(3 strengths, 2 concerns, 7 mixed before; 0 and 11 now)",
    (0, 4): "(3 strengths, 2 concerns before; 0 and 11, 4 mixed now)",
}


@pytest.mark.parametrize("mixed", MIXED)
def test_mixed_paragraphs_are_said_beside_what_moved(made, mixed):
    """Of 3 strengths and 2 concerns it was not said that 7 paragraphs more were mixed."""
    numbers = {"earlier_n_strength": 3, "earlier_n_concern": 2, "later_n_strength": 0,
               "later_n_concern": 11, "balance_moved": "down"}  # fmt: skip
    changes = comparison_tables(made)["changes"]
    changes = changes[changes["theme"] == "early_help"].assign(**numbers)
    about = made.tags["theme"] == "early_help"
    tags = made.tags.assign(tagged=made.tags["tagged"] & ~about)
    for doc_id, n in zip((EARLIER, LATEST), mixed, strict=True):
        rows = tags.index[about & (tags["doc_id"] == doc_id)][:n]
        tags.loc[rows, ["tagged", "stance"]] = True, "mixed"
    parts = section(brief(replace(made, tags=tags), changes=changes), "Better or")
    (points,) = of(parts, Points)
    assert f"Worse, by what is said: Early help {MIXED[mixed]}." in points.items


def test_one_inspection(made):
    briefing = brief(made, lambda d: d[~own(d) | (d["doc_id"] == d.loc[own(d), "doc_id"].iloc[0])])
    (grades,) = of(section(briefing, "Grades"), Table)
    assert grades.header == ("Judgement", "SIF, February 2014")
    assert "It is the only one in this run." in said(section(briefing, "Grades"))
    assert section(briefing, "Better or worse") == (
        "There is only one whole inspection in this run, and only whole inspections are compared "
        "over time.",
    )
    (chart,) = of(section(briefing, "What was praised"), Chart)
    assert chart.earlier == ()
    assert briefing.subtitle == "From 1 report of February 2014"


def test_only_a_send_report(made):
    def change(documents):
        documents = documents[~own(documents) | (documents["doc_id"] == "000100000001")]
        at = own(documents)
        return documents.assign(
            document_type=documents["document_type"].mask(at, "area SEND inspection"),
            overall_effectiveness=documents["overall_effectiveness"].mask(at, ""),
        )

    briefing = brief(made, change)
    assert section(briefing, "Grades") == (
        "There is no whole inspection of children’s services in this run, so there are no grades "
        "to show.",
        "Read: area SEND inspection, February 2018.",
    )
    praise = said(section(briefing, "What was praised"))
    assert "an area SEND inspection, which looks at only a part of the services" in praise
    assert "no whole inspection in this run to compare" in said(
        section(briefing, "Better or worse")
    )
    (sure,) = section(briefing, "How sure")
    assert "Area SEND inspection: not validated." in sure


GRADES = {
    NO_LONGER_GIVEN: ("gives no overall grade", "no overall grade given"),
    "": ("No overall grade could be read", "not given"),
}


@pytest.mark.parametrize("grade", GRADES)
def test_no_overall_grade_is_said_in_words(made, grade):
    def change(documents):
        last = documents["doc_id"] == "000100000001"
        return documents.assign(
            overall_effectiveness=documents["overall_effectiveness"].mask(last, grade),
            leadership=documents["leadership"].mask(last, "good"),
        )

    parts = section(brief(made, change), "Grades")
    sentence, shown = GRADES[grade]
    assert sentence in said(parts)
    (table,) = of(parts, Table)
    assert table.rows[0] == (
        "Overall effectiveness", "requires improvement", shown, "cannot be compared",
    )  # fmt: skip
    assert table.rows[1] == ("Leadership", "not given", "good", "cannot be compared")


EARLIER, LATEST = "000100000000", "000100000001"


@pytest.mark.parametrize("unknown", [EARLIER, LATEST])
def test_an_inspection_of_no_known_framework_has_grades(made, unknown):
    """One "of services for children in need" before 2018 has none, see `find_framework`."""

    def change(documents):
        at = documents["doc_id"] == unknown
        return documents.assign(framework=documents["framework"].mask(at, ""))

    briefing = brief(made, change)
    (grades,) = of(section(briefing, "Grades"), Table)
    labels = [label.split(", ")[-1] for label in grades.header[1:3]]
    assert labels == ["February 2014", "February 2018"]
    assert grades.rows == (
        ("Overall effectiveness", "requires improvement", "inadequate", "worse"),
    )
    points, said_why = section(briefing, "Better or worse")
    assert points.items == ("Worse, by grade: overall effectiveness.",)
    assert "not compared" in said_why
    (chart,) = of(section(briefing, "What was praised"), Chart)
    assert chart.earlier and chart.later


def test_an_inspection_without_paragraphs_has_grades(made):
    def unread(doc_id):
        silent = made.tags["doc_id"] == doc_id
        return brief(
            replace(made, tags=made.tags[~silent]),
            lambda documents: documents.assign(
                n_paragraphs=documents["n_paragraphs"].mask(documents["doc_id"] == doc_id, 0)
            ),
        )

    for doc_id in (EARLIER, LATEST):
        (grades,) = of(section(unread(doc_id), "Grades"), Table)
        assert grades.rows[0][1:] == ("requires improvement", "inadequate", "worse")
    assert section(unread(LATEST), "What was praised") == (
        "No paragraph of the latest whole inspection (inspection, February 2018) could be counted.",
    )
    (chart,) = of(section(unread(EARLIER), "What was praised"), Chart)
    assert chart.earlier == () and chart.later


def test_a_copy_is_not_the_inspection_before(made):
    """The undated third report of the area is the latest one in another format."""

    def change(documents):
        on = documents.loc[documents["doc_id"] == LATEST, "published_on"].item()
        copy = documents["doc_id"] == "000100000002"
        return documents.assign(published_on=documents["published_on"].mask(copy, on))

    briefing = brief(made, change)
    (grades,) = of(section(briefing, "Grades"), Table)
    assert grades.header[1:3] == ("SIF, February 2014", "ILACS, February 2018")
    assert grades.rows[0][1:] == ("requires improvement", "inadequate", "worse")
    assert "Also read: inspection, February 2018." in said(section(briefing, "Grades"))
    assert of(section(briefing, "Better or worse"), Points)


def test_no_neighbours(made):
    neighbours = made.neighbours[made.neighbours["authority"] != AREA]
    parts = section(brief(made, neighbours=neighbours), "Against")
    assert parts == (
        "None of its statistical neighbours has a report in this run, or they are not known.",
    )


def test_neighbours_are_named_with_their_grade_and_compared(made):
    parts = section(brief(made), "Against")
    named = made.neighbours.loc[made.neighbours["authority"] == AREA, "neighbour"]
    assert all(f"{name} (" in parts[0] for name in named)
    (table,) = of(parts, Table)
    cells = made.cells[made.cells["authority"] == AREA].set_index("theme")
    by_title = {row[0]: row for row in table.rows}
    for theme, cell in cells.iterrows():
        n = cell["n_strength"] + cell["n_concern"]
        assert by_title[made.themes[theme].title][4] == f"{cell['n_strength'] / n:.0%} of {n}"


def test_praise_of_several_years_names_them(made):
    parts = section(brief(made), "Against")
    (table,) = of(parts, Table)
    assert table.header[3:] == (
        "Difference in share", "Praise here, 2014–2018", "Praise there, 2013–2024",
    )  # fmt: skip
    assert "of all types and years in this run together" in said(parts)
    (table,) = of(section(brief(made, lambda d: d[d["doc_id"] != EARLIER]), "Against"), Table)
    assert table.header[4:] == ("Praise here, 2018", "Praise there, 2013–2024")
    undated = brief(made, lambda d: d.assign(published_on=d["published_on"].mask(own(d))))
    (table,) = of(section(undated, "Against"), Table)
    assert table.header[4] == "Praise here"


def test_undated_documents_are_said_to_be(made):
    def change(documents):
        documents = documents[~own(documents) | (documents["doc_id"] == "000100000002")]
        return documents.assign(published_on=documents["published_on"].mask(own(documents)))

    briefing = brief(made, change)
    assert briefing.subtitle == "From 1 report"
    assert "no dated whole inspection" in said(section(briefing, "Grades"))
    assert "undated" in said(section(briefing, "Grades"))
    assert "no dated whole inspection" in said(section(briefing, "Better or worse"))


def test_a_report_of_nothing_says_so(made):
    def change(documents):
        documents = documents[~own(documents) | (documents["doc_id"] == "000100000001")]
        return documents.assign(n_paragraphs=documents["n_paragraphs"].mask(own(documents), 0))

    silent = made.tags["doc_id"] == "000100000001"
    briefing = brief(replace(made, tags=made.tags[~silent]), change)
    assert not of(section(briefing, "What was praised"), Chart)
    assert "No sentence" in said(section(briefing, "In the words"))


def test_standard_paragraphs_are_not_counted(made):
    standard = made.paragraphs[made.paragraphs["doc_id"] == LATEST].head(7)
    standard = standard.assign(n_authorities=5, n_words=70)[STANDARD]
    for known, n in ((None, 40), (standard, 33)):
        praise = said(section(brief(made, standard=known), "What was praised"))
        assert f"Counted in the {n} paragraphs of the latest" in praise


def test_quotations_are_from_its_own_reports(made):
    quotations = of(section(brief(made), "In the words"), Quotation)
    assert quotations and all(q.link.startswith("./area 1/report #") for q in quotations)


def test_what_is_not_validated_is_said(made):
    def change(documents):
        visit = documents["doc_id"] == "000100000000"
        return documents.assign(
            document_type=documents["document_type"].mask(visit, "focused visit")
        )

    (sure,) = section(brief(made, change), "How sure")
    assert "77 of 100" in sure and "focused visit: not validated" in sure.lower()
    assert "inspection: validated on 1,000 paragraphs" in sure.lower()
