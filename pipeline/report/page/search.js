// The paragraphs behind a number.

import { DATA, docOf, unpackUntagged, withoutText } from "./data.js";
import { chosen, isCounted } from "./filters.js";
import { groupBy } from "./group.js";
import { hasWords, isLookedUp, lookUp, textToSearch } from "./part_search.js";
import { selection } from "./selection.js";
import { plain } from "./words.js";

// By theme, most certain first; sorted once because every filter reads it again, and not before
// somebody reads it, because the matrix does not.
const evidenceOf = new Map();

function sortedEvidence(theme) {
  if (!evidenceOf.has(theme)) {
    const found = DATA.evidence.flatMap((paragraph) =>
      paragraph.tags.filter((tag) => tag.theme === theme).map((tag) => ({ paragraph, tag })),
    );
    evidenceOf.set(
      theme,
      found.sort((a, b) => b.tag.probability - a.tag.probability),
    );
  }
  return evidenceOf.get(theme);
}

// What a search looks through, by paragraph; made when it is first needed.
const searchTexts = new Map();

// The paragraphs without a theme: unpacked when one first searches them. "failed" if they cannot be.
const untagged = { paragraphs: [], state: "packed", coming: null };

// Whether the paragraphs without a theme are there: "ready", "packed" or "failed". In parts they are.
export function searchState() {
  return DATA.parts ? "ready" : untagged.state;
}

// Whether `findEvidence` can be called; otherwise `readyToSearch` comes first.
export function canSearch({ words, ...where }) {
  if (!words.length) return true;
  if (DATA.parts) return isLookedUp(words, () => numbersIn(where));
  return !searchesAll(where.theme) || untagged.state !== "packed";
}

// For `told`, which only a report in parts calls, see loadTexts.
export function readyToSearch({ words = [], ...where } = {}, told = () => true) {
  if (DATA.parts) return lookUp(words, () => numbersIn(where), told);
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
    if (!isAmong(docOf(paragraph), { authority, among })) return false;
    return !words.length || hasAll(paragraph, words);
  };
  if (theme !== null) {
    return sortedEvidence(theme)
      .filter(({ paragraph, tag }) => isCounted(tag.stance) && fits(paragraph))
      .map(({ paragraph, tag }) => ({ paragraph, tags: [tag] }));
  }
  const found = DATA.evidence
    .map((paragraph) => ({ paragraph, tags: paragraph.tags.filter((tag) => isCounted(tag.stance)) }))
    .filter(({ paragraph, tags }) => tags.length && fits(paragraph));
  if (!words.length || !searchesAll(theme)) return found;
  const others = DATA.parts ? untaggedWith(words, { authority, among }) : untagged.paragraphs.filter(fits);
  return [...found, ...others.map((paragraph) => ({ paragraph, tags: [] }))];
}

function isAmong(doc, { authority = null, among = null }) {
  if (!selection.members.has(doc)) return false;
  return (authority === null || doc.authority === authority) && (!among || among.includes(doc.authority));
}

function hasAll(paragraph, words) {
  if (DATA.parts) return hasWords(words, paragraph.number);
  return words.every((word) => searchText(paragraph).includes(word));
}

// --- in a report in parts, whose paragraphs have numbers ----------------------------------------

function untaggedWith(words, where) {
  const paragraphs = [];
  eachUntagged(where, (number, at) => {
    if (hasWords(words, number)) paragraphs.push(withoutText(number, at, []));
  });
  return paragraphs;
}

function eachUntagged(where, visit) {
  const { tagged, untagged } = DATA.parts;
  let number = 0;
  for (const [at, doc] of DATA.documents.entries()) {
    number += tagged[at];
    const shown = isAmong(doc, where);
    const end = number + untagged[at];
    for (; shown && number < end; number++) visit(number, at);
    number = end;
  }
}

// The numbers of the paragraphs that a search goes through.
function numbersIn(where) {
  const numbers = findEvidence(where).map(({ paragraph }) => paragraph.number);
  if (searchesAll(where.theme)) eachUntagged(where, (number) => numbers.push(number));
  return numbers;
}

// The surest paragraph of each document, the newest document first; then the second of each.
export function newestFirst(found) {
  const groups = newestDocuments(found);
  const rounds = Math.max(0, ...groups.map((group) => group.length));
  return Array.from({ length: rounds }, (_, round) => groups.flatMap((group) => group[round] ?? [])).flat();
}

// All of the newest document, then all of the next, each as `found` has them; without a date last.
export function byDate(found) {
  return newestDocuments(found).flat();
}

// The surest of a paragraph's tags counts; those without one stay last.
export function byProbability(found) {
  const surest = ({ tags }) => Math.max(0, ...tags.map(({ probability }) => probability));
  return [...found].sort((a, b) => surest(b) - surest(a));
}

function newestDocuments(found) {
  const groups = [...groupBy(found, ({ paragraph }) => paragraph.document).values()];
  const dayOf = ([{ paragraph }]) => docOf(paragraph).on;
  return groups.sort((a, b) => (dayOf(a) < dayOf(b) ? 1 : dayOf(a) > dayOf(b) ? -1 : 0));
}

function searchText(paragraph) {
  let text = searchTexts.get(paragraph);
  if (text === undefined) {
    text = textToSearch(paragraph);
    searchTexts.set(paragraph, text);
  }
  return text;
}

// `supervision “case load”` → ["supervision", "case load"]; a paragraph must have all of them.
export function searchWords(query) {
  const found = plain(query).matchAll(/"([^"]+)"|([^\s"]+)/g);
  return [...found].map(([, phrase, word]) => (phrase || word).trim()).filter(Boolean);
}
