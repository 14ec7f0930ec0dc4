// What html.py wrote into the page. All of it is shown as text: nothing in this report turns a
// string into markup, and the page's policy would not run anything but its own script.

import { loadPart, unpack, unpackJson } from "./parts.js";

const OF_PARAGRAPH = ["id", "document", "page", "heading", "lead_in", "text", "tags"];
const OF_TURN = ["from", "page"];
const OF_TAG = ["theme", "stance", "probability", "from", "to"];
// What follows in the tag of a mixed paragraph that is split: see mixed.py.
const OF_HALVES = ["strength", "concern"];

// Its authorities are in alphabetical order, so sorting by their numbers sorts by name. In a report
// in parts, a paragraph of the evidence has no more than its document and tags until `loadTexts`.
export const DATA = JSON.parse(document.getElementById("data").textContent);
if (DATA.parts) {
  const evidence = await knownEvidence(DATA.parts).catch((error) => {
    document.getElementById("main").textContent = error.message;
    throw error;
  });
  Object.assign(DATA, { evidence, headings: [] });
} else DATA.evidence = DATA.evidence.map(paragraphOf);

// The paragraphs without a theme, which only a search shows: packed, so that the file stays small.
// Rejects in a browser that cannot unpack them (Safari of before 2023).
export async function unpackUntagged() {
  return (await unpackJson(DATA.untagged)).map(paragraphOf);
}

export function paragraphOf(values) {
  const paragraph = named(OF_PARAGRAPH, values);
  // One on several pages has the first, and for each later one where in the text it begins, and it.
  const [page, ...turns] = [paragraph.page].flat(1);
  Object.assign(paragraph, { page, turns: turns.map((values) => named(OF_TURN, values)) });
  paragraph.tags = paragraph.tags.map(tagOf);
  return paragraph;
}

// `halves` are the sentences of which a mixed paragraph is made, as {name, from, to}; often none.
function tagOf(values) {
  const places = values.slice(OF_TAG.length);
  const halves = places.length
    ? OF_HALVES.map((name, at) => ({ name, from: places[2 * at], to: places[2 * at + 1] }))
    : [];
  return { ...named(OF_TAG, values), halves };
}

function named(names, values) {
  return Object.fromEntries(names.map((name, at) => [name, values[at]]));
}

export function docOf(paragraph) {
  return DATA.documents[paragraph.document];
}

// --- a report in parts --------------------------------------------------------------------------

// Whether the paragraphs can be shown now, with their text.
export function areLoaded(paragraphs) {
  return paragraphs.every(({ text }) => text !== undefined);
}

// Loads the texts of paragraphs, so many files at a time; `told` is called with the share that is
// there, and may return false to give up. Rejects, saying in words what is missing.
export async function loadTexts(paragraphs, told = () => true) {
  const wanted = new Map();
  for (const paragraph of paragraphs) {
    if (paragraph.text !== undefined) continue;
    const part = partOf(paragraph.number);
    if (!wanted.has(part)) wanted.set(part, []);
    wanted.get(part).push(paragraph);
  }
  await inTurn([...wanted], told, async ([part, own]) => {
    const texts = await readTexts(part);
    for (const paragraph of own) fillParagraph(paragraph, texts[paragraph.number - DATA.parts.firsts[part]]);
  });
}

const FILES_AT_ONCE = 8;

// `work` on all items, a few at a time; see loadTexts for `told`.
export async function inTurn(items, told, work) {
  for (let at = 0; at < items.length; at += FILES_AT_ONCE) {
    if (told(at / items.length) === false) return;
    await Promise.all(items.slice(at, at + FILES_AT_ONCE).map(work));
  }
}

// The part in which the paragraph of a number is.
export function partOf(number) {
  const { firsts } = DATA.parts;
  let [low, high] = [0, firsts.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (firsts[middle] <= number) low = middle;
    else high = middle;
  }
  return low;
}

const numberOfHeading = new Map();

// The paragraphs of a part, as a report of one file has them.
export async function readTexts(part) {
  const { folder, texts } = DATA.parts;
  return loadPart(folder, texts[part], async (packed) => {
    const { headings, paragraphs } = await unpackJson(packed);
    const numbers = headings.map((heading) => {
      if (!numberOfHeading.has(heading)) numberOfHeading.set(heading, DATA.headings.push(heading) - 1);
      return numberOfHeading.get(heading);
    });
    return paragraphs.map((values) => {
      const paragraph = paragraphOf(values);
      paragraph.heading = numbers[paragraph.heading];
      return paragraph;
    });
  });
}

// The tags stay the same objects: lists of what was found have them.
function fillParagraph(paragraph, { tags, ...rest }) {
  Object.assign(paragraph, rest);
  for (const [at, tag] of tags.entries()) Object.assign(paragraph.tags[at], tag);
}

// A paragraph by its number, the place of its document, and its tags, before its text is loaded.
export function withoutText(...values) {
  return named(["number", "document", "tags"], values);
}

// The tagged paragraphs without their texts; see _Known in parts.py.
async function knownEvidence({ tagged, untagged, tags }) {
  const bytes = await unpack(tags);
  const n = tagged.reduce((sum, one) => sum + one, 0);
  const size = (bytes.length - n) / 4;
  const [themes, stances, low, high] = [0, 1, 2, 3].map((column) => bytes.subarray(n + column * size));
  const evidence = [];
  let [number, tag] = [0, 0];
  for (const [at, own] of tagged.entries()) {
    for (let nth = 0; nth < own; nth++, number++) {
      const found = [];
      for (const end = tag + bytes[evidence.length]; tag < end; tag++) {
        const stance = stances[tag] === 255 ? -1 : stances[tag];
        const probability = (256 * high[tag] + low[tag]) / 1000;
        found.push({ theme: themes[tag], stance, probability, halves: [] });
      }
      evidence.push(withoutText(number, at, found));
    }
    number += untagged[at];
  }
  return evidence;
}
