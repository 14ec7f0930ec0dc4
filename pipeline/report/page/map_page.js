// The tile map: the matrix of one theme, each authority of England on a square where it lies. Squares
// are links in a list rather than a drawing, so that they have the colours of the cells, and are
// read out and reached as links are.

import { addressOf, view } from "./address.js";
import { authorityRows } from "./comparison_sums.js";
import { DATA } from "./data.js";
import { choice, element, hiddenText, section, small } from "./dom.js";
import { NO_BALANCE } from "./filters.js";
import { groupBy } from "./group.js";
import { authorityLink, evidenceLink } from "./links.js";
import { cellWords, colourScale, lacksBalance, measureShown, outText } from "./matrix_page.js";
import { colourOf, MEASURES, scaleOf } from "./measures.js";
import { goFrom, keepChoices } from "./navigation.js";
import { moveAmong } from "./near.js";
import { plural } from "./words.js";

export function mapPage(theme) {
  const key = element("div", { class: "legend" });
  const place = element("div", {});
  const draw = () => {
    const measure = measureShown();
    if (lacksBalance(measure)) {
      key.replaceChildren();
      place.replaceChildren(element("p", {}, NO_BALANCE));
      return;
    }
    const rows = authorityRows(MEASURES[measure].compared || null);
    const cells = rows.flatMap((row) => row.cells.map(({ m }) => m));
    const scale = { measure, ...scaleOf(measure, cells, DATA) };
    const squares = rows.map((row) => squareOf(row, theme, scale));
    const ofTheme = rows.map((row) => ({ cells: [row.cells[theme]] }));
    const none = "no documents among those shown";
    key.replaceChildren(
      ...colourScale(scale),
      element(
        "ul",
        { class: "signs" },
        element("li", {}, element("span", { class: "swatch absent", "aria-hidden": "true" }), none),
        element("li", {}, "lines: borders of regions"),
        element("li", {}, outText(measure, ofTheme)),
      ),
    );
    place.replaceChildren(mapOf(squares, theme, measure));
  };
  draw();
  const themes = DATA.themes.map(({ id, title }) => [id, title]);
  const measures = Object.entries(MEASURES).map(([name, { title }]) => [name, title]);
  return [
    element("h1", {}, `Map of England: ${DATA.themes[theme].title}`),
    element(
      "p",
      { class: "lead" },
      "Each square is an authority, roughly where it lies, in the colour of its cell in the ",
      element("a", { href: addressOf("matrix") }, "matrix"),
      ". Open a square to read the paragraphs behind it.",
    ),
    element(
      "div",
      { class: "tools" },
      choice("Theme", "theme", themes, DATA.themes[theme].id, (id) =>
        goFrom("theme", addressOf(`map/${id}`)),
      ),
      choice("Show", "show", measures, measureShown(), (picked) => {
        view.show = picked;
        keepChoices();
        draw();
      }),
    ),
    key,
    place,
  ];
}

// What the square of an authority shows of a theme: {row, colour, sign, text, words}.
function squareOf(row, theme, { measure, width }) {
  const cell = row.cells[theme];
  const { value, text, said } = cellWords(cell, measure);
  const colour = colourOf(value, cell.m, width, DATA.settings.steps.length);
  const { unit } = MEASURES[measure];
  const words = `${row.name}: ${DATA.themes[theme].title}, ${unit} ${said}`;
  const sign = { more: "▲", less: "▼" }[cell.out] || "";
  return { row, colour, sign, text, words };
}

function mapOf(squares, theme, measure) {
  const byAuthority = new Map(squares.map((square) => [square.row.authority, square]));
  const told = element("p", { class: "tile-told", "aria-hidden": "true" });
  const tell = (words) => {
    told.textContent = words || "Point at a square to see whose it is.";
  };
  tell("");
  const taken = new Map(DATA.tiles.map((tile) => [`${tile.column},${tile.row}`, tile]));
  const links = [];
  const tileOf = (tile) => {
    const square = byAuthority.get(tile.authority);
    const words = square ? square.words : `${tile.name}: no documents`;
    const made = element(
      "li",
      {
        class: `tile ${square ? square.colour : "absent"} ${bordersOf(tile, taken)}`,
        onpointerenter: () => tell(words),
        onfocusin: () => tell(words),
      },
      square
        ? tileLink(tile.label, square, theme)
        : element(
            "span",
            { title: words },
            element("span", { "aria-hidden": "true" }, tile.label),
            hiddenText(words),
          ),
    );
    made.style.gridColumn = tile.column + 1;
    made.style.gridRow = tile.row + 1;
    if (square) links.push({ link: made.firstChild, x: tile.column, y: tile.row });
    return made;
  };
  const regions = [...groupBy(DATA.tiles, ({ region }) => region)].map(([region, tiles]) =>
    element("ul", { role: "list", "aria-label": region }, ...tiles.map(tileOf)),
  );
  const title = `${DATA.themes[theme].title}, ${MEASURES[measure].unit}. Use the arrow keys to move and Enter to open a square`;
  const map = element("div", { class: "tiles", role: "group", "aria-label": title }, ...regions);
  moveAmong(map, links);
  const onMap = new Set(DATA.tiles.map(({ authority }) => authority));
  const others = squares.filter(({ row }) => !onMap.has(row.authority));
  const side = element("div", {}, told, othersSection(others, theme, links.length));
  return element("div", { class: "map" }, map, side);
}

function tileLink(label, { row, sign, text, words }, theme) {
  const link = {
    class: "cell",
    href: evidenceLink(row.authority, theme),
    "aria-label": words,
    title: words,
    "data-authority": row.name,
    "data-theme": DATA.themes[theme].id,
  };
  const figure = element("span", { class: "figure" }, text);
  return element("a", link, label, element("span", { class: "shown" }, sign, figure));
}

// On which sides another region lies.
function bordersOf({ column, row, region }, taken) {
  const other = (across, down) => {
    const beside = taken.get(`${column + across},${row + down}`);
    return beside && beside.region !== region;
  };
  return [other(1, 0) ? "east" : "", other(0, 1) ? "south" : ""].filter(Boolean).join(" ");
}

function isKnown({ row }) {
  return DATA.authorities[row.authority].known;
}

function othersSection(squares, theme, onMap) {
  const shown = plural(onMap, "authority", "authorities");
  if (!squares.length)
    return section("Not on the map", element("p", { class: "small" }, `None: all ${shown} are.`));
  const items = squares
    .sort((a, b) => isKnown(b) - isKnown(a) || a.row.authority - b.row.authority)
    .map((square) =>
      element(
        "li",
        {},
        element("span", { class: `tile ${square.colour}` }, tileLink("", square, theme)),
        element("a", { href: authorityLink(square.row.authority) }, square.row.name),
        small(plural(square.row.sum.documents, "document")),
      ),
    );
  const why = "Only today's authorities of England have a square, not those of before, nor any of your own.";
  return section(
    "Not on the map",
    element("p", { class: "small" }, why),
    element("ul", { class: "off-map" }, ...items),
  );
}
