"""Dates: when inspectors came and when it was published, in the forms in which it is printed."""

from __future__ import annotations

import pytest
from factories import block, blocks_of
from hypothesis import given, settings
from hypothesis import strategies as st
from specimens import CABINET, DOCUMENTS, ILACS, SIF, day

from pipeline.base.columns import INSPECTORATE_TYPES
from pipeline.documents.dates import (
    LONGEST_INSPECTION,
    find_inspection_dates,
    find_publication_date,
    find_publication_month,
)


def inspected(text: str, furniture: tuple[str, ...] = ()) -> tuple | None:
    return find_inspection_dates(blocks_of(text), furniture)


def published(text: str, path: str = "x.pdf", kind: str = "inspection", until=None):
    return find_publication_date(path, blocks_of(text), (), kind, until)


@pytest.mark.parametrize("case", [c for c in DOCUMENTS if DOCUMENTS[c][1] in INSPECTORATE_TYPES])
def test_dates_of_documents_of_every_kind(case):
    text, kind, _, on, first, last = DOCUMENTS[case]
    assert inspected(text) == (day(first), day(last))
    assert published(text, kind=kind, until=day(last)) == day(on)


@pytest.mark.parametrize(
    ("printed", "first", "last"),
    [
        ("24 February – 18 March 2015", "2015-02-24", "2015-03-18"),
        ("17 to 28 July 2023", "2023-07-17", "2023-07-28"),
        ("15-19 July 2013", "2013-07-15", "2013-07-19"),
        ("28 January–5 February 2014", "2014-01-28", "2014-02-05"),
        ("18 November 2019 to 6 December 2019", "2019-11-18", "2019-12-06"),
        ("12 December to 13 January 2023", "2022-12-12", "2023-01-13"),
        ("26th February 2024 to 8th March 2024", "2024-02-26", "2024-03-08"),
        ("Monday 3 and Tuesday 4 June 2019", "2019-06-03", "2019-06-04"),
        ("4 June − 15 June 2018", "2018-06-04", "2018-06-15"),
        ("28 July 2016", "2016-07-28", "2016-07-28"),
        ("8 July 2019 to 12 July 2019 and 7 August 2019", "2019-07-08", "2019-07-12"),
        ("1/06/2015 – 25/06/2015", "2015-06-01", "2015-06-25"),
        ("31 February 2019", None, None),
        ("31/02/2019 – 35/02/2019", None, None),
        ("14 May 2019 to 3 May 2019", None, None),
        ("spring 2019", None, None),
        ("19, 20 and 21 June 2023", "2023-06-19", "2023-06-21"),
        ("in room 2, 14 March 2023", "2023-03-14", "2023-03-14"),
        ("10:00, 14 March 2023", "2023-03-14", "2023-03-14"),
        ("14/03/23 to 17/03/23", "2023-03-14", "2023-03-17"),
    ],
)
def test_inspection_dates_as_they_are_printed(printed, first, last):
    got = inspected(f"# Inspection of Halton children’s services\nInspection dates: {printed}")
    assert got == ((day(first), day(last)) if first else None)


def test_dates_may_stand_in_the_footer_only():
    got = inspected("# Inspection of Halton children’s services", furniture=("5 to 16 June 2023",))
    assert got == (day("2023-06-05"), day("2023-06-16"))


def test_a_footer_that_says_more_than_dates_is_not_about_the_visit():
    assert inspected("# Inspection of Halton", ("School holidays: 5 to 16 June 2023",)) is None


def test_dates_may_be_a_block_of_their_own():
    text = (
        "# Inspection of Hull children’s services\nInspection dates:\n3rd May – 14th May 2021\n"
        "Published\n28 June 2021"
    )
    assert inspected(text) == (day("2021-05-03"), day("2021-05-14"))
    assert published(text, until=day("2021-05-14")) == day("2021-06-28")


VISITS = {
    "We visited the hub on 5 and 6 July 2022. It rained.": "2022-07-06",
    "The last visit took place on 5 and 6 July 2022.": None,
    "You were judged inadequate on 5 July 2022 after an inspection.": None,
    "Further to my letter of 3 July 2023, this is what the monitoring visit to Farwick on 20 and 21 "
    "June 2023 found.": "2023-06-21",
    "Ofsted wrote on 3 July 2023 about its visit to Farwick on 20 and 21 June 2023.": "2023-06-21",
    "Between 5 and 6 July 2022, we visited Farwick, as on 3 May 2021.": "2022-07-06",
    "On 5 July 2022, we undertook an inspection, as on 3 May 2021.": "2022-07-05",
    "This is about our visit and your letter of 3 July 2023.": None,
    "Between 20 June 2022 and 22 June 2022, Ofsted and the CQC revisited the area of Farwick.": (
        "2022-06-22"
    ),
    "Following the monitoring visit on 20 and 21 June 2023, we write about it.": "2023-06-21",
    "Following a focused visit to Farwick on 20 and 21 June 2023, I write to you.": "2023-06-21",
    "Following the inspection on 3 July 2019, a visit took place on 20 June 2023.": None,
    "The hall was built between 5 and 6 July 2022.": None,
}


@pytest.mark.parametrize("sentence", VISITS)
def test_the_beginning_of_a_letter_says_when_the_visit_was(sentence):
    got = inspected(f"Dear Ms Thorne\nThank you for your help.\n{sentence}")
    assert (got and got[1]) == day(VISITS[sentence])


@pytest.mark.parametrize(
    ("text", "path", "published_on"),
    [
        (ILACS, "visit - 21 june 2021.pdf", "2021-06-21"),
        (ILACS, "visit_2021-06-21.pdf", "2021-06-21"),
        (ILACS, "visit 21-06-2021.pdf", "2021-06-21"),
        (ILACS, "visit_21.06.2021.pdf", "2021-06-21"),
        (ILACS, "20210621 visit.pdf", "2021-06-21"),
        (ILACS, "visit 2021.06.21.pdf", "2021-06-21"),
        (ILACS, "visit 20202021 - 21 june 2021.pdf", "2021-06-21"),
        (ILACS, "visit - 3 january 2020.pdf", None),  # no report is out before the visit
        (SIF, "a/children's services - 10 february 2015.pdf", "2015-02-10"),
        (SIF, "a/downloaded 10 february 2021.pdf", "2015-02-03"),
        (CABINET, "paper 20 november 2022.pdf", "2022-11-14"),
        (
            "# Task group report\nSeptember 2013\nFirst meeting of the board\n18 June 2013",
            "x",
            None,
        ),
    ],
)
def test_printed_date_or_file_name(text, path, published_on):
    kind = "inspection" if text in (ILACS, SIF) else "cabinet report"
    visit = inspected(text) if kind == "inspection" else None
    assert published(text, path, kind, visit and visit[1]) == day(published_on)


PRINTED = {
    "Published: 3 May 2021": "2021-05-03",
    "This report was published on 3 May 2021": "2021-05-03",
    "Date of publication\n3 May 2021": "2021-05-03",
    "Date: 03/05/2021": "2021-05-03",
    "3.5.2021": "2021-05-03",
    "2021-05-03": "2021-05-03",
    "Monday, 3rd of May 2021": "2021-05-03",
    "Report to Cabinet, 3 May 2021": "2021-05-03",
    "Committee Room 2, 3 May 2021": "2021-05-03",
    "Cabinet, item 7 3 May 2021": "2021-05-03",
    "Cabinet, 10:00, 3 May 2021": "2021-05-03",
    "At a Meeting of the Children and Young People’s Overview Committee of the council held in "
    "Committee Room 2, County Hall, Farwick on Friday 3 May 2021 at 9.30 am": "2021-05-03",
    "Minutes of the meeting of the Cabinet held on 3 May 2021.": "2021-05-03",
    "Minutes of the meeting of the Cabinet held on 3 May 2021 were agreed.": None,
    "Held: Monday, 3 May 2021 at 5.30 pm": "2021-05-03",
    "The home was held: 3 May 2021": None,
    "Date: 03/05/21": "2021-05-03",
    "Date: 3.5.21": "2021-05-03",
    "Date: 03-05-2021": "2021-05-03",
    "3/5/21": "2021-05-03",
    "10.11.12": None,  # the number of a paragraph
    "The Cabinet met on 3 May 2021.": None,
    "Inspection dates:\n3 May 2021": None,
    # What stands in the row below, or in the next sentence, is the date of something else.
    "| Date | Event\n| 12 May 2018 | Inspection": None,
    "Published\n| 12 May 2018 | Inspection": None,
    "| Date | 3 May 2021": "2021-05-03",
    "Date of publication:\n3 May 2021": "2021-05-03",
    "Issued on 13 May 2019": "2019-05-13",
    "Letter issued: 13 May 2019": "2019-05-13",
    "| 13 May 2019 | Item: 7": "2019-05-13",
    "Agenda item 7, 13 May 2019": "2019-05-13",
    "Report of the Strategic Director for Children and Families to the meeting of the Executive to be "
    "held on 13 May 2019.": "2019-05-13",
    "Version 4: 9 May 2022": "2022-05-09",
    "This report was published on the website\n12 May 2018 brought an inspection.": None,
    "This report was published here. 12 May 2018 brought an inspection.": None,
    "Date: 31/02/2021": None,
}


@pytest.mark.parametrize("text", PRINTED)
def test_days_of_publication_as_they_are_printed(text):
    assert published(f"# A report on Farwick\n{text}", kind="other") == day(PRINTED[text])


MONTHS_PRINTED = {
    "# Task group report\nSeptember 2013\nFirst meeting of the board\n18 June 2013": "2013-09-01",
    "# Task group report\n**Published:** Sept 2013": "2013-09-01",
    "# Task group report\nDate of publication: June, 2019": "2019-06-01",
    "# Task group report\n# Final report, June 2019": "2019-06-01",
    "# Youth justice in Farwick\nHM Inspectorate of Probation, June 2019": "2019-06-01",
    "# Task group report\nInspection report of June 2019": None,
    "# Task group report\nIt rained in June 2019.": None,
    "# Task group report\n" + "It rained.\n" * 12 + "June 2019": None,
}


@pytest.mark.parametrize("text", MONTHS_PRINTED)
def test_a_month_is_its_first_day(text):
    assert find_publication_month(blocks_of(text)) == day(MONTHS_PRINTED[text])


DAYS = st.dates(min_value=day("2001-01-01"), max_value=day("2098-12-31"))
FORMS = st.sampled_from(
    [
        "{0.day} {0:%B %Y} to {1.day} {1:%B %Y}",
        "{0.day} {0:%b %Y} – {1.day} {1:%b %Y}",
        "{0:%A} {0.day} {0:%B %Y} and {1:%A} the {1.day} of {1:%B %Y}",
    ]
)


@settings(deadline=None)
@given(DAYS, st.timedeltas(max_value=LONGEST_INSPECTION, min_value=-LONGEST_INSPECTION), FORMS)
def test_what_is_printed_is_read_unless_it_ends_before_it_begins(first, length, form):
    last = first + length
    text = form.format(first, last)
    expected = (first, last) if first <= last else None
    assert find_inspection_dates([block(f"Inspection dates: {text}")], ()) == expected
