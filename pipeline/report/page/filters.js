// What the reader has chosen. Filters leave out whole documents; a stance limits which tags count.

import { DATA } from "./data.js";

export const FILTERS = [
  { key: "year", title: "Year", of: (doc) => doc.year },
  { key: "document_type", title: "Document type", of: (doc) => doc.document_type },
  { key: "framework", title: "Framework", of: (doc) => doc.framework },
  { key: "topic", title: "Topic", of: (doc) => doc.topic },
  { key: "region", title: "Region", of: (doc) => doc.region },
  { key: "overall_effectiveness", title: "Overall effectiveness", of: (doc) => doc.overall_effectiveness },
];
const UNKNOWN = "(not stated)";

// Chosen values by filter; nothing chosen means all. The filter bar changes these sets in place and
// then calls `reselect`.
export const chosen = { stance: new Set() };
for (const { key } of FILTERS) chosen[key] = new Set();

export function filterValue(filter, doc) {
  return filter.of(doc) || UNKNOWN;
}

// What is not stated comes last.
export function byValue(a, b) {
  if ((a === UNKNOWN) !== (b === UNKNOWN)) return a === UNKNOWN ? 1 : -1;
  return a < b ? -1 : 1;
}

export function passes(doc) {
  return FILTERS.every(
    (filter) => !chosen[filter.key].size || chosen[filter.key].has(filterValue(filter, doc)),
  );
}

export function isFiltered() {
  return Object.values(chosen).some((values) => values.size > 0);
}

export function isCounted(stance) {
  return !chosen.stance.size || chosen.stance.has(DATA.stances[stance]);
}
