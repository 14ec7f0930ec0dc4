// The documents that pass the filters, put in groups once for each choice.

import { DATA } from "./data.js";
import { passes } from "./filters.js";
import { groupBy } from "./group.js";

// docs; members (the same as a set); byAuthority (a map). `reselect` alone
// changes it, in place, so every module that imports it sees the present one.
export const selection = {};
reselect();

export function reselect() {
  const docs = DATA.documents.filter(passes);
  const byAuthority = groupBy(docs, (doc) => doc.authority);
  Object.assign(selection, { docs, members: new Set(docs), byAuthority });
}
