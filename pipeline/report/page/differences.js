// The sums of pairs.py once more. Nothing here knows the page: tests/report/test_page_js.py compares
// it with Python.

import { correctedShare, shareInterval } from "./numbers.js";

export const UNCLEAR = "no clear difference";
export const TOO_FEW = "too few to say";

// Own share minus the others', like for like: see compare_authorities. Each of `strata` is {own, other,
// errors}, the sides as {tagged, size, extra, squares}; `errors` is null where they are not known. Gives
// tagged, size, otherTagged, otherSize, difference, low, high (null if nothing compares) and corrected.
export function likeForLike(strata, settings) {
  const both = strata.filter(({ own, other }) => own.size > 0 && other.size > 0);
  const total = (side, name) => both.reduce((sum, stratum) => sum + stratum[side][name], 0);
  const sums = {
    tagged: total("own", "tagged"),
    size: total("own", "size"),
    otherTagged: total("other", "tagged"),
    otherSize: total("other", "size"),
  };
  if (!both.length) return { ...sums, difference: null, low: null, high: null, corrected: false };
  const corrected = both.every(({ errors }) => errors);
  const weights = both.map(({ own, other }) => (own.size * other.size) / (own.size + other.size));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  let [difference, below, above] = [0, 0, 0];
  both.forEach(({ own, other, errors }, at) => {
    const weight = weights[at] / all;
    const [p, low, high] = shareOf(own, corrected && errors, settings);
    const [q, otherLow, otherHigh] = shareOf(other, corrected && errors, settings);
    difference += weight * (p - q);
    below += weight ** 2 * ((p - low) ** 2 + (otherHigh - q) ** 2);
    above += weight ** 2 * ((high - p) ** 2 + (q - otherLow) ** 2);
  });
  const ends = { low: difference - Math.sqrt(below), high: difference + Math.sqrt(above) };
  return { ...sums, difference, ...ends, corrected };
}

function shareOf({ tagged, size, extra, squares }, errors, settings) {
  const dispersion = 1 + extra / size;
  if (errors) return correctedShare(tagged, size, errors, dispersion, squares / size ** 2, settings);
  return [tagged / size, ...shareInterval(tagged, size, dispersion, settings)];
}

// "more", "less", UNCLEAR, TOO_FEW or "" for a difference of shares: the column `result`.
export function shareResult({ difference, low, high, tagged, otherTagged }, { few }) {
  if (difference === null) return "";
  if (low > 0) return tagged >= few ? "more" : TOO_FEW;
  if (high < 0) return otherTagged >= few ? "less" : TOO_FEW;
  return Math.max(tagged, otherTagged) >= few ? UNCLEAR : TOO_FEW;
}

// The same for a difference of balances: the column `balance_result`.
export function balanceResult({ difference, low, high, size, otherSize }, { few }) {
  if (difference === null) return "";
  if (Math.min(size, otherSize) < few) return TOO_FEW;
  if (low > 0) return "more";
  return high < 0 ? "less" : UNCLEAR;
}
