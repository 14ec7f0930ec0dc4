// The paragraphs behind the numbers, which can be searched.

import { view } from "./address.js";
import { citation, evidenceList } from "./cards.js";
import { stanceBar, stanceText } from "./charts.js";
import { download } from "./csv.js";
import { DATA, docOf } from "./data.js";
import { choice, downloadButton, element, labelled } from "./dom.js";
import { evidenceLink, publicLink } from "./links.js";
import { shareText, whenLoaded } from "./loading.js";
import { goFrom, keepChoices } from "./navigation.js";
import { searchTrouble } from "./part_search.js";
import { canSearch, findEvidence, readyToSearch, searchesAll, searchState, searchWords } from "./search.js";
import { selection } from "./selection.js";
import { measure, sumDocs } from "./sums.js";
import { intervalText, percent, plural, whole } from "./words.js";

const TYPING_PAUSE = 150; // milliseconds

// Of one authority or all (null), of one theme or all (null).
export function evidencePage(authority, theme) {
  const place = element("div", { class: "found" });
  const count = element("p", { class: "count-line", role: "status" });
  const searched = element("p", { class: "small", id: "searched" });
  const saved = element("div", {});
  let [found, turns] = [[], 0];
  const draw = () => {
    const words = searchWords(view.search);
    const turn = ++turns;
    searched.textContent = searchedText(authority, theme);
    if (!canSearch({ authority, theme, words })) {
      const told = (share) => {
        if (turn !== turns || (share > 0 && !place.isConnected)) return false;
        if (share > 0) count.textContent = `Searching … ${shareText(share)}`;
        return true;
      };
      count.textContent = "Searching …";
      readyToSearch({ authority, theme, words }, told).then(() => turn === turns && draw());
      return;
    }
    if (words.length && searchTrouble()) {
      found = [];
      count.textContent = searchTrouble();
      place.replaceChildren();
      return;
    }
    found = findEvidence({ authority, theme, words });
    const docs = new Set(found.map(({ paragraph }) => paragraph.document));
    const untagged = found.filter(({ tags }) => !tags.length).length;
    count.textContent = [
      `${plural(found.length, "paragraph")} in ${plural(docs.size, "document")}`,
      theme === null ? "" : ", most certain first",
      untagged ? `: ${whole(found.length - untagged)} tagged, ${whole(untagged)} without a theme` : "",
    ].join("");
    place.replaceChildren(evidenceList(found, words, "h2"));
  };
  draw();
  const title = ["Evidence", DATA.authorities[authority]?.name, DATA.themes[theme]?.title];
  return [
    element("h1", {}, title.filter(Boolean).join(" – ")),
    authority !== null && theme !== null ? cellSummary(authority, theme) : null,
    element(
      "div",
      { class: "tools" },
      recordChoice("Authority", "authority", DATA.authorities, "name", authority, (value) =>
        evidenceLink(value, theme, view.search),
      ),
      recordChoice("Theme", "theme", DATA.themes, "title", theme, (value) =>
        evidenceLink(authority, value, view.search),
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

// What the search goes through, and how many that are.
function searchedText(authority, theme) {
  const { docs, byAuthority } = selection;
  const { paragraphs } = sumDocs(authority === null ? docs : byAuthority.get(authority) || []);
  const tagged = findEvidence({ authority, theme }).length;
  const which = searchesAll(theme) ? "tagged" : "tagged with what is chosen";
  if (searchesAll(theme) && searchState() !== "failed") {
    return `A search goes through all ${plural(paragraphs, "paragraph")} shown, ${whole(tagged)} of them tagged.`;
  }
  return `A search goes through the ${plural(tagged, "paragraph")} ${which}, not all ${whole(paragraphs)}.`;
}

// A list of records by number that leads to another page of evidence.
function recordChoice(label, name, records, titleKey, value, linkTo) {
  const options = records.map((record, index) => [String(index), record[titleKey]]);
  return choice(label, name, [["", "All"], ...options], value === null ? "" : String(value), (picked) =>
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

function cellSummary(authority, theme) {
  const m = measure(sumDocs(selection.byAuthority.get(authority) || []), theme);
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
    page: ({ paragraph }) => paragraph.page,
    url: ({ paragraph }) => publicLink(paragraph),
    published_on: ({ doc }) => doc.published_on,
    document_type: ({ doc }) => doc.document_type,
    framework: ({ doc }) => doc.framework,
    region: ({ doc }) => doc.region,
    overall_effectiveness: ({ doc }) => doc.overall_effectiveness,
    paragraph_id: ({ paragraph }) => paragraph.id,
    citation: ({ paragraph }) => citation(paragraph),
  };
  const rows = found.flatMap(({ paragraph, tags }) =>
    (tags.length ? tags : [null]).map((tag) => ({ paragraph, tag, doc: docOf(paragraph) })),
  );
  download("evidence.csv", columns, rows);
}
