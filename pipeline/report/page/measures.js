// What a cell of the matrix can show. Each measure has its own scale of colours and, where there is
// one, its own interval and comparison with other authorities. Nothing here knows the page.

import { shareInterval } from "./numbers.js";

const NONE = "–";
// The stances in which there is some concern.
export const CONCERNS = ["concern", "mixed"];
// The dispersion of what varies by chance alone.
const CHANCE = 1;
const asPercent = (x) => `${(100 * x).toFixed(1)}%`;

function roundPercent(x) {
  return x > 0 && x < 0.005 ? "<1%" : `${Math.round(100 * x)}%`;
}

// `value` and `interval` are of what `measure` in sums.js gives; null where there is nothing to
// show. `figure` writes a value, `short` the same to be read from afar, `mark` an end of a step of colour. `compared` names a comparison of
// comparison_sums.js; without it nothing stands out. What is `amongStances` needs all of them.
const BY_SHARE = {
  compared: "share",
  interval: (m) => [m.low, m.high],
  figure: asPercent,
  short: roundPercent,
  mark: (x) => `${Math.round(1000 * x) / 10}%`,
};
export const MEASURES = {
  share: { ...BY_SHARE, title: "Share of paragraphs", unit: "share", value: (m) => m.share },
  corrected: {
    ...BY_SHARE,
    title: "Corrected share",
    unit: "corrected share",
    value: (m) => m.corrected,
    missing: (m) => (m.notValidated ? "not validated" : NONE),
  },
  concern: ofStances("concern", ["concern"]),
  any_concern: ofStances("any concern", CONCERNS),
  rate: {
    title: "Tagged per 1,000 words",
    unit: "tagged per 1,000 words",
    value: (m) => (m.words ? m.rate : null),
    // By chance alone: that of the share of paragraphs, in paragraphs per 1,000 words.
    interval: (m, data) =>
      shareInterval(m.tagged, m.paragraphs, CHANCE, data.settings).map(
        (x) => (1000 * x * m.paragraphs) / m.words,
      ),
    figure: (x) => x.toFixed(2),
    short: (x) => x.toFixed(1),
    mark: (x) => String(Math.round(100 * x) / 100),
  },
  // A count goes with the length of the documents: it has no interval and is compared with nothing.
  count: {
    title: "Number tagged",
    unit: "number tagged",
    value: (m) => m.tagged,
    interval: () => null,
    figure: (x) => x.toLocaleString("en-GB"),
    short: (x) => x.toLocaleString("en-GB"),
    mark: (x) => x.toLocaleString("en-GB"),
  },
};

// Of the paragraphs tagged, those of some stances.
function ofStances(key, names) {
  const count = (m, { stances }) => names.reduce((sum, name) => sum + m.stances[stances.indexOf(name)], 0);
  return {
    ...BY_SHARE,
    title: `${key[0].toUpperCase()}${key.slice(1)}, as a share of tagged`,
    unit: `${key} among tagged`,
    value: (m, data) => (m.tagged ? count(m, data) / m.tagged : null),
    interval: (m, data) => shareInterval(count(m, data), m.tagged, CHANCE, data.settings),
    compared: key.replace(" ", "_"),
    amongStances: true,
    // A share of a whole, so all of it is on the scale.
    width: 0.15,
    top: 1,
  };
}

// What a cell shows by a measure: {value, low, high, text}; `data` has `settings` and `stances`.
// Without an interval low and high are null; without a value all three.
export function showBy(key, m, data) {
  const { value: of, interval, figure, missing = () => NONE } = MEASURES[key];
  const value = of(m, data);
  if (value === null) return { value, low: null, high: null, text: missing(m) };
  const [low, high] = interval(m, data) || [null, null];
  return { value, low, high, text: figure(value) };
}

const ROUND = [1, 2, 5];

// The width of a step of colour and the end of the scale for intervals. Shares keep the scale of
// colours.py whatever is filtered; rates and counts get the least round one that all but the
// highest 2% of `cells` fit.
export function scaleOf(key, cells, data) {
  const { steps, step_width } = data.settings;
  const { width, top, compared } = MEASURES[key];
  if (width) return { width, top };
  if (compared) return { width: step_width, top: 1.4 * step_width * steps.length };
  const values = cells.filter((m) => !m.few).map((m) => showBy(key, m, data).value);
  values.sort((a, b) => a - b);
  const high = values.length ? values[Math.floor(0.98 * (values.length - 1))] : 0;
  const least = key === "count" ? 1 : 0.01;
  let found = least;
  for (let power = least; found * steps.length < high; power *= 10) {
    found = power * (ROUND.find((x) => x * power * steps.length >= high) || 10);
  }
  return { width: found, top: 1.4 * found * steps.length };
}

// Which colour a value has, counted from the palest. 0.06 / 0.02 is 2.9999999999999996.
function stepAt(value, width, steps) {
  return Math.min(steps - 1, Math.floor(value / width + 1e-9));
}

// As fill_of in colours.py: what rests on few paragraphs gets no strong colour.
export function colourOf(value, m, width, steps) {
  if (m.few) return "few";
  if (value === null) return "blank";
  return `step-${stepAt(value, width, steps)}${m.sure ? "" : " pale"}`;
}

// Highest first, but cells of few paragraphs after all others: 100% of 1 says nothing. `a` and `b`
// are measures.
export function byMeasure(key, data) {
  const last = (m, value) => m.few || value === null;
  return (a, b) => {
    const [x, y] = [a, b].map((m) => showBy(key, m, data).value);
    if (last(a, x) !== last(b, y)) return last(a, x) ? 1 : -1;
    return (y ?? -1) - (x ?? -1);
  };
}
