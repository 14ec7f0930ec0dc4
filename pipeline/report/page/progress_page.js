// What moved between each authority's whole inspections: judgements, and the balance of stances.

import { changesBetween, gradeMoved, wholePairs } from "./comparison_sums.js";
import { download } from "./csv.js";
import { DATA } from "./data.js";
import { downloadButton, element, small, table } from "./dom.js";
import { authorityLink } from "./links.js";
import { selection } from "./selection.js";

export const SIGNS = { up: "▲ up", down: "▼ down", level: "= level", "no clear change": "no clear change" };

export function progressPage() {
  const rows = [...selection.byAuthority.keys()]
    .filter((authority) => DATA.authorities[authority].known)
    .sort((a, b) => a - b)
    .flatMap((authority) =>
      wholePairs(selection.byAuthority.get(authority)).map((pair) => ({
        authority,
        pair,
        ...progressOf(pair),
      })),
    );
  const title = element("h1", {}, "Progress");
  if (!rows.length) {
    return [title, element("p", {}, "No authority has two whole inspections among the documents shown.")];
  }
  const headings = [
    "Authority",
    "Inspections",
    ...DATA.judgements.map(nameOf),
    ...DATA.themes.map((theme) => theme.title),
  ];
  const about =
    "Each authority's successive whole inspections. Judgements: up, down or level. Themes: whether the balance " +
    "of strengths and concerns moved, beyond chance. An empty cell: one of the reports does not give it. " +
    "Authorities are in alphabetical order, and this is not a league table.";
  return [
    title,
    element("p", { class: "lead" }, about),
    downloadButton(() => downloadProgress(rows), "progress"),
    table("What moved between whole inspections", headings, rows.map(progressRow), { class: "progress" }),
  ];
}

export function nameOf(judgement) {
  return judgement === "lscb" ? "LSCB" : judgement.replaceAll("_", " ");
}

function progressOf([earlier, later]) {
  const grades = DATA.judgements.map((name) => {
    const [before, after] = [earlier.grades[name] || "", later.grades[name] || ""];
    return { before, after, moved: gradeMoved(before, after) };
  });
  return { grades, themes: changesBetween(earlier, later).map(({ balance }) => balance.moved) };
}

function progressRow({ authority, pair: [earlier, later], grades, themes }) {
  const cell = (moved, words) => element("td", { class: `moved ${moved}` }, SIGNS[moved] || "", words);
  return element(
    "tr",
    { "data-earlier": earlier.id },
    element(
      "th",
      { scope: "row" },
      element("a", { href: authorityLink(authority) }, DATA.authorities[authority].name),
    ),
    element("td", {}, `${earlier.year} ${earlier.framework} → ${later.year} ${later.framework}`),
    ...grades.map((grade) => cell(grade.moved, gradesText(grade))),
    ...themes.map((moved) => cell(moved, null)),
  );
}

function gradesText({ before, after }) {
  return before || after ? small(`${before || "not given"} → ${after || "not given"}`) : null;
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
    columns[`${id}_moved`] = ({ themes }) => themes[at];
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
