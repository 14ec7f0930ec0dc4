// One authority: its themes against others and over time, its strongest evidence, its documents.

import { strongest } from "./cards.js";
import { shareTable, timeChart, topOfCharts } from "./charts.js";
import { secondChoice } from "./compare_choice.js";
import {
  byDay,
  changesBetween,
  compareAuthority,
  isCompared,
  NOT_COMPARED,
  pointsByYear,
  wholePairs,
} from "./comparison_sums.js";
import { DATA } from "./data.js";
import { element, hiddenText, labelled, newTabLink, section, small, table } from "./dom.js";
import { hasBalance, NO_BALANCE } from "./filters.js";
import { gradesNow } from "./grades.js";
import { latestSection } from "./latest.js";
import { authorityLink, compareLink, evidenceLink, fileName, themeLink } from "./links.js";
import { neighboursShown } from "./pair_sums.js";
import { judgementsSection, strengthsLink } from "./progress_page.js";
import { findEvidence } from "./search.js";
import { selection } from "./selection.js";
import { stanceSection } from "./stance_time.js";
import { measure, sumDocs } from "./sums.js";
import { inYears, longDate, percent, plural, signed, whole } from "./words.js";

export function authoritiesPage() {
  const shown = [...selection.byAuthority.keys()].sort((a, b) => a - b);
  const items = shown.map((authority) =>
    element(
      "li",
      {},
      element("a", { href: authorityLink(authority) }, DATA.authorities[authority].name),
      small(plural(selection.byAuthority.get(authority).length, "document")),
    ),
  );
  const find = (event) => {
    const word = event.target.value.trim().toLowerCase();
    for (const item of items) item.hidden = !item.textContent.toLowerCase().includes(word);
  };
  return [
    element("h1", {}, "Authorities"),
    labelled("Find an authority", element("input", { type: "search", oninput: find })),
    element("ul", { class: "names" }, ...items),
  ];
}

export function authorityPage(authority) {
  const { name, region, known } = DATA.authorities[authority];
  const docs = [...(selection.byAuthority.get(authority) || [])].sort(byDay);
  if (!docs.length) {
    const none = element("p", {}, "None of this authority's documents match the filters.");
    return [element("h1", {}, name), none];
  }
  const compared = compareAuthority(authority);
  const { paragraphs, words } = compared.own;
  const size = [plural(docs.length, "document"), plural(paragraphs, "paragraph"), plural(words, "word")];
  return [
    element("h1", {}, name),
    element("p", { class: "lead" }, [region, ...size].filter(Boolean).join(" · ")),
    known ? section("Latest grades", gradesNow(authority)) : null,
    known ? latestSection(authority) : null,
    known ? neighboursSection(authority) : null,
    section("Themes", standing(compared), comparisonTable(authority, compared)),
    stanceSection(docs),
    timeSection(docs),
    known ? changesSection(docs) : null,
    strongestSection(authority),
    documentsSection(docs),
  ];
}

// --- neighbours -------------------------------------------------------------------------------

function neighboursSection(authority) {
  const near = neighboursShown(authority);
  const named = near.map((other) =>
    element(
      "li",
      {},
      element("a", { href: authorityLink(other) }, DATA.authorities[other].name),
      element(
        "a",
        { class: "small", href: compareLink(authority, other) },
        "compare",
        hiddenText(` with ${DATA.authorities[other].name}`),
      ),
    ),
  );
  const none = "None of its statistical neighbours has a document among those shown, or they are not known.";
  return section(
    "Statistical neighbours",
    near.length ? element("ul", { class: "neighbours" }, ...named) : element("p", {}, none),
    element(
      "div",
      { class: "tools" },
      near.length
        ? element(
            "a",
            { class: "compare-all", href: compareLink(authority) },
            "Compare with its neighbours together",
          )
        : null,
      secondChoice("Compare with", authority, undefined),
    ),
  );
}

// --- against others ---------------------------------------------------------------------------

function standing({ rest }) {
  if (!rest.some(Boolean)) return element("p", {}, `No theme ${NOT_COMPARED}.`);
  const items = DATA.themes.flatMap((theme, index) => {
    const out = rest[index]?.out;
    const than = `: written about ${out} than in other authorities' documents of the same type and framework.`;
    return out ? [element("li", {}, element("strong", {}, theme.title), than)] : [];
  });
  return items.length
    ? element("ul", { class: "standing" }, ...items)
    : element(
        "p",
        {},
        "No theme stands out from the rest beyond the usual differences between authorities. In so many comparisons some have a large z by chance.",
      );
}

function comparisonTable(authority, { own, rest, neighbours }) {
  const other = (one, kind) => ({ one, others: one ? [{ value: one.expected, kind }] : [] });
  const rows = DATA.themes.map((theme, index) => {
    const [far, near] = [other(rest[index], "rest"), other(neighbours[index], "near")];
    return {
      theme: index,
      label: element("a", { href: themeLink(index) }, theme.title),
      measure: measure(own, index),
      far,
      near,
      others: [...far.others, ...near.others],
    };
  });
  const hasNeighbours = DATA.authorities[authority].neighbours.length > 0;
  const sign = (kind) => element("span", { class: `swatch other-sign ${kind}`, "aria-hidden": "true" });
  return element(
    "div",
    {},
    shareTable(
      "Themes compared with other authorities in documents of the same type and framework",
      "Theme",
      rows,
      {
        open: (row) => evidenceLink(authority, row.theme),
        extra: [
          {
            title: "Shrunken",
            of: "shrunken_share",
            cell: ({ far }) => (far.one ? percent(far.one.shrunken) : "–"),
          },
          { title: "The rest", of: "rest", cell: (row) => otherShare(row.far) },
          {
            title: "Statistical neighbours",
            of: "neighbours",
            cell: (row) => (hasNeighbours ? otherShare(row.near) : "none known with documents"),
          },
        ],
      },
    ),
    element(
      "p",
      { class: "small key" },
      "Bar: 95% interval; tick: share; dot: corrected share; ",
      sign("rest"),
      " the rest; ",
      sign("near"),
      " statistical neighbours: the share expected of this authority if it were like them, type by type and ",
      "framework by framework. z sets the difference against chance and the usual differences between ",
      "authorities. Shrunken: the share, drawn towards what is expected, the more the less is known.",
    ),
  );
}

function otherShare({ one }) {
  if (!one) return element("span", {}, "–", element("span", { class: "small z" }, " z –"));
  return element(
    "span",
    {},
    percent(one.expected),
    element("span", { class: "small z" }, ` z ${signed(one.z)}${one.out ? `, ${one.out}` : ""}`),
  );
}

// --- over time --------------------------------------------------------------------------------

function timeSection(docs) {
  const dated = docs.filter((doc) => doc.on);
  if (dated.length < 2) {
    return section("Over time", element("p", {}, "This needs at least two documents with a date."));
  }
  const key =
    "Each point is one document with its 95% interval, corrected for the classifier's errors where they are " +
    `known. A hollow point rests on fewer than ${DATA.settings.few} tagged paragraphs. A line joins whole inspections under one framework. The grey ` +
    "line shows whole inspections of all authorities by year. All charts have the same scale of shares.";
  const everybody = pointsByYear(DATA.settings.whole);
  const own = dated.map((doc) => ({
    x: inYears(doc.on),
    title: `${doc.document_type} ${doc.on}`,
    series: isCompared(doc) ? doc.framework : "",
    sum: sumDocs([doc]),
  }));
  const drawn = DATA.themes.map((_, index) => {
    const points = own.map(({ sum, ...point }) => ({ ...point, measure: measure(sum, index) }));
    return [points, everybody(index)];
  });
  const top = topOfCharts(drawn);
  const charts = DATA.themes.map(({ title }, index) => timeChart(title, ...drawn[index], top));
  return section(
    "Over time",
    element("p", { class: "small" }, key),
    element("div", { class: "times" }, ...charts),
  );
}

// As the table `changes`: each whole inspection against the one before.
function changesSection(docs) {
  const pairs = wholePairs(docs);
  if (!pairs.length) return null;
  const about =
    "Each whole inspection compared with the one before. Across frameworks, which ask inspectors about " +
    "different things, each share is first set against the average of its framework; the difference is that " +
    "of the departures. Balance: strengths among the paragraphs that name a strength or a concern; “(few)” where " +
    `either report has fewer than ${DATA.settings.few} of these; below it the 95% interval of its change. ` +
    "About 1 comparison in 20 will look clear by chance alone.";
  const rows = pairs.flatMap(([earlier, later]) => changeRows(earlier, later));
  const headings = [
    "Inspections",
    "Theme",
    "Before",
    "After",
    "Difference",
    "95% interval",
    "Result",
    "Strengths among strengths and concerns before",
    "After",
    "Balance",
  ];
  return section(
    "Before and after",
    judgementsSection(pairs),
    element("p", { class: "small" }, about),
    hasBalance() ? null : element("p", { class: "small" }, NO_BALANCE),
    table("Change between whole inspections", headings, rows, { class: "changes" }),
  );
}

function changeRows(earlier, later) {
  const across = earlier.framework !== later.framework;
  const pair = element(
    "th",
    { scope: "rowgroup", rowspan: DATA.themes.length },
    `${earlier.year} ${earlier.framework} → ${later.year} ${later.framework}`,
    small(across ? "across frameworks: departures from the averages" : "same framework"),
  );
  const points = (x) => (x === null ? "–" : signed(100 * x));
  const number = (of, ...content) => element("td", { class: "number", "data-of": of }, ...content);
  return changesBetween(earlier, later).map(({ before, after, framework, difference, balance }, index) => {
    const [change, low, high] = difference;
    const clear = change !== null && (low > 0 || high < 0);
    // Not corrected, as the share that it stands beside.
    const mean = (at) => (framework[at] === null ? null : small(` average ${percent(framework[at])}`));
    const interval = change === null ? "–" : `${points(low)} to ${points(high)}`;
    let result = clear ? (low > 0 ? "rose" : "fell") : "no clear change";
    if (change === null) result = "too few other authorities for an average";
    const theme = DATA.themes[index];
    return element(
      "tr",
      {
        class: clear || (BALANCE[balance.moved] && !balance.few) ? null : "unclear",
        "data-theme": theme.id,
        "data-earlier": earlier.id,
      },
      index === 0 ? pair : null,
      element("th", { scope: "row" }, theme.title),
      number("earlier_share", percent(before.share), mean(0)),
      number("later_share", percent(after.share), mean(1)),
      number("difference", points(change)),
      number("difference_interval", interval),
      element("td", {}, result),
      number("earlier_stances", strengthsLink(before, earlier, index)),
      number("later_stances", strengthsLink(after, later, index)),
      element("td", { "data-of": "balance_moved" }, balanceText(balance), balanceInterval(balance)),
    );
  });
}

const BALANCE = { up: "towards strengths", down: "towards concerns" };

function balanceText({ moved, few }) {
  if (BALANCE[moved]) return few ? `${BALANCE[moved]} (few)` : BALANCE[moved];
  return moved || "nothing to compare";
}

function balanceInterval({ change, low, high }) {
  if (change === null) return null;
  const [from, to] = [low, high].map((x) => signed(100 * x));
  return element("span", { class: "small z" }, `${from} to ${to} points`);
}

// --- evidence and documents -------------------------------------------------------------------

function strongestSection(authority) {
  const lists = DATA.themes.map((theme, index) => {
    const found = findEvidence({ authority, theme: index });
    const more = `Read all ${whole(found.length)}`;
    return strongest(theme.title, found, evidenceLink(authority, index), { more, open: index === 0 });
  });
  const about =
    "For each theme the paragraph of each document that is most likely to be about it, whatever its stance, newest first.";
  return section("Strongest evidence", element("p", { class: "small" }, about), ...lists);
}

function documentsSection(docs) {
  const rows = docs.map((doc) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, doc.url ? newTabLink(doc.url, fileName(doc)) : fileName(doc)),
      element("td", {}, doc.document_type),
      element("td", {}, doc.framework),
      element("td", {}, doc.topic),
      element("td", {}, doc.published_on ? longDate(doc.published_on, doc.published_precision) : ""),
      element("td", {}, doc.overall_effectiveness),
      element("td", { class: "number" }, whole(doc.n_paragraphs)),
    ),
  );
  const headings = [
    "Document",
    "Type",
    "Framework",
    "Topic",
    "Published",
    "Overall effectiveness",
    "Paragraphs",
  ];
  return section("Documents", table("Documents read", headings, rows));
}
