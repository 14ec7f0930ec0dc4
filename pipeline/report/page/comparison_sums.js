// Authorities against each other, inspections against earlier ones, and all of them over time.

import { DATA } from "./data.js";
import { hasBalance } from "./filters.js";
import { groupBy } from "./group.js";
import { CONCERNS } from "./measures.js";
import {
  balanceChange,
  compareWith,
  departureInterval,
  differenceInterval,
  falseDiscovery,
  measureDispersion,
  ownShare,
  sharedVariance,
  standsOut,
} from "./numbers.js";
import { selection } from "./selection.js";
import { measure, partsOf, sumDocs, taggedIn, withStances } from "./sums.js";

// --- what stands out ----------------------------------------------------------------------------

// What can be compared, as how many of how many in a document: the share of paragraphs that are
// tagged, as the table standouts has it, and the share of the tagged that have some stance.
const COMPARISONS = {
  share: (doc, theme) => [taggedIn(doc, theme), doc.n_paragraphs],
  concern: (doc, theme) => [withStances(doc, theme, ["concern"]), taggedIn(doc, theme)],
  any_concern: (doc, theme) => [withStances(doc, theme, CONCERNS), taggedIn(doc, theme)],
};
// Kept for the documents and stances shown: `compareAll` needs all authorities for each of them.
const compared = { docs: null, results: {} };

// For each authority shown, its comparison with the rest and with its neighbours, by theme: null,
// or what compareWith gives with `q` and `out`. By share as build_standouts.
function compareAll(by) {
  if (compared.docs !== selection.docs) Object.assign(compared, { docs: selection.docs, results: {} });
  compared.results[by] ??= findStandouts(COMPARISONS[by]);
  return compared.results[by];
}

function findStandouts(countIn) {
  const known = [...selection.byAuthority.keys()].filter((authority) => DATA.authorities[authority].known);
  const tables = DATA.themes.map((_, theme) => strataOf(known, theme, countIn));
  const against = {
    rest: (authority) => known.filter((other) => other !== authority),
    neighbours: (authority) =>
      [...new Set(DATA.authorities[authority].neighbours)].filter((other) => other !== authority),
  };
  const result = new Map(known.map((authority) => [authority, {}]));
  for (const [name, othersOf] of Object.entries(against)) {
    const found = known.flatMap((authority) => {
      const others = othersOf(authority);
      const row = tables.map((strata) => compareWith(sidesOf(strata, authority, others), DATA.settings));
      result.get(authority)[name] = row;
      return row.filter(Boolean);
    });
    const q = falseDiscovery(found.map(({ p }) => p));
    found.forEach((one, at) => {
      Object.assign(one, { q: q[at], out: standsOut(q[at], one.z, one.tagged, DATA.settings) });
    });
  }
  return result;
}

// For a theme, each stratum as {byAuthority, all, dispersion}; a document about the theme is left
// out, and so is one of no known framework.
function strataOf(known, theme, countIn) {
  const strata = new Map();
  for (const authority of known) {
    for (const doc of selection.byAuthority.get(authority)) {
      if (doc.stratum === null || doc.own_topics.includes(theme)) continue;
      if (!strata.has(doc.stratum)) strata.set(doc.stratum, new Map());
      const stratum = strata.get(doc.stratum);
      if (!stratum.has(authority)) stratum.set(authority, { tagged: 0, size: 0 });
      const sum = stratum.get(authority);
      const [tagged, size] = countIn(doc, theme);
      sum.tagged += tagged;
      sum.size += size;
    }
  }
  return [...strata.values()].map((byAuthority) => {
    const sums = [...byAuthority.values()].filter(({ size }) => size > 0);
    return { byAuthority, all: added(sums), dispersion: measureDispersion(sums, DATA.settings) };
  });
}

function added(sums) {
  return {
    tagged: sums.reduce((total, { tagged }) => total + tagged, 0),
    size: sums.reduce((total, { size }) => total + size, 0),
    squares: sums.reduce((total, { size }) => total + size ** 2, 0),
  };
}

function sidesOf(strata, authority, others) {
  return strata
    .filter(({ byAuthority }) => byAuthority.has(authority))
    .map(({ byAuthority, all, dispersion }) => {
      const there = added(others.map((other) => byAuthority.get(other)).filter(Boolean));
      return {
        ...byAuthority.get(authority),
        otherTagged: there.tagged,
        otherSize: there.size,
        otherSquares: there.squares,
        allTagged: all.tagged,
        allSize: all.size,
        dispersion,
      };
    });
}

export const NOT_COMPARED =
  "could be compared: that needs other authorities' documents of the same type and framework";

// Its sum, and how it compares by theme: null where nothing compares.
export function compareAuthority(authority, by = "share") {
  const none = DATA.themes.map(() => null);
  const found = by && compareAll(by).get(authority);
  const { rest, neighbours } = found || { rest: none, neighbours: none };
  return { own: sumDocs(selection.byAuthority.get(authority) || []), rest, neighbours };
}

// For each authority shown its sum and, by theme, its measure and whether it stands out by one of
// COMPARISONS; null compares nothing.
export function authorityRows(by = "share") {
  return [...selection.byAuthority.keys()].map((authority) => {
    const { own, rest } = compareAuthority(authority, by);
    return {
      authority,
      name: DATA.authorities[authority].name,
      sum: own,
      cells: DATA.themes.map((_, theme) => {
        const m = measure(own, theme);
        // That hardly anything is written about a theme can stand out; how little is written, not.
        const tooFew = by !== "share" && m.few;
        return { m, compared: rest[theme], out: (!tooFew && rest[theme]?.out) || "" };
      }),
    };
  });
}

// --- before and after ---------------------------------------------------------------------------

// A whole inspection has grades, whatever its framework; see isCompared.
function isWhole(doc) {
  return doc.document_type === DATA.settings.whole && Boolean(doc.on);
}

// A whole inspection that may be compared over time: see whole_inspections.
export function isCompared(doc) {
  return isWhole(doc) && Boolean(doc.framework) && doc.n_paragraphs > 0;
}

// Of each whole inspection the longest document only: see without_copies.
function withoutCopies(docs) {
  const copies = groupBy(docs, ({ authority, framework, on }) => [authority, framework, on].join());
  const longest = (a, b) => b.n_paragraphs - a.n_paragraphs || (a.id < b.id ? -1 : 1);
  const kept = new Set([...copies.values()].map((own) => own.sort(longest)[0]));
  return docs.filter((doc) => kept.has(doc));
}

// Each whole inspection among `docs` that is compared with the one before, as [earlier, later].
export function wholePairs(docs) {
  const whole = withoutCopies(docs.filter(isCompared)).sort(byDay);
  return whole.slice(1).map((later, at) => [whole[at], later]);
}

// The latest whole inspection of an authority among the documents shown, the one before, and the
// documents since; null if there is none.
export function latestInspection(authority) {
  const docs = [...(selection.byAuthority.get(authority) || [])].sort(byDay);
  const [latest, before = null] = withoutCopies(docs.filter(isWhole)).reverse();
  return latest ? { latest, before, since: docs.filter(({ on }) => on > latest.on) } : null;
}

export function byDay(a, b) {
  if (a.on !== b.on) return a.on < b.on ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

// For each theme what changed between two whole inspections: as the table `changes`, and whether the
// balance rests on few: see balances_of_few.
export function changesBetween(earlier, later) {
  const across = earlier.framework !== later.framework;
  const [before, after] = [earlier, later].map((doc) => sumDocs([doc]));
  const averages = across ? [earlier, later].map(othersOf) : [null, null];
  return DATA.themes.map((_, theme) => {
    const ends = [measure(before, theme), measure(after, theme)];
    const values = [before, after].map((sum) => ownOf(sum, theme));
    const means = averages.map((sum) => sum && ownOf(sum, theme));
    const { errors } = partsOf(after, theme)[0];
    const shared = errors ? sharedVariance(errors) : { uncertainty: 0, variation: 0 };
    const said = ends.map((end) => (hasBalance() ? strengthsAndConcerns(end) : [0, 0]));
    const few = said.some(([strengths, concerns]) => strengths + concerns < DATA.settings.few);
    const balance = { ...balanceChange(...said, DATA.settings), few };
    let difference = [null, null, null];
    if (!across) {
      difference = differenceInterval(...values, shared.uncertainty + shared.variation, DATA.settings);
    } else if (means[0] && means[1]) {
      difference = departureInterval(...values, ...means, shared, DATA.settings);
    }
    const framework = averages.map((sum) => (sum ? measure(sum, theme).share : null));
    return { across, before: ends[0], after: ends[1], framework, difference, balance };
  });
}

// Whole inspections are all of one kind.
function ownOf(sum, theme) {
  return ownShare(partsOf(sum, theme)[0], DATA.settings);
}

// The stances of which a balance is made.
export const BALANCED = ["strength", "concern"];

export function strengthsAndConcerns({ stances }) {
  return BALANCED.map((name) => stances[DATA.stances.indexOf(name)]);
}

// All whole inspections of other authorities under the same framework; null if they are too few.
function othersOf(doc) {
  const others = selection.docs.filter(
    (other) =>
      isCompared(other) &&
      other.framework === doc.framework &&
      other.authority !== doc.authority &&
      DATA.authorities[other.authority].known,
  );
  const enough = new Set(others.map(({ authority }) => authority)).size >= DATA.settings.least_authorities;
  return enough ? sumDocs(withoutCopies(others)) : null;
}

// "up", "down", "level" or "": see grade_moved.
export function gradeMoved(earlier, later) {
  const { ranks } = DATA.settings;
  if (!(earlier in ranks) || !(later in ranks)) return "";
  if (ranks[earlier] === ranks[later]) return "level";
  return ranks[later] > ranks[earlier] ? "up" : "down";
}

// --- over time ----------------------------------------------------------------------------------

// The kind of document that most of those shown are of: only one kind makes a line over time.
export function commonestKind() {
  const groups = [...groupBy(selection.docs, (doc) => doc.document_type)];
  groups.sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1));
  return groups.length ? groups[0][0] : "";
}

// For a theme, the points of a time chart for all documents of a kind; a year is drawn in its middle.
export function pointsByYear(kind) {
  const dated = selection.docs.filter((doc) => doc.year && doc.document_type === kind);
  const byYear = groupBy(dated, (doc) => doc.year);
  const years = [...byYear.keys()].sort().map((year) => [year, sumDocs(byYear.get(year))]);
  return (theme) =>
    years.map(([year, sum]) => ({ x: Number(year) + 0.5, title: year, measure: measure(sum, theme) }));
}
