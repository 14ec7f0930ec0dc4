// What is new since the run before: documents, cells that moved, and sentences to begin with. The
// numbers are those of the table `movements`, of all documents, whatever the filters.

import { evidenceList } from "./cards.js";
import { download } from "./csv.js";
import { DATA, paragraphOf } from "./data.js";
import { downloadButton, element, newTabLink, section, small, table } from "./dom.js";
import { everything } from "./filters.js";
import { authorityLink, evidenceLink, fileName } from "./links.js";
import { SIGNS } from "./progress_page.js";
import { longDate, percent, plural, signed } from "./words.js";

const GRADE_WORDS = { "no longer given": "no overall grade given" };
// So many rows of a table stand open, and so many more can be opened.
const ROWS_OPEN = 20;
const OTHERS_SHOWN = 200;

export function newsPage() {
  const { news } = DATA;
  const clear = news.movements.filter(isClear);
  const sameDay = news.until.slice(0, 10) === news.since.slice(0, 10);
  const [until, since] = [news.until, news.since].map((time) => dayOf(time, sameDay));
  const about = `The run of ${until} against the one before, of ${since}. This page shows all documents, whatever the filters.`;
  return [
    element("h1", {}, "New since last time"),
    element("p", { class: "lead" }, about),
    element("p", {}, inShort(news, clear)),
    news.not_compared ? element("p", { class: "not-compared" }, news.not_compared) : null,
    news.new.length ? section("New documents", documentsTable(news)) : null,
    news.gone.length
      ? section(
          "Documents that are no longer there",
          element("ul", {}, ...news.gone.map((name) => element("li", {}, name))),
        )
      : null,
    news.movements.length ? movementsSection(news, clear) : null,
    news.to_read.length ? toReadSection(news) : null,
  ];
}

// As the terminal and run.json count them. `clear` names the flags that rest on more than a few
// paragraphs: see clear_flags.
function isClear({ clear }) {
  return clear.length > 0;
}

function dayOf(time, withHour) {
  const day = longDate(time.slice(0, 10));
  return withHour ? `${day}, ${time.slice(11, 16)} UTC` : day;
}

function inShort(news, clear) {
  const parts = [plural(news.new.length, "new document")];
  if (news.gone.length) parts.push(`${plural(news.gone.length, "document")} no longer there`);
  if (!news.not_compared) {
    parts.push(
      `${plural(news.movements.length, "cell")} of the matrix changed, ${clear.length} of them beyond chance`,
    );
  }
  return `${parts.join("; ")}.`;
}

function documentsTable({ new: came, first }) {
  const rows = came
    .map((at) => DATA.documents[at])
    .sort((a, b) => (a.on < b.on ? 1 : a.on > b.on ? -1 : 0))
    .map((doc) => {
      const address = doc.url || doc.public_url;
      const name = fileName(doc);
      return element(
        "tr",
        {},
        element(
          "th",
          { scope: "row" },
          element(
            "a",
            { href: authorityLink(doc.authority, everything()) },
            DATA.authorities[doc.authority].name,
          ),
          first.includes(doc.authority) ? small(" first time here") : null,
        ),
        element("td", {}, [doc.document_type, doc.framework].filter(Boolean).join(", ")),
        element("td", {}, doc.on ? longDate(doc.on, doc.published_precision) : ""),
        element("td", {}, GRADE_WORDS[doc.overall_effectiveness] || doc.overall_effectiveness),
        element("td", {}, address ? newTabLink(address, name) : name),
      );
    });
  const headings = ["Authority", "Document", "Published", "Overall effectiveness", "File"];
  return beginningOf(rows, (some) => table("New documents", headings, some, { class: "new-documents" }));
}

// The first rows in a table of their own, the others in one that opens.
function beginningOf(rows, tableOf) {
  const others = rows.slice(ROWS_OPEN, ROWS_OPEN + OTHERS_SHOWN);
  return element(
    "div",
    {},
    tableOf(rows.slice(0, ROWS_OPEN)),
    others.length
      ? element(
          "details",
          { class: "other-rows" },
          element("summary", {}, `${rows.length - ROWS_OPEN} more`),
          rows.length > ROWS_OPEN + OTHERS_SHOWN
            ? element("p", {}, `The next ${OTHERS_SHOWN}; the tables of the run have all.`)
            : null,
          tableOf(others),
        )
      : null,
  );
}

function movementsSection(news, clear) {
  const others = news.movements.filter((row) => !isClear(row));
  const about =
    "Compared are a cell's new documents with its other ones: share with share among documents of the " +
    "same type and framework, strengths among strengths and concerns in all. ▲ and ▼ are beyond chance: the " +
    "95% interval of the difference leaves out zero. Of cells where nothing changed, about one in twenty " +
    `is marked all the same. It says “(few)” where a share has fewer than ${DATA.settings.few} tagged paragraphs on the ` +
    "side that has more, or a balance so few strengths and concerns on either side: what moved only so stands with " +
    "the other cells that changed.";
  return section(
    "Cells that moved",
    element("p", {}, about),
    downloadButton(() => downloadMovements(news.movements), "movements"),
    clear.length
      ? movementsTable("Cells that moved beyond chance", clear, "moved-cells")
      : element("p", {}, "No cell moved beyond chance."),
    others.length
      ? element(
          "details",
          { class: "other-rows" },
          element("summary", {}, `Other cells that changed (${others.length})`),
          movementsTable("Other cells that changed", others, "changed-cells"),
        )
      : null,
  );
}

function movementsTable(caption, rows, kind) {
  const headings = [
    "Authority and theme",
    "Documents",
    "Share",
    "New documents against the others",
    "Strengths among strengths and concerns",
    "New documents against the others",
  ];
  return beginningOf(rows.map(movementRow), (some) =>
    table(caption, headings, some, { class: `movements ${kind}` }),
  );
}

function movementRow(row) {
  const theme = DATA.themes.findIndex(({ id }) => id === row.theme);
  const documents =
    row.new_n_documents > 0
      ? `${row.before_n_documents} → ${row.n_documents}, ${row.new_n_documents} new`
      : `${row.before_n_documents} → ${row.n_documents}`;
  return element(
    "tr",
    { "data-theme": row.theme },
    element(
      "th",
      { scope: "row" },
      element(
        "a",
        { href: evidenceLink(row.authority, theme, "", everything()) },
        `${DATA.authorities[row.authority].name}, ${DATA.themes[theme].title}`,
      ),
    ),
    element("td", {}, documents),
    element(
      "td",
      {},
      `${percent(row.before_share)} → ${percent(row.share)}`,
      small(` ${row.before_n_tagged} → ${row.n_tagged} paragraphs`),
    ),
    differenceCell(row, "share_moved", row.difference, row.difference_low, row.difference_high),
    element(
      "td",
      {},
      `${percent(row.before_balance)} → ${percent(row.balance)}`,
      small(` ${stances(row, "before_")} → ${stances(row, "")}`),
    ),
    differenceCell(row, "balance_moved", row.balance_change, row.balance_low, row.balance_high),
  );
}

function stances(row, when) {
  const strengths = plural(row[`${when}n_strength`], "strength");
  return `${strengths}, ${plural(row[`${when}n_concern`], "concern")}`;
}

function differenceCell(row, flag, difference, low, high) {
  if (difference === null) return element("td", { class: "moved" }, small("cannot be compared"));
  const [d, from, to] = [difference, low, high].map((x) => signed(100 * x));
  const moved = row[flag];
  const few = ["up", "down"].includes(moved) && !row.clear.includes(flag);
  return element(
    "td",
    { class: `moved ${moved}` },
    SIGNS[moved],
    few ? " (few)" : null,
    small(` ${d} points (95% interval ${from} to ${to})`),
  );
}

function toReadSection(news) {
  const found = news.to_read.map(readParagraph);
  return section(
    "To read first",
    element(
      "p",
      {},
      "The surest sentences of praise and concern in the new documents, those of cells that moved first.",
    ),
    evidenceList(found, [], "h3"),
  );
}

// These paragraphs have their heading as text; the others have its number.
function readParagraph(values) {
  const paragraph = paragraphOf(values);
  const known = DATA.headings.indexOf(paragraph.heading);
  paragraph.heading = known < 0 ? DATA.headings.push(paragraph.heading) - 1 : known;
  return { paragraph, tags: paragraph.tags };
}

function downloadMovements(rows) {
  const names = Object.keys(rows[0]).filter((name) => name !== "clear");
  const columns = Object.fromEntries(names.map((name) => [name, (row) => row[name]]));
  columns.authority = (row) => DATA.authorities[row.authority].name;
  download("movements.csv", columns, rows);
}
