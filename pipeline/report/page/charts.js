// Bars, tables of shares and lines over time. They are drawn here rather than by a library: a table
// with bars is read out as it is, prints and needs little code. The libraries that draw as well
// (Observable Plot with D3, ECharts) are 0.3 to 1 MB, put their styles into the page where the
// policy forbids it, or draw on a canvas that no screen reader can read.

import { download } from "./csv.js";
import { DATA } from "./data.js";
import { downloadButton, element, hiddenText, small, svg, table } from "./dom.js";
import { groupBy } from "./group.js";
import { estimatedShare, measureColumns } from "./sums.js";
import { intervalText, percent, whole } from "./words.js";

// The corrected share, or why there is none.
function correctedText(m) {
  return m.corrected === null && m.notValidated ? "not validated" : percent(m.corrected);
}

export function stanceText(stances) {
  const parts = DATA.stances.map((name, stance) => (stances[stance] ? `${stances[stance]} ${name}` : ""));
  return parts.filter(Boolean).join(", ") || "none";
}

export function stanceBar(stances) {
  const bar = element("span", { class: "stances", "aria-hidden": "true" });
  const total = stances.reduce((a, b) => a + b, 0);
  stances.forEach((n, stance) => {
    if (!n) return;
    const part = element("span", { class: `stance-${DATA.stances[stance]}` });
    part.style.width = `${(100 * n) / total}%`;
    bar.append(part);
  });
  return bar;
}

// The interval as a line with a tick at the share and a dot at the corrected share. `top` is the
// end of the scale; `others` are the shares of others, as {value, kind}.
export function whisker(m, top, others = []) {
  const at = (x) => `${Math.min(100, (100 * x) / top)}%`;
  const mark = (name, x) => {
    const made = element("span", { class: name });
    made.style.left = at(x);
    return made;
  };
  const line = mark("line", m.low);
  line.style.right = `calc(100% - ${at(m.high)})`;
  return element(
    "span",
    { class: `whisker${m.few ? " few" : ""}`, "aria-hidden": "true" },
    line,
    mark("tick", m.share),
    m.corrected === null ? null : mark("dot", m.corrected),
    ...others.map(({ value, kind }) => mark(`other ${kind}`, value)),
  );
}

// --- tables of shares -------------------------------------------------------------------------

// Rows: {label (text or element), measure, others (for `whisker`)}. `extra` are further columns, as
// {title, of, cell}. `open` gives the address of a row's paragraphs, or null. `top` is the end of the scale of
// its bars, the same for all tables of a page. Every number is also in words.
export function shareTable(
  caption,
  labelTitle,
  rows,
  { extra = [], open = null, top = topOfBars(rows) } = {},
) {
  const hasCorrected = rows.some((row) => row.measure.corrected !== null);
  const headings = [
    labelTitle,
    "Share",
    ...(hasCorrected ? ["Corrected"] : []),
    "95% interval",
    "",
    "Tagged",
    "Paragraphs",
    "Per 1,000 words",
    "Stance",
    ...extra.map(({ title }) => title),
  ];
  const body = rows.map((row) => shareRow(row, top, hasCorrected, extra, open));
  return element(
    "div",
    { class: "shares-place" },
    table(caption, headings, body, { class: "shares" }),
    downloadButton(() => downloadShares(caption, labelTitle, rows), caption),
  );
}

// Where the bars of some rows end.
export function topOfBars(rows) {
  return Math.max(0.02, ...rows.map(({ measure: m }) => endOfScale(m, 2.5, 0.02)));
}

// A share that hardly anything is known about must not squeeze all others to the left.
function endOfScale(m, times, more) {
  return Math.max(m.share, Math.min(m.high, times * m.share + more));
}

function shareRow(row, top, hasCorrected, extra, open) {
  const { label, measure: m, others } = row;
  const number = (of, ...content) => element("td", { class: "number", "data-of": of }, ...content);
  const tagged = whole(m.tagged);
  const href = open && m.tagged ? open(row) : null;
  const link = href && { href, title: "Read these paragraphs" };
  return element(
    "tr",
    { class: m.few ? "few" : null },
    element("th", { scope: "row" }, label),
    number("share", percent(m.share)),
    hasCorrected ? number("share_corrected", correctedText(m)) : null,
    number("interval", intervalText(m)),
    element("td", { class: "drawn" }, whisker(m, top, others)),
    number("n_tagged", link ? element("a", link, tagged) : tagged, m.few ? hiddenText(" (few)") : null),
    number("n_paragraphs", whole(m.paragraphs)),
    number("per_1000_words", m.rate.toFixed(2)),
    element("td", { class: "drawn" }, stanceBar(m.stances), small(stanceText(m.stances))),
    ...extra.map(({ of, cell }) => element("td", { "data-of": of }, cell(row))),
  );
}

function downloadShares(caption, labelTitle, rows) {
  const name = caption.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  const first = labelTitle.toLowerCase() || "documents";
  const labelOf = ({ label }) => (typeof label === "string" ? label : label.textContent);
  download(`${name}.csv`, { [first]: labelOf, ...measureColumns((row) => row.measure) }, rows);
}

// --- shares over time -------------------------------------------------------------------------

const WIDTH = 300;
const HEIGHT = 150;
const MARGIN = { left: 34, right: 8, top: 8, bottom: 20 };

// The highest share with a label in some charts, each of [points, background]: charts that stand
// side by side have one scale.
export function topOfCharts(charts) {
  const ends = charts.flatMap(([points, background]) => [
    ...points.map((p) => endOfScale(p.measure, 2, 0.03)),
    ...background.map((p) => estimatedShare(p.measure)),
  ]);
  return Math.max(0.05, ...ends);
}

// `points` and `background` as {x (years, may be broken), measure, title}; the background is a line.
// Points of the same `series` are joined.
export function timeChart(title, points, background, top = topOfCharts([[points, background]])) {
  const { x, y, first, last } = timeScale(points, background, top);
  const said = points.map(
    (p) => `${p.title} ${percent(estimatedShare(p.measure))} (${intervalText(p.measure)})`,
  );
  const chart = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: "img",
    "aria-label": `${title}: ${said.join("; ")}`,
  });
  for (const share of [0, top / 2, top]) {
    const line = { x1: MARGIN.left, x2: WIDTH - MARGIN.right, y1: y(share), y2: y(share) };
    const place = { x: MARGIN.left - 5, y: y(share) + 3.5 };
    chart.append(
      svg("line", { ...line, class: "grid" }),
      svg("text", { ...place, class: "label end" }, `${Math.round(100 * share)}%`),
    );
  }
  const every = Math.max(1, Math.ceil((last - first) / 6));
  for (let year = first; year <= last; year += every) {
    const place = { x: x(year), y: HEIGHT - 5 };
    chart.append(svg("text", { ...place, class: "label middle" }, String(year)));
  }
  const line = (list, name) => {
    const places = list.map((p) => `${x(p.x).toFixed(1)} ${y(estimatedShare(p.measure)).toFixed(1)}`);
    return svg("path", { d: `M${places.join("L")}`, class: name });
  };
  if (background.length > 1) chart.append(line(background, "background"));
  // A line joins only what is alike: whole inspections under one framework.
  for (const alike of groupBy(
    points.filter(({ series }) => series),
    ({ series }) => series,
  ).values()) {
    if (alike.length > 1) chart.append(line(alike, "series"));
  }
  for (const { x: year, measure: m } of points) {
    chart.append(
      svg("line", { x1: x(year), x2: x(year), y1: y(m.low), y2: y(m.high), class: "error" }),
      svg("circle", { cx: x(year), cy: y(estimatedShare(m)), r: 4, class: m.few ? "point few" : "point" }),
    );
  }
  return element("figure", { class: "time" }, element("figcaption", {}, title), chart);
}

// From years and shares to places in the drawing.
function timeScale(points, background, top) {
  const years = [...points, ...background].map((p) => p.x);
  const first = Math.floor(Math.min(...years));
  const last = Math.ceil(Math.max(...years, Math.min(...years) + 1));
  const highest = 1.05 * top;
  const wide = WIDTH - MARGIN.left - MARGIN.right;
  const high = HEIGHT - MARGIN.top - MARGIN.bottom;
  return {
    x: (year) => MARGIN.left + ((year - first) / (last - first)) * wide,
    y: (share) => HEIGHT - MARGIN.bottom - (Math.min(share, highest) / highest) * high,
    first,
    last,
  };
}
