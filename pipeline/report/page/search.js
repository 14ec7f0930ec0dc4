// The paragraphs behind a number.

import { DATA, docOf, unpackUntagged } from "./data.js";
import { chosen, isCounted } from "./filters.js";
import { groupBy } from "./group.js";
import { selection } from "./selection.js";

// By theme, most certain first; sorted once because every filter reads it again.
const EVIDENCE_OF = DATA.themes.map(() => []);
for (const paragraph of DATA.evidence) {
  for (const tag of paragraph.tags) EVIDENCE_OF[tag.theme].push({ paragraph, tag });
}
for (const list of EVIDENCE_OF) list.sort((a, b) => b.tag.probability - a.tag.probability);

// What a search looks through, by paragraph; made when it is first needed.
const searchTexts = new Map();

// The paragraphs without a theme: unpacked when one first searches them. "failed" if they cannot be.
const untagged = { paragraphs: [], state: "packed", coming: null };

// Whether what `findEvidence` would search is there: "ready", "packed" or "failed".
export function searchState() {
  return untagged.state;
}

export function readyToSearch() {
  untagged.coming ??= unpackUntagged().then(
    (paragraphs) => Object.assign(untagged, { paragraphs, state: "ready" }),
    () => Object.assign(untagged, { state: "failed" }),
  );
  return untagged.coming;
}

// Whether a search goes through all paragraphs: of a theme or stance there are only tagged ones.
export function searchesAll(theme) {
  return theme === null && !chosen.stance.size;
}

// As {paragraph, tags}: `tags` are those for which the paragraph belongs in the list. Paragraphs
// without a theme come last, and only if one searches for words. `among` are several authorities.
export function findEvidence({ authority = null, among = null, theme = null, words = [] }) {
  const fits = (paragraph) => {
    const doc = docOf(paragraph);
    if (!selection.members.has(doc)) return false;
    if (authority !== null && doc.authority !== authority) return false;
    if (among && !among.includes(doc.authority)) return false;
    return !words.length || words.every((word) => searchText(paragraph).includes(word));
  };
  if (theme !== null) {
    return EVIDENCE_OF[theme]
      .filter(({ paragraph, tag }) => isCounted(tag.stance) && fits(paragraph))
      .map(({ paragraph, tag }) => ({ paragraph, tags: [tag] }));
  }
  const found = DATA.evidence
    .map((paragraph) => ({ paragraph, tags: paragraph.tags.filter((tag) => isCounted(tag.stance)) }))
    .filter(({ paragraph, tags }) => tags.length && fits(paragraph));
  if (!words.length || !searchesAll(theme)) return found;
  const others = untagged.paragraphs.filter(fits).map((paragraph) => ({ paragraph, tags: [] }));
  return [...found, ...others];
}

// The surest paragraph of each document, the newest document first; then the second of each.
export function newestFirst(found) {
  const groups = [...groupBy(found, ({ paragraph }) => paragraph.document).values()];
  const dayOf = ([{ paragraph }]) => docOf(paragraph).on;
  groups.sort((a, b) => (dayOf(a) < dayOf(b) ? 1 : dayOf(a) > dayOf(b) ? -1 : 0));
  const rounds = Math.max(0, ...groups.map((group) => group.length));
  return Array.from({ length: rounds }, (_, round) => groups.flatMap((group) => group[round] ?? [])).flat();
}

function searchText(paragraph) {
  let text = searchTexts.get(paragraph);
  if (text === undefined) {
    const { lead_in, heading } = paragraph;
    text = `${paragraph.text}\n${lead_in}\n${DATA.headings[heading]}`.toLowerCase();
    searchTexts.set(paragraph, text);
  }
  return text;
}

// `supervision "case load"` → ["supervision", "case load"]; a paragraph must have all of them.
export function searchWords(query) {
  const found = query.toLowerCase().matchAll(/"([^"]+)"|([^\s"]+)/g);
  return [...found].map(([, phrase, word]) => (phrase || word).trim()).filter(Boolean);
}
