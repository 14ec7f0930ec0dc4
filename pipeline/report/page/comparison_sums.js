// Authorities against each other, and all of them over time.

import { DATA } from "./data.js";
import { groupBy } from "./group.js";
import { standOutScore, standsOut } from "./numbers.js";
import { selection } from "./selection.js";
import { addSums, measure, sumDocs } from "./sums.js";

// An authority, the rest and its neighbours as sums, all in documents of the frameworks that the
// authority has, so that like is compared with like; and how each theme stands out.
export function compareAuthority(authority) {
  const { known, neighbours } = DATA.authorities[authority];
  const docs = selection.byAuthority.get(authority) || [];
  const frameworks = new Set(docs.map((doc) => doc.framework));
  const own = sumDocs(docs);
  const all = addSums([...frameworks].map((framework) => selection.sumByFramework.get(framework)));
  const countOf = (sum, theme) => ({ tagged: sum.themes[theme].tagged, size: sum.paragraphs });
  const against = (sum) => ({
    measure: (theme) => measure(sum, theme),
    standing: (theme) => {
      const [mine, theirs, everyone] = [own, sum, all].map((s) => countOf(s, theme));
      const z = known ? standOutScore(mine, theirs, everyone, DATA.settings) : null;
      return { z, out: standsOut(z, mine.tagged, DATA.settings) };
    },
  });
  // An authority may be listed twice among the neighbours.
  const near = [...new Set(neighbours)].flatMap((neighbour) => selection.byAuthority.get(neighbour) || []);
  return {
    own,
    rest: against(addSums([all], own)),
    neighbours: against(sumDocs(near.filter((doc) => frameworks.has(doc.framework)))),
  };
}

// For each authority shown its sum and, by theme, its measure and whether it stands out.
export function authorityRows() {
  return [...selection.byAuthority.keys()].map((authority) => {
    const { own, rest } = compareAuthority(authority);
    return {
      authority,
      name: DATA.authorities[authority].name,
      sum: own,
      cells: DATA.themes.map((_, theme) => ({ m: measure(own, theme), out: rest.standing(theme).out })),
    };
  });
}

// For a theme, the points of a time chart for all documents shown; a year is drawn in its middle.
export function pointsByYear() {
  const dated = selection.docs.filter((doc) => doc.year);
  const byYear = groupBy(dated, (doc) => doc.year);
  const years = [...byYear.keys()].sort().map((year) => [year, sumDocs(byYear.get(year))]);
  return (theme) =>
    years.map(([year, sum]) => ({ x: Number(year) + 0.5, title: year, measure: measure(sum, theme) }));
}
