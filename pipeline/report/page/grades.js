// What inspectors' latest judgements are, and how they moved.

import { gradeMoved, latestInspection } from "./comparison_sums.js";
import { DATA } from "./data.js";
import { element, newTabLink, small, table } from "./dom.js";
import { groupBy } from "./group.js";
import { authorityLink, fileName } from "./links.js";
import { nameOf } from "./progress_page.js";
import { capitalised, longDate, plural } from "./words.js";

// As reports under ILACS since April 2026 have it.
const NO_LONGER = "no longer given";
const MOVED = { up: "▲ up from", down: "▼ down from", level: "= level with" };

export function gradesNow(authority) {
  const found = latestInspection(authority);
  if (!found)
    return element("p", {}, "No whole inspection with a date is among those shown, so there are no grades.");
  const { latest, before, since } = found;
  const given = DATA.judgements.filter((name) => latest.grades[name]);
  const items = given.map((name) =>
    element(
      "div",
      { class: name === "overall_effectiveness" ? "overall" : null },
      element("dt", {}, capitalised(nameOf(name))),
      element(
        "dd",
        {},
        element("strong", {}, gradeText(latest.grades[name])),
        movedFrom(name, latest, before),
      ),
    ),
  );
  const types = [...groupBy(since, (doc) => doc.document_type)];
  const later = types.map(([type, docs]) => plural(docs.length, type)).join(", ");
  return element(
    "div",
    { class: "grades-now" },
    element(
      "p",
      {},
      "Latest whole inspection: ",
      inspectionLink(latest),
      later ? `. Since then: ${later}.` : ".",
    ),
    given.length ? element("dl", {}, ...items) : element("p", {}, "No grade was found in it."),
  );
}

// A row for each authority; a column for each judgement that any of their latest inspections gives.
export function gradesTable(caption, authorities) {
  const rows = authorities.map((authority) => ({ authority, found: latestInspection(authority) }));
  const names = DATA.judgements.filter((name) => rows.some(({ found }) => found?.latest.grades[name]));
  const headings = [
    "Authority",
    "Latest whole inspection",
    ...names.map((name) => capitalised(nameOf(name))),
  ];
  const cell = ({ latest, before }, name) =>
    latest.grades[name]
      ? [gradeText(latest.grades[name]), movedFrom(name, latest, before)]
      : [small("not given")];
  const body = rows.map(({ authority, found }) =>
    element(
      "tr",
      {},
      element(
        "th",
        { scope: "row" },
        element("a", { href: authorityLink(authority) }, DATA.authorities[authority].name),
      ),
      element("td", {}, found ? inspectionLink(found.latest) : "none with a date among the documents shown"),
      ...names.map((name) => element("td", { "data-of": name }, ...(found ? cell(found, name) : []))),
    ),
  );
  return table(caption, headings, body, { class: "grades" });
}

function gradeText(grade) {
  return grade === NO_LONGER ? "no overall grade given" : grade;
}

function movedFrom(name, latest, before) {
  const [earlier, now] = [before?.grades[name] || "", latest.grades[name]];
  const moved = gradeMoved(earlier, now);
  if (!moved) return null;
  return small(earlier === now ? ` = as in ${before.year}` : ` ${MOVED[moved]} ${earlier} (${before.year})`);
}

function inspectionLink(doc) {
  const when = doc.published_on
    ? `published ${longDate(doc.published_on, doc.published_precision)}`
    : longDate(doc.on, "");
  const words = [doc.framework, when].filter(Boolean).join(", ");
  return doc.url ? newTabLink(doc.url, words, { title: fileName(doc) }) : words;
}
