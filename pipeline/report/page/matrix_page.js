// The heat map: authorities by themes.

import { addressOf, oneOf, view } from "./address.js";
import { stanceBar, stanceText, whisker } from "./charts.js";
import { firstChoice } from "./compare_choice.js";
import { authorityRows, NOT_COMPARED } from "./comparison_sums.js";
import { download } from "./csv.js";
import { DATA } from "./data.js";
import { choice, downloadButton, element, small } from "./dom.js";
import { hasBalance, NO_BALANCE } from "./filters.js";
import { moveByArrows } from "./grid.js";
import { authorityLink, evidenceLink, themeLink } from "./links.js";
import { byMeasure, colourOf, MEASURES, scaleOf, showBy } from "./measures.js";
import { keepChoices } from "./navigation.js";
import { measureColumns } from "./sums.js";
import { plural, whole } from "./words.js";

export function matrixPage() {
  const body = element("div", { id: "matrix-place" });
  const key = element("div", { class: "legend" });
  let rows = [];
  const draw = () => {
    const measure = measureShown();
    rows = sortedRows(authorityRows(MEASURES[measure].compared || null), measure);
    const cells = rows.flatMap((row) => row.cells.map(({ m }) => m));
    const scale = { measure, plain: isPlain(), ...scaleOf(measure, cells, DATA) };
    if (lacksBalance(measure)) {
      key.replaceChildren();
      body.replaceChildren(element("p", {}, NO_BALANCE));
      return;
    }
    const none = element("p", {}, "No documents match the filters.");
    key.replaceChildren(...legend(scale, rows));
    body.replaceChildren(rows.length ? matrixTable(rows, scale) : none);
  };
  const viewChoice = (label, name, options, value) =>
    choice(label, name, options, value, (picked) => {
      view[name] = picked;
      keepChoices();
      draw();
    });
  draw();
  return [
    element("h1", {}, "Authorities and themes"),
    element(
      "p",
      { class: "lead" },
      "Each cell stands for an authority's paragraphs about a theme. ",
      "Open a cell to read those paragraphs. ",
      element("a", { href: addressOf("methods") }, "How to read the numbers"),
    ),
    element(
      "div",
      { class: "tools" },
      viewChoice(
        "Show",
        "show",
        Object.entries(MEASURES).map(([name, { title }]) => [name, title]),
        measureShown(),
      ),
      viewChoice("Sort by", "sort", SORTS, SORTS.some(([name]) => name === view.sort) ? view.sort : "name"),
      viewChoice("View", "detail", DETAILS, isPlain() ? "plain" : "full"),
      firstChoice("Compare with its neighbours", null),
      downloadButton(() => downloadMatrix(rows)),
    ),
    key,
    body,
  ];
}

const SORTS = [
  ["name", "Authority"],
  ["paragraphs", "Number of paragraphs"],
  ...DATA.themes.map(({ id, title }) => [id, title]),
];

// The plain view is for somebody who looks from afar, or at one sheet of paper: a colour, one number
// and an arrow in each cell.
const DETAILS = [
  ["full", "Full"],
  ["plain", "Plain: one number"],
];

function isPlain() {
  return view.detail === "plain";
}

export function measureShown() {
  return oneOf(MEASURES, view.show);
}

// Whether a measure cannot be shown, with a stance selected.
export function lacksBalance(measure) {
  return Boolean(MEASURES[measure].amongStances) && !hasBalance();
}

function sortedRows(rows, measure) {
  const byName = (a, b) => a.authority - b.authority;
  const theme = DATA.themes.findIndex(({ id }) => id === view.sort);
  const higher = byMeasure(measure, DATA);
  if (view.sort === "paragraphs") {
    return rows.sort((a, b) => b.sum.paragraphs - a.sum.paragraphs || byName(a, b));
  }
  if (theme < 0) return rows.sort(byName);
  return rows.sort((a, b) => higher(a.cells[theme].m, b.cells[theme].m) || byName(a, b));
}

// The colours of cells, and of the squares of the map.
export function colourScale({ measure, width, plain = false }) {
  const { steps, few, sure } = DATA.settings;
  const { unit, mark } = MEASURES[measure];
  const range = (step) =>
    step === steps.length - 1
      ? `${mark(step * width)} or more`
      : `${mark(step * width)} to ${mark((step + 1) * width)}`;
  return [
    element("span", {}, `Colour${plain ? " and number" : ""}: ${unit}`),
    element(
      "ul",
      { class: "scale", "aria-label": `Colour scale for ${unit}` },
      ...steps.map((_, step) => element("li", { class: `step-${step}` }, range(step))),
      element("li", { class: "half", "aria-hidden": "true" }),
      element("li", {}, `paler: ${few} to ${sure - 1} tagged`),
      element("li", { class: "few" }, `fewer than ${few} tagged`),
    ),
  ];
}

function legend(scale, rows) {
  const swatch = (name) => element("span", { class: `swatch ${name}`, "aria-hidden": "true" });
  const interval =
    scale.measure === "count"
      ? null
      : [swatch("interval-sign"), "95% interval, with a tick at the number shown"];
  const out = outText(scale.measure, rows);
  const signs = scale.plain
    ? [out, "Paler or hatched: few paragraphs. The 95% intervals and the stances are in the full view"]
    : [...DATA.stances.map((name) => [swatch(`stance-${name}`), name]), interval, out].filter(Boolean);
  return [
    ...colourScale(scale),
    element("ul", { class: "signs" }, ...signs.map((sign) => element("li", {}, ...[sign].flat()))),
  ];
}

export function outText(measure, rows) {
  return MEASURES[measure].compared
    ? `▲ ▼ stands out from the rest: ${standoutsText(rows)}`
    : "▲ ▼: this measure is not compared between authorities";
}

// How many stand out, and how many of them by chance: as say_false_flags.
function standoutsText(rows) {
  const cells = rows.flatMap((row) => row.cells);
  if (!cells.some(({ compared }) => compared)) return `no cell ${NOT_COMPARED}`;
  const n = cells.filter(({ out }) => out).length;
  if (!n) return "none does, beyond the usual differences between authorities";
  const byChance = n * DATA.settings.false_discovery;
  const about = byChance < 1 ? "fewer than 1" : `about ${byChance.toFixed(1)}`;
  return `${plural(n, "cell")}; ${about} of these would be expected by chance`;
}

function matrixTable(rows, scale) {
  const columnHead = (...content) => element("th", { scope: "col", role: "columnheader" }, ...content);
  const themes = DATA.themes.map((theme, index) =>
    columnHead(element("a", { href: themeLink(index) }, theme.title)),
  );
  const made = element(
    "table",
    {
      class: scale.plain ? "matrix plain" : "matrix",
      role: "grid",
      "aria-label": `${MEASURES[scale.measure].title}. Use the arrow keys to move and Enter to open a cell`,
    },
    element(
      "thead",
      { role: "rowgroup" },
      element("tr", { role: "row" }, columnHead("Authority"), ...themes),
    ),
    element("tbody", { role: "rowgroup" }, ...rows.map((row) => matrixRow(row, scale))),
  );
  moveByArrows(made);
  return made;
}

function matrixRow(row, scale) {
  return element(
    "tr",
    { role: "row" },
    element(
      "th",
      { scope: "row", role: "rowheader" },
      element("a", { href: authorityLink(row.authority) }, row.name),
      small(`${plural(row.sum.documents, "document")}, ${plural(row.sum.paragraphs, "paragraph")}`),
    ),
    ...row.cells.map((cell, theme) => matrixCell(row, theme, cell, scale)),
  );
}

// What a cell shows, as showBy, and says of it: {..., tagged, interval, said}.
export function cellWords({ m, out }, measure) {
  const shown = showBy(measure, m, DATA);
  const { low, high, text } = shown;
  const { figure } = MEASURES[measure];
  const interval = low === null ? "" : `95% interval ${figure(low)} to ${figure(high)}`;
  const tagged = `${m.tagged}${m.few ? " (few)" : ""} of ${plural(m.paragraphs, "paragraph")} tagged`;
  const said = [
    `${text}: ${tagged}`,
    interval,
    stanceText(m.stances),
    m.notValidated ? "not validated for this kind of document" : "",
    out && `stands out: ${out} than the rest`,
  ];
  return { ...shown, tagged, interval, said: said.filter(Boolean).join("; ") };
}

function matrixCell(row, theme, cell, { measure, plain, width, top }) {
  const { id, title } = DATA.themes[theme];
  const { m, out } = cell;
  const { value, low, high, text, tagged, interval, said } = cellWords(cell, measure);
  const { short, unit } = MEASURES[measure];
  const brief = value === null ? "–" : short(value);
  const link = {
    class: "cell",
    href: evidenceLink(row.authority, theme),
    "aria-label": said,
    title: [`${title}, ${unit} ${text}`, tagged, interval].filter(Boolean).join("; "),
    "data-authority": row.name,
    "data-theme": id,
  };
  return element(
    "td",
    { role: "gridcell", class: colourOf(value, m, width, DATA.settings.steps.length) },
    element(
      "a",
      link,
      element("span", { class: "narrow-label", "aria-hidden": "true" }, title),
      element(
        "span",
        { class: "figures" },
        element("strong", { class: "shown" }, plain ? brief : text),
        plain ? null : element("span", { class: "count" }, whole(m.tagged)),
        out ? element("span", { class: "out" }, out === "more" ? "▲" : "▼") : null,
      ),
      plain || low === null ? null : whisker({ share: value, low, high, few: m.few, corrected: null }, top),
      plain ? null : stanceBar(m.stances),
    ),
  );
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
