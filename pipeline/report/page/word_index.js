// Searching a report in parts: which paragraphs have a word, by the index that word_index.py made.

import { DATA, inTurn } from "./data.js";
import { loadPart, unpack, unpackJson } from "./parts.js";

const WORD = /[\p{L}\p{N}_]+/gu;

// For words as `searchWords` gives them, one byte for each paragraph: 1 if it can have them all.
// `sure`: those do have them; otherwise a phrase or a sign has still to be looked for in the texts.
// Null if `told` gave up; see loadTexts.
export async function findWords(words, told) {
  const { folder, words: index } = DATA.parts;
  const listed = await loadPart(folder, index.list, (packed) => unpackJson(packed).then(withStarts));
  const pieces = words.flatMap(piecesOf);
  const places = pieces.map((piece) => placesOf(piece, listed));
  const files = new Set(places.flat().map(({ file }) => file));
  const results = places.map(() => new Uint8Array(nParagraphs()));
  let all = true;
  await inTurn(
    [...files],
    (share) => {
      all = told(share) !== false;
      return all;
    },
    async (file) => {
      const bytes = await loadPart(folder, index.places[file], unpack);
      for (const [at, own] of places.entries()) {
        for (const place of own) if (place.file === file) markPlaces(results[at], bytes, place);
      }
    },
  );
  if (!all) return null;
  const has = new Uint8Array(nParagraphs()).fill(1);
  for (const result of results) for (let at = 0; at < has.length; at++) has[at] &= result[at];
  return { has, sure: words.every((word) => word.match(WORD)?.[0] === word) };
}

function nParagraphs() {
  const { tagged, untagged } = DATA.parts;
  return tagged.reduce((sum, n, at) => sum + n + untagged[at], 0);
}

// Where each word begins in the list, and its bytes in its file.
function withStarts({ words, sizes, begins }) {
  const starts = [];
  for (let at = 0; starts.length < sizes.length; at = words.indexOf("\n", at) + 1) starts.push(at);
  const offsets = [];
  let [offset, file] = [0, -1];
  const files = [];
  for (const [word, size] of sizes.entries()) {
    if (begins[file + 1] === word) {
      file += 1;
      offset = 0;
    }
    files.push(file);
    offsets.push(offset);
    offset += size;
  }
  return { words, starts, sizes, offsets, files };
}

// In a phrase a word of the index begins where something else is before it, and ends likewise.
function piecesOf(phrase) {
  return [...phrase.matchAll(WORD)].map(({ 0: piece, index }) => ({
    piece,
    begins: index > 0,
    ends: index + piece.length < phrase.length,
  }));
}

// Every word of the index in which the piece is, as {file, from, to}.
function placesOf({ piece, begins, ends }, { words, starts, sizes, offsets, files }) {
  const found = [];
  let word = 0;
  for (let at = words.indexOf(piece); at >= 0; at = words.indexOf(piece, starts[word])) {
    while (word < starts.length && starts[word] <= at) word += 1;
    const own = word - 1;
    const end = word < starts.length ? starts[word] - 1 : words.length;
    const fits = (!begins || words.startsWith(piece, starts[own])) && (!ends || words.endsWith(piece, end));
    if (fits) found.push({ file: files[own], from: offsets[own], to: offsets[own] + sizes[own] });
    if (word === starts.length) break;
  }
  return found;
}

function markPlaces(result, bytes, { from, to }) {
  let [number, gap, unit] = [-1, 0, 1];
  for (let at = from; at < to; at++) {
    gap += (bytes[at] & 127) * unit;
    unit *= 128;
    if (bytes[at] > 127) continue;
    number += gap;
    result[number] = 1;
    [gap, unit] = [0, 1];
  }
}
