"use strict";
// One authority: its documents, its themes against others and over time, its strongest evidence.

const STRONGEST = 3;

function authoritiesPage() {
  const names = [...selection.byAuthority.keys()].sort((a, b) => (DATA.authorities[a].name < DATA.authorities[b].name ? -1 : 1));
  const list = element("ul", { class: "names" }, ...names.map((authority) =>
    element("li", {}, element("a", { href: authorityLink(authority) }, DATA.authorities[authority].name),
      element("span", { class: "small" }, plural(selection.byAuthority.get(authority).length, "document")))));
  return [
    element("h1", {}, "Authorities"),
    nameSearch("Find an authority", list),
    list,
  ];
}

function nameSearch(label, list) {
  return element("label", { class: "choice" }, element("span", {}, label),
    element("input", { type: "search", oninput: (event) => {
      const word = event.target.value.trim().toLowerCase();
      for (const item of list.children) item.hidden = !item.textContent.toLowerCase().includes(word);
    } }));
}

function authorityPage(authority) {
  const { name, region, neighbours } = DATA.authorities[authority];
  const documents = [...(selection.byAuthority.get(authority) || [])].sort((a, b) => (a.on < b.on ? -1 : 1));
  if (!documents.length) {
    return [element("h1", {}, name), element("p", {}, "None of its documents fits the filters.")];
  }
  const compared = compareAuthority(authority);
  return [
    element("h1", {}, name),
    element("p", { class: "lead" },
      [region, plural(documents.length, "document"), plural(compared.own.paragraphs, "paragraph"), plural(compared.own.words, "word")].filter(Boolean).join(" · ")),
    element("section", {}, element("h2", {}, "Themes"), standingText(authority, compared),
      authorityTable(authority, compared, neighbours.length)),
    timeSection(documents),
    DATA.authorities[authority].known ? changesSection(documents) : null,
    element("section", {}, element("h2", {}, "Strongest evidence"),
      element("p", { class: "small" }, "For each theme the paragraphs that are most surely about it."),
      ...DATA.themes.map((theme, index) => strongest(theme.title, evidenceLink(authority, index), findEvidence({ authority, theme: index }), index === 0))),
    documentsSection(documents),
  ];
}

function standingText(authority, compared) {
  const lines = DATA.themes.map((theme, index) => {
    const out = standsOut(compared.z(index), compared.own.themes[index].tagged);
    return out ? element("li", {}, element("strong", {}, theme.title), `: ${out} than in other authorities' documents of the same frameworks.`) : null;
  }).filter(Boolean);
  return lines.length
    ? element("ul", { class: "standing" }, ...lines)
    : element("p", {}, "No theme stands out clearly against other authorities.");
}

function authorityTable(authority, compared, hasNeighbours) {
  const rows = DATA.themes.map((theme, index) => {
    const rest = measure(compared.rest, index);
    const near = measure(compared.neighbours, index);
    return {
      theme: index,
      label: element("a", { href: themeLink(index) }, theme.title),
      measure: measure(compared.own, index),
      rest,
      near,
      ticks: [
        ...(rest.paragraphs ? [{ value: rest.share, kind: "rest" }] : []),
        ...(near.paragraphs ? [{ value: near.share, kind: "near" }] : []),
      ],
      z: compared.z(index),
      zNeighbours: compared.zNeighbours(index),
    };
  });
  const score = (z) => (z === null ? "–" : `${z > 0 ? "+" : z < 0 ? "−" : ""}${Math.abs(z).toFixed(1)}`);
  const against = (m, z, tagged) => {
    const out = standsOut(z, tagged);
    return element("span", {}, m.paragraphs ? percent(m.share) : "–",
      element("span", { class: "small z" }, ` z ${score(z)}${out ? `, ${out}` : ""}`));
  };
  return element("div", {},
    shareTable("Themes of the authority, with others of the same frameworks", "Theme", rows, {
      open: (row) => evidenceLink(authority, row.theme),
      extra: [
        { title: "The rest", of: "rest", cell: (row) => against(row.rest, row.z, row.measure.tagged) },
        { title: "Statistical neighbours", of: "neighbours", cell: (row) => (hasNeighbours ? against(row.near, row.zNeighbours, row.measure.tagged) : "none read") },
      ],
    }),
    element("p", { class: "small key" },
      "Bar: 95% interval; tick: share; dot: corrected share; ",
      element("span", { class: "swatch other-sign rest", "aria-hidden": "true" }), " the rest; ",
      element("span", { class: "swatch other-sign near", "aria-hidden": "true" }), " statistical neighbours. ",
      `z is how far the theme is from what chance would give; beyond ±${DATA.settings.stands_out_z} it stands out.`));
}

function timeSection(documents) {
  const dated = documents.filter((d) => d.on);
  if (dated.length < 2) return element("section", {}, element("h2", {}, "Over time"), element("p", {}, "There is only one dated document."));
  return element("section", {}, element("h2", {}, "Over time"),
    element("p", { class: "small" }, "A point for each document with its 95% interval; hollow where fewer than ", String(DATA.settings.few), " paragraphs; the grey line is all authorities by year."),
    element("div", { class: "times" }, ...DATA.themes.map((theme, index) =>
      timeChart(theme.title, dated.map((d) => ({ x: yearOf(d), title: `${d.document_type} ${d.on}`, measure: measure(sumDocuments([d]), index) })), byYear(index)))));
}

function yearOf(document) {
  const [year, month, day] = document.on.split("-").map(Number);
  return year + (month - 1) / 12 + (day - 1) / 365;
}

function byYear(theme) {
  const years = new Map();
  for (const document of selection.documents) {
    if (document.year) years.set(document.year, [...(years.get(document.year) || []), document]);
  }
  return [...years].sort((a, b) => (a[0] < b[0] ? -1 : 1)).map(([year, members]) => ({
    x: Number(year) + 0.5, title: year, measure: measure(sumDocuments(members), theme),
  }));
}

// As the table `changes`: each whole inspection against the one before.
function changesSection(documents) {
  const whole = documents.filter((d) => d.document_type === "inspection" && d.on).sort((a, b) => (a.on < b.on || (a.on === b.on && a.id < b.id) ? -1 : 1));
  if (whole.length < 2) return null;
  const end = (m) => [m.corrected ?? m.share, m.low, m.high];
  const rows = whole.slice(1).flatMap((later, i) => {
    const earlier = whole[i];
    return DATA.themes.map((theme, index) => {
      const [a, b] = [earlier, later].map((d) => measure(sumDocuments([d]), index));
      const [difference, low, high] = differenceInterval(end(a), end(b));
      const clear = low > 0 ? "rose" : high < 0 ? "fell" : "no clear change";
      return element("tr", { class: clear === "no clear change" ? "unclear" : null, "data-theme": theme.id, "data-earlier": earlier.id },
        index === 0 ? element("th", { scope: "rowgroup", rowspan: DATA.themes.length },
          `${earlier.on.slice(0, 4)} ${earlier.framework} → ${later.on.slice(0, 4)} ${later.framework}`,
          element("span", { class: "small" }, `${earlier.overall_effectiveness || "not graded"} → ${later.overall_effectiveness || "not graded"}`)) : null,
        element("th", { scope: "row" }, theme.title),
        element("td", { class: "number", "data-of": "earlier_share" }, percent(a.share)),
        element("td", { class: "number", "data-of": "later_share" }, percent(b.share)),
        element("td", { class: "number", "data-of": "difference" }, points(difference)),
        element("td", { class: "number interval", "data-of": "difference_interval" }, `${points(low)} to ${points(high)}`),
        element("td", {}, clear));
    });
  });
  return element("section", {}, element("h2", {}, "Before and after"),
    element("p", { class: "small" }, "Each whole inspection against the one before, in percentage points. A change of framework changes what is written about as well, and of twenty comparisons one would seem clear by chance alone."),
    scrolling("Before and after", element("table", { class: "changes" },
      element("caption", {}, "Change between inspections"),
      element("thead", {}, element("tr", {}, ...["Inspections", "Theme", "Before", "After", "Difference", "95% interval", "In words"].map((t) => element("th", { scope: "col" }, t)))),
      element("tbody", {}, ...rows))));
}

function points(x) {
  return `${x < 0 ? "−" : "+"}${Math.abs(100 * x).toFixed(1)}`;
}

function strongest(title, link, found, open = false) {
  return element("details", { class: "strongest", open },
    element("summary", {}, `${title} (${whole(found.length)})`),
    ...found.slice(0, STRONGEST).map((item) => evidenceCard(item, [], "h3")),
    found.length > STRONGEST ? element("p", {}, element("a", { href: link }, `Read all ${whole(found.length)}`)) : null,
    found.length ? null : element("p", {}, "None."));
}

function documentsSection(documents) {
  return element("section", {}, element("h2", {}, "Documents"),
    scrolling("Documents", element("table", {},
      element("caption", {}, "Documents that were read"),
      element("thead", {}, element("tr", {}, ...["Document", "Type", "Framework", "Published", "Overall effectiveness", "Paragraphs"].map((t) => element("th", { scope: "col" }, t)))),
      element("tbody", {}, ...documents.map((d) => element("tr", {},
        element("th", { scope: "row" }, d.url ? element("a", { href: d.url, target: "_blank", rel: "noopener" }, d.source_file.split("/").pop(), hiddenText(" (new tab)")) : d.source_file.split("/").pop()),
        element("td", {}, d.document_type), element("td", {}, d.framework), element("td", {}, d.published_on ? longDate(d.published_on) : ""),
        element("td", {}, d.overall_effectiveness), element("td", { class: "number" }, whole(d.n_paragraphs))))))));
}
