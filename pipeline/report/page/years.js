// Small multiples: each theme year by year, all on one scale.

import { oneOf, view } from "./address.js";
import { BALANCED, commonestKind, strengthsAndConcerns } from "./comparison_sums.js";
import { download } from "./csv.js";
import { DATA } from "./data.js";
import { choice, downloadButton, element, section, svg, table } from "./dom.js";
import { hasBalance, NO_BALANCE, onlyWith } from "./filters.js";
import { groupBy } from "./group.js";
import { evidenceLink, themeLink } from "./links.js";
import { keepChoices } from "./navigation.js";
import { correlationWithin, designEffect, shareInterval } from "./numbers.js";
import { selection } from "./selection.js";
import { estimatedShare, measure, sumDocs } from "./sums.js";
import { percent, plural } from "./words.js";

const YEARLY = { share: "Share of paragraphs", balance: "Strengths among strengths and concerns" };

export function yearsSection() {
  const kind = commonestKind();
  const place = element("div", {});
  const draw = () => place.replaceChildren(...yearCharts(kind, yearlyShown()));
  draw();
  return section(
    "Year by year",
    element(
      "div",
      { class: "tools" },
      choice("Show", "yearly", Object.entries(YEARLY), yearlyShown(), (picked) => {
        view.yearly = picked;
        keepChoices();
        draw();
      }),
    ),
    place,
  );
}

function yearlyShown() {
  return oneOf(YEARLY, view.yearly);
}

// --- sums -----------------------------------------------------------------------------------------

// The documents of a kind by framework and year, as [{framework, years: [{year, docs}]}], in order.
function seriesOf(kind) {
  const dated = selection.docs.filter((doc) => doc.year && doc.document_type === kind);
  return [...groupBy(dated, ({ framework }) => framework)]
    .map(([framework, docs]) => {
      const byYear = groupBy(docs, ({ year }) => year);
      const years = [...byYear.keys()].sort().map((year) => ({ year, docs: byYear.get(year) }));
      return { framework, years };
    })
    .sort((a, b) => (a.years[0].year < b.years[0].year ? -1 : 1));
}

// For each framework of a kind of document, the points of a theme: {framework, points: [{year,
// documents, of, value, low, high, few}]}. `of` counts what the value is a share of; a year is few if
// it has little of that, or few documents.
export function yearPoints(kind, theme, by) {
  const { few, least_authorities } = DATA.settings;
  const pointsOf = by === "balance" ? balancePoints : sharePoints;
  return seriesOf(kind).map(({ framework, years }) => ({
    framework,
    points: pointsOf(years, theme).map((point, at) => ({
      year: years[at].year,
      documents: years[at].docs.length,
      ...point,
      few: point.counted < few || years[at].docs.length < least_authorities,
    })),
  }));
}

function sharePoints(years, theme) {
  return years.map(({ docs }) => {
    const m = measure(sumDocs(docs), theme);
    return { value: estimatedShare(m), low: m.low, high: m.high, of: m.paragraphs, counted: m.tagged };
  });
}

// Strengths among strengths and concerns. The verdicts of a document are alike, and which authorities
// are inspected in a year is partly chance: the interval allows for both.
function balancePoints(years, theme) {
  const groups = years.map(({ docs }) =>
    docs.map((doc) => {
      const [strengths, concerns] = strengthsAndConcerns(measure(sumDocs([doc]), theme));
      return { tagged: strengths, size: strengths + concerns };
    }),
  );
  const correlation = correlationWithin(groups);
  return groups.map((group) => {
    const strengths = group.reduce((sum, { tagged }) => sum + tagged, 0);
    const size = group.reduce((sum, { size: n }) => sum + n, 0);
    const effect = designEffect(
      group.map(({ size: n }) => n),
      correlation,
    );
    const [low, high] = shareInterval(strengths, size, Math.max(1, effect), DATA.settings);
    return { value: size ? strengths / size : null, low, high, of: size, counted: size };
  });
}

// --- drawn ----------------------------------------------------------------------------------------

function yearCharts(kind, by) {
  if (by === "balance" && !hasBalance()) return [element("p", {}, NO_BALANCE)];
  const all = DATA.themes.map((_, theme) => yearPoints(kind, theme, by));
  const years = all.flatMap((list) => list.flatMap(({ points }) => points.map(({ year }) => Number(year))));
  if (new Set(years).size < 2) {
    return [element("p", {}, "This needs documents of one kind from at least two years.")];
  }
  const { few, least_authorities } = DATA.settings;
  const frameworks = all[0].map(({ framework }) => framework);
  const scale = yearScale(all, years, by);
  const band = "The band is the 95% interval";
  const of = {
    share:
      "The line is the share of paragraphs, corrected for the classifier's errors where they are known; " +
      `${band.toLowerCase()} of that.`,
    balance: `The line is strengths among the paragraphs that name a strength or a concern. ${band}.`,
  };
  const about =
    `Documents of the commonest type among those shown: ${kind || "not stated"}. ${of[by]} A line joins one ` +
    "framework: what inspectors are asked to look at changes with it. Hollow points, which nothing joins, are " +
    `years with fewer than ${least_authorities} documents or ${few} paragraphs. All charts have one scale. In ` +
    "each year other authorities were inspected.";
  return [
    element("p", { class: "small" }, about),
    yearLegend(frameworks),
    element(
      "div",
      { class: "times years" },
      ...DATA.themes.map((_, theme) => yearChart(theme, all[theme], scale, by)),
    ),
    numbersOfYears(kind, all, by),
  ];
}

// One theme by share and, if there is one, by balance, each on a scale of its own.
export function yearsOfTheme(theme) {
  const kind = commonestKind();
  const shown = Object.entries(YEARLY).filter(([by]) => by !== "balance" || hasBalance());
  const drawn = shown.map(([by, caption]) => {
    const list = yearPoints(kind, theme, by);
    const years = list.flatMap(({ points }) => points.map(({ year }) => Number(year)));
    if (new Set(years).size < 2) return null;
    return yearChart(theme, list, yearScale([list], years, by), by, caption);
  });
  if (!drawn.every(Boolean)) return [];
  const frameworks = seriesOf(kind).map(({ framework }) => framework);
  const about =
    `Documents of the commonest type among those shown: ${kind || "not stated"}. Bands are 95% intervals; a hollow ` +
    "point rests on few documents or paragraphs. In each year other authorities were inspected.";
  return [
    element("h3", {}, "Year by year"),
    element("p", { class: "small" }, about),
    yearLegend(frameworks),
    element("div", { class: "times years" }, ...drawn),
    hasBalance() ? null : element("p", { class: "small" }, NO_BALANCE),
  ];
}

function yearLegend(frameworks) {
  const sign = (at) => element("span", { class: `swatch framework-${at % 3}`, "aria-hidden": "true" });
  const items = frameworks.map((name, at) => element("li", {}, sign(at), name || "no framework stated"));
  return element("ul", { class: "signs small" }, ...items);
}

const YEAR_SIZE = { width: 300, height: 150, left: 34, right: 8, top: 8, bottom: 20 };

function yearScale(all, years, by) {
  const { width, height, left, right, top, bottom } = YEAR_SIZE;
  const [first, last] = [Math.min(...years), Math.max(...years)];
  const sure = all.flatMap((list) => list.flatMap(({ points }) => points.filter((point) => !point.few)));
  const highest = by === "balance" ? 1 : Math.max(0.05, ...sure.map(({ high }) => 1.05 * high));
  return {
    first,
    last,
    highest,
    x: (year) => left + ((year - first) / (last - first)) * (width - left - right),
    y: (share) => height - bottom - (Math.min(share, highest) / highest) * (height - top - bottom),
  };
}

function yearChart(theme, list, scale, by, caption = null) {
  const { x, y, first, last, highest } = scale;
  const { width, height, left, right } = YEAR_SIZE;
  const { title } = DATA.themes[theme];
  const said = list.map(({ framework, points }) => {
    const each = points.map((point) => `${point.year} ${yearText(point)}${point.few ? " (few)" : ""}`);
    return `${framework || "no framework"}: ${each.join(", ")}`;
  });
  const chart = svg("svg", {
    viewBox: `0 0 ${width} ${height}`,
    role: "img",
    "aria-label": `${title}, ${YEARLY[by]}. ${said.join(". ")}`,
  });
  for (const share of [0, highest / 2, highest]) {
    const place = { x: left - 5, y: y(share) + 3.5, class: "label end" };
    chart.append(
      svg("line", { x1: left, x2: width - right, y1: y(share), y2: y(share), class: "grid" }),
      svg("text", place, `${Math.round(100 * share)}%`),
    );
  }
  const every = Math.max(1, Math.ceil((last - first) / 6));
  for (let year = last; year >= first; year -= every) {
    const where = year === last ? "end" : "middle";
    const place = { x: year === last ? width - 2 : x(year), y: height - 5, class: `label ${where}` };
    chart.append(svg("text", place, String(year)));
  }
  list.forEach(({ points }, at) => {
    chart.append(...drawnSeries(points, `framework-${at % 3}`, scale));
  });
  const named = element("figcaption", {}, caption ?? element("a", { href: themeLink(theme) }, title));
  return element("figure", { class: "time", "data-theme": DATA.themes[theme].id }, named, chart);
}

// Bands first, so that no band hides a line.
function drawnSeries(points, name, { x, y }) {
  const at = (year, share) => `${x(year).toFixed(1)} ${y(share).toFixed(1)}`;
  const there = points.filter(({ value }) => value !== null);
  const bands = [];
  const lines = [];
  for (const run of runsOf(there)) {
    const up = run.map(({ year, high }) => at(year, high));
    const down = run.map(({ year, low }) => at(year, low)).reverse();
    bands.push(svg("path", { d: `M${[...up, ...down].join("L")}Z`, class: `band ${name}` }));
    lines.push(
      svg("path", {
        d: `M${run.map(({ year, value }) => at(year, value)).join("L")}`,
        class: `yearly ${name}`,
      }),
    );
  }
  const alone = new Set(there.filter((point) => point.few));
  for (const run of runsOf(there)) if (run.length === 1) alone.add(run[0]);
  const dots = there.flatMap((point) => {
    const whisker = { x1: x(point.year), x2: x(point.year), y1: y(point.low), y2: y(point.high) };
    return [
      ...(alone.has(point) ? [svg("line", { ...whisker, class: `yearly ${name}` })] : []),
      svg("circle", {
        cx: x(point.year),
        cy: y(point.value),
        r: 2.5,
        class: `yearly-point ${name}${point.few ? " few" : ""}`,
      }),
    ];
  });
  return [...bands, ...lines, ...dots];
}

// The stretches of points that are not few, one year after the other: a line over a year without
// documents would invent one.
export function runsOf(points) {
  const runs = [];
  let before = null;
  for (const point of points) {
    const goesOn = before && Number(point.year) === Number(before.year) + 1;
    if (!point.few && goesOn) runs.at(-1).push(point);
    else if (!point.few) runs.push([point]);
    before = point.few ? null : point;
  }
  return runs;
}

// --- in words -------------------------------------------------------------------------------------

function yearText({ value, low, high }) {
  return value === null ? "–" : `${percent(value)} (${percent(low)} to ${percent(high)})`;
}

function numbersOfYears(kind, all, by) {
  const stances = by === "balance" ? { stance: BALANCED } : {};
  const openOf = (theme, framework, year) => {
    const only = onlyWith({ year, document_type: kind, framework });
    return evidenceLink(null, theme, "", { ...only, ...stances });
  };
  const rows = all[0].flatMap(({ framework, points }, series) =>
    points.map(({ year, documents }, at) => ({
      framework,
      year,
      documents,
      points: all.map((list) => list[series].points[at]),
    })),
  );
  const columns = {
    framework: ({ framework }) => framework,
    year: ({ year }) => year,
    n_documents: ({ documents }) => documents,
  };
  DATA.themes.forEach(({ id }, theme) => {
    for (const name of ["value", "low", "high"])
      columns[`${id}_${name}`] = ({ points }) => points[theme][name];
  });
  const body = rows.map(({ framework, year, documents, points }) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, `${year} ${framework}`),
      element("td", { class: "number" }, plural(documents, "document")),
      ...points.map((point, theme) =>
        element(
          "td",
          { class: "number" },
          element("a", { href: openOf(theme, framework, year) }, yearText(point)),
          point.few ? " few" : null,
        ),
      ),
    ),
  );
  const headings = ["Year", "Documents", ...DATA.themes.map(({ title }) => title)];
  return element(
    "details",
    { class: "strongest" },
    element("summary", {}, "The numbers"),
    downloadButton(() => download(`years-${by}.csv`, columns, rows), "years"),
    table(`${YEARLY[by]} by year, with 95% interval`, headings, body, { class: "by-year" }),
  );
}
