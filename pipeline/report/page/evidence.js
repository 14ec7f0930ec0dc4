"use strict";
// The paragraphs behind the numbers, searched.

const search = { query: "" };

function evidencePage(authority, theme) {
  const place = element("div", { class: "found" });
  const count = element("p", { class: "count-line", role: "status" });
  let found = [];
  const draw = () => {
    const words = searchWords(search.query);
    found = findEvidence({ authority, theme, words });
    const documents = new Set(found.map((f) => f.paragraph.document)).size;
    count.textContent = `${plural(found.length, "paragraph")} in ${plural(documents, "document")}${theme === null ? "" : ", the surest first"}`;
    place.replaceChildren(evidenceList(found, words, "h2"));
  };
  let waiting;
  const names = DATA.authorities.map((a, i) => [String(i), a.name]).sort((a, b) => (a[1] < b[1] ? -1 : 1));
  draw();
  return [
    element("h1", {}, ["Evidence", authority === null ? "" : DATA.authorities[authority].name, theme === null ? "" : DATA.themes[theme].title].filter(Boolean).join(" – ")),
    authority !== null && theme !== null ? cellSummary(authority, theme) : null,
    element("div", { class: "tools" },
      choice("Authority", "authority", [["", "All"], ...names], authority === null ? "" : String(authority), (value) => goFrom("authority", evidenceLink(value === "" ? null : Number(value), theme))),
      choice("Theme", "theme", [["", "All"], ...DATA.themes.map((t, i) => [String(i), t.title])], theme === null ? "" : String(theme), (value) => goFrom("theme", evidenceLink(authority, value === "" ? null : Number(value)))),
      element("label", { class: "choice wide" }, element("span", {}, "Search the paragraphs"),
        element("input", { type: "search", id: "search", value: search.query, placeholder: "all words; \"in quotes\" as they stand", oninput: (event) => {
          search.query = event.target.value;
          clearTimeout(waiting);
          waiting = setTimeout(draw, 150);
        } })),
      element("button", { type: "button", class: "download", onclick: () => downloadEvidence(found) }, "Download as CSV")),
    count,
    place,
  ];
}

function cellSummary(authority, theme) {
  const m = measure(sumDocuments(selection.byAuthority.get(authority) || []), theme);
  return element("div", { class: "cell-summary" },
    element("p", {}, element("strong", {}, percent(m.share)),
      ` of ${plural(m.paragraphs, "paragraph")} (${whole(m.tagged)} tagged${m.few ? ": few, so the share says little" : ""}); 95% interval ${intervalText(m)}${m.corrected === null ? "" : `; corrected for the classifier's errors ${percent(m.corrected)}`}; ${m.rate.toFixed(2)} per 1,000 words. Stance: ${stanceText(m.stances)}.`),
    stanceBar(m.stances));
}
