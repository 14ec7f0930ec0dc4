"use strict";
// One theme: over time, in each slice, in each authority.

function themesPage() {
  const sum = sumDocuments(selection.documents);
  const rows = DATA.themes.map((theme, index) => ({ theme: index, label: element("a", { href: themeLink(index) }, theme.title), measure: measure(sum, index) }));
  return [
    element("h1", {}, "Themes"),
    shareTable("Themes in all documents shown", "Theme", rows, { open: (row) => evidenceLink(null, row.theme) }),
    ...DATA.themes.map((theme) => theme.definition ? element("p", {}, element("strong", {}, `${theme.title}. `), theme.definition) : null),
  ];
}

function themePage(theme) {
  const { title, definition, not_this } = DATA.themes[theme];
  const all = { label: "All documents shown", measure: measure(sumDocuments(selection.documents), theme) };
  const years = byYear(theme);
  return [
    element("h1", {}, title),
    definition ? element("p", { class: "lead" }, definition) : null,
    not_this ? element("p", { class: "small" }, `Not counted: ${not_this}`) : null,
    element("section", {}, element("h2", {}, "Altogether"),
      shareTable(`${title} in all documents shown`, "", [all], { open: () => evidenceLink(null, theme) }),
      years.length > 1 ? element("div", { class: "times one" }, timeChart("Share by year", years, [])) : null),
    element("section", {}, element("h2", {}, "Slices"),
      ...FILTERS.map((filter) => sliceTable(filter, theme))),
    element("section", {}, element("h2", {}, "Strongest evidence"),
      ...DATA.stances.map((stance, index) => strongest(capital(stance), evidenceLink(null, theme),
        findEvidence({ theme }).filter(({ tags }) => tags[0].stance === index)))),
    element("section", {}, element("h2", {}, "Authorities"), authoritiesTable(theme)),
  ];
}

function capital(word) {
  return word[0].toUpperCase() + word.slice(1);
}

function sliceTable(filter, theme) {
  const groups = new Map();
  for (const document of selection.documents) {
    const value = filter.of(document) || UNKNOWN;
    groups.set(value, [...(groups.get(value) || []), document]);
  }
  const rows = [...groups].sort(byValue).map(([value, documents]) => ({ label: value, measure: measure(sumDocuments(documents), theme) }));
  const made = shareTable(`By ${filter.title.toLowerCase()}`, filter.title, rows);
  made.setAttribute("data-slice", filter.key);
  return made;
}

function authoritiesTable(theme) {
  const rows = matrixRows().map((row) => ({
    authority: row.authority,
    label: element("a", { href: authorityLink(row.authority) }, row.name),
    measure: row.cells[theme].m,
    out: row.cells[theme].standsOut,
  })).sort((a, b) => b.measure.share - a.measure.share);
  return shareTable("Authorities, the highest share first", "Authority", rows, {
    open: (row) => evidenceLink(row.authority, theme),
    extra: [{ title: "Stands out", cell: (row) => (row.out ? `${row.out} than the rest` : "") }],
  });
}
