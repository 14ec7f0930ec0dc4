// Two authorities side by side, or one and its statistical neighbours together.

import { strongest } from "./cards.js";
import { topOfBars, whisker } from "./charts.js";
import { firstChoice, secondChoice } from "./compare_choice.js";
import { compareAuthority } from "./comparison_sums.js";
import { download } from "./csv.js";
import { DATA } from "./data.js";
import { TOO_FEW, UNCLEAR } from "./differences.js";
import { downloadButton, element, hiddenText, section, small, table } from "./dom.js";
import { hasBalance, isCounted, NO_BALANCE } from "./filters.js";
import { gradesTable } from "./grades.js";
import { authorityLink, compareLink, evidenceLink } from "./links.js";
import { balanceOf, comparePair, docsOf, neighboursShown, sharedStrata } from "./pair_sums.js";
import { findEvidence } from "./search.js";
import { estimatedShare } from "./sums.js";
import { intervalText, percent, plural, signed, whole } from "./words.js";

// The themes of the page as it was last drawn.
let shownThemes = [];

// Of the names in the address: an authority, another one (none: its neighbours), and the theme that
// is open.
export function comparePage(...names) {
  const [authority, second] = names.map((name) => DATA.authorities.findIndex((one) => one.name === name));
  const opened = DATA.themes.findIndex(({ id }) => id === names[2]);
  if (authority === undefined || authority < 0) return nothingChosen();
  const other = second >= 0 && second !== authority ? second : null;
  const near = neighboursShown(authority);
  const others = other === null ? near : [other];
  const tools = element(
    "div",
    { class: "tools" },
    firstChoice("Compare", authority, other),
    secondChoice("with", authority, other === null && !near.length ? undefined : other),
  );
  const sides = [sideOf([authority], authority), sideOf(others, authority, other === null)];
  const title = element("h1", {}, other === null ? `${sides[0].name} and its neighbours` : titleOf(sides));
  const missing = sides.find((side) => !docsOf(side.members).length);
  if (missing) return [title, tools, element("p", {}, missingText(missing))];
  const rows = comparePair(authority, others);
  tools.append(downloadButton(() => downloadComparison(rows, sides), "comparison"));
  const places = DATA.themes.map((_, theme) => themePlace(theme, rows[theme], sides, theme === opened));
  shownThemes = places;
  const open = (theme) => {
    const { place, read } = places[theme];
    read();
    place.open = true;
    const summary = place.querySelector("summary");
    summary.focus({ preventScroll: true });
    summary.scrollIntoView({ block: "start" });
  };
  return [
    title,
    element("p", { class: "lead" }, sides.map(sizeText).join(". "), "."),
    tools,
    section("Grades", gradesTable("Latest whole inspections", [authority, ...others])),
    section(
      "Strengths and concerns",
      hasBalance() ? balanceTable(rows, sides, open) : element("p", {}, NO_BALANCE),
    ),
    section("How much is written", shareTableOf(rows, sides, open)),
    element("p", { class: "small key" }, ...howCompared(authority, others)),
    section("Theme by theme, with the sentences", ...places.map(({ place }) => place)),
  ];
}

function titleOf([first, second]) {
  return `${first.name} and ${second.name}`;
}

function nothingChosen() {
  const about =
    "Two authorities side by side, or one and its statistical neighbours: grades, strengths and concerns, how " +
    "much is written about each theme, and the sentences behind it.";
  return [
    element("h1", {}, "Compare"),
    element("p", { class: "lead" }, about),
    element("div", { class: "tools" }, firstChoice("Compare", null)),
  ];
}

// The one or several authorities of a side; `together` are the neighbours of `authority`.
function sideOf(members, authority, together = false) {
  const alone = together ? authority : members[0];
  return {
    members,
    together,
    name: together ? "Neighbours" : DATA.authorities[alone].name,
    evidence: (theme, stance) =>
      evidenceLink(alone, theme, "", { neighbours: together, ...(stance && { stance: [stance] }) }),
  };
}

function missingText({ members, together, name }) {
  if (together) {
    return "None of its statistical neighbours has a document among those shown, or they are not known. Choose an authority.";
  }
  return members.length ? `None of the documents about ${name} match the filters.` : "";
}

function sizeText({ members, name, together }) {
  const docs = docsOf(members);
  const paragraphs = docs.reduce((sum, doc) => sum + doc.n_paragraphs, 0);
  const who = together && members.length > 1 ? `${whole(members.length)} neighbours` : name;
  return `${who}: ${plural(docs.length, "document")}, ${plural(paragraphs, "paragraph")}`;
}

// --- the two tables -----------------------------------------------------------------------------

function balanceTable(rows, sides, open) {
  const drawn = rows.map(({ theme, own, other, balance }) => {
    const ends = [own, other].map(balanceOf);
    return comparisonRow(theme, open, "balance", balance, {
      cells: ends.map((end, at) => balanceCell(end, theme, sides[at])),
      bars: ends,
      top: 1,
      result: resultText("balance", balance.result, sides[0].name),
      note: reversed(balance.difference, ...ends.map((end) => end?.share ?? null)),
    });
  });
  const caption = "Strengths among the paragraphs that name a strength or a concern";
  return table(caption, headingsOf(sides), drawn, { class: "compared", "data-about": "balance" });
}

function shareTableOf(rows, sides, open) {
  const top = topOfBars(rows.flatMap(({ own, other }) => [{ measure: own }, { measure: other }]));
  const near = sides[1].together ? compareAuthority(sides[0].members[0]).neighbours : [];
  const drawn = rows.map(({ theme, own, other, share }) =>
    comparisonRow(theme, open, "share", share, {
      cells: [own, other].map((m, at) => shareCell(m, theme, sides[at])),
      bars: [own, other],
      top,
      result: resultText("share", share.result, sides[0].name),
      note: near[theme]?.out
        ? `stands out: ${near[theme].out} than its neighbours`
        : reversed(share.difference, ...[own, other].map(estimatedShare)),
    }),
  );
  const caption = "Share of paragraphs about each theme";
  return table(caption, headingsOf(sides), drawn, { class: "compared", "data-about": "share" });
}

function headingsOf(sides) {
  return ["Theme", ...sides.map(({ name }) => name), "", "Difference, like for like", "Result"];
}

function comparisonRow(theme, open, about, found, { cells, bars, top, result, note }) {
  const { title, id } = DATA.themes[theme];
  const unsure = [UNCLEAR, TOO_FEW, ""].includes(found.result);
  const button = element(
    "button",
    { type: "button", class: "as-link", onclick: () => open(theme) },
    title,
    hiddenText(": read the sentences"),
  );
  return element(
    "tr",
    { class: unsure ? "unclear" : null, "data-theme": id },
    element("th", { scope: "row" }, button),
    ...cells,
    element("td", { class: "drawn pair-bars" }, ...bars.map((m) => m && whisker(m, top))),
    element("td", { class: "number", "data-of": about }, ...differenceText(found)),
    element(
      "td",
      { "data-of": `${about}_result` },
      result,
      note ? element("span", { class: "small note" }, note) : null,
    ),
  );
}

// A mix of inspections can turn a difference round, which would look like a mistake.
function reversed(difference, own, other) {
  if (difference === null || own === null || other === null || difference * (own - other) >= 0) return "";
  return "unlike the totals, which are of different inspections";
}

// In percentage points, with the interval.
function differenceText({ difference, low, high }) {
  if (difference === null) return ["–"];
  const [at, from, to] = [difference, low, high].map((x) => signed(100 * x));
  return [`${at} points`, element("span", { class: "small z" }, `${from} to ${to}`)];
}

const CLEAR = {
  balance: { more: "more strengths", less: "more concerns" },
  share: { more: "more", less: "less" },
};

function resultText(about, result, name) {
  const clear = CLEAR[about][result];
  return clear ? element("strong", {}, `${name}: ${clear}`) : result || "nothing to compare like for like";
}

function balanceCell(balance, theme, side) {
  const cell = (...content) => element("td", { class: "number", "data-side": side.name }, ...content);
  if (!balance) return cell("–", element("span", { class: "small z" }, "no strength or concern"));
  const { strengths, concerns } = balance;
  const few = balance.few ? ", few" : "";
  return cell(
    element("strong", {}, percent(balance.share)),
    element("span", { class: "small z" }, `${intervalText(balance)}${few}`),
    element(
      "span",
      { class: "small z" },
      countLink(strengths, "strength", side.evidence(theme, "strength")),
      ", ",
      countLink(concerns, "concern", side.evidence(theme, "concern")),
    ),
  );
}

function shareCell(m, theme, side) {
  const value = estimatedShare(m);
  const few = m.few ? ", few" : "";
  const title = "Read these paragraphs";
  return element(
    "td",
    { class: "number", "data-side": side.name },
    m.tagged
      ? element("a", { href: side.evidence(theme), title }, percent(value))
      : element("strong", {}, percent(value)),
    element("span", { class: "small z" }, intervalText(m)),
    element(
      "span",
      { class: "small z" },
      `${whole(m.tagged)} of ${whole(m.paragraphs)} tagged (${percent(m.share)})${few}`,
    ),
  );
}

function countLink(n, stance, href) {
  const words = plural(n, stance);
  return n ? element("a", { href }, words) : words;
}

// What is set against what, and how.
function howCompared(authority, others) {
  const strata = sharedStrata(authority, others);
  const said = strata.map(({ own, others: there }) => {
    const { document_type, framework } = own[0];
    return `${document_type} ${framework} (${own.length} and ${there.length})`;
  });
  const left =
    docsOf([authority, ...others]).length - strata.flatMap(({ own, others: o }) => [...own, ...o]).length;
  const about =
    " Differences are like for like: " +
    (said.length ? `within ${said.join(", ")}.` : "there are no documents of the same type and framework.") +
    (left
      ? ` ${plural(left, "document")} without a counterpart ${left === 1 ? "is" : "are"} left out of them.`
      : "");
  const bars =
    "Upper bar: the first; lower bar: the second; each with its 95% interval, a tick at the share and, where there " +
    "is one, a dot at the corrected share.";
  return [
    element("span", { class: "of-bars" }, bars),
    " Below each number is its 95% interval. A share is the corrected one where there is one.",
    about,
    " A difference is clear if its 95% interval leaves zero out; about 1 in 20 will by chance alone (of shares, fewer). Where fewer " +
      `than ${DATA.settings.few} paragraphs speak for it, it says “${TOO_FEW}”. A share says how much is written ` +
      "about a theme, not how good the service is.",
  ];
}

// --- theme by theme -----------------------------------------------------------------------------

// What is behind a theme's numbers; made by `fill` when it is first opened. `read` also keeps it in
// the address, as what a reader opens, which paper does not.
function themePlace(theme, row, sides, open) {
  const { title, id } = DATA.themes[theme];
  const counts = [row.own, row.other].map((m, at) => `${sides[at].name} ${whole(m.tagged)}`);
  const place = element(
    "details",
    { class: "pair-theme", "data-theme": id },
    element("summary", {}, title, small(` ${counts.join(", ")} tagged`)),
  );
  const fill = () => {
    if (place.childElementCount > 1) return;
    if (sides[1].members.length > 1) place.append(membersTable(theme, row, sides));
    place.append(element("div", { class: "sides" }, ...sentences(theme, sides)));
  };
  if (open) {
    fill();
    place.open = true;
  }
  const [authority] = sides[0].members;
  const other = sides[1].together ? null : sides[1].members[0];
  const read = () => {
    fill();
    history.replaceState(null, "", compareLink(authority, other, theme));
  };
  place.querySelector("summary").addEventListener("click", () => {
    if (!place.open) read();
  });
  return { place, fill, read };
}

// On paper nothing can be opened.
export function fillThemes() {
  for (const { place, fill } of shownThemes) if (place.isConnected) fill();
}

// Each neighbour on its own, nearest first, against the first.
function membersTable(theme, row, [first, second]) {
  const [authority] = first.members;
  const memberRow = (member, m, pair) => {
    const { name } = DATA.authorities[member];
    const side = sideOf([member]);
    const cell = (content) => element("td", {}, pair ? content() : "");
    return element(
      "tr",
      { "data-authority": name },
      element("th", { scope: "row" }, pair ? element("a", { href: authorityLink(member) }, name) : name),
      hasBalance() ? balanceCell(balanceOf(m), theme, side) : element("td", {}, "–"),
      cell(() => resultText("balance", pair.balance.result, first.name)),
      shareCell(m, theme, side),
      cell(() => resultText("share", pair.share.result, first.name)),
      cell(() => element("a", { href: compareLink(authority, member, theme) }, "side by side")),
    );
  };
  const rows = second.members.map((member) => {
    const pair = comparePair(authority, [member])[theme];
    return memberRow(member, pair.other, pair);
  });
  const headings = [
    "Authority",
    "Strengths",
    "Difference",
    "Share of paragraphs",
    "Difference",
    "All themes",
  ];
  const caption = `${DATA.themes[theme].title}: ${first.name} and each neighbour, nearest first`;
  return table(caption, headings, [memberRow(authority, row.own, null), ...rows], { class: "members" });
}

// The first few sentences of each stance, both sides beside each other.
function sentences(theme, sides) {
  const found = sides.map((side) => findEvidence({ among: side.members, theme }));
  return ["concern", "strength", "mixed", "neutral"].flatMap((name) => {
    const stance = DATA.stances.indexOf(name);
    if (!isCounted(stance)) return [];
    return sides.map((side, at) => {
      const own = found[at].filter(({ tags }) => tags[0].stance === stance);
      const open = ["concern", "strength"].includes(name) && own.length > 0;
      const more = `Read all ${whole(own.length)}`;
      return strongest(`${side.name}: ${name}`, own, side.evidence(theme, name), { more, open });
    });
  });
}

// --- download -----------------------------------------------------------------------------------

// The columns of run.compare_with.
function downloadComparison(rows, sides) {
  const columns = {
    authority: () => sides[0].name,
    against: () => sides[1].members.map((member) => DATA.authorities[member].name).join("; "),
    theme: ({ theme }) => DATA.themes[theme].id,
    n_tagged: ({ share }) => share.tagged,
    n_paragraphs: ({ share }) => share.size,
    other_n_tagged: ({ share }) => share.otherTagged,
    other_n_paragraphs: ({ share }) => share.otherSize,
    difference: ({ share }) => share.difference,
    difference_low: ({ share }) => share.low,
    difference_high: ({ share }) => share.high,
    corrected: ({ share }) => (share.corrected ? "yes" : "no"),
    result: ({ share }) => share.result,
    n_strength: ({ balance }) => balance.tagged,
    n_strength_or_concern: ({ balance }) => balance.size,
    other_n_strength: ({ balance }) => balance.otherTagged,
    other_n_strength_or_concern: ({ balance }) => balance.otherSize,
    balance_difference: ({ balance }) => balance.difference,
    balance_low: ({ balance }) => balance.low,
    balance_high: ({ balance }) => balance.high,
    balance_result: ({ balance }) => balance.result,
  };
  download("comparison.csv", columns, rows);
}
