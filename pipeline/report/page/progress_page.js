// What moved between each authority's whole inspections: judgements, and the balance of stances.

import { oneOf, view } from "./address.js";
import { BALANCED, changesBetween, gradeMoved, strengthsAndConcerns, wholePairs } from "./comparison_sums.js";
import { download } from "./csv.js";
import { DATA } from "./data.js";
import { choice, downloadButton, element, section, table } from "./dom.js";
import { hasBalance, NO_BALANCE } from "./filters.js";
import { authorityLink, evidenceLink, ofReport } from "./links.js";
import { keepChoices } from "./navigation.js";
import { selection } from "./selection.js";
import { plural } from "./words.js";

export const SIGNS = { up: "▲ up", down: "▼ down", level: "= level", "no clear change": "no clear change" };

const PAIRS = { latest: "The latest two of each authority", all: "All, each with the one before" };
const SHOWN = { all: "All", up: "Where a judgement went up", down: "Where a judgement went down" };
const OVERALL = DATA.judgements.indexOf("overall_effectiveness");

export function progressPage() {
  const place = element("div", {});
  const pick = (name) => (picked) => {
    view[name] = picked;
    keepChoices();
    draw();
  };
  const draw = () => place.replaceChildren(...progressShown());
  draw();
  const about =
    "Each authority's whole inspections, one compared with the one before. Authorities are in alphabetical " +
    "order, and this is not a league table.";
  return [
    element("h1", {}, "Progress"),
    element("p", { class: "lead" }, about),
    element(
      "div",
      { class: "tools" },
      choice("Inspections", "pairs", Object.entries(PAIRS), oneOf(PAIRS, view.pairs), pick("pairs")),
      choice("Show", "moved", Object.entries(SHOWN), oneOf(SHOWN, view.moved), pick("moved")),
    ),
    place,
  ];
}

function progressShown() {
  const [pairs, moved] = [oneOf(PAIRS, view.pairs), oneOf(SHOWN, view.moved)];
  const found = progressRows(pairs === "latest");
  if (!found.length) {
    return [element("p", {}, "No authority has two whole inspections among the documents shown.")];
  }
  const rows = found.filter(({ grades }) => moved === "all" || grades.some((grade) => grade.moved === moved));
  // On paper the lists are not there.
  const which = `${PAIRS[pairs]}. `;
  const shown = moved === "all" ? "" : ` Shown: ${SHOWN[moved].toLowerCase()}.`;
  const parts = [element("p", {}, which, overallMoves(found), shown)];
  if (!rows.length) return [...parts, element("p", {}, "There is none among the documents shown.")];
  const headings = ["Authority", "Inspections"];
  const aboutJudgements = "An empty cell: neither report gives this judgement.";
  const aboutThemes =
    "How many of the paragraphs that name a strength or a concern name a strength: open either number to read " +
    "them. ▲ and ▼: the balance moved towards strengths or towards concerns, beyond chance. Where either report " +
    `has fewer than ${DATA.settings.few} such paragraphs, it says “(few)”: read them before you rely on it.`;
  const given = DATA.judgements
    .map((_, at) => at)
    .filter((at) => rows.some(({ grades }) => grades[at].before || grades[at].after));
  return [
    ...parts,
    downloadButton(() => downloadProgress(rows), "progress"),
    section(
      "Judgements",
      element("p", { class: "small" }, aboutJudgements),
      table(
        "Grades, before → after",
        [...headings, ...given.map((at) => nameOf(DATA.judgements[at]))],
        rows.map((row) => judgementsRow(row, given)),
        { class: "progress" },
      ),
    ),
    section(
      "Themes",
      element("p", { class: "small" }, hasBalance() ? aboutThemes : NO_BALANCE),
      hasBalance()
        ? table(
            "Balance of stances",
            [...headings, ...DATA.themes.map(({ title }) => title)],
            rows.map(themesRow),
            { class: "progress" },
          )
        : null,
    ),
  ];
}

function progressRows(latestOnly) {
  return [...selection.byAuthority.keys()]
    .filter((authority) => DATA.authorities[authority].known)
    .sort((a, b) => a - b)
    .flatMap((authority) => {
      const pairs = wholePairs(selection.byAuthority.get(authority));
      const shown = latestOnly ? pairs.slice(-1) : pairs;
      return shown.map((pair) => ({ authority, pair, ...progressOf(pair) }));
    });
}

function overallMoves(rows) {
  const counted = { up: 0, down: 0, level: 0, "": 0 };
  for (const { grades } of rows) counted[grades[OVERALL].moved] += 1;
  const { up, down, level, "": neither } = counted;
  const compared = plural(rows.length, "pair of inspections", "pairs of inspections");
  return (
    `Of ${compared}, overall effectiveness went up in ${up}, down in ${down}, and stayed level in ${level}` +
    `${neither ? `; in ${neither} one of the two reports does not give it` : ""}.`
  );
}

export function nameOf(judgement) {
  return judgement === "lscb" ? "LSCB" : judgement.replaceAll("_", " ");
}

function progressOf([earlier, later]) {
  const grades = DATA.judgements.map((name) => {
    const [before, after] = [earlier.grades[name] || "", later.grades[name] || ""];
    return { before, after, moved: gradeMoved(before, after) };
  });
  return { grades, themes: changesBetween(earlier, later) };
}

function judgementsRow(row, given) {
  const cells = given.map((at) => {
    const { before, after, moved } = row.grades[at];
    const words = before || after ? `${before || "not given"} → ${after || "not given"}` : "";
    return movedCell(moved, false, words);
  });
  return pairRow(row, cells);
}

function themesRow(row) {
  const [earlier, later] = row.pair;
  const cells = row.themes.map(({ before, after, balance }, theme) => {
    const links = [strengthsLink(before, earlier, theme), " → ", strengthsLink(after, later, theme)];
    return movedCell(balance.moved, balance.few, ...links);
  });
  return pairRow(row, cells);
}

function pairRow({ authority, pair: [earlier, later] }, cells) {
  return element(
    "tr",
    { "data-earlier": earlier.id },
    element(
      "th",
      { scope: "row" },
      element("a", { href: authorityLink(authority) }, DATA.authorities[authority].name),
    ),
    element("td", {}, `${earlier.year} ${earlier.framework} → ${later.year} ${later.framework}`),
    ...cells,
  );
}

function movedCell(moved, few, ...words) {
  return element(
    "td",
    { class: `moved ${moved}` },
    SIGNS[moved] || "",
    few && ["up", "down"].includes(moved) ? " (few) " : " ",
    element("span", { class: "small" }, ...words),
  );
}

// "3 of 8", which opens what one report says about a theme.
export function strengthsLink(measured, doc, theme) {
  if (!hasBalance()) return "–";
  const [strengths, concerns] = strengthsAndConcerns(measured);
  const words = `${strengths} of ${strengths + concerns}`;
  if (!strengths && !concerns) return words;
  const about = `${DATA.authorities[doc.authority].name}, ${doc.year}: read these paragraphs`;
  return element(
    "a",
    { href: evidenceLink(doc.authority, theme, "", { ...ofReport(doc), stance: BALANCED }), title: about },
    words,
  );
}

function downloadProgress(rows) {
  const columns = {
    authority: ({ authority }) => DATA.authorities[authority].name,
    earlier_on: ({ pair }) => pair[0].on,
    later_on: ({ pair }) => pair[1].on,
    earlier_framework: ({ pair }) => pair[0].framework,
    later_framework: ({ pair }) => pair[1].framework,
  };
  DATA.judgements.forEach((name, at) => {
    columns[`${name}_earlier`] = ({ grades }) => grades[at].before;
    columns[`${name}_later`] = ({ grades }) => grades[at].after;
    columns[`${name}_moved`] = ({ grades }) => grades[at].moved;
  });
  DATA.themes.forEach(({ id }, at) => {
    columns[`${id}_moved`] = ({ themes }) => themes[at].balance.moved;
  });
  download("progress.csv", columns, rows);
}

// One authority's judgements, a row for each that either report of a pair gives.
export function judgementsSection(pairs) {
  const rows = pairs.flatMap(([earlier, later]) => {
    const { grades } = progressOf([earlier, later]);
    const given = DATA.judgements.map((name, at) => ({ name, ...grades[at] }));
    return given
      .filter(({ before, after }) => before || after)
      .map(({ name, before, after, moved }) =>
        element(
          "tr",
          {},
          element("th", { scope: "row" }, `${earlier.year} → ${later.year}`),
          element("td", {}, nameOf(name)),
          element("td", {}, before || "not given"),
          element("td", {}, after || "not given"),
          element("td", { class: `moved ${moved}` }, SIGNS[moved] || "cannot be compared"),
        ),
      );
  });
  if (!rows.length) return element("p", {}, "The reports give no grades.");
  return table("Judgements", ["Inspections", "Judgement", "Before", "After", ""], rows, { class: "grades" });
}
