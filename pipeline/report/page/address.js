// All that the reader has chosen is in the address after the page, as in
// #matrix?framework=ILACS&since=2019&show=concern: it survives a reload, and a mailed address shows
// what its sender saw.

import { chosen, years } from "./filters.js";

// How the matrix is shown, the order of paragraphs ("": what is usual on a page) and what is searched for.
export const view = {
  show: "share",
  detail: "full",
  sort: "name",
  yearly: "share",
  pairs: "latest",
  moved: "all",
  order: "",
  search: "",
};
const USUAL = { ...view };

// What an address says, if it is among the choices; the first of them otherwise: an address from
// elsewhere may say anything.
export function oneOf(choices, said) {
  return Object.hasOwn(choices, said) ? said : Object.keys(choices)[0];
}

// Takes over what an address says; what it does not say is as usual. Gives page and names in it.
export function readAddress(hash) {
  const [path, query] = split(hash);
  const said = new URLSearchParams(query);
  for (const [key, values] of Object.entries(chosen)) {
    values.clear();
    for (const value of said.getAll(key)) values.add(value);
  }
  for (const key of Object.keys(years)) years[key] = /^\d{4}$/.test(said.get(key)) ? said.get(key) : "";
  for (const key of Object.keys(view)) view[key] = said.get(key) || USUAL[key];
  const [page, ...names] = path.split("/").map(decoded);
  return { page: page || "matrix", names };
}

// The address of a page with what is chosen, or with what `instead` says of some filters: lists of
// values, and `since` and `to`. A search stays behind when its page is left.
export function addressOf(path, search = "", instead = {}) {
  const said = new URLSearchParams();
  for (const [key, values] of Object.entries(chosen)) {
    for (const value of [...(instead[key] ?? values)].sort()) said.append(key, value);
  }
  const { since, to } = { ...years, ...instead };
  for (const [key, value] of Object.entries({ since, to, ...view, search })) {
    if (value && value !== USUAL[key]) said.append(key, value);
  }
  const query = said.toString();
  return `#${path}${query && `?${query}`}`;
}

// An address with what is chosen now instead of what it says.
export function withChoices(hash) {
  return addressOf(split(hash)[0], view.search);
}

function split(hash) {
  const at = hash.indexOf("?");
  return at < 0 ? [hash.slice(1), ""] : [hash.slice(1, at), hash.slice(at + 1)];
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
