// One authority's strengths and concerns over time, a chart for each theme.

import { timeChart } from "./charts.js";
import { isCompared } from "./comparison_sums.js";
import { DATA } from "./data.js";
import { element, section } from "./dom.js";
import { hasBalance } from "./filters.js";
import { groupBy } from "./group.js";
import { balanceOf } from "./pair_sums.js";
import { selection } from "./selection.js";
import { measure, sumDocs } from "./sums.js";
import { inYears, plural } from "./words.js";

// `docs` are those of the authority, in order.
export function stanceSection(docs) {
  const dated = docs.filter((doc) => doc.on);
  const title = "Strengths and concerns over time";
  if (!hasBalance()) return null;
  const own = dated.map((doc) => ({ doc, sum: sumDocs([doc]) }));
  const everybody = balancesByYear();
  const charts = DATA.themes.flatMap((theme, index) => {
    const points = joined(own.flatMap(({ doc, sum }) => pointOf(doc, measure(sum, index))));
    return points.length ? [stanceChart(theme.title, points, everybody(index))] : [];
  });
  if (!charts.length) {
    return section(title, element("p", {}, "No dated document names a strength or a concern about a theme."));
  }
  const key =
    "Each point is one document: strengths among the paragraphs that name a strength or a concern, with the 95% " +
    `interval. A hollow point rests on fewer than ${DATA.settings.few} such paragraphs: look at the numbers below ` +
    "the chart, not at the point. A line joins successive whole inspections that are not of few; the grey one shows " +
    "those of all authorities by year.";
  return section(
    title,
    element("p", { class: "small" }, key),
    element("div", { class: "times stance-times" }, ...charts),
  );
}

function pointOf(doc, m) {
  const balance = balanceOf(m);
  if (!balance) return [];
  const { strengths, concerns } = balance;
  const counts = `${plural(strengths, "strength")}, ${plural(concerns, "concern")}`;
  return [
    {
      x: inYears(doc.on),
      title: `${doc.document_type} ${doc.on}, ${counts}:`,
      measure: balance,
      doc,
      counts,
    },
  ];
}

// A point of few paragraphs may lie anywhere, so the line ends before it and begins anew after it.
function joined(points) {
  let part = 0;
  return points.map((point) => {
    const whole = isCompared(point.doc);
    if (whole && point.measure.few) part += 1;
    return { ...point, series: whole && !point.measure.few ? `part ${part}` : "" };
  });
}

function stanceChart(title, points, background) {
  const chart = timeChart(title, points, background, 1);
  chart.setAttribute("data-balance", title);
  const lines = points.map(({ doc, counts }) =>
    element("li", {}, `${doc.year} ${doc.document_type}: ${counts}`),
  );
  chart.append(element("ul", { class: "small" }, ...lines));
  return chart;
}

// For a theme, the balance in all whole inspections of a year.
function balancesByYear() {
  const byYear = groupBy(selection.docs.filter(isCompared), (doc) => doc.year);
  const sums = [...byYear.keys()].sort().map((year) => [year, sumDocs(byYear.get(year))]);
  return (theme) =>
    sums.flatMap(([year, sum]) => {
      const balance = balanceOf(measure(sum, theme));
      return balance && !balance.few ? [{ x: Number(year) + 0.5, title: year, measure: balance }] : [];
    });
}
