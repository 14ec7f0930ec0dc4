// The funnel plot of a theme: authorities by their paragraphs and share, with the limits between
// which they are expected. Its numbers are those of the table `funnel`.

import { DATA } from "./data.js";
import { element, section, small, svg } from "./dom.js";
import { evidenceLink } from "./links.js";
import { moveAmong } from "./near.js";
import { fitFunnel, placeInFunnel, shareAt } from "./numbers.js";
import { percent, plural, whole } from "./words.js";

// From authorityRows, {average, extra, places, left}: the funnel of a theme, the authorities in it
// and how many of the rows cannot be compared.
export function funnelOf(theme, rows) {
  const compared = rows.filter(({ cells }) => cells[theme].compared);
  const funnel = fitFunnel(compared.map(({ cells }) => cells[theme].compared));
  const places = compared.map(({ authority, name, cells }) => {
    const { compared: one, out } = cells[theme];
    const few = one.tagged < DATA.settings.few;
    return { authority, name, ...one, few, out, ...placeInFunnel(funnel, one, DATA.settings) };
  });
  return { ...funnel, places, left: rows.length - places.length };
}

export function funnelSection(theme, rows) {
  const funnel = funnelOf(theme, rows);
  if (funnel.places.length < DATA.settings.least_authorities) {
    const least = DATA.settings.least_authorities;
    const none = `A funnel needs at least ${least} authorities with documents of the same type and framework.`;
    return section("Funnel", element("p", {}, none));
  }
  return section(
    "Funnel",
    element("p", { class: "small" }, ABOUT_FUNNEL),
    funnelFigure(theme, funnel),
    ...funnelWords(theme, funnel),
  );
}

const ABOUT_FUNNEL =
  "Each dot is an authority. Between the lines is where authorities like all others are expected, the " +
  "wider apart the fewer paragraphs there are. The lines allow for chance and for the usual differences " +
  "between authorities (over-dispersion). Authorities have different kinds of documents, in which different " +
  "shares are usual: each dot is drawn at the share that would be as unlikely around the average of all as " +
  "the authority's own is around the one expected of its documents.";

// --- in words -----------------------------------------------------------------------------------

function funnelWords(theme, { places, left }) {
  const outside = farthestFirst(places);
  const n = (count) => plural(count, "authority", "authorities");
  const [wide, narrow] = DATA.settings.funnel_limits;
  const far = outside.filter((place) => place.outside.endsWith(narrow.name)).length;
  const out = places.filter((place) => place.out).length;
  const counts =
    `${outside.length} of ${n(places.length)} ${outside.length === 1 ? "is" : "are"} outside the ${wide.name}% ` +
    `limits, where chance alone would put about ${Math.round(wide.p_value * places.length)}; ${far || "none"} outside the ` +
    `${narrow.name}% limits. `;
  const flagged =
    `By share, the matrix marks ${out || "none"} of them ▲ or ▼: limits are for one authority at a time, while the ` +
    "matrix allows for all the cells it compares. ";
  const notes = [
    `Never above a limit are authorities with fewer than ${DATA.settings.few} tagged paragraphs (hollow dots).`,
    left ? ` Left out: ${n(left)} without documents that can be compared.` : "",
  ];
  const items = outside.map((place) =>
    element(
      "li",
      {},
      element("a", { href: evidenceLink(place.authority, theme) }, place.name),
      small(` ${outsideText(place)}: ${sharesText(place)}`),
    ),
  );
  return [
    element("p", { class: "small" }, counts, flagged, ...notes),
    items.length ? element("ul", { class: "names funnel-names" }, ...items) : null,
  ];
}

// What is farthest out first.
function farthestFirst(places) {
  return places.filter(({ outside }) => outside).sort((a, b) => a.p - b.p);
}

function outsideText({ outside, out }) {
  return `${outside.replace(" ", " the ")}% limit${out ? `, ${out === "more" ? "▲" : "▼"} stands out` : ""}`;
}

function sharesText({ tagged, size, expected, adjusted }) {
  const own = `${percent(tagged / size)} (${whole(tagged)} of ${plural(size, "paragraph")})`;
  return `${own}, expected ${percent(expected)}, drawn at ${percent(adjusted)}`;
}

// --- drawn --------------------------------------------------------------------------------------

const FUNNEL_SIZES = { wide: [760, 380], narrow: [350, 330] };
const NARROW_FUNNEL = 560;
const FUNNEL_MARGIN = { left: 38, right: 50, top: 12, bottom: 36 };
const STEPS_OF_LIMIT = 80;

// Drawn again when its place becomes narrow or wide: in a narrow one the words of the wide one would
// be too small to read.
function funnelFigure(theme, funnel) {
  const place = element("div", {});
  let drawn = "";
  new ResizeObserver(() => {
    const size = place.clientWidth < NARROW_FUNNEL ? "narrow" : "wide";
    if (!place.clientWidth || size === drawn) return;
    drawn = size;
    place.replaceChildren(drawFunnel(theme, funnel, FUNNEL_SIZES[size]));
  }).observe(place);
  const caption = `${DATA.themes[theme].title}: authorities by number of paragraphs`;
  return element(
    "figure",
    { class: "time funnel" },
    element("figcaption", {}, caption),
    place,
    funnelLegend(),
  );
}

function funnelLegend() {
  const sign = (name) =>
    svg(
      "svg",
      { viewBox: "0 0 14 14", class: "funnel-sign", "aria-hidden": "true" },
      svg("circle", { cx: 7, cy: 7, r: 4, class: `dot ${name}` }),
    );
  const entry = (name, text) => element("li", {}, sign(name), text);
  const { few } = DATA.settings;
  return element(
    "ul",
    { class: "signs small" },
    entry("", "inside the limits"),
    entry("outside", "outside a limit"),
    entry("outside out", "also stands out in the matrix (▲ ▼)"),
    entry("few", `fewer than ${few} tagged`),
  );
}

function drawFunnel(theme, funnel, [width, height]) {
  const scale = scaleOfFunnel(funnel, width, height);
  const outside = farthestFirst(funnel.places);
  const title = DATA.themes[theme].title;
  const label =
    `Funnel of ${title}: ${plural(funnel.places.length, "authority", "authorities")} around an average of ` +
    `${percent(funnel.average)}, ${outside.length} outside the limits. Use the arrow keys to move and Enter to read`;
  const dots = funnel.places.map((place) => funnelDot(theme, place, scale));
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": label },
    ...funnelAxes(scale, width, height),
    ...funnelLimits(funnel, scale, width),
    // The last is on top.
    ...[...dots].sort((a, b) => Boolean(a.place.outside) - Boolean(b.place.outside)).map(({ link }) => link),
    ...funnelNames(funnel, outside, scale, width, height),
  );
  const first = dots.find(({ place }) => place === outside[0]) || dots[0];
  moveAmong(picture, dots, first.link);
  return picture;
}

function funnelDot(theme, place, { x, y }) {
  const at = { x: x(place.size), y: y(place.adjusted) };
  const state = [place.outside ? "outside" : "", place.out ? "out" : "", place.few ? "few" : ""];
  const words = `${place.name}: ${sharesText(place)}${place.outside ? `; ${outsideText(place)}` : ""}`;
  const link = svg(
    "a",
    { href: evidenceLink(place.authority, theme), "aria-label": words },
    svg("title", {}, words),
    // A larger place to point at than is drawn.
    svg("circle", { cx: at.x, cy: at.y, r: 8, class: "reach" }),
    svg("circle", { cx: at.x, cy: at.y, r: 4, class: `dot ${state.join(" ")}` }),
  );
  return { place, link, ...at };
}

function scaleOfFunnel(funnel, width, height) {
  const sizes = funnel.places.map(({ size }) => size).sort((a, b) => a - b);
  const limit = DATA.settings.funnel_limits.at(-1).score;
  // The limits of the few smallest authorities go beyond the picture.
  const usual = sizes[Math.floor(0.1 * (sizes.length - 1))];
  const top = Math.max(
    0.02,
    1.08 * Math.max(...funnel.places.map(({ adjusted }) => adjusted)),
    1.05 * shareAt(funnel, usual, limit),
  );
  const across = ticksOf(sizes[0], sizes.at(-1), width < NARROW_FUNNEL ? 4 : 8);
  const up = ticksOf(0, 100 * top, 6).map((tick) => tick / 100);
  const beyond = Math.max(1, 0.04 * (sizes.at(-1) - sizes[0]));
  const [first, last] = [Math.max(1, sizes[0] - beyond), sizes.at(-1) + beyond];
  const wide = width - FUNNEL_MARGIN.left - FUNNEL_MARGIN.right;
  const high = height - FUNNEL_MARGIN.top - FUNNEL_MARGIN.bottom;
  return {
    x: (size) => FUNNEL_MARGIN.left + ((size - first) / (last - first)) * wide,
    y: (share) => height - FUNNEL_MARGIN.bottom - (share / top) * high,
    across: across.filter((tick) => tick >= first && tick <= last),
    up: up.filter((share) => share <= top),
    first,
    last,
    top,
  };
}

// Round numbers from at or below `low` on.
function ticksOf(low, high, most) {
  const least = Math.max((high - low) / most, 1e-9);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].find((times) => times * power >= least) * power;
  const ticks = [];
  for (let tick = Math.floor(low / step); tick * step <= high; tick++) ticks.push(tick * step);
  return ticks;
}

function funnelAxes({ x, y, across, up, first, last }, width, height) {
  const bottom = height - FUNNEL_MARGIN.bottom;
  return [
    ...up.flatMap((share) => [
      svg("line", { x1: x(first), x2: x(last), y1: y(share), y2: y(share), class: "grid" }),
      svg(
        "text",
        { x: FUNNEL_MARGIN.left - 5, y: y(share) + 3.5, class: "label end" },
        `${Math.round(1000 * share) / 10}%`,
      ),
    ]),
    ...across.map((size) =>
      svg("text", { x: x(size), y: bottom + 14, class: "label middle" }, whole(Math.round(size))),
    ),
    svg(
      "text",
      { x: (FUNNEL_MARGIN.left + width - FUNNEL_MARGIN.right) / 2, y: height - 6, class: "label middle" },
      "paragraphs in documents that are compared",
    ),
  ];
}

function funnelLimits(funnel, { x, y, first, last, top }, width) {
  const sizes = Array.from(
    { length: STEPS_OF_LIMIT + 1 },
    (_, at) => first + ((last - first) * at) / STEPS_OF_LIMIT,
  );
  const line = (score, name) => {
    const shown = sizes
      .map((size) => [size, shareAt(funnel, size, score)])
      .filter(([, share]) => share <= top);
    const points = shown.map(([size, share]) => `${x(size).toFixed(1)} ${y(share).toFixed(1)}`);
    return svg("path", { d: `M${points.join("L")}`, class: `limit ${name}` });
  };
  const word = (score, text) =>
    svg(
      "text",
      { x: width - FUNNEL_MARGIN.right + 4, y: y(shareAt(funnel, last, score)) + 3.5, class: "label" },
      text,
    );
  return DATA.settings.funnel_limits
    .flatMap(({ name, score }, at) => [
      line(score, at ? "far" : "near"),
      line(-score, at ? "far" : "near"),
      word(score, `${name}%`),
      word(-score, `${name}%`),
    ])
    .concat(line(0, "average"), word(0, "average"));
}

// --- names --------------------------------------------------------------------------------------

const LETTER_WIDTH = 5.8;
const LINE_HEIGHT = 12;

// The names of what is outside, each where it covers least: no other name, nor the words beside the
// limits, nor a dot that has a name.
function funnelNames(funnel, outside, { x, y, last }, width, height) {
  const scores = [0, ...DATA.settings.funnel_limits.flatMap(({ score }) => [score, -score])];
  const placed = scores.map((score) =>
    textBox("start", 0, y(shareAt(funnel, last, score)) + 3.5, x(last), FUNNEL_MARGIN.right, 0),
  );
  const dots = funnel.places.map((place) => ({
    weight: place.outside ? 50 : 3,
    box: dotBox(x(place.size), y(place.adjusted)),
  }));
  return outside.flatMap((place) => {
    const at = { x: x(place.size), y: y(place.adjusted) };
    const text = place.name;
    const boxes = spotsAround(at, LETTER_WIDTH * text.length);
    const cost = (box) =>
      1000 *
        Number(
          box.left < 2 || box.right > width - 2 || box.top < 0 || box.bottom > height - FUNNEL_MARGIN.bottom,
        ) +
      100 * placed.filter((other) => boxesMeet(box, other)).length +
      dots.reduce((sum, dot) => sum + (boxesMeet(box, dot.box) ? dot.weight : 0), 0) +
      box.far;
    const best = boxes.reduce((a, b) => (cost(b) < cost(a) ? b : a));
    placed.push(best);
    return [
      best.far > LINE_HEIGHT
        ? svg("line", {
            x1: at.x,
            y1: at.y,
            x2: best.x,
            y2: best.y - 3,
            class: "leader",
            "aria-hidden": "true",
          })
        : "",
      svg("text", { x: best.x, y: best.y, class: `label name ${best.side}`, "aria-hidden": "true" }, text),
    ].filter(Boolean);
  });
}

// Boxes for a text of this width: beside, above and below a dot, near and far. `far` is how far.
function spotsAround({ x, y }, width) {
  const spots = [];
  for (const away of [0, 1, -1, 2, -2, 3, -3, 4, -4]) {
    for (const [side, dx, start] of [
      ["start", 8, 0],
      ["end", -8, -width],
    ]) {
      const left = x + dx + start;
      spots.push(
        textBox(side, x + dx, y + 3.5 + LINE_HEIGHT * away, left, width, LINE_HEIGHT * Math.abs(away)),
      );
    }
    if (away) {
      const shift = away < 0 ? -8 + LINE_HEIGHT * (away + 1) : 15 + LINE_HEIGHT * (away - 1);
      spots.push(
        textBox("middle", x, y + shift, x - width / 2, width, LINE_HEIGHT * (Math.abs(away) - 1) + 1),
      );
    }
  }
  return spots;
}

function textBox(side, x, y, left, width, far) {
  return { side, x, y, left, right: left + width, top: y - 9, bottom: y + 3, far };
}

function dotBox(x, y) {
  return { left: x - 4, right: x + 4, top: y - 4, bottom: y + 4 };
}

function boxesMeet(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
