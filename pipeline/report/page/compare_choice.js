// With whom an authority is compared, as a list that leads to the page Compare.

import { DATA } from "./data.js";
import { choice } from "./dom.js";
import { compareLink } from "./links.js";
import { goFrom } from "./navigation.js";
import { neighboursShown } from "./pair_sums.js";
import { selection } from "./selection.js";
import { plural } from "./words.js";

// The same on every page: the keyboard stays in the list of that name.
const FIRST = "compared";
const SECOND = "against";

function authoritiesShown() {
  return [...selection.byAuthority.keys()]
    .filter((authority) => DATA.authorities[authority].known)
    .sort((a, b) => a - b);
}

// Null for none. What it is compared with stays as it is.
export function firstChoice(title, authority, other = null) {
  const shown = authoritiesShown();
  const missing = authority !== null && !shown.includes(authority) ? [authority] : [];
  const options = [...missing, ...shown].map((one) => [String(one), DATA.authorities[one].name]);
  const value = authority === null ? "" : String(authority);
  const choose = authority === null ? [["", "choose an authority"]] : [];
  return choice(title, FIRST, [...choose, ...options], value, (picked) => {
    const [first, kept] = [Number(picked), other === Number(picked) ? null : other];
    if (picked) goFrom(FIRST, compareLink(first, kept));
  });
}

// `other` is null for the neighbours together, undefined for nobody yet. The neighbours come first.
export function secondChoice(title, authority, other) {
  const near = neighboursShown(authority);
  const rest = authoritiesShown().filter((one) => one !== authority && !near.includes(one));
  const missing = Number.isInteger(other) && ![...near, ...rest].includes(other) ? [other] : [];
  const name = (one) => DATA.authorities[one].name;
  const together = near.length ? `its ${plural(near.length, "statistical neighbour")} together` : null;
  const nobody = other === undefined || !(near.length || Number.isInteger(other));
  const options = [
    ...(nobody ? [["nobody", "choose an authority"]] : []),
    ...(together ? [["", together]] : []),
    ...near.map((one) => [String(one), `${name(one)} (neighbour)`]),
    ...[...missing, ...rest].map((one) => [String(one), name(one)]),
  ];
  const value = nobody ? "nobody" : other === null ? "" : String(other);
  return choice(title, SECOND, options, value, (picked) => {
    if (picked !== "nobody") goFrom(SECOND, compareLink(authority, picked === "" ? null : Number(picked)));
  });
}
