// Addresses within the report, and of the documents it was made from.

import { addressOf } from "./address.js";
import { DATA, docOf } from "./data.js";

export function authorityLink(authority) {
  return addressOf(`authority/${encodeURIComponent(DATA.authorities[authority].name)}`);
}

export function themeLink(theme) {
  return addressOf(`theme/${DATA.themes[theme].id}`);
}

// Null for all authorities, or for all themes.
export function evidenceLink(authority, theme, search = "") {
  const name = authority === null ? "" : encodeURIComponent(DATA.authorities[authority].name);
  return addressOf(`evidence/${name}/${theme === null ? "" : DATA.themes[theme].id}`, search);
}

// Of the document, at the paragraph's page if it has pages; null if nobody knows where it is.
export function paragraphLink(paragraph) {
  return atPage(docOf(paragraph).url, paragraph);
}

// The same at the publisher's, for readers who do not have the folder of reports.
export function publicLink(paragraph) {
  return atPage(docOf(paragraph).public_url, paragraph);
}

function atPage(url, paragraph) {
  if (!url) return null;
  return docOf(paragraph).has_pages ? `${url}#page=${paragraph.page}` : url;
}

export function fileName(doc) {
  return doc.source_file.split("/").pop();
}
