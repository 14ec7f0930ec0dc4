// The paragraphs behind a number.

import { DATA, docOf } from "./data.js";
import { isCounted } from "./filters.js";
import { selection } from "./selection.js";

// By theme, most certain first; sorted once because every filter reads it again.
const EVIDENCE_OF = DATA.themes.map(() => []);
for (const paragraph of DATA.evidence) {
  for (const tag of paragraph.tags) EVIDENCE_OF[tag.theme].push({ paragraph, tag });
}
for (const list of EVIDENCE_OF) list.sort((a, b) => b.tag.probability - a.tag.probability);

// What a search looks through, by paragraph; made when it is first needed.
const searchTexts = new Map();

// As {paragraph, tags}: `tags` are those for which the paragraph belongs in the list.
export function findEvidence({ authority = null, theme = null, words = [] }) {
  const fits = (paragraph) => {
    const doc = docOf(paragraph);
    if (!selection.members.has(doc)) return false;
    if (authority !== null && doc.authority !== authority) return false;
    return !words.length || words.every((word) => searchText(paragraph).includes(word));
  };
  if (theme !== null) {
    return EVIDENCE_OF[theme]
      .filter(({ paragraph, tag }) => isCounted(tag.stance) && fits(paragraph))
      .map(({ paragraph, tag }) => ({ paragraph, tags: [tag] }));
  }
  return DATA.evidence
    .map((paragraph) => ({ paragraph, tags: paragraph.tags.filter((tag) => isCounted(tag.stance)) }))
    .filter(({ paragraph, tags }) => tags.length && fits(paragraph));
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
