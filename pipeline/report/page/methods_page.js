// Methods and limits, for a reader who does not do statistics.

import { DATA } from "./data.js";
import { element, section, table } from "./dom.js";
import { groupBy } from "./group.js";
import { plural, whole } from "./words.js";

export function methodsPage() {
  return [
    element("h1", {}, "Methods and limits"),
    section("What was read", ...whatWasRead()),
    section("What was skipped", skipped()),
    section("How paragraphs are tagged", ...howTagged()),
    section("How often the tags are wrong", scoresTable(), ...aboutScores(), kindsTable()),
    section("What the numbers mean", ...whatNumbersMean()),
    section("What this report cannot tell you", ...limits()),
  ];
}

function text(...lines) {
  return lines.map((line) => element("p", {}, line));
}

function whatWasRead() {
  const { about, authorities, documents } = DATA;
  const known = authorities.filter((authority) => authority.known).length;
  const years = documents.map((doc) => doc.year).filter(Boolean);
  years.sort();
  const dated = years.length ? `, dated ${years[0]} to ${years[years.length - 1]}` : "";
  const kinds = [...groupBy(documents, (doc) => doc.document_type)]
    .map(([kind, docs]) => [kind, docs.length])
    .sort((a, b) => b[1] - a[1])
    .map(([kind, n]) => (kind === "other" ? `${whole(n)} other` : plural(n, kind)));
  const silent = documents.some((doc) => doc.public_url)
    ? "what it does not state, from its publisher. Anything neither states"
    : "anything it does not state";
  return text(
    `${plural(documents.length, "document")} about ${plural(known, "authority", "authorities")}${dated}: ` +
      `${kinds.join(", ")}. They were split into ${plural(about.n_paragraphs, "paragraph")}. Headings, tables, ` +
      "contents pages, publishers' notices and accounts of method were left out. Each document's authority, " +
      `dates and grades were taken from the document itself; ${silent} is left blank.`,
    ...(known < authorities.length
      ? ["Documents whose authority could not be identified are shown as “(not established)”."]
      : []),
  );
}

function skipped() {
  const { failures } = DATA;
  if (!failures.length) return element("p", {}, "Nothing. Every file was read.");
  const rows = failures.map((failure) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, failure.source_file),
      element("td", {}, failure.reason),
      element("td", {}, failure.what_to_do),
    ),
  );
  const caption = `${plural(failures.length, "file")} not read, not counted or read only in part`;
  return table(caption, ["File", "Why", "What to do"], rows);
}

function howTagged() {
  const { codes, model_id, n_coded_paragraphs } = DATA.about;
  const trained = n_coded_paragraphs ? `, trained on ${plural(n_coded_paragraphs, "coded paragraph")}` : "";
  return [
    ...text(
      "A classifier (a program that learns from examples) read each paragraph and estimated, for each theme, " +
        "how likely a coder would be to give it that theme. The paragraph is tagged if it is likely enough. " +
        "The classifier also says whether the paragraph describes a strength, a concern, both (mixed) or " +
        "neither (neutral), and which sentence says most about the theme: that sentence is highlighted.",
      codes,
    ),
    model_id ? element("p", { class: "small" }, `Model ${model_id}${trained}.`) : null,
  ];
}

function scoresTable() {
  const rate = (x) => (x === null || x === undefined ? "–" : `${Math.round(100 * x)} of 100`);
  const rows = DATA.themes.map((theme) =>
    element(
      "tr",
      { "data-theme": theme.id },
      element("th", { scope: "row" }, theme.title),
      element("td", { class: "number" }, rate(theme.precision)),
      element("td", { class: "number" }, rate(theme.recall)),
      element("td", {}, theme.measured_on || "not recorded"),
    ),
  );
  const headings = ["Theme", "Precision", "Recall", "Measured on"];
  return table("How often the classifier agrees with the coder", headings, rows, { class: "scores" });
}

// The table `kinds`: on which kinds of document the tags were checked.
function kindsTable() {
  const rows = DATA.kinds.map((kind) =>
    element(
      "tr",
      { "data-kind": kind.kind },
      element("th", { scope: "row" }, kind.kind),
      element("td", { class: "number" }, whole(kind.n_documents)),
      element("td", { class: "number" }, whole(kind.n_paragraphs)),
      element("td", { class: "number" }, whole(kind.n_validated)),
      element("td", {}, kind.validated ? "validated" : "not validated for this kind"),
      element("td", {}, kind.note),
    ),
  );
  const headings = ["Kind of document", "Documents", "Paragraphs", "Coded at random", "", "What this means"];
  return table("Kinds of document", headings, rows, { class: "kinds" });
}

function aboutScores() {
  const { stance_accuracy } = DATA.about;
  return text(
    "Precision: of 100 paragraphs the classifier tagged, how many a coder would also tag. Recall: of 100 " +
      "paragraphs a coder would tag, how many the classifier found. Both were measured on documents from " +
      "authorities the classifier had not learnt from.",
    stance_accuracy
      ? `The stance agrees with the coder's in ${Math.round(100 * stance_accuracy)} of 100 tagged paragraphs. ` +
          "It is least reliable for mixed and neutral."
      : "How often the stance is wrong was not recorded for this model.",
  );
}

function whatNumbersMean() {
  const { few, sure, false_discovery } = DATA.settings;
  return text(
    "Share: the paragraphs tagged with the theme, out of all paragraphs. Reports run from 12 to 40 pages, so " +
      "counts cannot be compared; shares and paragraphs per 1,000 words can.",
    ...(DATA.kinds.some((kind) => kind.validated) ? withCorrection() : withoutCorrection()),
    `Few: fewer than ${few} tagged paragraphs. The cell is hatched and never coloured, whatever its share: it ` +
      `may come down to one inspector's turn of phrase. From ${few} to ${sure - 1} the colour is paler.`,
    "Stands out (▲ ▼): the theme is written about more, or less, than in other authorities' documents, compared " +
      "type by type and framework by framework, and by more than chance and the usual differences between " +
      "authorities explain (over-dispersion as in Spiegelhalter 2005). Documents of no known framework are left " +
      "out, and so is a joint inspection or a focused visit from the theme it was about. Of the cells marked, at " +
      `most ${Math.round(100 * false_discovery)} in 100 are expected to be there by chance (Benjamini and Hochberg 1995).`,
    "Shrunken share: the share drawn towards what would be expected of the authority, the more the fewer its " +
      "paragraphs are and the less authorities differ on the theme. Use it where you would be tempted to rank.",
    "Before and after: only whole inspections are compared. Across frameworks, what is compared is how far each " +
      "report departs from the average of its framework.",
    "Statistical neighbours: the authorities officially listed as most alike. Only those with a document in " +
      "this report are compared.",
  );
}

function withCorrection() {
  const own = DATA.kinds.filter((kind) => kind.own).map((kind) => kind.kind);
  const ofThisRun =
    `Own validation: random paragraphs of these very documents (${own.join(", ")}) were coded, and shares were ` +
    "corrected by what the coders found; the table of kinds says which. See validation.html.";
  return [
    ...(own.length ? [ofThisRun] : []),
    "Corrected share: the share a coder would have found, estimated from the share tagged and from how often " +
      "the classifier is wrong on that kind of document (an “adjusted count”, Rogan and Gladen 1978; Forman " +
      "2008). “Not validated”: too few random paragraphs of one of the kinds in the cell were coded, or too few " +
      "with the theme, so the share is left as it is, and its interval allows for chance only.",
    "95% interval: the range that holds the true share in 19 of 20 such cases. It allows for chance in what " +
      "happens to be written in a report, for reports that keep returning to a theme (dispersion), and for the " +
      "classifier's errors (Lang and Reiczigel 2014), also where these differ between authorities. With a stance " +
      "selected it does not allow for errors: the table “stances” has shares that are corrected for them.",
  ];
}

function withoutCorrection() {
  return [
    "This model's errors were not counted in a way that allows a correction. The intervals allow for chance " +
      "only, not for the classifier's errors.",
    "95% interval: the range that holds the share in 19 of 20 such cases, by chance and dispersion (Wilson 1927).",
  ];
}

function limits() {
  return text(
    "How much is written about a theme does not show how good a service is. Inspectors write more about what " +
      "they were asked to look at, and each framework asks for different things: compare like with like.",
    "How much reports and errors differ is itself estimated, from the documents of this run and from the coded " +
      "paragraphs. In simulations the intervals hold as often as they should. They take lasting differences " +
      "between authorities for chance, too, and so are rather too wide than too narrow.",
    "Read the paragraphs before you quote a number. Do not use a number to judge an authority or anyone who " +
      "works there.",
  );
}
