"use strict";
// What is chosen, and what it adds up to. Documents are filtered; stances restrict what is counted.

const FILTERS = [
  { key: "year", title: "Year", of: (d) => d.year },
  { key: "document_type", title: "Document type", of: (d) => d.document_type },
  { key: "framework", title: "Framework", of: (d) => d.framework },
  { key: "region", title: "Region", of: (d) => d.region },
  { key: "overall_effectiveness", title: "Overall effectiveness", of: (d) => d.overall_effectiveness },
];
const UNKNOWN = "(not stated)";

// What is not stated comes last in every list.
function byValue(a, b) {
  if ((a[0] === UNKNOWN) !== (b[0] === UNKNOWN)) return a[0] === UNKNOWN ? 1 : -1;
  return a[0] < b[0] ? -1 : 1;
}

// Chosen values by filter; nothing chosen means all.
const chosen = { stance: new Set() };
for (const filter of FILTERS) chosen[filter.key] = new Set();

DATA.documents.forEach((document, index) => {
  document.index = index;
});

let selection = select();

function select() {
  const documents = DATA.documents.filter((d) =>
    FILTERS.every((f) => !chosen[f.key].size || chosen[f.key].has(f.of(d) || UNKNOWN)),
  );
  const byAuthority = new Map();
  for (const document of documents) {
    if (!byAuthority.has(document.authority)) byAuthority.set(document.authority, []);
    byAuthority.get(document.authority).push(document);
  }
  return {
    documents,
    byAuthority,
    ids: new Set(documents.map((d) => d.index)),
    frameworks: sumByFramework(documents),
  };
}

function isFiltered() {
  return Object.values(chosen).some((values) => values.size > 0);
}

function countedStances() {
  return DATA.stances.map((name, index) => index).filter(
    (index) => !chosen.stance.size || chosen.stance.has(DATA.stances[index]),
  );
}

function isCounted(tag) {
  return !chosen.stance.size || chosen.stance.has(DATA.stances[tag.stance]);
}

// Counts of documents together: paragraphs, words, and per theme what is tagged and its stances.
function sumDocuments(documents) {
  const sum = {
    documents: documents.length,
    paragraphs: 0,
    words: 0,
    themes: DATA.themes.map(() => ({ tagged: 0, stances: DATA.stances.map(() => 0) })),
  };
  const counted = countedStances();
  for (const document of documents) {
    sum.paragraphs += document.n_paragraphs;
    sum.words += document.n_words;
    document.counts.forEach(([tagged, ...stances], theme) => {
      const into = sum.themes[theme];
      for (const index of counted) into.stances[index] += stances[index];
      into.tagged += chosen.stance.size
        ? counted.reduce((total, index) => total + stances[index], 0)
        : tagged;
    });
  }
  return sum;
}

// The measures of one theme in a sum, named as the columns of the tables.
function measure(sum, theme) {
  const { tagged, stances } = sum.themes[theme];
  const share = sum.paragraphs ? tagged / sum.paragraphs : 0;
  let [low, high] = shareInterval(tagged, sum.paragraphs);
  let corrected = null;
  const errors = DATA.themes[theme].errors;
  // How often a stance is wrong was not counted for each, so it cannot be corrected for.
  if (errors && sum.paragraphs && !chosen.stance.size) {
    [corrected, low, high] = correctedShare(tagged, sum.paragraphs, errors);
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

function sumByFramework(documents) {
  const groups = new Map();
  for (const document of documents) {
    if (!groups.has(document.framework)) groups.set(document.framework, []);
    groups.get(document.framework).push(document);
  }
  return new Map([...groups].map(([framework, members]) => [framework, sumDocuments(members)]));
}

// An authority, the rest and its neighbours as sums, all in documents of the frameworks that the
// authority has (like is compared with like), and how far each theme is from chance.
function compareAuthority(authority) {
  const documents = selection.byAuthority.get(authority) || [];
  const frameworks = new Set(documents.map((d) => d.framework));
  const own = sumDocuments(documents);
  const all = addSums([...frameworks].map((framework) => selection.frameworks.get(framework)));
  const rest = addSums([all], own);
  const near = new Set(DATA.authorities[authority].neighbours);
  const neighbours = sumDocuments(
    selection.documents.filter((d) => near.has(d.authority) && frameworks.has(d.framework)),
  );
  const score = (other, theme) =>
    DATA.authorities[authority].known
      ? standOutScore(
          own.themes[theme].tagged, own.paragraphs,
          other.themes[theme].tagged, other.paragraphs,
          all.themes[theme].tagged, all.paragraphs,
        )
      : null;
  return {
    own,
    rest,
    neighbours,
    z: (theme) => score(rest, theme),
    zNeighbours: (theme) => score(neighbours, theme),
  };
}

// The sums together, less `without`.
function addSums(sums, without = null) {
  const over = (of) => sums.reduce((n, sum) => n + of(sum), 0) - (without ? of(without) : 0);
  return {
    documents: over((sum) => sum.documents),
    paragraphs: over((sum) => sum.paragraphs),
    words: over((sum) => sum.words),
    themes: DATA.themes.map((_, t) => ({
      tagged: over((sum) => sum.themes[t].tagged),
      stances: DATA.stances.map((_, s) => over((sum) => sum.themes[t].stances[s])),
    })),
  };
}

// Evidence of a theme, the surest first; made once, filtered often.
const EVIDENCE_OF = DATA.themes.map(() => []);
DATA.evidence.forEach((paragraph) => {
  for (const tag of paragraph.tags) EVIDENCE_OF[tag.theme].push({ paragraph, tag });
});
for (const list of EVIDENCE_OF) list.sort((a, b) => b.tag.probability - a.tag.probability);

function documentOf(paragraph) {
  return DATA.documents[paragraph.document];
}

// Paragraphs as {paragraph, tags}: `tags` are those that make the paragraph belong in the list.
function findEvidence({ authority = null, theme = null, words = [] }) {
  const found = [];
  const fits = (paragraph) => {
    const document = documentOf(paragraph);
    if (!selection.ids.has(paragraph.document)) return false;
    if (authority !== null && document.authority !== authority) return false;
    if (!words.length) return true;
    paragraph.lower ??= `${paragraph.text}\n${paragraph.lead_in}\n${DATA.headings[paragraph.heading]}`.toLowerCase();
    return words.every((word) => paragraph.lower.includes(word));
  };
  if (theme !== null) {
    for (const { paragraph, tag } of EVIDENCE_OF[theme]) {
      if (isCounted(tag) && fits(paragraph)) found.push({ paragraph, tags: [tag] });
    }
    return found;
  }
  for (const paragraph of DATA.evidence) {
    const tags = paragraph.tags.filter(isCounted);
    if (tags.length && fits(paragraph)) found.push({ paragraph, tags });
  }
  return found;
}

// `supervision "case load"` → ["supervision", "case load"]; all must be there.
function searchWords(query) {
  return [...query.toLowerCase().matchAll(/"([^"]+)"|([^\s"]+)/g)].map((m) => (m[1] || m[2]).trim()).filter(Boolean);
}
