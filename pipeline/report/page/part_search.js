// What has been searched for in a report in parts, whose texts are not in the page.

import { DATA, inTurn, partOf, readTexts } from "./data.js";
import { groupBy } from "./group.js";
import { findWords } from "./word_index.js";
import { plain } from "./words.js";

// The words last searched for; which paragraphs have them, a byte for each; where a phrase had to
// be looked for in the texts, which were looked at; and what went wrong, in words.
const lastSearch = { words: "", has: null, checked: null, trouble: "" };

export function searchTrouble() {
  return lastSearch.trouble;
}

// Whether it is known of some paragraphs if they have the words. `numbersIn` gives their numbers.
export function isLookedUp(words, numbersIn) {
  if (lastSearch.words !== words.join("\n")) return false;
  return Boolean(lastSearch.trouble) || unchecked(numbersIn).length === 0;
}

export function hasWords(words, number) {
  return lastSearch.words === words.join("\n") && !lastSearch.trouble && lastSearch.has[number] === 1;
}

// Finds out. For `told` see loadTexts; if it gives up, nothing is known.
export async function lookUp(words, numbersIn, told) {
  const key = words.join("\n");
  try {
    if (lastSearch.words !== key || lastSearch.trouble) {
      const found = await findWords(words, told);
      if (!found) return;
      const checked = found.sure ? null : new Uint8Array(found.has.length);
      Object.assign(lastSearch, { words: key, has: found.has, checked, trouble: "" });
    }
    const parts = [...groupBy(unchecked(numbersIn), partOf)];
    const { has, checked } = lastSearch;
    await inTurn(parts, told, async ([part, own]) => {
      const texts = await readTexts(part);
      for (const number of own) {
        const text = textToSearch(texts[number - DATA.parts.firsts[part]]);
        if (!words.every((word) => text.includes(word))) has[number] = 0;
        checked[number] = 1;
      }
    });
  } catch (error) {
    Object.assign(lastSearch, { words: key, has: null, checked: null, trouble: error.message });
  }
}

function unchecked(numbersIn) {
  const { has, checked } = lastSearch;
  return checked ? numbersIn().filter((number) => has[number] && !checked[number]) : [];
}

export function textToSearch({ text, lead_in, heading }) {
  return plain(`${text}\n${lead_in}\n${DATA.headings[heading]}`);
}
