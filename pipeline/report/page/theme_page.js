// One theme: over time, broken down by each filter, in each authority.

import { strongest } from "./cards.js";
import { shareTable, topOfBars } from "./charts.js";
import { authorityRows } from "./comparison_sums.js";
import { DATA } from "./data.js";
import { element, section } from "./dom.js";
import { byValue, FILTERS, filterValue, onlyWith } from "./filters.js";
import { funnelSection } from "./funnel.js";
import { groupBy } from "./group.js";
import { authorityLink, evidenceLink, themeLink } from "./links.js";
import { findEvidence } from "./search.js";
import { selection } from "./selection.js";
import { measure, sumDocs } from "./sums.js";
import { capitalised, percent } from "./words.js";
import { yearsOfTheme, yearsSection } from "./years.js";

export function themesPage() {
  const sum = sumDocs(selection.docs);
  const rows = DATA.themes.map((theme, index) => ({
    theme: index,
    label: element("a", { href: themeLink(index) }, theme.title),
    measure: measure(sum, index),
  }));
  const defined = DATA.themes.filter((theme) => theme.definition);
  return [
    element("h1", {}, "Themes"),
    shareTable("Themes in all documents shown", "Theme", rows, {
      open: (row) => evidenceLink(null, row.theme),
    }),
    yearsSection(),
    ...defined.map((theme) => element("p", {}, element("strong", {}, `${theme.title}. `), theme.definition)),
  ];
}

export function themePage(theme) {
  const { title, definition, not_this } = DATA.themes[theme];
  const all = { label: "All documents shown", measure: measure(sumDocs(selection.docs), theme) };
  const found = findEvidence({ theme });
  const slices = FILTERS.map((filter) => [filter, sliceRows(filter, theme)]);
  const compared = authorityRows();
  const authorities = authorityShares(theme, compared);
  const top = topOfBars([all, ...slices.flatMap(([, rows]) => rows), ...authorities]);
  return [
    element("h1", {}, title),
    definition ? element("p", { class: "lead" }, definition) : null,
    not_this ? element("p", { class: "small" }, `Not counted: ${not_this}`) : null,
    section(
      "Overall",
      shareTable(`${title} in all documents shown`, "", [all], {
        open: () => evidenceLink(null, theme),
        top,
      }),
      ...yearsOfTheme(theme),
    ),
    funnelSection(theme, compared),
    section("Breakdowns", ...slices.map(([filter, rows]) => breakdown(filter, rows, theme, top))),
    section("Strongest evidence", ...DATA.stances.map((_, stance) => strongestOf(theme, stance, found))),
    section("Authorities", authoritiesTable(theme, authorities, top)),
  ];
}

function sliceRows(filter, theme) {
  const groups = groupBy(selection.docs, (doc) => filterValue(filter, doc));
  return [...groups.keys()].sort(byValue).map((value) => ({
    label: value,
    measure: measure(sumDocs(groups.get(value)), theme),
  }));
}

function breakdown(filter, rows, theme, top) {
  const open = ({ label }) => {
    const only = onlyWith({ [filter.key]: label });
    return only && evidenceLink(null, theme, "", only);
  };
  const made = shareTable(`By ${filter.title.toLowerCase()}`, filter.title, rows, { open, top });
  made.setAttribute("data-slice", filter.key);
  return made;
}

function strongestOf(theme, stance, found) {
  const own = found.filter(({ tags }) => tags[0].stance === stance);
  const more = "Read all paragraphs on this theme";
  return strongest(capitalised(DATA.stances[stance]), own, evidenceLink(null, theme), { more });
}

// By name: a list from the highest share down would be read as a league table.
function authorityShares(theme, compared) {
  const rows = compared.map(({ authority, name, cells }) => ({
    authority,
    label: element("a", { href: authorityLink(authority) }, name),
    measure: cells[theme].m,
    compared: cells[theme].compared,
    out: cells[theme].out,
  }));
  return rows.sort((a, b) => a.authority - b.authority);
}

function authoritiesTable(theme, rows, top) {
  return shareTable("Authorities", "Authority", rows, {
    top,
    open: (row) => evidenceLink(row.authority, theme),
    extra: [
      {
        title: "Shrunken share",
        of: "shrunken_share",
        cell: (row) => (row.compared ? percent(row.compared.shrunken) : "–"),
      },
      { title: "Stands out", cell: (row) => (row.out ? `${row.out} than the rest` : "") },
    ],
  });
}
