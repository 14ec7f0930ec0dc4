// The documents that pass the filters, put in groups once for each choice.

import { DATA } from "./data.js";
import { chosen, passes, years } from "./filters.js";
import { groupBy } from "./group.js";

// docs; members (the same as a set); byAuthority (a map). `reselect` alone
// changes it, in place, so every module that imports it sees the present one.
export const selection = {};
reselect();

// The same choice leaves all as it is: what was summed for these documents is still right.
export function reselect() {
  const made = JSON.stringify([years, ...Object.values(chosen).map((values) => [...values].sort())]);
  if (selection.choice === made) return;
  const docs = DATA.documents.filter(passes);
  const byAuthority = groupBy(docs, (doc) => doc.authority);
  Object.assign(selection, { choice: made, docs, members: new Set(docs), byAuthority });
}
