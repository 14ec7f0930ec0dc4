"""Openings of invented documents of every kind, in the notation of `factories.blocks_of`."""

from __future__ import annotations

import datetime as dt

ILACS = """
# Inspection of Halton local authority children’s services
Inspection dates: 3 to 14 May 2021
Lead inspector: Joe Kent, Her Majesty’s Inspector
| Judgement | Grade
| The impact of leaders on social work | Good
| The experiences and progress of children who need help and protection | Inadequate
| The experiences and progress of children in care and care leavers | Outstanding
| Overall effectiveness | Requires improvement to be good
"""
SIF = """
# Wigan Council
# Services for children in need of help and protection, looked after children and care leavers
# Inspection date: 18 November – 10 December 2014
# Report published: 3 February 2015
# The overall judgement is that children’s services require improvement
| 1. Children who need help and protection | Requires Improvement
| 2. Children looked after and achieving permanence | Good
| 2.1 Adoption performance | Outstanding
| 2.2 Experiences and progress of care leavers | Inadequate
| 3. Leadership, management and governance | Good
# The Local Safeguarding Children Board is good
"""
SLAC = """
# Inspection of safeguarding and looked after children services
# Bury Council
Inspection dates: 28 November – 9 December 2011
Published: 20 January 2012
# Looked after children
| Overall effectiveness | Inadequate Grade 4
| Leadership and management | Adequate Grade 3
"""
CHILD_PROTECTION = """
# Inspection of local authority arrangements for the protection of children
# Bolton Council
Inspection dates: 7 – 16 January 2013
Published: 15 February 2013
| Overall effectiveness | Adequate
| The effectiveness of the help and protection given to children | Good
"""
FOCUSED = """
28 May 2019
@ Ms A Sutton, Director, Devon County Council, Exeter, Devon
Dear Ms Sutton
# Focused visit to Devon children’s services
Our findings come from a visit on 1 and 2 May 2019. Overall effectiveness was good in 2015.
"""
MONITORING = """
10 February 2017
Mr A Field, Director of Children’s Services, Salford City Council
Dear Mr Field
# Monitoring visit to Salford children’s services
You were judged inadequate on 4 June 2015. Inspectors made this visit on 17 and 18 January 2017.
"""
JTAI = """
8 August 2017
Dear local partnership
# Joint targeted area inspection of the response to neglect in Stockport
Between 12 and 16 June 2017 four inspectorates carried out their work side by side.
"""
SEND = """
# Area SEND inspection of Rotherham Local Area Partnership
Inspection dates: 4 to 8 March 2024
Dates of previous inspection: 5 to 9 July 2021
# Inspection outcome
The partnership’s arrangements lead to inconsistent experiences. A full inspection comes later.
"""
LOCAL_SEND = """
24 May 2019
Ms K Ray, Director of Children’s Services, Trafford Council
Dear Ms Ray
# Joint local area SEND inspection in Trafford
Between 4 March 2019 and 8 March 2019, two inspectorates carried out their joint work.
"""
YOUTH_JUSTICE = """
# An inspection of youth justice services in Oldham
Inspection dates: 4 to 8 July 2022
# Overall rating | Good
"""
ASSURANCE = """
12 March 2021
Mr P Low, Director of Children’s Services, Tameside Council
Dear Mr Low
# ILACS assurance visit to Tameside children’s services
Our findings come from a visit from 2 to 5 February 2021.
"""
PEERS = """
15 March 2019
Barnsley Council
Dear Tom
# Corporate peer challenge
The Local Government Association sent us from 5 to 8 February 2019. Overall effectiveness: good
"""
CABINET = """
Derbyshire County Council
# REPORT TO CABINET
14 November 2022
# Outcome of the Ofsted inspection
It took place between 7 and 16 January 2022. The overall judgement is good.
| Overall effectiveness | Good
"""
SCRUTINY = """
City of York Council
# Overview and Scrutiny Committee
Date: 3 March 2020
The overall judgement is good, members heard.
"""
LATE_REVISIT = """
20 January 2023
Dear Ms Ray
# Joint local area SEND revisit in Sefton
Between 28 November and 1 December 2022, two inspectorates carried out their joint work.
"""
DOCUMENTS = {
    "ILACS": (ILACS, "inspection", "ILACS", None, "2021-05-03", "2021-05-14"),
    "SIF": (SIF, "inspection", "SIF", "2015-02-03", "2014-11-18", "2014-12-10"),
    "SLAC": (SLAC, "inspection", "SLAC", "2012-01-20", "2011-11-28", "2011-12-09"),
    "child protection": (
        CHILD_PROTECTION,
        "inspection",
        "child protection 2012",
        "2013-02-15",
        "2013-01-07",
        "2013-01-16",
    ),
    "focused": (FOCUSED, "focused visit", "ILACS", "2019-05-28", "2019-05-01", "2019-05-02"),
    "monitoring": (MONITORING, "monitoring visit", "", "2017-02-10", "2017-01-17", "2017-01-18"),
    "JTAI": (JTAI, "joint targeted inspection", "JTAI", "2017-08-08", "2017-06-12", "2017-06-16"),
    "SEND": (SEND, "area SEND inspection", "Area SEND", None, "2024-03-04", "2024-03-08"),
    "local SEND": (
        LOCAL_SEND,
        "area SEND inspection",
        "Local area SEND",
        "2019-05-24",
        "2019-03-04",
        "2019-03-08",
    ),
    "late revisit": (
        LATE_REVISIT,
        "area SEND inspection",
        "Local area SEND",
        "2023-01-20",
        "2022-11-28",
        "2022-12-01",
    ),
    "youth justice": (
        YOUTH_JUSTICE,
        "youth justice inspection",
        "Youth justice",
        None,
        "2022-07-04",
        "2022-07-08",
    ),
    "assurance": (
        ASSURANCE,
        "assurance visit",
        "ILACS",
        "2021-03-12",
        "2021-02-02",
        "2021-02-05",
    ),
    "peers": (PEERS, "peer review", "LGA peer review", "2019-03-15", None, None),
    "cabinet": (CABINET, "cabinet report", "", "2022-11-14", None, None),
    "scrutiny": (SCRUTINY, "scrutiny report", "", "2020-03-03", None, None),
    "notes": ("# Notes of a walk", "other", "", None, None, None),
}


def day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
