// Counts of documents added up, and the measures they give.

import { DATA } from "./data.js";
import { chosen, isCounted } from "./filters.js";
import { pooledShare, shareInterval } from "./numbers.js";

// How many paragraphs of a document have the theme, with one of the stances chosen.
export function taggedIn(doc, theme) {
  if (!chosen.stance.size) return doc.counts[theme][0];
  const [, ...stances] = doc.counts[theme];
  return stances.reduce((total, n, stance) => total + (isCounted(stance) ? n : 0), 0);
}

// How many of them have one of the stances named.
export function withStances(doc, theme, names) {
  const [, ...stances] = doc.counts[theme];
  return names
    .map((name) => DATA.stances.indexOf(name))
    .reduce((total, stance) => total + (isCounted(stance) ? stances[stance] : 0), 0);
}

// The corrected share, which the interval is of; the plain one where errors are not known.
export function estimatedShare({ corrected, share }) {
  return corrected ?? share;
}

// Paragraphs, words, and for each theme how many are tagged and with which stances; the same by
// kind of document, because each kind is corrected for its own errors.
export function sumDocs(docs) {
  const sum = {
    documents: docs.length,
    paragraphs: 0,
    words: 0,
    themes: DATA.themes.map(() => ({ tagged: 0, stances: DATA.stances.map(() => 0) })),
    kinds: new Map(),
  };
  const counted = DATA.stances.map((_, stance) => stance).filter(isCounted);
  for (const doc of docs) {
    sum.paragraphs += doc.n_paragraphs;
    sum.words += doc.n_words;
    if (!sum.kinds.has(doc.kind)) {
      const none = () => DATA.themes.map(() => 0);
      sum.kinds.set(doc.kind, { paragraphs: 0, tagged: none(), extra: none(), authorities: new Map() });
    }
    const kind = sum.kinds.get(doc.kind);
    kind.paragraphs += doc.n_paragraphs;
    kind.authorities.set(doc.authority, (kind.authorities.get(doc.authority) || 0) + doc.n_paragraphs);
    doc.counts.forEach(([, ...stances], theme) => {
      const into = sum.themes[theme];
      const tagged = taggedIn(doc, theme);
      for (const stance of counted) into.stances[stance] += stances[stance];
      into.tagged += tagged;
      kind.tagged[theme] += tagged;
      kind.extra[theme] += doc.extra[theme];
    });
  }
  return sum;
}

// What is known of one theme in a sum, by kind of document, as numbers.js takes it. With a stance
// chosen no errors are known: how often a stance is wrong was not counted theme by theme.
export function partsOf(sum, theme) {
  return [...sum.kinds].map(([kind, { paragraphs, tagged, extra, authorities }]) => ({
    tagged: tagged[theme],
    size: paragraphs,
    extra: extra[theme],
    squares: [...authorities.values()].reduce((total, n) => total + n ** 2, 0),
    errors: chosen.stance.size ? null : DATA.kinds[kind].errors[theme],
  }));
}

// The measures of one theme in a sum. `corrected` is null where a kind is not validated, and with
// a stance chosen.
export function measure(sum, theme) {
  const { tagged, stances } = sum.themes[theme];
  const share = sum.paragraphs ? tagged / sum.paragraphs : 0;
  const parts = partsOf(sum, theme);
  const pooled = pooledShare(parts, DATA.settings);
  const extra = parts.reduce((total, part) => total + part.extra, 0);
  const dispersion = sum.paragraphs ? 1 + extra / sum.paragraphs : 1;
  const plain = shareInterval(tagged, sum.paragraphs, dispersion, DATA.settings);
  const [low, high] = pooled ? pooled.slice(1) : plain;
  return {
    documents: sum.documents,
    paragraphs: sum.paragraphs,
    words: sum.words,
    tagged,
    stances,
    share,
    low,
    high,
    corrected: pooled ? pooled[0] : null,
    notValidated: [...sum.kinds].reduce(
      (n, [kind, { paragraphs }]) => n + (DATA.kinds[kind].errors[theme] ? 0 : paragraphs),
      0,
    ),
    rate: sum.words ? (1000 * tagged) / sum.words : 0,
    few: tagged < DATA.settings.few,
    sure: tagged >= DATA.settings.sure,
  };
}

// The columns of the tables `cells` and `slices`, for `download`; `of` gives an item's measure.
export function measureColumns(of) {
  const column = (read) => (item) => read(of(item));
  const stances = DATA.stances.map((name, stance) => [`n_${name}`, column((m) => m.stances[stance])]);
  return {
    n_documents: column((m) => m.documents),
    n_paragraphs: column((m) => m.paragraphs),
    n_words: column((m) => m.words),
    n_tagged: column((m) => m.tagged),
    share: column((m) => m.share),
    share_low: column((m) => m.low),
    share_high: column((m) => m.high),
    share_corrected: column((m) => m.corrected),
    n_not_validated: column((m) => m.notValidated),
    per_1000_words: column((m) => m.rate),
    ...Object.fromEntries(stances),
  };
}
