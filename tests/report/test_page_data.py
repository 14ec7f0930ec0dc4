from __future__ import annotations

from dataclasses import replace

from runs import THEMES, make_run

from pipeline.report.page_data import data_but_evidence, evidence_rows, untagged_rows


def test_spans_are_counted_as_the_browser_counts():
    run = make_run(1, 1, 2)
    text = "𝒜 first. Then this."
    run = replace(
        run,
        paragraphs=run.paragraphs.assign(text=text),
        tags=run.tags.assign(tagged=True, stance="mixed", carries_from=9, carries_to=19),
    )
    *_, tags = next(evidence_rows(run.sources, str))
    start, end = tags[0][3:5]
    units = text.encode("utf-16-le")
    assert units[2 * start : 2 * end].decode("utf-16-le") == "Then this."


def test_every_paragraph_is_there_once_with_its_document_and_its_themes(tmp_path):
    run = make_run(3, 2, 6)
    data = data_but_evidence(run.sources, tmp_path)
    tagged, untagged = (list(rows(run.sources, str)) for rows in (evidence_rows, untagged_rows))
    said = {}
    for paragraph_id, place, _, heading, _, text, tags in [*tagged, *untagged]:
        own = {data["themes"][tag[0]]["id"] for tag in tags}
        assert paragraph_id not in said
        said[paragraph_id] = (data["documents"][place]["id"], heading, text, own)
    given = run.tags[run.tags["tagged"]].groupby("paragraph_id")["theme"].agg(set)
    assert said == {
        row.paragraph_id: (row.doc_id, row.heading, row.text, given.get(row.paragraph_id, set()))
        for row in run.paragraphs.itertuples()
    }
    assert tagged and untagged and [theme["id"] for theme in data["themes"]] == list(THEMES)
