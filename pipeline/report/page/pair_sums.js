// Two authorities, or one and some others together, of the documents shown: by theme, like for like.

import { strengthsAndConcerns } from "./comparison_sums.js";
import { DATA } from "./data.js";
import { balanceResult, likeForLike, shareResult } from "./differences.js";
import { chosen, hasBalance } from "./filters.js";
import { groupBy } from "./group.js";
import { shareInterval } from "./numbers.js";
import { selection } from "./selection.js";
import { measure, sumDocs, taggedIn } from "./sums.js";

export function docsOf(authorities) {
  return authorities.flatMap((authority) => selection.byAuthority.get(authority) || []);
}

// The statistical neighbours with documents among those shown, nearest first.
export function neighboursShown(authority) {
  return [...new Set(DATA.authorities[authority].neighbours)].filter(
    (other) => other !== authority && selection.byAuthority.has(other),
  );
}

// Strengths among the paragraphs that name a strength or a concern, as a measure that charts.js draws;
// null where none does.
export function balanceOf(m) {
  const [strengths, concerns] = strengthsAndConcerns(m);
  const size = strengths + concerns;
  if (!size) return null;
  const [low, high] = shareInterval(strengths, size, 1, DATA.settings);
  const few = size < DATA.settings.few;
  return { share: strengths / size, low, high, few, corrected: null, strengths, concerns };
}

// What both sides have documents of, as {own, others}: lists of documents of one type and framework.
export function sharedStrata(authority, others) {
  const known = (docs) => docs.filter(({ stratum }) => stratum !== null);
  const [own, there] = [[authority], others].map((side) =>
    groupBy(known(docsOf(side)), ({ stratum }) => stratum),
  );
  return [...own]
    .filter(([stratum]) => there.has(stratum))
    .map(([stratum, docs]) => ({ own: docs, others: there.get(stratum) }));
}

// For each theme the measure of both sides and what differs: as run.compare_with.
export function comparePair(authority, others) {
  const strata = sharedStrata(authority, others);
  const balanced = hasBalance() ? strata : [];
  const sums = [[authority], others].map((side) => sumDocs(docsOf(side)));
  return DATA.themes.map((_, theme) => {
    const [own, other] = sums.map((sum) => measure(sum, theme));
    const share = likeForLike(
      strata.map((stratum) => stratumParts(stratum, theme, shareParts)),
      DATA.settings,
    );
    const balance = likeForLike(
      balanced.map((stratum) => stratumParts(stratum, theme, balanceParts)),
      DATA.settings,
    );
    return {
      theme,
      own,
      other,
      share: { ...share, result: shareResult(share, DATA.settings) },
      balance: { ...balance, result: balanceResult(balance, DATA.settings) },
    };
  });
}

function stratumParts({ own, others }, theme, partsIn) {
  const { kind } = own[0];
  const about = (docs) => docs.filter((doc) => !doc.own_topics.includes(theme));
  return {
    own: partsIn(about(own), theme),
    other: partsIn(about(others), theme),
    errors: partsIn === shareParts && !chosen.stance.size ? DATA.kinds[kind].errors[theme] : null,
  };
}

function shareParts(docs, theme) {
  const byAuthority = groupBy(docs, (doc) => doc.authority);
  return {
    tagged: total(docs, (doc) => taggedIn(doc, theme)),
    size: total(docs, (doc) => doc.n_paragraphs),
    extra: total(docs, (doc) => doc.extra[theme]),
    squares: total([...byAuthority.values()], (own) => total(own, (doc) => doc.n_paragraphs) ** 2),
  };
}

function balanceParts(docs, theme) {
  const [strengths, concerns] = strengthsAndConcerns(sumDocs(docs).themes[theme]);
  return { tagged: strengths, size: strengths + concerns, extra: 0, squares: 0 };
}

function total(items, of) {
  return items.reduce((sum, item) => sum + of(item), 0);
}
