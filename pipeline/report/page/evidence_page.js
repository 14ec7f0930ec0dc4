// The paragraphs behind the numbers, which can be searched.

import { view } from "./address.js";
import { citation, evidenceList, placeOf } from "./cards.js";
import { stanceBar, stanceText } from "./charts.js";
import { download } from "./csv.js";
import { DATA, docOf } from "./data.js";
import { choice, downloadButton, element, labelled } from "./dom.js";
import { evidenceLink, pageAt, publicLink } from "./links.js";
import { shareText, whenLoaded } from "./loading.js";
import { goFrom, keepChoices } from "./navigation.js";
import { docsOf, neighboursShown } from "./pair_sums.js";
import { searchTrouble } from "./part_search.js";
import {
  byDate,
  byProbability,
  canSearch,
  findEvidence,
  readyToSearch,
  searchesAll,
  searchState,
  searchWords,
} from "./search.js";
import { selection } from "./selection.js";
import { measure, sumDocs } from "./sums.js";
import { intervalText, percent, plural, whole } from "./words.js";

const TYPING_PAUSE = 150; // milliseconds

// Of one authority or all (null), of one theme or all (null); `ofNeighbours`, of the authority's
// neighbours together.
export function evidencePage(authority, theme, ofNeighbours = false) {
  const together = ofNeighbours && authority !== null;
  const among = together ? neighboursShown(authority) : authority === null ? null : [authority];
  const place = element("div", { class: "found" });
  const count = element("p", { class: "count-line", role: "status" });
  const searched = element("p", { class: "small", id: "searched" });
  const saved = element("div", {});
  let [found, turns] = [[], 0];
  const draw = () => {
    const words = searchWords(view.search);
    const turn = ++turns;
    searched.textContent = searchedText(among, theme);
    if (!canSearch({ among, theme, words })) {
      const told = (share) => {
        if (turn !== turns || (share > 0 && !place.isConnected)) return false;
        if (share > 0) count.textContent = `Searching … ${shareText(share)}`;
        return true;
      };
      count.textContent = "Searching …";
      readyToSearch({ among, theme, words }, told).then(() => turn === turns && draw());
      return;
    }
    if (words.length && searchTrouble()) {
      found = [];
      count.textContent = searchTrouble();
      place.replaceChildren();
      return;
    }
    const order = orderShown(authority, theme);
    found = ORDERS[order].sorted(findEvidence({ among, theme, words }));
    const docs = new Set(found.map(({ paragraph }) => paragraph.document));
    const untagged = found.filter(({ tags }) => !tags.length).length;
    count.textContent = [
      `${plural(found.length, "paragraph")} in ${plural(docs.size, "document")}`,
      words.length ? ` with ${words.map((word) => `“${word}”`).join(" and ")}` : "",
      `, ${ORDERS[order].told(theme)}`,
      untagged ? `: ${whole(found.length - untagged)} tagged, ${whole(untagged)} without a theme` : "",
    ].join("");
    place.replaceChildren(evidenceList(found, words, "h2"));
  };
  draw();
  const title = ["Evidence", whoseText(authority, together), DATA.themes[theme]?.title];
  return [
    element("h1", {}, title.filter(Boolean).join(" – ")),
    authority !== null && theme !== null ? cellSummary(among, theme) : null,
    element(
      "div",
      { class: "tools" },
      recordChoice(
        "Authority",
        "authority",
        DATA.authorities,
        "name",
        together ? null : authority,
        (value) => evidenceLink(value, theme, view.search),
        together ? [["neighbours", whoseText(authority, together)]] : [],
      ),
      recordChoice("Theme", "theme", DATA.themes, "title", theme, (value) =>
        evidenceLink(authority, value, view.search, { neighbours: together }),
      ),
      choice(
        "Sort",
        "order",
        Object.entries(ORDERS).map(([name, { title }]) => [name, title]),
        orderShown(authority, theme),
        (picked) => {
          view.order = picked;
          keepChoices();
          draw();
        },
      ),
      searchBox(draw),
      downloadButton(() => {
        const items = found;
        saved.replaceChildren();
        const paragraphs = items.map(({ paragraph }) => paragraph);
        whenLoaded(paragraphs, saved, () => downloadEvidence(items));
      }),
    ),
    saved,
    searched,
    count,
    place,
  ];
}

const ORDERS = {
  newest: {
    title: "newest first",
    sorted: byDate,
    told: (theme) =>
      theme === null
        ? "the newest document first"
        : "the newest document first, and in each those most likely to be about the theme",
  },
  likely: {
    title: "most likely first",
    sorted: byProbability,
    told: (theme) =>
      `those most likely to be about ${theme === null ? "one of their themes" : "the theme"} first`,
  },
};

// An authority is read for what is said of it now; a theme in all of them for what it looks like.
function orderShown(authority, theme) {
  if (Object.hasOwn(ORDERS, view.order)) return view.order;
  return authority === null && theme !== null ? "likely" : "newest";
}

// What the search goes through, and how many that are.
function searchedText(among, theme) {
  const { paragraphs } = sumDocs(among ? docsOf(among) : selection.docs);
  const tagged = findEvidence({ among, theme }).length;
  const which = searchesAll(theme) ? "tagged" : "tagged with what is chosen";
  if (searchesAll(theme) && searchState() !== "failed") {
    const counted = `all ${plural(paragraphs, "counted paragraph")} shown, ${whole(tagged)} of them tagged`;
    return `A search goes through ${counted}, and any of standard wording, which are not counted.`;
  }
  return `A search goes through the ${plural(tagged, "paragraph")} ${which}, not all ${whole(paragraphs)}.`;
}

function whoseText(authority, together) {
  const name = DATA.authorities[authority]?.name;
  return together ? `neighbours of ${name}` : name;
}

// A list of records by number that leads to another page of evidence. What is `shown` now may be
// none of them.
function recordChoice(label, name, records, titleKey, value, linkTo, shown = []) {
  const options = [["", "All"], ...records.map((record, index) => [String(index), record[titleKey]])];
  const now = shown.length ? shown[0][0] : value === null ? "" : String(value);
  return choice(label, name, [...shown, ...options], now, (picked) =>
    goFrom(name, linkTo(picked === "" ? null : Number(picked))),
  );
}

function searchBox(draw) {
  let waiting;
  const field = element("input", {
    type: "search",
    id: "search",
    value: view.search,
    placeholder: 'all of these words, or an "exact phrase"',
    oninput: (event) => {
      view.search = event.target.value;
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        keepChoices();
        draw();
      }, TYPING_PAUSE);
    },
  });
  return labelled("Search the paragraphs", field, { class: "choice wide" });
}

function cellSummary(among, theme) {
  const m = measure(sumDocs(docsOf(among)), theme);
  const interval = `95% interval ${intervalText(m)}`;
  const text = [
    ` of ${plural(m.paragraphs, "paragraph")} (${whole(m.tagged)} tagged).`,
    m.few ? "That is too few to read much into the share." : "",
    m.corrected === null
      ? `${interval}.`
      : `Corrected for the classifier's errors: ${percent(m.corrected)}, ${interval}.`,
    `${m.rate.toFixed(2)} tagged per 1,000 words.`,
    `Stance: ${stanceText(m.stances)}.`,
  ];
  return element(
    "div",
    { class: "cell-summary" },
    element("p", {}, element("strong", {}, percent(m.share)), text.filter(Boolean).join(" ")),
    stanceBar(m.stances),
  );
}

// A row for each tag of each paragraph, and one for a paragraph without.
function downloadEvidence(found) {
  const columns = {
    authority: ({ doc }) => DATA.authorities[doc.authority].name,
    theme: ({ tag }) => DATA.themes[tag?.theme]?.id,
    stance: ({ tag }) => DATA.stances[tag?.stance],
    probability: ({ tag }) => tag?.probability,
    text: ({ paragraph }) => paragraph.text,
    lead_in: ({ paragraph }) => paragraph.lead_in,
    heading: ({ paragraph }) => DATA.headings[paragraph.heading],
    source_file: ({ doc }) => doc.source_file,
    page: ({ paragraph, tag }) => pageAt(paragraph, placeOf(tag)),
    url: ({ paragraph, tag }) => publicLink(paragraph, placeOf(tag)),
    published_on: ({ doc }) => doc.published_on,
    document_type: ({ doc }) => doc.document_type,
    framework: ({ doc }) => doc.framework,
    region: ({ doc }) => doc.region,
    overall_effectiveness: ({ doc }) => doc.overall_effectiveness,
    paragraph_id: ({ paragraph }) => paragraph.id,
    citation: ({ paragraph, tag }) => citation(paragraph, placeOf(tag)),
  };
  const rows = found.flatMap(({ paragraph, tags }) =>
    (tags.length ? tags : [null]).map((tag) => ({ paragraph, tag, doc: docOf(paragraph) })),
  );
  download("evidence.csv", columns, rows);
}
