"use strict";
// Methods and limits, for a reader who does not do statistics.

function methodsPage() {
  const { about, documents, failures, themes, settings } = DATA;
  const section = (title, ...content) => element("section", {}, element("h2", {}, title), ...content);
  const text = (...lines) => lines.map((line) => element("p", {}, line));
  const years = documents.map((d) => d.year).filter(Boolean).sort();
  const kinds = new Map();
  for (const d of documents) kinds.set(d.document_type, (kinds.get(d.document_type) || 0) + 1);
  const known = themes.filter((t) => t.errors);
  return [
    element("h1", {}, "Methods and limits"),
    section("What was read",
      element("p", {},
        `${plural(documents.length, "document")} about ${plural(DATA.authorities.filter((a) => a.known).length, "authority", "authorities")}` +
        `${years.length ? `, of ${years[0]} to ${years[years.length - 1]}` : ""}: ` +
        `${[...kinds].sort((a, b) => b[1] - a[1]).map(([kind, n]) => (kind === "other" ? `${whole(n)} other` : plural(n, kind))).join(", ")}. ` +
        `They were split into ${plural(about.n_paragraphs, "paragraph")} that say something of substance; headings, tables, contents pages, publishers' notices and accounts of method are left out. Whose documents they are, their dates and grades were read from the documents themselves, and left empty where the document does not say.`),
      DATA.authorities.some((a) => !a.known) ? element("p", {}, "Documents whose authority could not be told are counted under “(not established)”.") : null),
    section("What was skipped",
      failures.length
        ? scrolling("What was skipped", element("table", {}, element("caption", {}, `${plural(failures.length, "file")} not read or not counted`),
            element("thead", {}, element("tr", {}, ...["File", "Why", "What to do"].map((t) => element("th", { scope: "col" }, t)))),
            element("tbody", {}, ...failures.map((f) => element("tr", {}, element("th", { scope: "row" }, f.source_file), element("td", {}, f.reason), element("td", {}, f.what_to_do))))))
        : element("p", {}, "Nothing: every file was read.")),
    section("How paragraphs get their themes",
      ...text(
        "A classifier (a program that has learnt from examples) read each paragraph and said for each theme how likely a coder would be to give it. From a set probability on, the paragraph is tagged. It also says whether the paragraph describes a strength, a concern, both (mixed) or neither (neutral), and which sentence speaks most for the theme: that one is highlighted.",
        about.codes),
      about.model_id ? element("p", { class: "small" }, `Model ${about.model_id}${about.n_coded_paragraphs ? `, trained on ${plural(about.n_coded_paragraphs, "coded paragraph")}` : ""}.`) : null),
    section("How often the tags are wrong",
      scoresTable(),
      ...text(
        "Precision: of a hundred paragraphs tagged, how many a coder would tag too. Recall: of a hundred that a coder would tag, how many were found. Both were measured on documents of authorities that the classifier had not learnt from.",
        about.stance_accuracy ? `The stance agrees with the coder in ${Math.round(100 * about.stance_accuracy)} of a hundred tagged paragraphs, and is weakest for mixed and neutral.` : "How often the stance is wrong was not recorded with this model.")),
    section("What the numbers mean",
      ...text(
        "Share: paragraphs about the theme, of all paragraphs of substance. Reports differ in length from 12 to 40 pages, so counts cannot be compared; shares, and paragraphs per 1,000 words, can.",
        known.length
          ? "Corrected share: the share a coder would have found, worked out from the share tagged and from how often the classifier is wrong (an “adjusted count”, Rogan and Gladen 1978; Forman 2008)."
          : "The errors of this model were not counted in a way that allows a correction; the intervals cover chance only, not the classifier's errors.",
        known.length
          ? "95% interval: where the true share lies in 19 of 20 such cases. It covers the chance in what happens to be written in a report and the classifier's errors (Lang and Reiczigel 2014). Where a filter on stance is set it covers chance only, because errors of stance are not known theme by theme."
          : "95% interval: where the share lies in 19 of 20 such cases by chance alone (Wilson 1927).",
        `Few: fewer than ${settings.few} paragraphs. Such a cell is hatched and never coloured, whatever its share; it can be one inspector's turn of phrase. From ${settings.few} to ${settings.sure - 1} the colour is paler.`,
        `Stands out (▲ ▼): the theme is more, or less, present than in other authorities' documents of the same frameworks, by more than chance would give: z beyond ±${settings.stands_out_z} (log-odds with a prior, Monroe and others 2008). Small authorities are drawn towards the average first.`,
        "Statistical neighbours are the authorities that are officially listed as most alike; only those with a document here are compared.")),
    section("What it cannot tell",
      ...text(
        "How much is written about a theme is not how good a service is. Inspectors write more about what they were asked to look at, and frameworks ask for different things: compare like with like.",
        "The correction takes the classifier's errors as the same in every document, and paragraphs as independent of each other. Neither is quite so: where errors vary between documents, or a report returns to one subject again and again, the true share lies outside its interval more often than 1 time in 20 (in simulations up to 1 in 6).",
        "Read the paragraphs before you quote a number. Do not judge an authority, or anyone who works there, by it.")),
  ];
}

function scoresTable() {
  const rate = (x) => (x === null || x === undefined ? "–" : `${Math.round(100 * x)} of 100`);
  return scrolling("How often the tags are wrong", element("table", { class: "scores" },
    element("caption", {}, "How often the classifier agrees with the coder"),
    element("thead", {}, element("tr", {}, ...["Theme", "Precision", "Recall", "Measured on"].map((t) => element("th", { scope: "col" }, t)))),
    element("tbody", {}, ...DATA.themes.map((theme) => element("tr", { "data-theme": theme.id },
      element("th", { scope: "row" }, theme.title),
      element("td", { class: "number" }, rate(theme.precision)),
      element("td", { class: "number" }, rate(theme.recall)),
      element("td", {}, theme.measured_on || "not recorded"))))));
}
