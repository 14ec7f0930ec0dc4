from __future__ import annotations

import pytest
from factories import block
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.base.records import KINDS
from pipeline.paragraphs.assemble import assemble_paragraphs

FINDING = "Plans are clear, and families say they know what has to change and by when it has to."


def test_heading_path_follows_the_levels():
    paragraphs = assemble_paragraphs(
        [
            block("Farwick", "heading", level=1),
            block("Leaders", "heading", level=2),
            block(FINDING),
            block("Care leavers", "heading", level=2),
            block(FINDING),
        ]
    )
    assert paragraphs[2].heading == "Farwick > Leaders"
    assert paragraphs[4].heading == "Farwick > Care leavers"
    assert [p.position for p in paragraphs] == [0, 1, 2, 3, 4]


def test_headings_in_a_table_end_with_their_cells():
    label = ("Thresholds",)
    paragraphs = assemble_paragraphs(
        [
            block("Minutes", "heading", level=1),
            block("Thresholds", "heading", level=6, above=label),
            block("Discussion", "heading", level=3, above=label),
            block(FINDING, above=label),
            block(FINDING, above=("Placements",)),
            block(FINDING),
        ]
    )
    assert [p.heading for p in paragraphs] == [
        "",
        "Minutes",
        "Minutes > Thresholds",
        "Minutes > Thresholds > Discussion",
        "Minutes > Placements",
        "Minutes",
    ]


@pytest.mark.parametrize(
    ("line", "kind"), [("We will:", "paragraph"), ("Our strengths:", "heading")]
)
def test_a_clause_before_items_is_their_lead_in(line, kind):
    said = block(line, "heading", level=3, guessed=True)
    paragraphs = assemble_paragraphs([said, block("hire ten people", "list_item"), block(FINDING)])
    lead_in = line if kind == "paragraph" else ""
    assert (paragraphs[0].kind, paragraphs[1].lead_in) == (kind, lead_in)
    assert paragraphs[2].heading == ("" if lead_in else line)


TURNS = {
    (): (4, ""),
    ((30, 5),): (4, "0:4 30:5"),
    # A bullet at the end of a page, and its text on the next.
    ((0, 5),): (5, ""),
    ((0, 5), (30, 6)): (5, "0:5 30:6"),
}


@pytest.mark.parametrize("turns", TURNS)
def test_a_paragraph_is_on_the_pages_of_its_text(turns):
    (paragraph,) = assemble_paragraphs([block(FINDING, page=4, turns=turns)])
    assert (paragraph.page, paragraph.pages) == TURNS[turns]


def test_heads_of_a_cell_are_not_said_twice_and_title_page_lines_are_none():
    paragraphs = assemble_paragraphs(
        [
            block("Farwick", "heading", level=1),
            block("Priority action", "heading", level=2),
            block(FINDING, above=("Priority action", "The council")),
            block(FINDING, above=("Key judgement Judgement grade", "The board")),
        ]
    )
    assert [paragraph.heading for paragraph in paragraphs[2:]] == [
        "Farwick > Priority action > The council",
        "Farwick > Priority action > The board",
    ]


def test_lead_in_goes_to_each_item_and_no_further():
    paragraphs = assemble_paragraphs(
        [
            block("The council should improve:"),
            block("the quality of supervision", "list_item"),
            block("services for care leavers, including:", "list_item"),
            block("housing", "list_item", level=2),
            block("the pace of plans", "list_item"),
            block(FINDING),
        ]
    )
    assert [p.lead_in for p in paragraphs] == [
        "",
        "The council should improve:",
        "The council should improve:",
        "services for care leavers, including:",
        "The council should improve:",
        "",
    ]


def test_title_page_lines_are_no_headings_of_what_follows():
    paragraphs = assemble_paragraphs(
        [
            block("Farwick", "heading", level=1),
            block("Inspection dates: 3 to 14 May 2021", "heading", level=3),
            block("Contents", "heading", level=1),
            block("Summary 3", "contents"),
            block(FINDING),
        ]
    )
    assert paragraphs[-1].heading == "Farwick"


def test_section_banner_of_a_page_is_a_heading():
    paragraphs = assemble_paragraphs(
        [block("Leadership | Good", "table", page=20), block(FINDING, page=20)]
    )
    assert paragraphs[1].heading == "Leadership: Good"


def test_what_follows_the_list_of_improvements_is_not_set_below_it():
    """In two reports a judgement of "good" stood below "What needs to improve?"."""
    paragraphs = assemble_paragraphs(
        [
            block("Farwick", "heading", level=1),
            block("What needs to improve?", "heading", level=2),
            block("The pace of plans.", "list_item", page=2),
            block("Care leavers | Good", "table", page=3),
            block(FINDING, page=3),
        ]
    )
    assert paragraphs[2].heading == "Farwick > What needs to improve?"
    assert paragraphs[4].heading == "Farwick > Care leavers: Good"


def test_judgement_table_is_no_heading():
    rows = [block("Leadership | Good", "table"), block("Overall | Good", "table"), block(FINDING)]
    assert assemble_paragraphs(rows)[2].heading == ""


def test_short_line_in_front_of_numbered_paragraphs_is_a_heading():
    paragraphs = assemble_paragraphs(
        [block("Leadership and partnership"), block("4. " + FINDING, marker="4.")]
    )
    assert paragraphs[0].kind == "heading"
    assert paragraphs[1].heading == "Leadership and partnership"


@pytest.mark.parametrize("kind", ["paragraph", "list_item"])
def test_what_has_no_letter_is_not_counted(kind):
    paragraphs = assemble_paragraphs([block("4.1", kind), block(FINDING, kind)])
    assert [p.kind for p in paragraphs] == ["table", kind]


POOR = "Placement stability is poor and too many children move"
LATE = "Visits to children in care are often late"
TITLED = "Early help and the front door in Farwick"
RUNS = {
    "findings without a full stop": ([POOR, LATE], ["paragraph"] * 2),
    "their heading and the next": (["Findings", POOR, LATE, TITLED], ["heading", "paragraph", "paragraph", "heading"]),
    "findings with another verb": (["Too many children move between homes each year", POOR], ["paragraph"] * 2),
    "findings with numbers": ([f"1. {POOR}", f"2. {LATE}"], ["paragraph"] * 2),
    "one with text below it, after others": ([POOR, LATE, f"{POOR} now", block(FINDING)], ["paragraph"] * 4),
    "a title and a heading": ([POOR, LATE, block(FINDING)], ["heading", "heading", "paragraph"]),
    "a heading on its own": ([POOR, block(FINDING), LATE, block(FINDING)], ["heading", "paragraph"] * 2),
    "lines of a title page": (["Farwick Council", TITLED, "Report of the task and finish group for scrutiny"], ["heading"] * 3),
    "questions": (["What is it like to be a child here", "How well leaders know what is going on"], ["heading"] * 2),
    "children of whom something is said": (["Children who are in need of help", "Young people who have left care in Farwick"], ["heading"] * 2),
    "a list of contents": ([POOR, LATE, POOR, block(FINDING), LATE, block(FINDING)], ["heading"] * 3 + ["paragraph", "heading", "paragraph"]),
    "short lines": (["Children are safe", "Visits are timely"], ["heading"] * 2),
    "capitals": ([POOR.upper(), LATE.upper()], ["heading"] * 2),
}  # fmt: skip


@pytest.mark.parametrize("name", RUNS)
def test_headings_by_their_wording_alone_may_be_findings(name):
    lines, kinds = RUNS[name]
    blocks = [block(line, "heading", guessed=True) if isinstance(line, str) else line for line in lines]  # fmt: skip
    assert [p.kind for p in assemble_paragraphs(blocks)] == kinds


def test_headings_that_the_document_marks_stay():
    paragraphs = assemble_paragraphs([block(POOR, "heading"), block(LATE, "heading")])
    assert [p.kind for p in paragraphs] == ["heading"] * 2


BOILERPLATE = [
    "© Crown copyright 2019",
    "Lead inspector: Ada Thorne",
    "If you would like a copy of this document in another form, please ring us.",
    "Inspection dates: 3 to 14 May 2021",
    "This report is available at https://reports.example.org/.",
    "Hall Square, Farwick, FW1 2AB",
    "T: 01632 960 111 E: office@farwick.example",
    "Quality assurance manager: Ben O’Hale, Senior HMI",
    "Team inspectors: Ada Thorne HMI, Jo-ellen d’Arcy and Cy Lund (seconded inspector)",
    "Inspection date: 3 March 2014 – 4 April 2014 Report published: 9 May 2014",
    "Ada Thorne, Her Majesty’s Inspector of Constabulary",
    "Published: 9 May 2014",
    "Our review of Farwick was carried out under section 7 of the Education and Inspections Act 2006.",
    "The inspection team consisted of five of Her Majesty’s Inspectors from Ofsted.",
    "The inspection was led by one of His Majesty’s Inspectors, with a team of two others.",
    "This letter sets out what we found. The two inspectors were Ada Thorne and Cy Lund, both His "
    "Majesty’s Inspector.",
    "This inspection took place from 3 to 7 May 2023. His Majesty’s Inspectorate of Probation "
    "took part.",
    "Between 3 and 7 May 2017, Ofsted and three other inspectorates undertook a joint inspection of "
    "the multi-agency response to neglect in Farwick.",
    "This paper can be had in other formats, such as large print, on request: please ring us.",
    "To receive apologies for absence.",
    "(a) To receive declarations of personal interests in items of this agenda.",
    "Declarations of interest",
]
SUBSTANCE = [
    FINDING,
    "Enquiries carried out under section 47 are timely and reach the right decision.",
    "Complaints are answered on time and change practice.",
    # Wordings of notices and title pages, in sentences that say something of practice.
    "A review of enquiries carried out under section 47 showed that thresholds are the same.",
    "Views of team managers: supervision takes place every month and is reflective.",
    "Team managers: Oversight is weak.",
    "Published data show that more children are referred again.",
    "In 2019 Her Majesty’s Inspectorate of Probation found that plans were late.",
    "These weaknesses concur with those that His Majesty’s Inspectors saw in Farwick’s police.",
    "Key judgements made by social workers are recorded well.",
    "Judgements about thresholds varied, and few plans made the upgrade that children needed.",
    "Inspection dates were known to staff, who could prepare for them.",
    "Lead inspectors of the audit team meet managers every month.",
    "The Office for Standards in Education came to Farwick in May: waiting lists are long.",
    "The guide comes in many formats, such as large print, but few families in Farwick know of it.",
    "As part of this inspection, inspectors found that plans for six children were out of date.",
    "Inspectors looked closely at the files of the north team and found that visits are late.",
    "Inspectors considered the quality of work in the north team to be better than it was.",
    "Parents say that they ought to receive apologies when a visit is late, and few do.",
    "Members of the board no longer make declarations of interest.",
    "The guide to thresholds is available at www.farwick.example, but few schools have read it.",
    "A review of plans was carried out under section 11 of the Children Act 2004 and found gaps.",
]


@pytest.mark.parametrize("text", BOILERPLATE)
def test_boilerplate_is_marked(text):
    assert assemble_paragraphs([block(text)])[0].boilerplate


@pytest.mark.parametrize("text", SUBSTANCE)
def test_findings_are_not_boilerplate(text):
    assert not assemble_paragraphs([block(text)])[0].boilerplate


def test_section_about_the_inspection_is_boilerplate_but_not_what_is_set_below_it():
    paragraphs = assemble_paragraphs(
        [
            block("Information about this inspection", "heading", level=2),
            block("Six inspectors were in the area for two weeks and read many files."),
            block("Children living in this area", "heading", level=3),
            block("About 9,000 children live in the area, and one in five of them is poor."),
        ]
    )
    assert [p.boilerplate for p in paragraphs] == [True, True, False, False]


NOTICES = [
    "If you have a concern about the inspection, please ring us on 01632 960 111.",
    "You can complain to Ofsted within ten days.",
    "For further information about this report, write to office@farwick.example.",
]


@pytest.mark.parametrize(
    "heading", ["Complaints", "Raising concerns and whistleblowing", "Further information"]
)
def test_under_a_heading_of_notices_only_notices_are_boilerplate(heading):
    """In a council's own report such a section says how it deals with complaints."""
    texts = [*NOTICES, "Fewer families complained, and all had an answer within ten days."]
    paragraphs = assemble_paragraphs(
        [block(heading, "heading", level=2), *(block(text) for text in texts)]
    )
    assert [p.boilerplate for p in paragraphs[1:]] == [True, True, True, False]


BLOCKS = st.builds(
    block,
    st.sampled_from(
        ["Leaders", "We ask for:", FINDING, "Care | Good", "Farwick, FW1 2AB", "Contents"]
    ),
    st.sampled_from(KINDS),
    page=st.integers(1, 3),
    level=st.integers(1, 3),
)


@settings(deadline=None)
@given(st.lists(BLOCKS, max_size=10))
def test_every_block_is_one_paragraph_with_its_text(blocks):
    paragraphs = assemble_paragraphs(blocks)
    assert [(p.position, p.page, p.text) for p in paragraphs] == [
        (n, b.page, b.text) for n, b in enumerate(blocks)
    ]
    for paragraph in paragraphs:
        assert paragraph.kind in KINDS
        assert paragraph.kind == "list_item" or not paragraph.lead_in
        assert paragraph.boilerplate or paragraph.kind not in ("contents", "address")
