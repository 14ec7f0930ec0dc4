"""What the report's scripts work out without a page: run in Node on the data of a report."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from runs import CARD, comparison_tables, make_run

from pipeline.base.columns import CORRECTIONS
from pipeline.labelling.codes import CORRECTED, read_codes
from pipeline.labelling.corrections import link_corrections, read_coder
from pipeline.labelling.filled import read_filled
from pipeline.labelling.merge import About, find_again, merge_codes
from pipeline.matrix.cells import count_by_document, sum_by
from pipeline.matrix.changes import LEAST_AUTHORITIES, balances_of_few, build_changes
from pipeline.matrix.compare import build_slices, document_dates
from pipeline.matrix.dispersion import design_effect, excess_over_chance
from pipeline.matrix.intervals import FEW, read_errors, share_interval
from pipeline.matrix.pairs import compare_authorities
from pipeline.report.html import PAGE, write_report

DOCUMENT = "globalThis.document = { getElementById: () => ({ textContent: DATA_TEXT }) };\n"


@pytest.fixture(scope="module")
def in_node(node, tmp_path_factory):
    """What a script prints as JSON that has the modules of the page and a run's data."""
    folder = tmp_path_factory.mktemp("page")
    for path in PAGE.glob("*.js"):
        shutil.copy(path, folder)
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")

    def in_node_(run, script):
        write_report(run.sources, folder / "report.html")
        page = (folder / "report.html").read_text(encoding="utf-8")
        data = re.search(r'id="data">(.*?)</script>', page, re.S).group(1)
        start = f"const DATA_TEXT = {json.dumps(data)};\n{DOCUMENT}"
        (folder / "start.js").write_text(start, encoding="utf-8")
        (folder / "driver.js").write_text(f'import "./start.js";\n{script}', encoding="utf-8")
        finished = subprocess.run(
            [node, "driver.js"], capture_output=True, text=True, encoding="utf-8", cwd=folder
        )
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout)

    return in_node_


ADDRESS = """
import { addressOf, readAddress, view, withChoices } from "./address.js";
import { chosen, years } from "./filters.js";
import { reselect, selection } from "./selection.js";
"""


# --- measures -----------------------------------------------------------------------------------

CELL = """
import { byMeasure, colourOf, MEASURES, scaleOf, showBy } from "./measures.js";
import { DATA } from "./data.js";
const cell = (tagged, concern, mixed, paragraphs = 100) => ({
  tagged, paragraphs, words: 50 * paragraphs, share: tagged / paragraphs, low: 0.01, high: 0.2,
  rate: (20 * tagged) / paragraphs, corrected: 0.05, notValidated: 0, few: tagged < 5, sure: tagged >= 10,
  stances: DATA.stances.map((name) => ({ concern, mixed })[name] || 0),
});
"""


def test_each_measure_has_its_own_colour_and_interval(in_node):
    shown = in_node(
        make_run(2, 1, 4),
        CELL
        + """
const cells = [cell(40, 0, 8), cell(40, 30, 10), cell(4, 4, 0), cell(20, 5, 5)];
console.log(JSON.stringify(Object.fromEntries(Object.keys(MEASURES).map((key) => {
  const { width } = scaleOf(key, cells, DATA);
  return [key, cells.map((m) => {
    const { value, low, high, text } = showBy(key, m, DATA);
    return { value, low, high, text, colour: colourOf(value, m, width, 7) };
  })];
}))));""",
    )
    concern = shown["concern"]
    assert [cell["text"] for cell in concern] == ["0.0%", "75.0%", "100.0%", "25.0%"]
    assert [cell["colour"] for cell in concern] == ["step-0", "step-5", "few", "step-1"]
    assert [cell["value"] for cell in shown["any_concern"]] == [0.2, 1, 1, 0.5]
    for measure in ("concern", "any_concern", "rate"):
        for cell in shown[measure]:
            assert cell["low"] <= cell["value"] + 1e-12 and cell["value"] - 1e-12 <= cell["high"]
    assert shown["rate"][0]["low"] > shown["share"][0]["high"]
    assert all(cell["low"] is None for cell in shown["count"])


@pytest.mark.parametrize(
    "measure", ["share", "corrected", "concern", "any_concern", "rate", "count"]
)
def test_cells_of_few_paragraphs_come_last(in_node, measure):
    order = in_node(
        make_run(2, 1, 4),
        CELL
        + f"""
const cells = {{ few: cell(1, 1, 0, 2), many: cell(40, 30, 0), none: cell(0, 0, 0), some: cell(12, 2, 0) }};
const higher = byMeasure("{measure}", DATA);
const names = Object.keys(cells).sort((a, b) => higher(cells[a], cells[b]));
console.log(JSON.stringify(names));""",
    )
    assert sorted(order[:2]) == ["many", "some"] and sorted(order[2:]) == ["few", "none"]


def concerned_run():
    """Of one authority nearly all is of concern, of the others hardly anything."""
    run = make_run(12, 2, 80)
    own = run.documents.loc[run.documents["authority"] == "Area 003", "doc_id"]
    stance = run.tags["doc_id"].isin(own).map({True: "concern", False: "strength"})
    tags = run.tags.assign(tagged=run.tags.index % 4 == 0, stance="strength")
    tags["stance"] = stance.where(tags["tagged"], "")
    return replace_tags(run, tags)


def replace_tags(run, tags):
    counts = count_by_document(tags, run.documents)
    return replace(
        run, tags=tags, counts=counts, cells=sum_by(counts, "authority", read_errors(run.card))
    )


def test_concern_is_compared_with_the_concern_of_others(in_node):
    out = in_node(
        concerned_run(),
        """
import { authorityRows } from "./comparison_sums.js";
const out = (by) => authorityRows(by).filter(({ cells }) => cells.some(({ out }) => out === "more"));
console.log(JSON.stringify(["share", "concern", null].map((by) => out(by).map(({ name }) => name))));""",
    )
    assert out == [[], ["Area 003"], []]


# --- pictures -------------------------------------------------------------------------------------


def test_a_funnel_is_the_table(in_node):
    run = make_run(12, 2, 30)
    rows, left = in_node(
        run,
        """
import { authorityRows } from "./comparison_sums.js";
import { funnelOf } from "./funnel.js";
import { DATA } from "./data.js";
const rows = authorityRows();
const funnels = DATA.themes.map((_, theme) => funnelOf(theme, rows));
console.log(JSON.stringify([funnels.flatMap(({ average, places }, theme) => places.map((place) =>
  [place.name, DATA.themes[theme].id, place.tagged, place.size, average, place.adjusted, place.outside])),
  funnels.map(({ left }) => left)]));""",
    )
    names = [
        "authority",
        "theme",
        "n_tagged",
        "n_paragraphs",
        "average",
        "adjusted_share",
        "outside",
    ]
    ours, theirs = (
        table.sort_values(["authority", "theme"], ignore_index=True)
        for table in (pd.DataFrame(rows, columns=names), comparison_tables(run)["funnel"][names])
    )
    pd.testing.assert_frame_equal(ours, theirs, rtol=0, atol=1e-4)
    # One whose authority is not known.
    assert left == [1, 1, 1] and (theirs["outside"] != "").any()


def test_arrow_keys_go_to_the_nearest_square(in_node):
    found = in_node(
        make_run(2, 1, 4),
        """
import { nearestThatWay } from "./near.js";
const places = [[0, 0], [2, 0], [1, 1], [0, 4]].map(([x, y]) => ({ x, y }));
const go = (way) => { const at = nearestThatWay(places, places[0], way); return at && [at.x, at.y]; };
console.log(JSON.stringify([[1, 0], [0, 1], [-1, 0]].map(go)));""",
    )
    assert found == [[2, 0], [1, 1], None]


def year_points(run, theme, by):
    return f"""
import {{ yearPoints }} from "./years.js";
console.log(JSON.stringify(yearPoints("inspection", {list(run.themes).index(theme)}, "{by}")));"""


def test_shares_by_year_are_those_of_slices(in_node):
    run = make_run(16, 3, 40)
    series = in_node(run, year_points(run, "camhs", "share"))
    assert [one["framework"] for one in series] == ["SIF", "ILACS"]
    counts = run.counts[run.counts["document_type"] == "inspection"]
    for one in series:
        own = build_slices(counts[counts["framework"] == one["framework"]], read_errors(run.card))
        years = own[(own["slice"] == "year") & (own["theme"] == "camhs") & (own["value"] != "")]
        assert [point["year"] for point in one["points"]] == list(years["value"])
        for point, row in zip(one["points"], years.itertuples(), strict=True):
            shown = [point[name] for name in ("value", "low", "high", "of", "documents")]
            assert shown == pytest.approx(
                [
                    row.share_corrected,
                    row.share_low,
                    row.share_high,
                    row.n_paragraphs,
                    row.n_documents,
                ]
            )
            assert point["few"] == (row.n_tagged < FEW or row.n_documents < LEAST_AUTHORITIES)


def test_balances_by_year_allow_for_reports_that_differ(in_node):
    run = make_run(30, 3, 60)
    # Every other report praises whatever it finds.
    praised = run.tags["tagged"] & (run.tags["doc_id"].str[3].astype(int) % 2 == 0)
    tags = run.tags.assign(stance=run.tags["stance"].mask(praised, "strength"))
    run = replace(run, tags=tags, counts=count_by_document(tags, run.documents))
    counts = run.counts[
        (run.counts["document_type"] == "inspection") & (run.counts["theme"] == "camhs")
    ]
    verdicts = counts.assign(
        year=document_dates(counts).dt.year, n=counts["n_strength"] + counts["n_concern"]
    )
    effects = []
    for one in in_node(run, year_points(run, "camhs", "balance")):
        own = verdicts[verdicts["framework"] == one["framework"]]
        excess = excess_over_chance(own, ["year"], "n_strength", "n").sum()
        rho = max(0, excess["excess"] / excess["weight"])
        for point in one["points"]:
            docs = own[own["year"] == int(point["year"])]
            effects.append(max(1, design_effect(docs["n"], rho)))
            k, n = (np.array([docs[name].sum()], dtype=float) for name in ("n_strength", "n"))
            low, high = share_interval(k, n, effects[-1])
            assert [point["value"], point["low"], point["high"]] == pytest.approx(
                [k[0] / n[0], low[0], high[0]]
            )
    assert max(effects) > 1.5


def test_no_line_goes_over_a_year_without_documents(in_node):
    runs = in_node(
        make_run(2, 1, 4),
        """
import { runsOf } from "./years.js";
const points = [[2013, true], [2014, false], [2015, false], [2017, false], [2018, true], [2019, false]]
  .map(([year, few]) => ({ year: String(year), few }));
console.log(JSON.stringify(runsOf(points).map((run) => run.map(({ year }) => Number(year)))));""",
    )
    assert runs == [[2014, 2015], [2017], [2019]]


# --- before and after ----------------------------------------------------------------------------

CHANGES = """
import { changesBetween, wholePairs } from "./comparison_sums.js";
import { DATA } from "./data.js";
import { selection } from "./selection.js";
const known = [...selection.byAuthority].filter(([authority]) => DATA.authorities[authority].known);
const pairs = known.flatMap(([, docs]) => wholePairs(docs));
console.log(JSON.stringify(pairs.flatMap(([earlier, later]) => changesBetween(earlier, later).map(
  ({ framework, difference, balance }, theme) =>
    [earlier.id, later.id, DATA.themes[theme].id, ...framework, ...difference, balance.change, balance.moved, balance.few]))));"""
SHOWN = [
    "earlier_framework_share", "later_framework_share", "difference", "difference_low",
    "difference_high", "balance_change", "balance_moved",
]  # fmt: skip


def changes_shown(shown):
    return pd.DataFrame(shown, columns=["earlier_doc_id", "later_doc_id", "theme", *SHOWN, "few"])


def test_changes_are_those_of_the_table(in_node):
    run = make_run(14, 3, 60)
    changes = build_changes(run.counts, read_errors(run.card))
    theirs = changes.assign(few=balances_of_few(changes))
    ours = changes_shown(in_node(run, CHANGES))
    ours, theirs = (
        table[[*ours.columns]].sort_values(["later_doc_id", "theme"], ignore_index=True)
        for table in (ours, theirs)
    )
    pd.testing.assert_frame_equal(ours, theirs, check_dtype=False, rtol=1e-4)
    assert set(theirs["few"]) == {True, False} and theirs["later_framework_share"].notna().any()


def test_a_whole_inspection_has_grades_though_it_is_not_compared(in_node):
    """Of an unknown framework, or without a paragraph that could be read."""
    run = make_run(6, 3, 20)
    ids = ["000100000001", "000300000002"]
    documents = run.documents.assign(
        framework=run.documents["framework"].mask(run.documents["doc_id"] == ids[0], ""),
        n_paragraphs=run.documents["n_paragraphs"].mask(run.documents["doc_id"] == ids[1], 0),
    )
    tags = run.tags[run.tags["doc_id"] != ids[1]]
    counts = count_by_document(tags, documents)
    run = replace(run, documents=documents, tags=tags, counts=counts)
    latest, compared = in_node(
        run,
        """
import { latestInspection, wholePairs } from "./comparison_sums.js";
import { DATA } from "./data.js";
import { selection } from "./selection.js";
const names = ["Area 001", "Area 003"].map((name) => DATA.authorities.findIndex((one) => one.name === name));
console.log(JSON.stringify([
  names.map((at) => latestInspection(at).latest.id),
  names.flatMap((at) => wholePairs(selection.byAuthority.get(at))).flat().map(({ id }) => id)]));""",
    )
    assert set(latest) == set(ids) and compared
    changes = build_changes(counts)
    changes = changes[changes["authority"].isin(["Area 001", "Area 003"])]
    assert set(compared) == set(changes["earlier_doc_id"]) | set(changes["later_doc_id"])


@pytest.mark.parametrize(("fewer", "kept"), [(0, 1), (5, 2)])
def test_a_copy_is_not_the_inspection_before(in_node, fewer, kept):
    """Of two documents with the date of one, the longest counts; of two as long, the first."""
    run = make_run(14, 3, 40)
    day, n = run.documents["published_on"], run.documents["n_paragraphs"]
    second = run.documents["doc_id"].str.endswith("1")
    documents = run.documents.assign(
        published_on=day.mask(second, day.shift(-1)), n_paragraphs=n - fewer * second
    )
    cut = run.tags["paragraph_id"].str[-4:].astype(int) < fewer
    tags = run.tags[~(run.tags["doc_id"].str.endswith("1") & cut)]
    run = replace(run, documents=documents, tags=tags, counts=count_by_document(tags, documents))
    ours = changes_shown(in_node(run, CHANGES))
    theirs = build_changes(run.counts, read_errors(run.card))
    ours, theirs = (
        table[ours.columns.drop("few")].sort_values(["later_doc_id", "theme"], ignore_index=True)
        for table in (ours, theirs)
    )
    pd.testing.assert_frame_equal(ours, theirs, check_dtype=False, rtol=1e-4)
    latest, before, since = in_node(
        run,
        """
import { latestInspection } from "./comparison_sums.js";
import { DATA } from "./data.js";
const { latest, before, since } = latestInspection(DATA.authorities.findIndex(({ name }) => name === "Area 003"));
console.log(JSON.stringify([latest.id, before.id, since.length]));""",
    )
    assert (latest, before, since) == (f"00030000000{kept}", "000300000000", 0)


# --- two authorities side by side -----------------------------------------------------------------

PAIRS = """
import { DATA } from "./data.js";
import { comparePair, neighboursShown } from "./pair_sums.js";
const flat = ({ share, balance }) => [
  share.tagged, share.size, share.otherTagged, share.otherSize, share.difference, share.low, share.high,
  share.corrected, share.result, balance.tagged, balance.size, balance.otherTagged, balance.otherSize,
  balance.difference, balance.low, balance.high, balance.result];
"""


@pytest.mark.parametrize("validated", [["inspection"], ["inspection", "focused visit"]], ids=len)
def test_a_comparison_is_that_of_python(in_node, validated):
    kinds = dict.fromkeys(validated, CARD["kinds"]["inspection"])
    run = make_run(card=CARD | {"kinds": kinds})
    found = in_node(
        run,
        PAIRS
        + """
const known = DATA.authorities.map((_, at) => at).filter((at) => DATA.authorities[at].known);
const pairs = known.flatMap((a) => [[a, neighboursShown(a)], ...known.slice(0, 3).filter((b) => b !== a).map((b) =>
  [a, [b]])]);
const name = (at) => DATA.authorities[at].name;
console.log(JSON.stringify(pairs.map(([a, others]) =>
  [name(a), others.map(name), comparePair(a, others).map(flat)])));""",
    )
    errors, results, corrected = read_errors(run.card), set(), set()
    for authority, others, ours in found:
        theirs = compare_authorities(run.counts, authority, others, run.themes, errors)
        for row, expected in zip(
            ours, theirs.drop(columns="theme").itertuples(index=False), strict=True
        ):
            for value, wanted in zip(row, expected, strict=True):
                if isinstance(wanted, str):
                    assert value == wanted, (authority, others)
                else:
                    value = float("nan") if value is None else value
                    assert value == pytest.approx(wanted, nan_ok=True), (authority, others)
        results |= set(theirs["result"]) | set(theirs["balance_result"])
        corrected |= set(theirs["corrected"])
    assert len(found) > 20 and {"no clear difference", "too few to say"} <= results
    assert True in corrected


def test_with_a_stance_chosen_no_share_is_corrected(in_node):
    corrected = in_node(
        make_run(),
        ADDRESS
        + PAIRS
        + """
readAddress("#compare?stance=concern");
reselect();
console.log(JSON.stringify(comparePair(1, [3]).map(({ share }) => share.corrected)));""",
    )
    assert corrected == [False, False, False]


# --- the address and the filters ------------------------------------------------------------------


def test_an_address_holds_what_is_chosen(in_node):
    run = make_run()
    said = in_node(
        run,
        ADDRESS
        + """
chosen.framework.add("ILACS");
chosen.region.add("North West").add("a&b=c#d");
chosen.stance.add("any concern");
Object.assign(years, { since: "2015", to: "2019" });
Object.assign(view, { show: "concern", sort: "camhs", search: '"case load" & more' });
const written = withChoices("#evidence/Area%20000/camhs?framework=SIF");
const left = addressOf("matrix");
readAddress("#matrix");
const cleared = addressOf("matrix");
const { page, names } = readAddress(written);
console.log(JSON.stringify({ written, left, cleared, page, names, again: withChoices(written), search: view.search,
  region: [...chosen.region] }));""",
    )
    assert said["written"].startswith("#evidence/Area%20000/camhs?")
    assert said["again"] == said["written"]
    assert said["search"] == '"case load" & more' and "search" not in said["left"]
    assert (said["page"], said["names"]) == ("evidence", ["Area 000", "camhs"])
    assert said["region"] == ["North West", "a&b=c#d"]
    assert said["cleared"] == "#matrix"


def test_an_address_says_other_filters_than_are_chosen(in_node):
    said = in_node(
        make_run(),
        ADDRESS
        + """
import { everything, onlyWith } from "./filters.js";
readAddress("#matrix?stance=mixed&region=London&since=2015&show=concern");
const instead = [
  {}, onlyWith({ year: "2019", framework: "" }), { stance: ["strength", "concern"] }, everything(),
];
console.log(JSON.stringify([instead.map((one) => addressOf("themes", "", one)),
  onlyWith({ year: "(not stated)" })]));""",
    )
    assert said == [
        [
            "#themes?stance=mixed&region=London&since=2015&show=concern",
            "#themes?stance=mixed&framework=%28not+stated%29&region=London&since=2019&to=2019&show=concern",
            "#themes?stance=concern&stance=strength&region=London&since=2015&show=concern",
            "#themes?show=concern",
        ],
        None,
    ]


@pytest.mark.parametrize(
    ("query", "wanted"),
    {
        "since=2016": lambda year: year >= "2016",
        "to=2016": lambda year: "" < year <= "2016",
        "since=2015&to=2016": lambda year: year in ("2015", "2016"),
        "since=x&to=<b>": lambda year: True,
        "": lambda year: True,
    }.items(),
)
def test_a_range_of_years(in_node, query, wanted):
    shown, every = in_node(
        make_run(),
        ADDRESS
        + f"""
import {{ DATA }} from "./data.js";
readAddress("#matrix?{query}");
reselect();
console.log(JSON.stringify([selection.docs, DATA.documents].map((docs) => docs.map(({{ year }}) => year))));""",
    )
    assert shown == [year for year in every if wanted(year)]
    assert "" in every and len(set(every)) > 4


def test_any_concern_counts_concern_and_mixed(in_node):
    run = make_run()
    counted = in_node(
        run,
        ADDRESS
        + """
import { sumDocs } from "./sums.js";
import { findEvidence } from "./search.js";
readAddress("#matrix?stance=any+concern");
reselect();
console.log(JSON.stringify([sumDocs(selection.docs).themes.map(({ tagged }) => tagged),
  findEvidence({ theme: 0 }).length]));""",
    )
    tagged = run.tags[run.tags["tagged"] & run.tags["stance"].isin(["concern", "mixed"])]
    expected = [int((tagged["theme"] == theme).sum()) for theme in run.themes]
    assert counted == [expected, expected[0]]


# --- evidence -------------------------------------------------------------------------------------


def test_a_search_goes_through_paragraphs_without_a_theme(in_node):
    run = make_run()
    text = "Nobody asked about the <lighthouse> 𝒜 ferry."
    tagged = set(run.tags.loc[run.tags["tagged"], "paragraph_id"])
    others = run.paragraphs[~run.paragraphs["paragraph_id"].isin(tagged)]
    paragraphs = run.paragraphs.copy()
    paragraphs.loc[others.index[:3], "text"] = text
    states = in_node(
        replace(run, paragraphs=paragraphs),
        """
import { findEvidence, readyToSearch, searchState } from "./search.js";
const find = (rest) => findEvidence({ words: ["<lighthouse>"], ...rest }).map(({ paragraph, tags }) =>
  [paragraph.id, paragraph.text, tags.length]);
const before = [searchState(), find({})];
await readyToSearch();
const [every, listed] = [findEvidence({ words: ["e"] }), findEvidence({})].map((found) => found.length);
console.log(JSON.stringify({ before, after: [searchState(), find({})], ofTheme: find({ theme: 0 }), every, listed }));""",
    )
    assert states["before"] == ["packed", []]
    ids = others["paragraph_id"].tolist()[:3]
    assert states["after"] == ["ready", [[id_, text, 0] for id_ in ids]]
    assert states["ofTheme"] == []
    assert (states["every"], states["listed"]) == (len(paragraphs), len(tagged))


@pytest.mark.parametrize(
    ("query", "words"),
    {
        "keeper's": ["keeper's"],
        "Keeper’s keeperʼs ‘tide": ["keeper's", "keeper's", "'tide"],
        "“Log‑Book of” tide": ["log-book of", "tide"],
        '"log-book of" "ti': ["log-book of", "ti"],
    }.items(),
)
def test_signs_of_print_are_found_as_a_keyboard_types_them(in_node, query, words):
    run = make_run(2, 1, 6)
    text = "The KEEPER’s ‘Tide’ and “log‑book of” rain."
    found = in_node(
        replace(run, paragraphs=run.paragraphs.assign(text=text)),
        f"""
import {{ findEvidence, readyToSearch, searchWords }} from "./search.js";
await readyToSearch();
const words = searchWords({json.dumps(query)});
console.log(JSON.stringify([words, findEvidence({{ words: words.slice(0, 1) }}).length]));""",
    )
    assert found[0] == words
    assert found[1] == len(run.paragraphs)


def test_a_browser_that_cannot_unpack_searches_what_is_tagged(in_node):
    state = in_node(
        make_run(2, 1, 6),
        """
import { findEvidence, readyToSearch, searchState } from "./search.js";
delete globalThis.DecompressionStream;
await readyToSearch();
console.log(JSON.stringify([searchState(), findEvidence({ words: ["e"] }).every(({ tags }) => tags.length)]));""",
    )
    assert state == ["failed", True]


def test_strongest_evidence_is_newest_first_and_of_different_documents(in_node):
    run = make_run(3, 3, 30)
    order = in_node(
        run,
        """
import { docOf } from "./data.js";
import { findEvidence, newestFirst } from "./search.js";
const found = findEvidence({ theme: 0 });
console.log(JSON.stringify([newestFirst(found), found].map((list) => list.map(({ paragraph, tags: [tag] }) =>
  [docOf(paragraph).on, paragraph.document, tag.probability]))));""",
    )
    shown, found = order
    assert sorted(shown) == sorted(found)
    n = len({document for _, document, _ in found})
    first = shown[:n]
    assert len({document for _, document, _ in first}) == n > 4
    assert [day for day, *_ in first] == sorted((day for day, *_ in first), reverse=True)
    for day, document, probability in first:
        assert probability == max(p for _, d, p in found if d == document), day


# --- corrections ----------------------------------------------------------------------------------

STORAGE = """
const kept = {};
class Full extends Error {}
const hidden = (name, value) => Object.defineProperty(kept, name, { value, enumerable: false });
hidden("getItem", (key) => kept[key] ?? null);
hidden("setItem", (key, value) => { if (kept.full) throw new Full(); kept[key] = String(value); });
hidden("removeItem", (key) => { delete kept[key]; });
Object.defineProperty(globalThis, "localStorage", { value: kept, configurable: true });
"""
CORRECT = """
const { DATA } = await import("./data.js");
const c = await import("./corrections.js");
const [first, second] = DATA.evidence;
"""


def test_corrections_become_codes_that_are_read_back(in_node, tmp_path):
    run = make_run(2, 1, 12)
    name, text, ids = in_node(
        run,
        STORAGE
        + CORRECT
        + """
c.nameCorrector(" J. Smith ");
const theme = DATA.themes[first.tags[0].theme].id;
const other = DATA.themes.find(({ id }) => id !== theme).id;
c.correct(first, { [theme]: "no", [other]: "mixed" }, "");
c.correct(second, {}, 'Quote this: \\u2028 "ferry".');
c.correct({ ...second, id: "0" }, { [theme]: "no" }, "");
c.undo("0");
console.log(JSON.stringify([c.fileNameOfCodes(), c.codesFile(), [first.id, theme, other]]));""",
    )
    assert name == "corrections-j-smith.jsonl"
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    filled, coder = read_filled(path, list(run.themes)), read_coder(path)
    paragraph_id, theme, other = ids
    assert coder == "J. Smith" and filled[0].text
    assert [(item.paragraph_id, item.codes) for item in filled] == [
        (paragraph_id, {theme: "no", other: "mixed"})
    ]
    filled = find_again(filled, run.paragraphs, path)
    codes = tmp_path / "codes.csv"
    about = About(path, run.paragraphs, run.documents, list(run.themes))
    merge_codes(filled, about, coder=coder, coded_on="2026-11-28", target=codes)
    table = read_codes([codes])
    assert table["drawn"].tolist() == [CORRECTED]
    linked = link_corrections(table, run.paragraphs, run.tags).set_index("theme")["code"]
    assert linked.to_dict() == {theme: "no", other: "mixed"}


def test_corrections_are_kept_until_they_come_with_the_report(in_node):
    run = make_run(2, 1, 12)
    tagged = run.tags[run.tags["tagged"]]
    coded = tagged.head(1).assign(
        code="no", model_says="mixed", coder="J. Smith", coded_on="2026-11-28"
    )
    states = in_node(
        replace_corrections(run, coded),
        STORAGE
        + f"""
const prefix = "inspection-themes correction\\n\\n";
const put = (id, rest) => kept[prefix + id] = JSON.stringify({{ id, text: "x", codes: {{}}, note: "", model_id: "m1", ...rest }});
put("{coded["paragraph_id"].item()}", {{ codes: {{ {coded["theme"].item()}: "no" }}, downloaded: true }});
put("{run.documents["doc_id"][0]}:9999", {{ codes: {{ camhs: "concern" }}, downloaded: true }});
put("{run.documents["doc_id"][0]}:9998", {{ codes: {{ camhs: "<img>" }} }});
put("ffffffffffff:0001", {{ codes: {{ camhs: "no" }} }});
kept[prefix + "broken"] = "{{";
"""
        + CORRECT
        + """
const shown = () => [c.allCorrections().map(({ id }) => id), c.notDownloaded().length, c.isLasting()];
const states = [shown(), Object.keys(kept).length, c.codesBeside({ id: DATA.corrections[0].id }).length];
c.correct(first, { camhs: "no" }, "");
states.push(shown()[1], c.correctionOf({ ...first, text: "another" }));
c.markDownloaded();
states.push(shown()[1]);
Object.defineProperty(kept, "full", { value: true });
c.correct(second, { camhs: "no" }, "");
states.push(shown().slice(1), c.correctionOf(second).text === second.text);
console.log(JSON.stringify(states));""",
    )
    assert states == [
        [[f"{run.documents['doc_id'][0]}:9999"], 0, True],
        4,
        1,
        1,
        None,
        0,
        [1, False],
        True,
    ]


def replace_corrections(run, coded):
    class WithCorrections:
        sources = replace(run.sources, corrections=coded[CORRECTIONS])

    return WithCorrections


def test_without_storage_corrections_last_as_long_as_the_page(in_node):
    lasting, n = in_node(
        make_run(2, 1, 12),
        """
Object.defineProperty(globalThis, "localStorage", { get() { throw new Error("denied"); }, configurable: true });
"""
        + CORRECT
        + """
c.correct(first, { camhs: "no" }, "");
console.log(JSON.stringify([c.isLasting(), c.allCorrections().length]));""",
    )
    assert (lasting, n) == (False, 1)


def test_links_open_the_page_of_the_sentence(in_node):
    run = make_run(1, 1, 6)
    # The sign takes two of JavaScript's characters; the second page begins one after it.
    text = "\U0001f6a2 Boats are late. " + run.paragraphs["text"]
    run = replace(run, paragraphs=run.paragraphs.assign(text=text, page=4, pages="0:4 2:5 9:7"))
    said = in_node(
        run,
        """
import { citation, placeOf } from "./cards.js";
import { DATA } from "./data.js";
import { pageAt, pagesOf, paragraphLink } from "./links.js";
const [paragraph] = DATA.evidence;
Object.assign(DATA.documents[0], { url: "a.pdf", has_pages: true });
const plain = { ...paragraph, turns: [] };
console.log(JSON.stringify({
  at: [0, 2, 3, 9, 10, 99].map((place) => pageAt(paragraph, place)),
  said: [pagesOf(paragraph), pagesOf(plain), citation(paragraph, 3)],
  links: [0, 3, 10].map((place) => paragraphLink(paragraph, place).split("#")[1]),
  plain: [pageAt(plain, 99), paragraphLink(plain, 99).split("#")[1]],
  places: [placeOf(undefined), placeOf({ from: 0, to: 0 }), placeOf({ from: 3, to: 9 })],
}));""",
    )
    assert said["at"] == [4, 4, 5, 5, 7, 7]
    assert said["said"][:2] == ["pages 4–7", "page 4"] and ", pages 4–7, " in said["said"][2]
    assert said["links"] == ["page=4", "page=5", "page=7"]
    assert said["plain"] == [4, "page=4"] and said["places"] == [0, 0, 3]
