"use strict";
// Which page is shown, and the filters above all of them.

const PAGES = [
  { key: "matrix", title: "Matrix" },
  { key: "authorities", title: "Authorities", also: "authority" },
  { key: "themes", title: "Themes", also: "theme" },
  { key: "evidence", title: "Evidence" },
  { key: "methods", title: "Methods and limits" },
];

function pageFor(hash) {
  const [page, ...names] = hash.replace(/^#/, "").split("/").map(decoded);
  const authority = DATA.authorities.findIndex((a) => a.name === names[0]);
  const theme = DATA.themes.findIndex((t) => t.id === names[page === "evidence" ? 1 : 0]);
  if (page === "authority" && authority >= 0) return authorityPage(authority);
  if (page === "authority" || page === "authorities") return authoritiesPage();
  if (page === "theme" && theme >= 0) return themePage(theme);
  if (page === "theme" || page === "themes") return themesPage();
  if (page === "evidence") return evidencePage(authority < 0 ? null : authority, theme < 0 ? null : theme);
  return page === "methods" ? methodsPage() : matrixPage();
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function show({ moveFocus = false } = {}) {
  const main = document.getElementById("main");
  main.replaceChildren(...pageFor(location.hash).filter(Boolean));
  const page = location.hash.replace(/^#/, "").split("/")[0] || "matrix";
  for (const link of document.querySelectorAll("#pages a")) {
    const { key, also } = PAGES[Number(link.dataset.page)];
    if (page === key || page === also) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${main.querySelector("h1").textContent} – Inspection themes`;
  if (moveFocus) {
    window.scrollTo(0, 0);
    const heading = main.querySelector("h1");
    heading.setAttribute("tabindex", "-1");
    heading.focus({ preventScroll: true });
  }
}

// --- going and coming back ------------------------------------------------------------------------

// Where each page was left, so that coming back from a paragraph leads to the cell one came from.
const left = new Map();
let followed = false;
let chosenIn = null;

function leave(target) {
  const cell = target.closest("a.cell");
  left.set(location.hash || "#matrix", { y: window.scrollY, cell: cell && { ...cell.dataset } });
  followed = true;
}

// A choice in a list changes the page below it, but must not take the keyboard away from the list.
function goFrom(name, hash) {
  chosenIn = name;
  leave(document.body);
  location.hash = hash;
}

function arrive() {
  const place = followed ? null : left.get(location.hash || "#matrix");
  const list = chosenIn;
  followed = false;
  chosenIn = null;
  show({ moveFocus: !list && !place });
  if (list) document.querySelector(`select[name="${list}"]`)?.focus();
  if (!place) return;
  if (place.cell) {
    const cells = [...document.querySelectorAll("a.cell")];
    const cell = cells.find((c) => c.dataset.authority === place.cell.authority && c.dataset.theme === place.cell.theme);
    cell?.focus({ preventScroll: true });
  }
  window.scrollTo(0, place.y);
}

// --- filters ------------------------------------------------------------------------------------

function drawFilters() {
  const stance = { key: "stance", title: "Stance" };
  const all = [...FILTERS.map((filter) => [filter, filterValues(filter)]), [stance, DATA.stances.map((s) => [s, null])]];
  const made = all.filter(([, values]) => values.length > 1).map(([filter, values]) => filterBox(filter, values));
  const clear = element("button", { type: "button", id: "clear", onclick: clearFilters }, "Clear filters");
  document.getElementById("filters").replaceChildren(...made, clear);
  tellFilters();
}

function filterValues(filter) {
  const counts = new Map();
  for (const document of DATA.documents) {
    const value = filter.of(document) || UNKNOWN;
    counts.set(value, (counts.get(value) || 0) + 1);
  }
  return [...counts].sort(byValue);
}

function filterBox(filter, values) {
  const summary = element("summary", {}, element("span", { class: "name" }, filter.title), element("span", { class: "value" }));
  const boxes = values.map(([value, count]) => element("label", {},
    element("input", { type: "checkbox", name: filter.key, value, onchange: (event) => {
      if (event.target.checked) chosen[filter.key].add(value);
      else chosen[filter.key].delete(value);
      refilter();
    } }), ` ${value}`, count === null ? null : element("span", { class: "small" }, ` ${whole(count)}`)));
  const box = element("details", { class: "filter", name: "filter", "data-filter": filter.key }, summary,
    element("fieldset", {}, element("legend", { class: "hidden-text" }, filter.title), ...boxes));
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    box.open = false;
    summary.focus();
  });
  return box;
}

function refilter() {
  selection = select();
  tellFilters();
  show();
}

function clearFilters() {
  for (const values of Object.values(chosen)) values.clear();
  for (const box of document.querySelectorAll("#filters input")) box.checked = false;
  refilter();
}

function tellFilters() {
  const parts = [];
  for (const box of document.querySelectorAll("#filters details")) {
    const values = [...chosen[box.dataset.filter]];
    const text = values.length ? (values.length > 2 ? `${values.length} chosen` : values.join(", ")) : "all";
    box.querySelector(".value").textContent = text;
    box.classList.toggle("set", values.length > 0);
    if (values.length) parts.push(`${box.querySelector(".name").textContent}: ${values.sort().join(", ")}`);
  }
  document.getElementById("clear").hidden = !isFiltered();
  document.getElementById("filtered").textContent = isFiltered()
    ? `Shown: ${whole(selection.documents.length)} of ${plural(DATA.documents.length, "document")}. ${parts.join("; ")}.${chosen.stance.size ? " With a stance chosen, intervals cover chance only." : ""}`
    : "";
}

// A list that hangs over the page closes when something else is clicked.
document.addEventListener("click", (event) => {
  for (const box of document.querySelectorAll("details.filter[open]")) {
    if (!box.contains(event.target)) box.open = false;
  }
});

document.getElementById("summary").textContent =
  `${plural(DATA.documents.length, "document")} · ${plural(DATA.authorities.filter((a) => a.known).length, "authority", "authorities")} · ${plural(DATA.about.n_paragraphs, "paragraph")} · ${plural(DATA.evidence.length, "paragraph")} of evidence`;
document.getElementById("pages").append(...PAGES.map((page, index) =>
  element("li", {}, element("a", { href: `#${page.key}`, "data-page": index }, page.title))));
document.getElementById("made").textContent =
  `Made by inspection-themes from ${DATA.about.corpus || "a corpus"}${DATA.about.model_id ? ` with model ${DATA.about.model_id}` : ""}. Tags are made by a program and err: read the evidence before you quote a number.`;
window.addEventListener("hashchange", arrive);
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#"]');
  if (link) leave(link);
});
// The head of the table stays below the filters, however many lines they take.
new ResizeObserver(([entry]) => {
  document.documentElement.style.setProperty("--filters", `${entry.target.offsetHeight}px`);
}).observe(document.querySelector(".filters"));
// On paper a closed list would be lost.
window.addEventListener("beforeprint", () => {
  for (const box of document.querySelectorAll("details.strongest")) box.open = true;
});
// As an address `#main` would be a page of the report.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  document.getElementById("main").focus();
});
drawFilters();
show();
document.documentElement.dataset.ready = "yes";
