// Counts of documents added up, and the measures they give.

import { DATA } from "./data.js";
import { chosen, isCounted } from "./filters.js";
import { correctedShare, shareInterval } from "./numbers.js";

// Paragraphs, words, and for each theme how many are tagged and with which stances.
export function sumDocs(docs) {
  const sum = {
    documents: docs.length,
    paragraphs: 0,
    words: 0,
    themes: DATA.themes.map(() => ({ tagged: 0, stances: DATA.stances.map(() => 0) })),
  };
  const counted = DATA.stances.map((_, stance) => stance).filter(isCounted);
  for (const doc of docs) {
    sum.paragraphs += doc.n_paragraphs;
    sum.words += doc.n_words;
    doc.counts.forEach(([tagged, ...stances], theme) => {
      const into = sum.themes[theme];
      for (const stance of counted) into.stances[stance] += stances[stance];
      into.tagged += chosen.stance.size
        ? counted.reduce((total, stance) => total + stances[stance], 0)
        : tagged;
    });
  }
  return sum;
}

// The sums together, less `without`.
export function addSums(sums, without = null) {
  const over = (of) => sums.reduce((n, sum) => n + of(sum), 0) - (without ? of(without) : 0);
  return {
    documents: over((sum) => sum.documents),
    paragraphs: over((sum) => sum.paragraphs),
    words: over((sum) => sum.words),
    themes: DATA.themes.map((_, theme) => ({
      tagged: over((sum) => sum.themes[theme].tagged),
      stances: DATA.stances.map((_, stance) => over((sum) => sum.themes[theme].stances[stance])),
    })),
  };
}

// The measures of one theme in a sum.
export function measure(sum, theme) {
  const { tagged, stances } = sum.themes[theme];
  const { errors } = DATA.themes[theme];
  const share = sum.paragraphs ? tagged / sum.paragraphs : 0;
  let [low, high] = shareInterval(tagged, sum.paragraphs, DATA.settings);
  let corrected = null;
  // How often a stance is wrong was not counted theme by theme, so it cannot be corrected for.
  if (errors && sum.paragraphs && !chosen.stance.size) {
    [corrected, low, high] = correctedShare(tagged, sum.paragraphs, errors, DATA.settings);
  }
  return {
    documents: sum.documents,
    paragraphs: sum.paragraphs,
    words: sum.words,
    tagged,
    stances,
    share,
    low,
    high,
    corrected,
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
    per_1000_words: column((m) => m.rate),
    ...Object.fromEntries(stances),
  };
}
