from __future__ import annotations

import base64
import csv
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest
from browser import expect, start_chromium
from pdfminer.high_level import extract_pages
from runs import THEMES, comparison_tables, make_run

from pipeline.base.columns import CORRECTIONS, HALF_COLUMNS
from pipeline.matrix.cells import NOT_ESTABLISHED, count_by_document, sum_by
from pipeline.matrix.changes import balances_of_few
from pipeline.matrix.compare import document_dates
from pipeline.matrix.intervals import read_errors
from pipeline.matrix.kinds import build_kinds
from pipeline.matrix.movements import to_remember
from pipeline.matrix.pairs import compare_authorities
from pipeline.report.html import PAGE, json_in_script, write_report
from pipeline.report.sheets import JUDGEMENTS
from pipeline.running.news import Last, find_news

HOSTILE = '</script><img src=x onerror="window.ran=1"><!--<script>window.ran=2</script>{{data}}\u2028\'"&'


def page_of(run, folder):
    write_report(run.sources, folder / "report.html")
    return (folder / "report.html").read_text(encoding="utf-8")


# --- the file ---------------------------------------------------------------------------------


BANNED = {
    "markup made of text": r"innerHTML|outerHTML|insertAdjacentHTML|document\.write",
    "code made of text": r"eval\(|new Function",
    "an address on the network": r"https?://(?!www\.w3\.org/2000/svg)",
    "another `document` than the browser's": r"(?:const|let|var|[({\[,])\s*document\s*(?:[=,)}\]:]|of\b)",
}


@pytest.mark.parametrize("name", BANNED)
def test_scripts_have_no(name):
    for path in PAGE.glob("*.js"):
        assert not re.search(BANNED[name], path.read_text(encoding="utf-8")), path.name


def test_policy_lets_only_our_scripts_and_style_run(tmp_path):
    page = page_of(make_run(2, 1, 4), tmp_path)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page).group(1)
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy
    for kind, start in {"script": '<script type="module">', "style": "<style>"}.items():
        (text,) = re.findall(f"{start}(.*?)</{kind}>", page, re.S)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert re.search(f"{kind}-src ([^;]*)", policy).group(1) == f"'sha256-{digest}'"


def test_data_cannot_leave_its_element():
    written = json_in_script({"text": HOSTILE})
    assert not set("<>&\u2028") & set(written)
    assert json.loads(written) == {"text": HOSTILE}


def test_same_tables_give_the_same_bytes(tmp_path):
    for name in "ab":
        write_report(make_run(3, 2, 6).sources, tmp_path / f"{name}.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


# --- the page in a browser ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser():
    with start_chromium() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def report_of(tmp_path_factory):
    """The report of a run beside three of its documents, written once for each run."""
    written = {}

    def report_of_(run):
        if id(run) not in written:
            folder = tmp_path_factory.mktemp("report")
            corpus = folder / "the corpus"
            for source_file in run.documents["source_file"].head(3):
                (corpus / source_file).parent.mkdir(parents=True, exist_ok=True)
                (corpus / source_file).write_bytes(b"%PDF-1.4")
            path = folder / "out" / "report.html"
            path.parent.mkdir()
            write_report(replace(run.sources, corpus=corpus), path)
            # With the run itself, so that no other run can get its id.
            written[id(run)] = path, run
        return written[id(run)][0]

    return report_of_


@pytest.fixture
def open_report(browser, report_of):
    """Open the report of a run; whatever goes wrong in the page fails the test."""
    troubles, contexts = [], []

    def open_(run, hash_="", width=1280, height=900):
        report = report_of(run).as_uri()

        def is_ours(url):
            beside = url.startswith("file://") and ".pdf" in url
            return beside or url.startswith((report, "data:", "blob:"))

        context = browser.new_context(
            viewport={"width": width, "height": height}, accept_downloads=True,
            permissions=["clipboard-read", "clipboard-write"],
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        # Ten times what a page takes on a machine with other work to do.
        page.set_default_timeout(300_000)
        page.on(
            "console",
            lambda m: troubles.append(m.text) if m.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda r: troubles.append(r.url) if not is_ours(r.url) else None)
        page.goto(report + hash_)
        page.wait_for_selector("html[data-ready]")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture(scope="module")
def run():
    return make_run()


@pytest.fixture(scope="module")
def tables(run):
    return comparison_tables(run)


def go(page, hash_):
    """A page of the report, freshly drawn."""
    page.evaluate(
        """hash => {
             const before = location.hash;
             location.hash = hash;
             if (location.hash !== before) document.querySelector("h1").dataset.left = "yes";
           }""",
        hash_,
    )
    expect(page.locator("h1[data-left]")).to_have_count(0)


def shown(x):
    """A percentage as the page prints it; the last figure may be rounded either way."""
    return pytest.approx(100 * x, abs=0.0501)


def numbers(text):
    return [
        float(n.replace("−", "-").replace(",", ""))
        for n in re.findall(r"[−-]?\d[\d,]*(?:\.\d+)?", text)
    ]


def read_table(page, selector):
    """Rows of {data-of: text}, with the row's label under '' and its own data-*."""
    return page.eval_on_selector_all(
        f"{selector} tbody tr",
        """rows => rows.map(row => Object.fromEntries([
             ...Object.entries(row.dataset),
             ["", [...row.querySelectorAll('th')].pop().childNodes[0].textContent],
             ...[...row.querySelectorAll('[data-of]')].map(cell => [cell.dataset.of, cell.textContent])]))""",
    )


def check_row(row, record):
    """One row of a share table against one record of `cells` or `slices`."""
    assert numbers(row["share"]) == [shown(record["share"])]
    if record["n_not_validated"] and "share_corrected" in row:
        assert row["share_corrected"] == "not validated"
    elif "share_corrected" in row:
        assert numbers(row["share_corrected"]) == [shown(record["share_corrected"])]
    assert numbers(row["interval"]) == [shown(record["share_low"]), shown(record["share_high"])]
    assert numbers(row["n_tagged"]) == [record["n_tagged"]]
    assert numbers(row["n_paragraphs"]) == [record["n_paragraphs"]]
    assert numbers(row["per_1000_words"]) == [pytest.approx(record["per_1000_words"], abs=0.00501)]


def test_every_number_of_the_matrix_is_in_the_table(open_report, run, tables):
    page = open_report(run)
    cells = tables["cells"].set_index(["authority", "theme"])
    links = page.eval_on_selector_all(
        "a.cell",
        """links => links.map(a => [a.dataset.authority, a.dataset.theme,
             a.getAttribute('aria-label'), a.innerText, a.closest("td").className])""",
    )
    assert {(a, t) for a, t, *_ in links} == set(cells.index)
    for authority, theme, label, text, colour in links:
        cell = cells.loc[(authority, theme)]
        stances = [n for n in cell[["n_strength", "n_concern", "n_mixed", "n_neutral"]] if n]
        expected = [shown(cell["share"]), cell["n_tagged"], cell["n_paragraphs"], 95,
                    shown(cell["share_low"]), shown(cell["share_high"]), *stances]  # fmt: skip
        assert numbers(label) == expected
        assert numbers(text)[:2] == [shown(cell["share"]), cell["n_tagged"]]
        assert (colour == "few") == (cell["n_tagged"] < 5)


def test_download_of_the_matrix_is_the_table(open_report, run, tables):
    page = open_report(run)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    saved = pd.read_csv(download.value.path(), encoding="utf-8-sig")
    cells = tables["cells"]
    pd.testing.assert_frame_equal(
        saved.sort_values(["authority", "theme"], ignore_index=True),
        cells.sort_values(["authority", "theme"], ignore_index=True)[saved.columns],
        check_dtype=False, rtol=1e-12,
    )  # fmt: skip
    assert set(saved.columns) == set(cells.columns)


# What each number of a change shows: columns of the table `changes`.
CHANGE = {
    "earlier_share": ["earlier_share", "earlier_framework_share"],
    "later_share": ["later_share", "later_framework_share"],
    "difference": ["difference"],
    "difference_interval": ["difference_low", "difference_high"],
}
BALANCE_SAID = {
    "up": "towards strengths",
    "down": "towards concerns",
    "no clear change": "no clear change",
    "": "nothing to compare",
}


def test_every_number_of_the_authorities_is_in_the_tables(open_report, run, tables):
    page = open_report(run)
    cells = tables["cells"].set_index(["authority", "theme"])
    standouts = tables["standouts"].set_index(["authority", "theme", "against"])
    changes = tables["changes"].set_index(["earlier_doc_id", "theme"])
    titles = {theme.title: theme.id for theme in THEMES.values()}
    n_changes = 0
    for authority in cells.index.unique("authority"):
        go(page, f"#authority/{authority}")
        rows = read_table(page, "table.shares")
        assert [titles[row[""]] for row in rows] == list(THEMES)
        for row in rows:
            theme = titles[row[""]]
            check_row(row, cells.loc[(authority, theme)])
            if authority == NOT_ESTABLISHED:
                continue
            for against in ("rest", "neighbours"):
                other = standouts.loc[(authority, theme, against)]
                assert numbers(row[against]) == [
                    shown(other["expected_share"]),
                    pytest.approx(other["z"], abs=0.0501),
                ]
                assert (other["stands_out"] or "z") in row[against]
                if against == "rest":
                    assert numbers(row["shrunken_share"]) == [shown(other["shrunken_share"])]
        for row in read_table(page, "table.changes"):
            change = changes.loc[(row["earlier"], row["theme"])]
            assert {name: numbers(row[name]) for name in CHANGE} == {
                name: [shown(change[column]) for column in columns if not pd.isna(change[column])]
                for name, columns in CHANGE.items()
            }
            few = balances_of_few(changes.loc[[(row["earlier"], row["theme"])]]).item()
            said = BALANCE_SAID[change["balance_moved"]]
            told = f"{said} (few)" if few and said.startswith("towards") else said
            interval = row["balance_moved"].removeprefix(told)
            ends = change[["balance_low", "balance_high"]].dropna()
            assert numbers(interval) == [shown(end) for end in ends]
            assert bool(interval) == (said != "nothing to compare")
            n_changes += 1
    assert n_changes == len(changes) > 0


DIFFERENCE = {
    "share": ["difference", "difference_low", "difference_high"],
    "balance": ["balance_difference", "balance_low", "balance_high"],
}


def test_authorities_are_compared_with_the_numbers_of_the_tables(open_report, run, tables):
    page = open_report(run)
    cells = tables["cells"].set_index(["authority", "theme"])
    near = tables["neighbours"].groupby("authority")["neighbour"].agg(list)
    errors = read_errors(run.card)
    for hash_, others in (("Area 000", near["Area 000"]), ("Area 000/Area 003", ["Area 003"])):
        go(page, f"#compare/{hash_}")
        expected = compare_authorities(run.counts, "Area 000", others, run.themes, errors)
        for about, columns in DIFFERENCE.items():
            rows = read_table(page, f"[data-about={about}]")
            results = "result" if about == "share" else "balance_result"
            for row, wanted in zip(rows, expected.to_dict("records"), strict=True):
                there = [shown(wanted[name]) for name in columns if not pd.isna(wanted[name])]
                assert numbers(row[about]) == there
                assert (wanted[results] or "nothing") in row[f"{about}_result"]
    for authority in ("Area 000", "Area 003"):
        for theme in THEMES:
            cell = cells.loc[(authority, theme)]
            place = page.locator(f"[data-theme={theme}] > [data-side='{authority}']")
            value = cell["share"] if cell["n_not_validated"] else cell["share_corrected"]
            assert numbers(place.last.inner_text())[:5] == [
                *map(shown, (value, cell["share_low"], cell["share_high"])),
                cell["n_tagged"], cell["n_paragraphs"],
            ]  # fmt: skip
            if cell["n_strength"] + cell["n_concern"]:
                stances = [cell["n_strength"], cell["n_concern"]]
                assert numbers(place.first.inner_text())[-2:] == stances


def test_from_the_navigation_to_the_sentences_of_both_sides(open_report, run, tables):
    """Which is also how the neighbours of an authority are compared with it on a theme."""
    page = open_report(run)
    page.get_by_role("link", name="Compare", exact=True).click()
    page.locator("select[name=compared]").select_option(label="Area 000")
    expect(page.locator("h1").first).to_have_text(re.compile("neighbours$"))
    assert page.evaluate("document.activeElement.name") == "compared"
    page.locator("[data-about=balance] [data-theme=camhs] button").click()
    assert page.locator(".sides article mark").first.is_visible()
    expect(page).to_have_url(re.compile("#.*//camhs$"))
    sources = page.locator(".sides .source a").all_text_contents()
    near = tables["neighbours"].groupby("authority")["neighbour"].agg(set)["Area 000"]
    assert "Area 000" in sources and set(sources) <= near | {"Area 000"} and len(set(sources)) > 1
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert page.locator(".sides article").first.is_visible()
    counts = tables["cells"].set_index(["authority", "theme"])["n_concern"]
    page.locator("[data-about=balance] [data-theme=camhs] [data-side=Neighbours] a").last.click()
    page.wait_for_selector(".count-line")
    n = int(counts[[(name, "camhs") for name in near]].sum())
    assert (
        numbers(page.locator(".count-line").inner_text())[0]
        == n
        == page.locator("article").count()
    )
    page.go_back()
    page.wait_for_selector(".sides article")
    page.locator("select[name=against]").select_option(label="Area 005")
    expect(page.locator("h1").first).to_have_text("Area 000 and Area 005")
    assert page.evaluate("decodeURIComponent(location.hash)") == "#compare/Area 000/Area 005"


def test_an_authority_begins_with_its_latest_grades_and_neighbours(open_report, run):
    own = run.documents[run.documents["authority"] == "Area 002"]
    dates = document_dates(own[own["document_type"] == "inspection"]).sort_values()
    latest = run.documents.index == dates.index[-1]
    grades = run.documents["overall_effectiveness"].mask(latest, "no longer given")
    leadership = run.documents["leadership"].mask(latest, "good")
    leadership = leadership.mask(run.documents.index == dates.index[-2], "inadequate")
    documents = run.documents.assign(overall_effectiveness=grades, leadership=leadership)
    page = open_report(replace(run, documents=documents), "#authority/Area 002")
    head = page.locator(".grades-now").inner_text()
    assert "no overall grade given" in head
    assert f"good\n▲ up from inadequate ({dates.iloc[-2].year})" in head
    assert page.locator(".stance-times figure").count() == len(THEMES)
    page.locator(".neighbours").get_by_role("link", name="compare with Area 003").click()
    expect(page.locator("h1").first).to_have_text("Area 002 and Area 003")


def test_an_authority_alone_is_compared_with_nobody(open_report):
    alone = make_run(2, 2, 40)
    assert set(alone.documents["authority"]) == {"Area 000", ""}
    page = open_report(alone, "#matrix")
    assert "stands out from the rest: no cell could be compared: that needs" in (
        page.locator(".legend").inner_text()
    )
    go(page, "#authority/Area 000")
    themes = page.locator("section", has=page.get_by_role("heading", name="Themes", exact=True))
    assert "No theme could be compared: that needs other" in themes.inner_text()
    told = themes.locator("td[data-of=neighbours]").all_inner_texts()
    assert set(told) == {"none known with documents"}


def test_an_authority_shows_what_its_latest_inspection_worries_about(open_report, run):
    own = run.documents[run.documents["authority"] == "Area 002"]
    dates = document_dates(own[own["document_type"] == "inspection"]).sort_values()
    latest = own.loc[dates.index[-1], "doc_id"]
    tags = run.tags[run.tags["tagged"] & (run.tags["doc_id"] == latest)]
    page = open_report(run, "#authority/Area 002")
    shown = {
        (row.get_attribute("data-theme"), stance): int(
            row.locator(f"[data-of={stance}]").evaluate("cell => parseInt(cell.innerText)")
        )
        for row in page.locator("table.latest tbody tr").all()
        for stance in ("strength", "concern", "mixed")
    }
    counted = tags.groupby(["theme", "stance"]).size().to_dict()
    assert shown == {key: counted.get(key, 0) for key in shown} and any(shown.values())
    assert len(shown) == 3 * len(THEMES)
    link = page.locator("table.latest td[data-of=strength] a").first
    n = int(link.evaluate("link => parseInt(link.innerText)"))
    link.click()
    page.wait_for_selector("article.evidence")
    assert page.locator("article.evidence").count() == n


def test_progress_is_that_of_the_table(open_report, run, tables):
    page = open_report(run, "#progress")
    progress = tables["progress"]
    pairs = page.locator("table.progress").first.locator("tr[data-earlier]")
    assert pairs.count() == progress["authority"].nunique()
    page.get_by_label("Inspections").select_option("all")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    saved = pd.read_csv(download.value.path(), encoding="utf-8-sig", keep_default_na=False)
    assert len(saved) == progress["later_doc_id"].nunique() == pairs.count()
    for pair, rows in progress.groupby(["authority", "earlier_on", "later_on"]):
        shown_ = saved[
            (saved[["authority", "earlier_on", "later_on"]] == [*map(str, pair)]).all(axis=1)
        ]
        for row in rows.itertuples():
            assert shown_[f"{row.name}_moved"].item() == row.moved, (pair, row.name)


def test_what_moved_can_be_chosen_and_each_number_opens_its_paragraphs(open_report, run):
    own = run.documents[run.documents["authority"] == "Area 002"]
    dates = document_dates(own[own["document_type"] == "inspection"]).sort_values()
    leadership = run.documents["leadership"].mask(run.documents.index == dates.index[-1], "good")
    leadership = leadership.mask(run.documents.index == dates.index[-2], "inadequate")
    documents = run.documents.assign(leadership=leadership)
    page = open_report(replace(run, documents=documents), "#progress")
    page.get_by_label("Show").select_option("up")
    for kind in ("Judgements", "Themes"):
        table = page.locator("section", has=page.get_by_role("heading", name=kind)).locator(
            "table"
        )
        names = table.locator("tbody th").all_inner_texts()
        assert names == ["Area 002"], kind
    table.locator("td.moved a").last.click()
    page.wait_for_selector("article.evidence")
    told = page.locator("article.evidence .source").all_inner_texts()
    assert told and all("Area 002" in one and str(dates.iloc[-1].year) in one for one in told)


def count_behind(page, href):
    go(page, href)
    return int(numbers(page.locator(".count-line").inner_text())[0])


def test_numbers_of_a_report_open_that_report_alone(open_report, run):
    # A visit in the year of the latest whole inspection of Area 002.
    own = run.documents["authority"] == "Area 002"
    visit = own & (run.documents["document_type"] == "focused visit")
    dates = document_dates(run.documents[own & ~visit])
    day = dates.max().date().replace(month=12)
    documents = run.documents.assign(
        published_on=[day if is_visit else on for on, is_visit in
                      zip(run.documents["published_on"], visit, strict=True)]
    )  # fmt: skip
    page = open_report(replace(run, documents=documents), "#progress")
    opened = []
    for hash_, selector in (
        ("#progress", "tr:has-text('Area 002') td.moved a"),
        ("#authority/Area 002", "table.latest td a"),
        ("#authority/Area 002", "[data-of=earlier_stances] a, [data-of=later_stances] a"),
    ):
        go(page, hash_)
        links = page.locator(selector).evaluate_all(
            "links => links.map((a) => [a.firstChild.textContent, a.getAttribute('href')])"
        )
        opened += [(text, count_behind(page, href)) for text, href in links]
        assert links
    assert [n for _, n in opened] == [int(numbers(text)[-1]) for text, _ in opened]


@pytest.mark.parametrize(("by", "columns"), {
    "share": ["n_tagged"], "balance": ["n_strength", "n_concern"]}.items())  # fmt: skip
def test_numbers_of_a_year_open_what_they_count(open_report, run, by, columns):
    page = open_report(run, f"#themes?yearly={by}")
    rows = page.locator("table.by-year tbody tr").evaluate_all(
        "rows => rows.map((row) => [row.cells[0].textContent, row.querySelector('a').getAttribute('href')])"
    )
    counts = run.counts[
        (run.counts["document_type"] == "inspection") & (run.counts["theme"] == "camhs")
    ]
    years = document_dates(counts).dt.year
    assert rows
    for name, href in rows[:6]:
        year, framework = name.split()
        own = counts[(years == int(year)) & (counts["framework"] == framework)]
        assert count_behind(page, href) == own[columns].sum().sum(), name


def test_numbers_of_a_slice_open_what_they_count(open_report, run):
    page = open_report(run, "#theme/camhs?region=London&region=North+West")
    found = page.locator("[data-slice] tbody tr").evaluate_all(
        """rows => rows.map((row) => {
             const cell = row.querySelector("[data-of=n_tagged]");
             return [row.cells[0].innerText, cell.firstChild.textContent, cell.querySelector("a")?.getAttribute("href")];
           })"""
    )
    assert len(found) > 15
    for value, tagged, href in found:
        if href:
            assert count_behind(page, href) == int(tagged), value
    assert [value for value, tagged, href in found if not href and tagged != "0"] == [
        "(not stated)"
    ]


def test_every_number_of_the_themes_is_in_the_tables(open_report, run, tables):
    page = open_report(run)
    slices = tables["slices"].set_index(["slice", "value", "theme"])
    cells = tables["cells"].set_index(["authority", "theme"])
    seen = 0
    for theme in THEMES:
        go(page, f"#theme/{theme}")
        for name in slices.index.unique("slice"):
            for row in read_table(page, f"[data-slice={name}] table"):
                value = "" if row[""] == "(not stated)" else row[""]
                check_row(row, slices.loc[(name, value, theme)])
                seen += 1
        for row in read_table(page, "section:last-child table.shares"):
            check_row(row, cells.loc[(row[""], theme)])
    assert seen == len(slices)


def test_methods_name_what_was_skipped_and_how_often_tags_err(open_report, run):
    page = open_report(run, "#methods")
    text = page.locator("main").inner_text()
    assert "broken.pdf" in text and "The file is a web page." in text
    for theme, score in run.card["scores"]["at_random"]["themes"].items():
        row = page.locator(f"table.scores tr[data-theme={theme}]").inner_text()
        assert f"{score['precision']:.0%}".rstrip("%") in row
        assert f"{score['recall']:.0%}".rstrip("%") in row
    for kind, said in {
        "inspection": "1,000 paragraphs of 20 documents",
        "focused visit": "not validated for this kind",
    }.items():
        assert said in page.locator(f"table.kinds tr[data-kind='{kind}']").inner_text()
    uncorrected = "chance only, not for the classifier's errors"
    assert uncorrected not in text
    page = open_report(make_run(2, 1, 5, card={}), "#methods")
    assert uncorrected in page.locator("main").inner_text()


FILTERS = {
    "one framework": {"framework": ["ILACS"]},
    "some years and a grade": {"since": "2014", "to": "2018", "overall_effectiveness": ["good"]},
    "a type": {"document_type": ["focused visit"]},
    "a region": {"region": ["London"]},
    "what is not stated": {"overall_effectiveness": ["(not stated)"]},
}


@pytest.mark.parametrize("name", FILTERS)
def test_filtered_shares_are_those_of_the_filtered_documents(open_report, run, name):
    page = open_report(run)
    counts = run.counts.assign(year=document_dates(run.counts).dt.strftime("%Y").fillna(""))
    for key, values in FILTERS[name].items():
        if key in ("since", "to"):
            page.locator("details[data-filter=year]:not([open]) summary").click()
            page.locator(f"select[name={key}]").select_option(values)
            counts = counts[(counts["year"] != "") & (
                counts["year"].ge(values) if key == "since" else counts["year"].le(values))]  # fmt: skip
            page.locator("details[data-filter=year] summary").click()
            continue
        page.locator(f"details[data-filter={key}] summary").click()
        for value in values:
            page.locator(f"details[data-filter={key}]").get_by_role("checkbox", name=value).check()
        counts = counts[counts[key].isin([v.replace("(not stated)", "") for v in values])]
    assert f"of {len(run.documents)} documents." in page.locator("#filtered").inner_text()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    saved = pd.read_csv(download.value.path(), encoding="utf-8-sig")
    expected = sum_by(counts, "authority", read_errors(run.card))
    pd.testing.assert_frame_equal(
        saved.sort_values(["authority", "theme"], ignore_index=True),
        expected.sort_values(["authority", "theme"], ignore_index=True)[saved.columns],
        check_dtype=False, rtol=1e-12,
    )  # fmt: skip
    page.get_by_role("button", name="Clear filters").click()
    assert page.locator("a.cell").count() == len(run.cells)


def test_a_stance_counts_only_its_paragraphs(open_report, run):
    page = open_report(run)
    page.locator("details[data-filter=stance] summary").click()
    page.get_by_role("checkbox", name="concern", exact=True).check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    saved = pd.read_csv(download.value.path(), encoding="utf-8-sig").set_index(
        ["authority", "theme"]
    )
    cells = run.cells.set_index(["authority", "theme"])
    assert (saved["n_tagged"] == cells["n_concern"].reindex(saved.index)).all()
    assert saved["share_corrected"].isna().all()
    assert "intervals allow for chance only" in page.locator("#filtered").inner_text()


@pytest.mark.parametrize(
    "hash_",
    [
        "matrix?show=concern&",
        "matrix?show=any_concern&",
        "map/camhs?show=concern&",
        "themes?yearly=balance&",
        "theme/camhs?",
        "progress?",
        "authority/Area 002?",
        "compare/Area 000/Area 003/camhs?",
    ],
)
def test_with_a_stance_chosen_no_balance_is_shown(open_report, run, hash_):
    page = open_report(run, f"#{hash_}stance=concern")
    text = page.locator("main").inner_text()
    assert "With a stance selected the others are not counted" in text
    assert not re.search(r"\b0 of \d|(towards|more) (strengths|concerns)|0 strengths", text)
    assert page.locator("[aria-label*='Strengths among'], [data-about=balance]").count() == 0
    assert page.locator("a.cell").count() == 0
    go(page, f"#{hash_}")
    assert "With a stance selected" not in page.locator("main").inner_text()


def test_what_is_chosen_survives_reload_and_back(open_report, run):
    page = open_report(run)
    page.locator("details[data-filter=framework] summary").click()
    page.get_by_role("checkbox", name="ILACS").check()
    page.locator("select[name=show]").select_option("concern")
    page.locator("select[name=sort]").select_option("camhs")
    state = """[...document.querySelectorAll("#filters input:checked, .tools select")].map((f) => f.value)
        .concat([...document.querySelectorAll("a.cell")].map((a) => `${a.dataset.authority} ${a.innerText}`))"""
    before = page.evaluate(state)
    assert before[:3] == ["ILACS", "concern", "camhs"]
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert page.evaluate(state) == before
    page.locator("a.cell").first.click()
    page.get_by_label("Search the paragraphs").fill("ferry")
    page.wait_for_url(re.compile("search=ferry"))
    sent = page.url
    page.go_back()
    page.wait_for_selector("table.matrix")
    assert page.evaluate(state) == before
    other = open_report(run, "#" + sent.split("#")[1])
    assert other.get_by_label("Search the paragraphs").input_value() == "ferry"
    assert other.locator("#filtered").inner_text().endswith("Framework: ILACS.")


def test_a_table_says_that_it_goes_on_sideways(open_report, run):
    for width, says in {1400: False, 390: True}.items():
        page = open_report(run, "#theme/camhs", width=width)
        page.wait_for_timeout(200)
        assert page.locator(".sideways").first.is_visible() == says
    tops = page.locator("table.shares .whisker .tick").evaluate_all(
        "ticks => ticks.map((t) => [t.style.left, t.closest('tr').querySelector('[data-of=share]').innerText])"
    )
    # On one scale the place of the tick goes with the share, whatever the table.
    ratios = [
        float(left[:-1]) / float(share[:-1])
        for left, share in tops
        if float(share[:-1]) > 5 and float(left[:-1]) < 100
    ]
    assert len(ratios) > 10 and max(ratios) == pytest.approx(min(ratios), rel=0.02)


def test_a_cell_opens_its_paragraphs_and_their_pages(open_report, run):
    page = open_report(run)
    page.locator("a.cell[data-authority='Area 000'][data-theme=camhs]").click()
    page.wait_for_selector("article.evidence")
    tags = run.tags[run.tags["tagged"] & (run.tags["theme"] == "camhs")]
    own = run.documents[run.documents["authority"] == "Area 000"]["doc_id"]
    tags = tags[tags["doc_id"].isin(own)].sort_values(
        "probability", ascending=False, kind="stable"
    )
    assert numbers(page.locator(".count-line").inner_text())[0] == len(tags)
    page.get_by_label("Sort").select_option(label="most likely first")
    if len(tags) > 20:
        page.get_by_role("button", name="Show more").click()
    articles = page.locator("article.evidence")
    shown_ids = articles.evaluate_all("cards => cards.map(card => card.dataset.id)")
    assert shown_ids == tags["paragraph_id"].tolist()[:40]
    assert "order=likely" in page.url
    assert page.locator(".count-line").inner_text().endswith("about the theme first")
    first = tags.iloc[0]
    paragraph = run.paragraphs.set_index("paragraph_id").loc[first["paragraph_id"]]
    article = articles.first
    assert article.locator(".quotation").inner_text() == paragraph["text"]
    assert article.locator("mark").all_inner_texts() == [
        paragraph["text"][first["carries_from"] : first["carries_to"]]
    ]
    assert article.locator(".heading").inner_text() == paragraph["heading"]
    assert f"page {paragraph['page']}" in article.locator(".source").inner_text()
    link = article.get_by_role("link", name="Open page")
    assert link.get_attribute("href").endswith(f".pdf#page={paragraph['page']}")
    target = link.evaluate("a => a.href")
    assert unquote(target.split("#")[0]).endswith(f"the corpus/{paragraph['source_file']}")
    with page.context.expect_page() as opened:
        link.click()
    opened.value.wait_for_url(target)
    assert Path(unquote(target.removeprefix("file://").split("#")[0])).read_bytes()[:5] == b"%PDF-"


NEWEST, LIKELY = "newest document first", "those most likely to be about"
ORDERED = {
    "#evidence/Area 000/camhs": NEWEST,
    "#evidence/Area 000/camhs/neighbours": NEWEST,
    "#evidence/Area 000/": NEWEST,
    "#evidence//": NEWEST,
    "#evidence//camhs": LIKELY,
    "#evidence//camhs?order=newest": NEWEST,
    "#evidence//camhs?order=toString": LIKELY,
    "#evidence/Area 000/?order=likely": LIKELY,
}


@pytest.mark.parametrize("hash_", ORDERED)
def test_evidence_is_in_the_order_that_it_says(open_report, run, hash_):
    page = open_report(run, hash_)
    assert ORDERED[hash_] in page.locator(".count-line").inner_text()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    saved = pd.read_csv(download.value.path(), encoding="utf-8-sig")
    shown_ids = page.locator("article.evidence").evaluate_all(
        "cards => cards.map(card => card.dataset.id)"
    )
    assert shown_ids == saved["paragraph_id"].drop_duplicates().tolist()[:20]
    own = run.documents.set_index("source_file")
    days = document_dates(own)[saved["source_file"]]
    surest = saved.groupby("paragraph_id")["probability"].max()[saved["paragraph_id"]]
    likely = ORDERED[hash_] == LIKELY
    assert surest.is_monotonic_decreasing == likely
    assert days.fillna(pd.Timestamp("1900")).is_monotonic_decreasing != likely


def test_search_finds_every_word_and_quoted_phrases(open_report, run):
    page = open_report(run, "#evidence//")
    tagged = set(run.tags.loc[run.tags["tagged"], "paragraph_id"])
    texts = run.paragraphs["text"].str.lower()

    def found(query):
        page.get_by_label("Search the paragraphs").fill(query)
        page.wait_for_timeout(300)
        page.wait_for_selector(".count-line:not(:has-text('…'))")
        return int(numbers(page.locator(".count-line").inner_text())[0])

    assert (
        found("FERRY clinic") == (texts.str.contains("ferry") & texts.str.contains("clinic")).sum()
    )
    assert page.locator("article b.hit").first.inner_text().lower() in ("ferry", "clinic")
    assert (
        found('"saw each worker every 7 weeks"')
        == texts.str.contains("saw each worker every 7 weeks").sum()
    )
    # Few letters are found wherever they are, but marked only where they are a word.
    assert found("er") == texts.str.contains("er").sum() > 0
    assert page.locator("article b.hit").count() == 0
    assert found("<b>") == 0
    said = page.locator("#searched").inner_text()
    assert numbers(said) == [len(texts), len(tagged)]
    assert "counted paragraphs shown" in said and "standard wording, which are not counted" in said
    assert found("") == len(tagged) < len(texts)
    assert page.locator("article").count() == 20
    page.get_by_role("button", name="Show more").click()
    assert page.locator("article").count() == 40
    assert page.evaluate("document.activeElement.tagName") == "ARTICLE"


def test_what_is_typed_is_marked_as_it_is_printed(open_report):
    run = make_run(2, 1, 6)
    text = "The keeper’s log‑book of tides and of rain is kept."
    run = replace(run, paragraphs=run.paragraphs.assign(text=text))
    page = open_report(run, "#evidence//?search=KEEPER's+%22log-book+of%22")
    hits = page.locator("article").first.locator("b.hit")
    assert hits.all_inner_texts() == ["keeper’s", "log‑book of"]


def test_a_quotation_is_copied_with_its_citation(open_report, run):
    page = open_report(run, "#evidence/Area 000/camhs")
    article = page.locator("article.evidence").first
    article.get_by_role("button", name="Copy with citation").click()
    expect(page.locator("#said")).to_contain_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    text = article.locator(".quotation").inner_text()
    assert copied.startswith(f"“{text}” (Area 000, ")
    assert re.search(
        r"\((SIF|ILACS)\), published \d+ \w+ 20\d\d, page \d+, report #\d\.pdf\)$", copied
    )


@pytest.fixture(scope="module")
def hostile_run(run):
    """The same run with text in it that tries to run, in every column that is shown."""
    documents = run.documents.assign(
        source_file=["=" + HOSTILE + f"{n}.pdf" for n in range(len(run.documents))],
        authority="=1+1" + HOSTILE, region=HOSTILE, document_type=HOSTILE, framework=HOSTILE,
        overall_effectiveness=HOSTILE,
    )  # fmt: skip
    shown_ = [
        "authority",
        "region",
        "document_type",
        "framework",
        "topic",
        "overall_effectiveness",
        "source_file",
    ]
    counts = run.counts.drop(columns=shown_).merge(documents[["doc_id", *shown_]], on="doc_id")
    return replace(
        run,
        documents=documents,
        counts=counts,
        cells=sum_by(counts, "authority", read_errors(run.card)),
        paragraphs=run.paragraphs.assign(text="=2+2 " + HOSTILE, heading=HOSTILE, lead_in=HOSTILE),
        tags=run.tags.assign(carries_from=3, carries_to=12, **dict.fromkeys(HALF_COLUMNS)),
        failures=pd.DataFrame(
            {"source_file": [HOSTILE], "reason": [HOSTILE], "what_to_do": [HOSTILE]}
        ),
        neighbours=run.neighbours.head(0),
        kinds=build_kinds(documents, run.card),
    )


# --- the plain matrix and corrections --------------------------------------------------------------


@pytest.fixture(scope="module")
def coded_run():
    """Twenty authorities, with a code of a reader's beside what the model says."""
    run = make_run(20, 1, 12)
    tag = run.tags[run.tags["tagged"] & (run.tags["stance"] == "mixed")].iloc[[0]]
    corrections = tag.assign(code="no", model_says="mixed", coder=HOSTILE, coded_on="2026-11-28")

    class Coded:
        tags, cells = run.tags, run.cells
        documents = run.documents
        sources = replace(run.sources, corrections=corrections[CORRECTIONS])

    return Coded


def test_the_plain_matrix_has_one_number_and_prints_on_one_page(open_report, coded_run, tmp_path):
    page = open_report(coded_run, "#matrix?detail=plain", width=1400)
    cells = coded_run.cells.set_index(["authority", "theme"])
    seen = page.eval_on_selector_all(
        "a.cell", "links => links.map(a => [a.dataset.authority, a.dataset.theme, a.innerText])"
    )
    assert len(seen) == len(cells) == 60
    for authority, theme, text in seen:
        assert numbers(text) == [pytest.approx(100 * cells["share"][authority, theme], abs=0.501)]
    assert page.locator(".matrix .whisker, .matrix .stances").count() == 0
    page.pdf(path=tmp_path / "plain.pdf", prefer_css_page_size=True)
    (sheet,) = extract_pages(tmp_path / "plain.pdf")
    assert sheet.width > sheet.height
    page.locator("select[name=detail]").select_option("full")
    assert "detail" not in page.url and page.locator(".matrix .whisker").count() == 60


def test_a_correction_is_kept_downloaded_and_taken_back(open_report, coded_run):
    page = open_report(coded_run, "#evidence/Area 000/?stance=mixed")
    coded = page.locator(".coded").inner_text()
    assert coded.startswith("Coded by </script><img") and coded.endswith("what the model says.")
    assert "not about this; the model says mixed" in coded
    # No other code of this paragraph than that of the card.
    card = page.locator("article.evidence").nth(1)
    paragraph_id = card.get_attribute("data-id")
    page.locator(f"article[data-id='{paragraph_id}'] .correct").click()
    card.locator("form select").first.select_option("no")
    card.get_by_label("Your name").fill("J. Smith")
    card.get_by_role("button", name="Keep the correction").click()
    said = "Corrected by J. Smith (not yet in the numbers): "
    assert card.locator(".corrected").inner_text().startswith(said)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert asked == ["beforeunload"]
    assert card.locator(".corrected").inner_text().startswith(said)
    page.get_by_role("link", name="Corrections (1)").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the codes file").click()
    assert download.value.suggested_filename == "corrections-j-smith.jsonl"
    (line,) = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["paragraph_id"] == paragraph_id
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert asked == ["beforeunload"]
    page.get_by_role("button", name="Undo").click()
    assert page.locator("article").count() == 0
    assert "</script><img" in page.locator("table").inner_text()
    assert page.evaluate("[window.ran, document.images.length]") == [None, 0]


def test_what_is_shown_of_a_theme_can_be_downloaded(open_report, run, tables):
    page = open_report(run, "#theme/camhs")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV (By framework)").click()
    assert download.value.suggested_filename == "by-framework.csv"
    saved = pd.read_csv(download.value.path(), encoding="utf-8-sig").set_index("framework")
    slices = tables["slices"]
    expected = slices[(slices["slice"] == "framework") & (slices["theme"] == "camhs")].set_index(
        "value"
    )
    for column in saved.columns:
        wanted = expected.loc[saved.index, column].tolist()
        assert saved[column].tolist() == pytest.approx(wanted, nan_ok=True)


def test_hostile_text_is_only_text(open_report, hostile_run):
    page = open_report(hostile_run, "#matrix")
    for hash_ in ("#matrix", "#authorities", "#themes", "#theme/camhs", "#methods", "#evidence//"):
        go(page, hash_)
        assert page.evaluate("[window.ran, document.images.length, document.scripts.length]") == [
            None,
            0,
            2,
        ]
    assert page.locator(".quotation").first.inner_text().startswith("=2+2 </script><img src=x")
    assert page.locator("article mark").first.text_content() == ("=2+2 " + HOSTILE)[3:12]
    page.locator("article a").first.click()
    assert "onerror" in page.locator("h1").inner_text()
    assert page.evaluate("window.ran") is None


def test_downloads_run_nothing_in_a_spreadsheet(open_report, hostile_run):
    page = open_report(hostile_run, "#evidence//")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 1 + hostile_run.tags["tagged"].sum()
    header = rows[0]
    row = dict(zip(header, rows[1], strict=True))
    assert row["text"] == "'=2+2 " + HOSTILE and row["authority"].startswith("'=1+1")
    assert not any(field.startswith(("=", "+", "-", "@")) for row in rows for field in row)


PAGES = (
    "#matrix",
    "#map/camhs",
    "#authorities",
    "#authority/Area 000",
    "#compare/Area 000//camhs",
    "#themes",
    "#theme/camhs",
    "#evidence/Area 000/camhs",
    "#methods",
    "#corrections",
    "#matrix?detail=plain",
    "#progress",
)


AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


def barriers(page):
    """What axe finds on the page as it stands."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed"
    )
    # The policy of the page keeps axe out as it would anything; the browser lets it in from outside.
    page.evaluate(axe.Axe().axe_script)
    n_passes, found = page.evaluate(
        """options => axe.run(options).then(({ passes, violations }) => [
             passes.length,
             violations.map(v => `${v.help}: ${v.nodes.map(n => n.html).join(", ")}`)])""",
        AXE,
    )
    assert n_passes > 10
    return found


@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_no_barrier(open_report, run, width):
    page = open_report(run, width=width)
    for hash_ in PAGES:
        go(page, hash_)
        if hash_ == "#matrix":
            page.locator("details[data-filter=year] summary").click()
        if hash_.startswith("#evidence"):
            page.locator(".correct").first.click()
        assert barriers(page) == [], hash_


@pytest.mark.parametrize("width", [320, 390])
def test_nothing_scrolls_sideways_on_a_phone(open_report, run, width):
    page = open_report(run, width=width, height=700)
    for hash_ in PAGES:
        go(page, hash_)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, hash_


def test_no_word_of_a_button_is_broken_on_a_phone(open_report, run):
    page = open_report(run, "#evidence/Area 000/camhs", width=400)
    lines = page.locator(".actions > *").evaluate_all(
        """buttons => buttons.map((one) => {
             const range = document.createRange();
             range.selectNode(one.firstChild);
             return range.getClientRects().length;
           })"""
    )
    assert set(lines) == {1}
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_from_the_filters_to_a_paragraph_by_keyboard(open_report, run):
    page = open_report(run)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.locator("details[data-filter=framework] summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.locator("#filtered").inner_text().startswith("Showing ")
    page.keyboard.press("Escape")
    assert page.locator("details[open]").count() == 0
    page.keyboard.press("Enter")
    assert page.locator("details[open]").count() == 1
    page.keyboard.press("Shift+Tab")
    assert page.locator("details[open]").count() == 0
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('cell')"):
            break
    before = page.evaluate(
        "[document.activeElement.dataset.authority, document.activeElement.dataset.theme]"
    )
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    after = page.evaluate(
        "[document.activeElement.dataset.authority, document.activeElement.dataset.theme]"
    )
    assert before[0] != after[0] and before[1] != after[1]
    page.keyboard.press("Enter")
    page.wait_for_selector(".count-line")
    assert page.evaluate("document.activeElement.tagName") == "H1"
    assert after[0] in page.locator("h1").inner_text()
    page.go_back()
    page.wait_for_selector("table.matrix")
    back = "[document.activeElement.dataset.authority, document.activeElement.dataset.theme]"
    assert page.evaluate(back) == after


def test_the_pictures_lead_to_the_paragraphs_by_keyboard(open_report, run):
    page = open_report(run, "#map/camhs?show=concern")
    focused = "document.activeElement.getAttribute('aria-label')"
    squares = page.eval_on_selector_all(".tiles a", "links => links.map(a => a.dataset.authority)")
    assert squares == ["Area 000", "Area 003", "Area 001"]
    # A square has the colour of the cell.
    of_class = (
        "places => places.map(place => place.className.replace('tile ', '').trim().split(' ')[0])"
    )
    colours = page.eval_on_selector_all(".tiles li:has(a)", of_class)
    beside = page.locator(".off-map a:not(.cell)").all_inner_texts()
    assert len(beside) == run.documents["authority"].nunique() - 3 and NOT_ESTABLISHED in beside
    page.locator(".tiles a[tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused).startswith("Area 003: Mental health, concern among tagged ")
    page.keyboard.press("Enter")
    page.wait_for_selector(".count-line")
    assert page.locator("h1").inner_text() == "Evidence – Area 003 – Mental health"
    page.go_back()
    page.wait_for_selector(".tiles")
    assert page.evaluate(focused).startswith("Area 003: ")
    go(page, "#matrix?show=concern")
    cells = [
        page.locator(f"a.cell[data-theme=camhs][data-authority='{name}']") for name in squares
    ]
    assert [cell.locator("xpath=..").get_attribute("class") for cell in cells] == colours
    go(page, "#theme/camhs")
    assert page.locator(".funnel a").count() == run.documents["authority"].nunique() - 1
    page.locator(".funnel a[tabindex='0']").focus()
    before = page.evaluate(focused)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    name = page.evaluate(focused).split(":")[0]
    assert before and name.startswith("Area ")
    page.keyboard.press("Enter")
    page.wait_for_selector(".count-line")
    assert page.locator("h1").inner_text() == f"Evidence – {name} – Mental health"


# A page, the lists to open on it, and a link on it, which may be one of several to the same page.
LEFT = {
    "#evidence//": ("", "article:nth-of-type(3) .source a"),
    "#authority/Area 000": ("details.strongest:not([open]) > summary", "details.strongest p a"),
    "#authority/Area 001": ("", ".neighbours a"),
    "#progress": ("", "table.progress td a"),
    "#compare/Area 000": ("details.pair-theme:nth-of-type(2) > summary", ".sides [open] p a"),
    "#theme/camhs": ("", ".funnel a[tabindex='-1']"),
    "#matrix": ("", ".lead a"),
}


@pytest.mark.parametrize("hash_", LEFT)
def test_back_leads_to_the_link_that_was_opened(open_report, run, hash_):
    page = open_report(run, hash_)
    if hash_ == "#matrix":
        page.locator("select[name=show]").select_option("concern")
    closed, link = LEFT[hash_]
    for summary in reversed(page.locator(closed).all() if closed else []):
        summary.click()
    where = """() => {
        const link = document.activeElement;
        const same = [...document.querySelectorAll("#main a")].filter((one) => one.textContent === link.textContent);
        return [link.tagName.toLowerCase(), link.getAttribute("href"), same.indexOf(link)];
    }"""
    page.locator(link).last.focus()
    before, title = page.evaluate(where), page.title()
    assert before[0] == "a" and before[1].startswith("#")
    page.keyboard.press("Enter")
    expect(page).not_to_have_title(title)
    page.go_back()
    expect(page).to_have_title(title)
    after = page.evaluate(where)
    assert after[0] == "a" and after[2] == before[2]
    assert after[1].split("?")[0] == before[1].split("?")[0]


@pytest.mark.parametrize(
    ("hash_", "link"),
    [("#matrix", "a.cell[tabindex='0']"), ("#map/camhs", ".tiles a[tabindex='0']")],
)
def test_keys_of_the_browser_stay_its_own(open_report, run, hash_, link):
    page = open_report(run, hash_)
    taken = page.evaluate(
        """link => {
             const start = document.querySelector(link);
             start.focus();
             const press = (key, held) => {
               const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, [held]: true });
               document.activeElement.dispatchEvent(event);
               return event.defaultPrevented;
             };
             const held = ["altKey", "ctrlKey", "metaKey"].flatMap((name) =>
               ["ArrowLeft", "ArrowDown", "Home"].map((key) => press(key, name)));
             return [held, document.activeElement === start, press("ArrowDown", "none")];
           }""",
        link,
    )
    assert taken == [[False] * 9, True, True]


def test_a_list_keeps_the_keyboard_when_something_is_chosen(open_report, run):
    page = open_report(run, "#evidence/Area 000/camhs")
    page.locator("select[name=theme]").select_option(label="Supervision")
    expect(page.locator("h1").first).to_have_text(re.compile("Supervision$"))
    assert page.evaluate("document.activeElement.name") == "theme"
    assert page.locator("select[name=authority] option:checked").inner_text() == "Area 000"


def test_print_leaves_out_what_only_a_screen_can_do(open_report, run):
    page = open_report(run, "#evidence/Area 000/camhs")
    page.emulate_media(media="print")
    for selector in ("nav", "#filters", ".tools", ".copy", ".page-link"):
        assert not page.locator(selector).first.is_visible(), selector
    assert page.locator(".quotation").first.is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF-")


def test_print_says_what_was_chosen(open_report, run):
    page = open_report(run, "#map/early_help")
    page.emulate_media(media="print")
    assert page.locator("h1").inner_text() == "Map of England: Early help"
    go(page, "#evidence//?search=ferry+%22Duty+team%22")
    found = page.locator(".count-line")
    expect(found).to_contain_text(" documents with “ferry” and “duty team”")
    go(page, "#progress?pairs=all&moved=down")
    said = page.locator("main p:visible").all_inner_texts()[1]
    assert said.startswith("All, each with the one before. Of ")
    assert said.endswith(" Shown: where a judgement went down.")
    go(page, "#progress")
    said = page.locator("main p:visible").all_inner_texts()[1]
    assert said.startswith("The latest two of each authority. Of ") and "Shown" not in said


def test_progress_fits_on_a_sheet(open_report, run):
    grades = dict.fromkeys(JUDGEMENTS, "requires improvement")
    documents = run.documents.assign(**grades)
    # A4 in portrait without its margins, in pixels.
    page = open_report(replace(run, documents=documents), "#progress", width=703)
    page.emulate_media(media="print")
    places = page.locator(".scrolling:has(table.progress)")
    assert places.count() == 2
    assert places.first.locator("thead th").count() == 2 + len(JUDGEMENTS)
    widths = places.evaluate_all("places => places.map((p) => p.scrollWidth - p.clientWidth)")
    assert widths == [0, 0]


def test_print_has_the_sentences_of_both_sides(open_report, run):
    page = open_report(run, "#compare/Area 000/Area 003")
    assert page.locator(".sides").count() == 0
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details.pair-theme[open] > .sides").count() == len(THEMES)
    page.wait_for_timeout(200)
    # It was no reader who opened them.
    assert page.evaluate("decodeURIComponent(location.hash)") == "#compare/Area 000/Area 003"
    assert page.locator(".sides .quotation").first.is_visible()
    assert page.locator("details:not([open])").count() == page.locator("#filters details").count()


def test_of_ten_thousand_paragraphs_only_a_page_is_drawn(open_report):
    run = make_run(50, 2, 100)
    tags = run.tags.assign(tagged=True, stance="concern")
    counts = count_by_document(tags, run.documents)
    cells = sum_by(counts, "authority", read_errors(run.card))
    run = replace(run, tags=tags, counts=counts, cells=cells)
    page = open_report(run)
    assert page.locator("#summary").inner_text().endswith("10,000 paragraphs, 10,000 tagged")
    assert page.locator("article").count() == 0
    go(page, "#evidence//")
    assert page.locator("article").count() == 20
    # Every card that is put into the page from here on, even if it is taken out again.
    page.evaluate(
        """() => {
             window.drawn = 0;
             new MutationObserver(changes => {
               for (const { addedNodes } of changes)
                 for (const node of addedNodes)
                   if (node.querySelectorAll) window.drawn += node.matches("article") + node.querySelectorAll("article").length;
             }).observe(document.body, { childList: true, subtree: true });
           }"""
    )
    page.locator("details[data-filter=framework] summary").click()
    page.get_by_role("checkbox", name="ILACS").check()
    ilacs = run.documents[run.documents["framework"] == "ILACS"]
    found = numbers(page.locator(".count-line").inner_text())[0]
    assert found == ilacs["n_paragraphs"].sum() > 1000
    assert page.evaluate("window.drawn") == 20
    page.get_by_label("Search the paragraphs").fill("ferry")
    page.wait_for_selector("article b.hit")
    assert page.evaluate("window.drawn") == 40
    assert numbers(page.locator(".count-line").inner_text())[0] < found
    page.get_by_role("button", name="Show more").click()
    assert page.evaluate("window.drawn") == 60
    assert page.locator("article").count() == 40
    assert page.evaluate("document.querySelectorAll('*').length") < 2000


# --- a report in parts ----------------------------------------------------------------------------

SHOWN = """() => [...document.querySelectorAll("article.evidence")].map(card =>
    card.dataset.id + card.querySelector(".quotation").innerHTML + card.querySelector(".tags").innerText)"""
ADDRESSES = (
    "#evidence/Area%20002/early_help",
    "#evidence//camhs?stance=any+concern",
    "#evidence//?framework=ILACS",
    "#evidence//?search=ferry",
    "#evidence/Area%20003/?search=ERRY+%222+calls%22",
    "#evidence//supervision?search=%22the+ferry+qu%22&since=2016",
    "#evidence//?search=%224+calls+from%22",
    "#evidence//?search=%22s+famil%22+arly",
    "#evidence//?search=-early",
    "#evidence//?search=.",
    "#evidence//?search=nowhere",
    "#theme/camhs?region=London",
    "#authority/Area%20001",
)


@pytest.fixture(scope="module")
def in_parts(run, tmp_path_factory):
    """A report in many small parts."""
    path = tmp_path_factory.mktemp("parts") / "report.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.report.parts.TEXTS_AT_ONCE", 5_000)
        patch.setattr("pipeline.report.parts.PLACES_AT_ONCE", 400)
        write_report(run.sources, path, in_one_file=1)
    return path


def test_a_report_in_parts_shows_what_one_file_shows(open_report, run, browser, in_parts):
    one, many = open_report(run), browser.new_page()
    troubles = []
    many.on("console", lambda m: troubles.append(m.text) if m.type != "log" else None)
    many.on("pageerror", lambda error: troubles.append(str(error)))
    for hash_ in ADDRESSES:
        go(one, hash_)
        one.wait_for_selector(".count-line:not(:text('Searching')), h2")
        # Opened anew, so that each loads what it needs.
        many.goto("about:blank")
        many.goto(in_parts.as_uri() + hash_)
        many.wait_for_selector("html[data-ready]", state="attached")
        many.wait_for_selector(".count-line:not(:text('Searching')), h2")
        many.wait_for_selector(".loading", state="detached")
        assert many.evaluate(SHOWN) == one.evaluate(SHOWN), hash_
        for part in ("h1", "#summary", ".count-line", "#searched"):
            texts = [page.locator(part).all_inner_texts() for page in (one, many)]
            assert texts[0] == texts[1], hash_
    go(many, "#evidence//camhs")
    go(one, "#evidence//camhs")
    rows = []
    for page in (one, many):
        page.get_by_role("button", name="Show more").click()
        expect(page.locator("article")).to_have_count(40)
        with page.expect_download() as download:
            page.get_by_role("button", name="Download as CSV").click()
        rows.append(Path(download.value.path()).read_bytes())
    assert many.evaluate(SHOWN) == one.evaluate(SHOWN)
    assert rows[0] == rows[1]
    many.close()
    assert troubles == []


def test_a_missing_part_is_named_and_the_numbers_stay(browser, in_parts, tmp_path):
    path = tmp_path / "report.html"
    path.write_bytes(in_parts.read_bytes())
    page = browser.new_page()
    page.goto(path.as_uri() + "#evidence/Area%20002/early_help")
    line = page.locator(".missing")
    line.wait_for()
    assert re.search(
        r"“texts-\d+-\w+\.js” of the folder “report”, which is missing", line.inner_text()
    )
    page.fill("#search", "ferry")
    page.wait_for_selector(".count-line:has-text('words-')")
    assert page.locator("article").count() == 0
    go(page, "#matrix")
    assert page.locator("a.cell").count() == 24
    # Half a file is no part.
    (tmp_path / "report").mkdir()
    for part in in_parts.with_suffix("").iterdir():
        (tmp_path / "report" / part.name).write_bytes(part.read_bytes()[:-20])
    go(page, "#evidence/Area%20002/early_help")
    page.locator(".missing").wait_for()
    for part in in_parts.with_suffix("").iterdir():
        (tmp_path / "report" / part.name).write_bytes(part.read_bytes())
    go(page, "#evidence/Area%20002/supervision")
    page.wait_for_selector("article.evidence")


def test_a_page_new_shows_the_movements_and_what_to_read(browser, run, tmp_path):
    documents = run.documents.assign(sha256=run.documents["doc_id"])
    old = documents.iloc[::2]
    tags = run.tags[run.tags["doc_id"].isin(old["doc_id"])]
    made = {"model_id": "m", "model": "1", "codebook": "1", "program": "1"}
    inputs = dict(zip(old["source_file"], old["sha256"], strict=True))
    cells = to_remember(sum_by(count_by_document(tags, old), "authority"))
    news = find_news(
        Last("2026-01-05T06:00:00Z", inputs, made, cells, None), documents, run.failures.head(0),
        run.counts, THEMES, None, made, run.sources.evidence, 1.8e9,
    )  # fmt: skip
    write_report(replace(run.sources, news=news), tmp_path / "report.html")
    page = browser.new_page()
    page.goto((tmp_path / "report.html").as_uri() + "#new")
    page.wait_for_selector("html[data-ready]")
    assert page.inner_text("h1") == "New since last time"
    shown = page.locator("table.movements tbody tr").evaluate_all(
        "rows => rows.map((row) => row.querySelector('td:nth-child(3)').textContent)"
    )
    assert len(shown) == len(news.movements) > 0
    assert page.locator("table.moved-cells tbody tr").count() == len(news.clear)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details.other-rows:not([open])").count() == 0
    assert page.locator("details.other-rows[open]").count() > 0
    go(page, "#new?stance=mixed&region=London&since=2030")
    links = page.locator(".movements th a, .new-documents th a").evaluate_all(
        "links => links.map((a) => a.getAttribute('href'))"
    )
    assert links and not any("?" in link for link in links)
    first = news.movements.iloc[0]
    assert shown[0].startswith(f"{first['before_share']:.1%} → {first['share']:.1%}")
    assert page.locator("article.evidence").count() == len(news.to_read) > 0
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert barriers(page) == []
    page.close()
