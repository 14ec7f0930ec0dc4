// The heat map: authorities by themes.

import { correctedText, stanceBar, stanceText, stepOf, whisker } from "./charts.js";
import { authorityRows, countStandouts } from "./comparison_sums.js";
import { download } from "./csv.js";
import { DATA } from "./data.js";
import { choice, downloadButton, element, small } from "./dom.js";
import { moveByArrows } from "./grid.js";
import { authorityLink, evidenceLink, themeLink } from "./links.js";
import { measureColumns } from "./sums.js";
import { intervalText, percent, plural, whole } from "./words.js";

const MEASURES = {
  share: { title: "Share of paragraphs", of: (m) => m.share, text: (m) => percent(m.share) },
  corrected: {
    title: "Corrected share",
    of: (m) => m.corrected ?? m.share,
    text: correctedText,
  },
  rate: { title: "Tagged per 1,000 words", of: (m) => m.rate, text: (m) => m.rate.toFixed(2) },
  count: { title: "Number tagged", of: (m) => m.tagged, text: (m) => whole(m.tagged) },
  concern: {
    title: "Concern, as a share of tagged",
    of: concernShare,
    text: (m) => (m.tagged ? percent(concernShare(m)) : "–"),
  },
};

// Kept while the reader is on other pages.
const view = { measure: "share", sort: "name" };

function concernShare(m) {
  return m.tagged ? m.stances[DATA.stances.indexOf("concern")] / m.tagged : 0;
}

export function matrixPage() {
  const rows = authorityRows();
  const place = element("div", { id: "matrix-place" });
  const draw = () => {
    const none = element("p", {}, "No documents match the filters.");
    place.replaceChildren(rows.length ? matrixTable(sortedRows(rows)) : none);
  };
  const viewChoice = (label, name, options) =>
    choice(label, name, options, view[name], (value) => {
      view[name] = value;
      draw();
    });
  const themes = DATA.themes.map((theme, index) => [String(index), theme.title]);
  draw();
  return [
    element("h1", {}, "Authorities and themes"),
    element(
      "p",
      { class: "lead" },
      "Each cell shows the share of an authority's paragraphs that are about a theme. ",
      "Open a cell to read those paragraphs. ",
      element("a", { href: "#methods" }, "How to read the numbers"),
    ),
    element(
      "div",
      { class: "tools" },
      viewChoice(
        "Show",
        "measure",
        Object.entries(MEASURES).map(([key, { title }]) => [key, title]),
      ),
      viewChoice("Sort by", "sort", [
        ["name", "Authority"],
        ["paragraphs", "Number of paragraphs"],
        ...themes,
      ]),
      downloadButton(() => downloadMatrix(sortedRows(rows))),
    ),
    legend(),
    place,
  ];
}

function sortedRows(rows) {
  const byName = (a, b) => a.authority - b.authority;
  if (view.sort === "name") return [...rows].sort(byName);
  const value =
    view.sort === "paragraphs"
      ? (row) => row.sum.paragraphs
      : (row) => MEASURES[view.measure].of(row.cells[Number(view.sort)].m);
  return [...rows].sort((a, b) => value(b) - value(a) || byName(a, b));
}

function legend() {
  const { steps, step_width, few, sure } = DATA.settings;
  const figure = (step) => String(Math.round(step * step_width * 1000) / 10);
  const range = (step) =>
    step === steps.length - 1 ? `${figure(step)}%+` : `${figure(step)}–${figure(step + 1)}%`;
  const swatch = (name) => element("span", { class: `swatch ${name}`, "aria-hidden": "true" });
  return element(
    "div",
    { class: "legend" },
    element("span", {}, "Colour: share"),
    element(
      "ul",
      { class: "scale", "aria-label": "Colour scale for shares" },
      ...steps.map((_, step) => element("li", { class: `step-${step}` }, range(step))),
      element("li", { class: "half", "aria-hidden": "true" }),
      element("li", {}, `paler: ${few} to ${sure - 1} tagged`),
      element("li", { class: "few" }, `fewer than ${few} tagged`),
    ),
    element(
      "ul",
      { class: "signs" },
      ...DATA.stances.map((name) => element("li", {}, swatch(`stance-${name}`), name)),
      element("li", {}, swatch("interval-sign"), "95% interval, with a tick at the share"),
      element("li", {}, `▲ ▼ stands out from the rest: ${standoutsText()}`),
    ),
  );
}

// How many stand out, and how many of them by chance: as say_false_flags.
function standoutsText() {
  const n = countStandouts();
  if (!n) return "none does, beyond the usual differences between authorities";
  const byChance = (n * DATA.settings.false_discovery).toFixed(1);
  return `${plural(n, "cell")}, up to ${byChance} of them by chance`;
}

function matrixTable(rows) {
  const { step_width, steps } = DATA.settings;
  const top = 1.4 * step_width * steps.length;
  const columnHead = (...content) => element("th", { scope: "col", role: "columnheader" }, ...content);
  const themes = DATA.themes.map((theme, index) =>
    columnHead(element("a", { href: themeLink(index) }, theme.title)),
  );
  const made = element(
    "table",
    {
      class: "matrix",
      role: "grid",
      "aria-label": `${MEASURES[view.measure].title}. Use the arrow keys to move and Enter to open a cell`,
    },
    element(
      "thead",
      { role: "rowgroup" },
      element("tr", { role: "row" }, columnHead("Authority"), ...themes),
    ),
    element("tbody", { role: "rowgroup" }, ...rows.map((row) => matrixRow(row, top))),
  );
  moveByArrows(made);
  return made;
}

function matrixRow(row, top) {
  return element(
    "tr",
    { role: "row" },
    element(
      "th",
      { scope: "row", role: "rowheader" },
      element("a", { href: authorityLink(row.authority) }, row.name),
      small(`${plural(row.sum.documents, "document")}, ${plural(row.sum.paragraphs, "paragraph")}`),
    ),
    ...row.cells.map((cell, theme) => matrixCell(row, theme, cell, top)),
  );
}

function matrixCell(row, theme, { m, out }, top) {
  const { id, title } = DATA.themes[theme];
  const text = MEASURES[view.measure].text(m);
  const said = [
    `${text}: ${m.tagged}${m.few ? " (few)" : ""} of ${plural(m.paragraphs, "paragraph")} tagged`,
    `95% interval ${intervalText(m)}`,
    stanceText(m.stances),
    m.notValidated ? "not validated for this kind of document" : "",
    out && `stands out: ${out} than the rest`,
  ];
  const link = {
    class: "cell",
    href: evidenceLink(row.authority, theme),
    "aria-label": said.filter(Boolean).join("; "),
    title: `${title}: ${m.tagged} of ${plural(m.paragraphs, "paragraph")} tagged, 95% interval ${intervalText(m)}`,
    "data-authority": row.name,
    "data-theme": id,
  };
  return element(
    "td",
    { role: "gridcell", class: colourClass(m) },
    element(
      "a",
      link,
      element("span", { class: "narrow-label", "aria-hidden": "true" }, title),
      element(
        "span",
        { class: "figures" },
        element("strong", { class: "shown" }, text),
        element("span", { class: "count" }, whole(m.tagged)),
        out ? element("span", { class: "out" }, out === "more" ? "▲" : "▼") : null,
      ),
      whisker(m, top),
      stanceBar(m.stances),
    ),
  );
}

// As fill_of in colours.py: what rests on few paragraphs gets no strong colour.
function colourClass(m) {
  if (m.few) return "few";
  return `step-${stepOf(m.share)}${m.sure ? "" : " pale"}`;
}

function downloadMatrix(rows) {
  const columns = {
    authority: ({ row }) => row.name,
    theme: ({ theme }) => DATA.themes[theme].id,
    ...measureColumns(({ cell }) => cell.m),
  };
  download(
    "matrix.csv",
    columns,
    rows.flatMap((row) => row.cells.map((cell, theme) => ({ row, theme, cell }))),
  );
}
