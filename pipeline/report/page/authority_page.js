// One authority: its themes against others and over time, its strongest evidence, its documents.

import { strongest } from "./cards.js";
import { shareTable, timeChart } from "./charts.js";
import { compareAuthority, pointsByYear } from "./comparison_sums.js";
import { DATA } from "./data.js";
import { element, labelled, newTabLink, section, small, table } from "./dom.js";
import { authorityLink, evidenceLink, fileName, themeLink } from "./links.js";
import { differenceInterval } from "./numbers.js";
import { findEvidence } from "./search.js";
import { selection } from "./selection.js";
import { measure, sumDocs } from "./sums.js";
import { longDate, percent, plural, signed, whole } from "./words.js";

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
    section("Themes", standing(compared), comparisonTable(authority, compared)),
    timeSection(docs),
    known ? changesSection(docs) : null,
    strongestSection(authority),
    documentsSection(docs),
  ];
}

function byDay(a, b) {
  if (a.on !== b.on) return a.on < b.on ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

// --- against others ---------------------------------------------------------------------------

function standing({ rest }) {
  const items = DATA.themes.flatMap((theme, index) => {
    const { out } = rest.standing(index);
    const than = `: written about ${out} than in other authorities' documents under the same frameworks.`;
    return out ? [element("li", {}, element("strong", {}, theme.title), than)] : [];
  });
  return items.length
    ? element("ul", { class: "standing" }, ...items)
    : element("p", {}, "No theme clearly stands out from other authorities.");
}

function comparisonTable(authority, { own, rest, neighbours }) {
  const other = (group, theme, kind) => {
    const m = group.measure(theme);
    return { m, ...group.standing(theme), others: m.paragraphs ? [{ value: m.share, kind }] : [] };
  };
  const rows = DATA.themes.map((theme, index) => {
    const [far, near] = [other(rest, index, "rest"), other(neighbours, index, "near")];
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
    shareTable("Themes compared with other authorities under the same frameworks", "Theme", rows, {
      open: (row) => evidenceLink(authority, row.theme),
      extra: [
        { title: "The rest", of: "rest", cell: (row) => otherShare(row.far) },
        {
          title: "Statistical neighbours",
          of: "neighbours",
          cell: (row) => (hasNeighbours ? otherShare(row.near) : "no documents"),
        },
      ],
    }),
    element(
      "p",
      { class: "small key" },
      "Bar: 95% interval; tick: share; dot: corrected share; ",
      sign("rest"),
      " the rest; ",
      sign("near"),
      " statistical neighbours. z measures the difference against what chance alone would give; ",
      `beyond ±${DATA.settings.stands_out_z} the theme stands out.`,
    ),
  );
}

function otherShare({ m, z, out }) {
  const score = z === null ? "–" : signed(z);
  return element(
    "span",
    {},
    m.paragraphs ? percent(m.share) : "–",
    element("span", { class: "small z" }, ` z ${score}${out ? `, ${out}` : ""}`),
  );
}

// --- over time --------------------------------------------------------------------------------

function timeSection(docs) {
  const dated = docs.filter((doc) => doc.on);
  if (dated.length < 2) {
    return section("Over time", element("p", {}, "This needs at least two documents with a date."));
  }
  const key =
    "Each point is one document with its 95% interval. A hollow point rests on fewer than " +
    `${DATA.settings.few} tagged paragraphs. The grey line shows all authorities by year.`;
  const everybody = pointsByYear();
  const own = dated.map((doc) => ({
    x: inYears(doc.on),
    title: `${doc.document_type} ${doc.on}`,
    sum: sumDocs([doc]),
  }));
  const charts = DATA.themes.map((theme, index) => {
    const points = own.map(({ x, title, sum }) => ({ x, title, measure: measure(sum, index) }));
    return timeChart(theme.title, points, everybody(index));
  });
  return section(
    "Over time",
    element("p", { class: "small" }, key),
    element("div", { class: "times" }, ...charts),
  );
}

function inYears(day) {
  const [year, month, date] = day.split("-").map(Number);
  return year + (month - 1) / 12 + (date - 1) / 365;
}

// As the table `changes`: each full inspection against the one before.
function changesSection(docs) {
  const full = docs.filter((doc) => doc.document_type === "inspection" && doc.on);
  if (full.length < 2) return null;
  const about =
    "Each full inspection compared with the one before, in percentage points. A new framework also " +
    "changes what inspectors write about, and about 1 comparison in 20 will look clear by chance alone.";
  const rows = full.slice(1).flatMap((later, index) => changeRows(full[index], later));
  const headings = ["Inspections", "Theme", "Before", "After", "Difference", "95% interval", "Result"];
  return section(
    "Before and after",
    element("p", { class: "small" }, about),
    table("Change between inspections", headings, rows, { class: "changes" }),
  );
}

function changeRows(earlier, later) {
  const grade = (doc) => doc.overall_effectiveness || "not graded";
  const pair = element(
    "th",
    { scope: "rowgroup", rowspan: DATA.themes.length },
    `${earlier.year} ${earlier.framework} → ${later.year} ${later.framework}`,
    small(`${grade(earlier)} → ${grade(later)}`),
  );
  const ends = (m) => [m.corrected ?? m.share, m.low, m.high];
  const points = (x) => signed(100 * x);
  const number = (of, text) => element("td", { class: "number", "data-of": of }, text);
  const sums = [earlier, later].map((doc) => sumDocs([doc]));
  return DATA.themes.map((theme, index) => {
    const [before, after] = sums.map((sum) => measure(sum, index));
    const [difference, low, high] = differenceInterval(ends(before), ends(after));
    const clear = low > 0 || high < 0;
    return element(
      "tr",
      { class: clear ? null : "unclear", "data-theme": theme.id, "data-earlier": earlier.id },
      index === 0 ? pair : null,
      element("th", { scope: "row" }, theme.title),
      number("earlier_share", percent(before.share)),
      number("later_share", percent(after.share)),
      number("difference", points(difference)),
      number("difference_interval", `${points(low)} to ${points(high)}`),
      element("td", {}, clear ? (low > 0 ? "rose" : "fell") : "no clear change"),
    );
  });
}

// --- evidence and documents -------------------------------------------------------------------

function strongestSection(authority) {
  const lists = DATA.themes.map((theme, index) => {
    const found = findEvidence({ authority, theme: index });
    const more = `Read all ${whole(found.length)}`;
    return strongest(theme.title, found, evidenceLink(authority, index), { more, open: index === 0 });
  });
  const about = "For each theme, the paragraphs the classifier is most certain about.";
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
      element("td", {}, doc.published_on ? longDate(doc.published_on) : ""),
      element("td", {}, doc.overall_effectiveness),
      element("td", { class: "number" }, whole(doc.n_paragraphs)),
    ),
  );
  const headings = ["Document", "Type", "Framework", "Published", "Overall effectiveness", "Paragraphs"];
  return section("Documents", table("Documents read", headings, rows));
}
