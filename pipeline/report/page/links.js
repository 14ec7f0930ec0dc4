// Addresses within the report, and of the documents it was made from.

import { addressOf } from "./address.js";
import { DATA, docOf } from "./data.js";
import { onlyWith } from "./filters.js";

// In the address of their evidence.
export const NEIGHBOURS = "neighbours";

export function authorityLink(authority, instead = {}) {
  return addressOf(`authority/${encodeURIComponent(DATA.authorities[authority].name)}`, "", instead);
}

export function themeLink(theme) {
  return addressOf(`theme/${DATA.themes[theme].id}`);
}

// Null for all authorities, or for all themes. With `neighbours`, of the authority's neighbours
// instead; the rest is as in `addressOf`.
export function evidenceLink(authority, theme, search = "", { neighbours = false, ...instead } = {}) {
  const name = authority === null ? "" : encodeURIComponent(DATA.authorities[authority].name);
  const path = `evidence/${name}/${theme === null ? "" : DATA.themes[theme].id}`;
  return addressOf(neighbours ? `${path}/${NEIGHBOURS}` : path, search, instead);
}

// What leaves the paragraphs of one report, of those of its authority.
export function ofReport({ year, document_type, framework }) {
  return onlyWith({ year, document_type, framework });
}

// `other` is null for the authority's neighbours together; `theme` is the one that is open.
export function compareLink(authority, other = null, theme = null) {
  const names = [authority, other].map((one) =>
    one === null ? "" : encodeURIComponent(DATA.authorities[one].name),
  );
  if (theme !== null) names.push(DATA.themes[theme].id);
  return addressOf(["compare", ...names].join("/").replace(/\/$/, ""));
}

// Of the document, at the page of a place in the paragraph's text if it has pages; null if nobody
// knows where it is.
export function paragraphLink(paragraph, place) {
  return atPage(docOf(paragraph).url, paragraph, place);
}

// The same at the publisher's, for readers who do not have the folder of reports.
export function publicLink(paragraph, place) {
  return atPage(docOf(paragraph).public_url, paragraph, place);
}

function atPage(url, paragraph, place) {
  if (!url) return null;
  return docOf(paragraph).has_pages ? `${url}#page=${pageAt(paragraph, place)}` : url;
}

export function pageAt({ page, turns }, place) {
  return turns.reduce((last, turn) => (turn.from <= place ? turn.page : last), page);
}

// "page 4", or "pages 4–5"; false if the document has none.
export function pagesOf(paragraph) {
  const { page, turns } = paragraph;
  return docOf(paragraph).has_pages && (turns.length ? `pages ${page}–${turns.at(-1).page}` : `page ${page}`);
}

export function fileName(doc) {
  return doc.source_file.split("/").pop();
}
