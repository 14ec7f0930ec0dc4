// What worries inspectors in an authority's latest whole inspection, and what they praise, by theme.

import { latestInspection } from "./comparison_sums.js";
import { DATA } from "./data.js";
import { element, hiddenText, section, table } from "./dom.js";
import { hasBalance, isCounted, NO_BALANCE } from "./filters.js";
import { evidenceLink, ofReport } from "./links.js";
import { strengthsLink } from "./progress_page.js";
import { measure, sumDocs } from "./sums.js";
import { plural } from "./words.js";

// The heading of Ofsted's own list.
const IMPROVEMENTS = '"what needs to improve"';

// Null if there is no whole inspection among the documents shown.
export function latestSection(authority) {
  const found = latestInspection(authority);
  if (!found) return null;
  const { latest } = found;
  const sum = sumDocs([latest]);
  const rows = DATA.themes
    .map((theme, index) => ({ theme, index, measured: measure(sum, index) }))
    .sort((a, b) => countOf(b.measured, "concern") - countOf(a.measured, "concern"));
  const stances = ["concern", "mixed", "strength"];
  const body = rows.map(({ theme, index, measured }) =>
    element(
      "tr",
      { "data-theme": theme.id },
      element("th", { scope: "row" }, theme.title),
      ...stances.map((stance) =>
        element("td", { class: "number", "data-of": stance }, stanceLink(latest, index, measured, stance)),
      ),
      element("td", { class: "number" }, strengthsLink(measured, latest, index)),
    ),
  );
  const headings = ["Theme", "Concerns", "Mixed", "Strengths", "Strengths among strengths and concerns"];
  const own = { href: evidenceLink(authority, null, IMPROVEMENTS, { ...ofReport(latest), stance: [] }) };
  return section(
    "What worries inspectors, and what they praise",
    element(
      "p",
      {},
      `Paragraphs of the inspection of ${latest.year}, most concerns first; open a number to read them. What the ` +
        "report itself asks for may be about other things: ",
      element("a", own, "search it for “What needs to improve”"),
      ".",
    ),
    hasBalance() ? null : element("p", { class: "small" }, NO_BALANCE),
    table(`Stances in ${latest.year}`, headings, body, { class: "latest" }),
  );
}

function countOf({ stances }, stance) {
  return stances[DATA.stances.indexOf(stance)];
}

function stanceLink(doc, theme, measured, stance) {
  const count = countOf(measured, stance);
  if (!isCounted(DATA.stances.indexOf(stance))) return "–";
  if (!count) return "0";
  const href = evidenceLink(doc.authority, theme, "", { ...ofReport(doc), stance: [stance] });
  const about = ` ${plural(count, "paragraph")} about ${DATA.themes[theme].title}, ${stance}`;
  return element("a", { href }, String(count), hiddenText(about));
}
