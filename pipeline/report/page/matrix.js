"use strict";
// The heat map: authorities x themes.

const MEASURES = {
  share: { title: "Share of paragraphs", of: (m) => m.share, text: (m) => percent(m.share) },
  corrected: { title: "Corrected share", of: (m) => m.corrected ?? m.share, text: (m) => percent(m.corrected) },
  rate: { title: "Per 1,000 words", of: (m) => m.rate, text: (m) => m.rate.toFixed(2) },
  count: { title: "Number of paragraphs", of: (m) => m.tagged, text: (m) => whole(m.tagged) },
  concern: { title: "Concern among tagged", of: (m) => concernShare(m), text: (m) => (m.tagged ? percent(concernShare(m)) : "–") },
};
const view = { measure: "share", sort: "name" };

function concernShare(m) {
  return m.tagged ? m.stances[DATA.stances.indexOf("concern")] / m.tagged : 0;
}

function matrixPage() {
  const rows = matrixRows();
  const shown = element("div", { id: "matrix-place" });
  const draw = () => shown.replaceChildren(rows.length ? matrixTable(sortedRows(rows)) : element("p", {}, "No document fits the filters."));
  draw();
  return [
    element("h1", {}, "Authorities and themes"),
    element("p", { class: "lead" },
      "Each cell is the share of an authority's paragraphs that are about a theme. Open one to read them. ",
      element("a", { href: "#methods" }, "How to read the numbers")),
    element("div", { class: "tools" },
      choice("Show", "measure", Object.entries(MEASURES).map(([key, m]) => [key, m.title]), view.measure, (value) => {
        view.measure = value;
        draw();
      }),
      choice("Sort by", "sort", [["name", "Authority"], ["paragraphs", "Number of paragraphs"], ...DATA.themes.map((t, i) => [String(i), t.title])], view.sort, (value) => {
        view.sort = value;
        draw();
      }),
      element("button", { type: "button", class: "download", onclick: () => downloadMatrix(sortedRows(rows)) }, "Download as CSV")),
    legend(),
    shown,
  ];
}

function choice(label, name, options, value, onchange) {
  const select = element("select", { name, onchange: (event) => onchange(event.target.value) },
    ...options.map(([key, title]) => element("option", { value: key }, title)));
  select.value = value;
  return element("label", { class: "choice" }, element("span", {}, label), select);
}

function matrixRows() {
  return [...selection.byAuthority.keys()].map((authority) => {
    const compared = compareAuthority(authority);
    return {
      authority,
      name: DATA.authorities[authority].name,
      sum: compared.own,
      cells: DATA.themes.map((_, theme) => {
        const m = measure(compared.own, theme);
        return { m, standsOut: standsOut(compared.z(theme), m.tagged) };
      }),
    };
  });
}

function sortedRows(rows) {
  const byName = (a, b) => (a.name < b.name ? -1 : 1);
  if (view.sort === "name") return [...rows].sort(byName);
  const value = view.sort === "paragraphs"
    ? (row) => row.sum.paragraphs
    : (row) => MEASURES[view.measure].of(row.cells[Number(view.sort)].m);
  return [...rows].sort((a, b) => value(b) - value(a) || byName(a, b));
}

function legend() {
  const { steps, step_width, few, sure } = DATA.settings;
  return element("div", { class: "legend" },
    element("span", {}, "Colour: share"),
    element("ul", { class: "scale", "aria-label": "Colours of the shares" },
      ...steps.map((_, i) => element("li", { class: `step-${i}` },
        i === steps.length - 1 ? `${tidy(i * step_width)}%+` : `${tidy(i * step_width)}–${tidy((i + 1) * step_width)}%`)),
      element("li", { class: "half", "aria-hidden": "true" }),
      element("li", {}, `paler: ${few} to ${sure - 1} paragraphs`),
      element("li", { class: "few" }, `fewer than ${few}`)),
    element("ul", { class: "signs" },
      ...DATA.stances.map((name) => element("li", {}, element("span", { class: `swatch stance-${name}`, "aria-hidden": "true" }), name)),
      element("li", {}, element("span", { class: "swatch interval-sign", "aria-hidden": "true" }), "95% interval, tick at the share"),
      element("li", {}, "▲ ▼ stands out against the rest")));
}

// As fill_of in colours.py: what is known from few paragraphs gets no strong colour.
function colourClass(m) {
  if (m.few) return "few";
  return `step-${stepOf(m.share)}${m.sure ? "" : " pale"}`;
}

function tidy(share) {
  return String(Math.round(share * 1000) / 10);
}

function matrixTable(rows) {
  const top = DATA.settings.step_width * DATA.settings.steps.length * 1.4;
  const head = element("tr", { role: "row" },
    element("th", { scope: "col", role: "columnheader" }, "Authority"),
    ...DATA.themes.map((theme, i) => element("th", { scope: "col", role: "columnheader" },
      element("a", { href: themeLink(i) }, theme.title))));
  const body = rows.map((row) => element("tr", { role: "row" },
    element("th", { scope: "row", role: "rowheader" },
      element("a", { href: authorityLink(row.authority) }, row.name),
      element("span", { class: "small" }, `${plural(row.sum.documents, "document")}, ${plural(row.sum.paragraphs, "paragraph")}`)),
    ...row.cells.map((cell, theme) => matrixCell(row, theme, cell, top))));
  const table = element("table", { class: "matrix", role: "grid", "aria-label": `${MEASURES[view.measure].title}; move with the arrow keys, open a cell with Enter` },
    element("thead", { role: "rowgroup" }, head), element("tbody", { role: "rowgroup" }, ...body));
  rove(table);
  return table;
}

function matrixCell(row, theme, { m, standsOut: out }, top) {
  const said = [
    `${MEASURES[view.measure].text(m)} ${m.tagged}${m.few ? " (few)" : ""} of ${m.paragraphs} paragraphs`,
    `95 percent interval ${intervalText(m)}`,
    stanceText(m.stances),
    out && `stands out: ${out} than the rest`,
  ].filter(Boolean).join("; ");
  return element("td", { role: "gridcell", class: colourClass(m) },
    element("a", {
      class: "cell", href: evidenceLink(row.authority, theme), "aria-label": said,
      title: `${DATA.themes[theme].title}: ${m.tagged} of ${m.paragraphs} paragraphs, ${intervalText(m)}`,
      "data-authority": row.name, "data-theme": DATA.themes[theme].id,
    },
      element("span", { class: "narrow-label", "aria-hidden": "true" }, DATA.themes[theme].title),
      element("span", { class: "figures" },
        element("strong", { class: "shown" }, MEASURES[view.measure].text(m)),
        element("span", { class: "count" }, whole(m.tagged)),
        out ? element("span", { class: "out" }, out === "more" ? "▲" : "▼") : null),
      whisker(m, top),
      stanceBar(m.stances)));
}

// One stop for Tab in the whole table; within it the arrow keys move (WAI-ARIA grid pattern).
function rove(table) {
  const rows = [...table.rows].map((row) => [...row.cells].map((cell) => cell.querySelector("a")));
  const links = rows.flat().filter(Boolean);
  links.forEach((link) => link.setAttribute("tabindex", "-1"));
  const first = rows[1] ? rows[1][1] || rows[1][0] : links[0];
  if (first) first.setAttribute("tabindex", "0");
  const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -Infinity], End: [0, Infinity], PageUp: [-10, 0], PageDown: [10, 0] };
  table.addEventListener("keydown", (event) => {
    const move = moves[event.key];
    const cell = event.target.closest("td, th");
    if (!move || !cell) return;
    const row = Math.min(rows.length - 1, Math.max(0, cell.parentNode.rowIndex + move[0]));
    const column = Math.min(rows[row].length - 1, Math.max(0, cell.cellIndex + move[1]));
    const target = rows[row][column];
    event.preventDefault();
    if (!target) return;
    links.forEach((link) => link.setAttribute("tabindex", "-1"));
    target.setAttribute("tabindex", "0");
    target.focus();
  });
}

// The columns of the table `cells`, for what is shown.
function downloadMatrix(rows) {
  const columns = ["authority", "theme", ...MEASURE_COLUMNS, ...DATA.stances.map((name) => `n_${name}`)];
  const lines = rows.flatMap((row) =>
    row.cells.map(({ m }, theme) => [row.name, DATA.themes[theme].id, ...measureValues(m)]));
  download("matrix.csv", columns, lines);
}
