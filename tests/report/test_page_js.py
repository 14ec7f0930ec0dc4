"""What the report's scripts work out without a page: run in Node on the data of a report."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace

import pytest
from runs import CARD, make_run

from pipeline.matrix.cells import count_by_document, sum_by
from pipeline.matrix.intervals import read_errors
from pipeline.matrix.pairs import compare_authorities
from pipeline.report.html import PAGE, write_report

DOCUMENT = "globalThis.document = { getElementById: () => ({ textContent: DATA_TEXT }) };\n"


@pytest.fixture(scope="module")
def in_node(tmp_path_factory):
    """What a script prints as JSON that has the modules of the page and a run's data."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed (apt-get install nodejs)")
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
