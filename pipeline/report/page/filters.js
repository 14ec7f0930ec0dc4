// What the reader has chosen. Filters leave out whole documents; a stance limits which tags count.

import { DATA } from "./data.js";
import { CONCERNS } from "./measures.js";

export const FILTERS = [
  { key: "year", title: "Year", of: (doc) => doc.year },
  { key: "document_type", title: "Document type", of: (doc) => doc.document_type },
  { key: "framework", title: "Framework", of: (doc) => doc.framework },
  { key: "topic", title: "Topic", of: (doc) => doc.topic },
  { key: "region", title: "Region", of: (doc) => doc.region },
  { key: "overall_effectiveness", title: "Overall effectiveness", of: (doc) => doc.overall_effectiveness },
];
const UNKNOWN = "(not stated)";
// A choice of several stances at once.
export const ANY_CONCERN = "any concern";

// Chosen values by filter; nothing chosen means all. The filter bar and an address change these in
// place, and then `reselect` is called. Of the years only the first and the last are chosen.
export const chosen = { stance: new Set() };
export const years = { since: "", to: "" };
export const LISTED = FILTERS.filter(({ key }) => key !== "year");
for (const { key } of LISTED) chosen[key] = new Set();

export function filterValue(filter, doc) {
  return filter.of(doc) || UNKNOWN;
}

// What leaves only documents with these values, by filter, as `addressOf` takes it; null for those
// without a date, which are in no range of years.
export function onlyWith({ year, ...values }) {
  if (year === UNKNOWN) return null;
  const range = year ? { since: year, to: year } : {};
  const listed = Object.entries(values).map(([key, value]) => [key, [value || UNKNOWN]]);
  return { ...range, ...Object.fromEntries(listed) };
}

// The same for all documents, with any stance.
export function everything() {
  return { since: "", to: "", ...Object.fromEntries(Object.keys(chosen).map((key) => [key, []])) };
}

// What is not stated comes last.
export function byValue(a, b) {
  if ((a === UNKNOWN) !== (b === UNKNOWN)) return a === UNKNOWN ? 1 : -1;
  return a < b ? -1 : 1;
}

export function passes(doc) {
  const listed = LISTED.every(
    (filter) => !chosen[filter.key].size || chosen[filter.key].has(filterValue(filter, doc)),
  );
  return listed && withinYears(doc);
}

// A document without a date is in no range of years.
function withinYears({ year }) {
  if (!years.since && !years.to) return true;
  return Boolean(year) && year >= years.since && (!years.to || year <= years.to);
}

export function yearsText() {
  const { since, to } = years;
  if (since === to) return since;
  return [since && `since ${since}`, to && `to ${to}`].filter(Boolean).join(" ");
}

export function isFiltered() {
  return Boolean(yearsText()) || Object.values(chosen).some((values) => values.size > 0);
}

export function isCounted(stance) {
  const name = DATA.stances[stance];
  if (!chosen.stance.size || chosen.stance.has(name)) return true;
  return chosen.stance.has(ANY_CONCERN) && CONCERNS.includes(name);
}

// With some stances chosen, the others are not counted: what is left is all strengths, or none.
export function hasBalance() {
  return !chosen.stance.size;
}

export const NO_BALANCE =
  "With a stance selected the others are not counted, and there is no balance of stances to show.";

export function clearFilters() {
  for (const values of Object.values(chosen)) values.clear();
  Object.assign(years, { since: "", to: "" });
}
