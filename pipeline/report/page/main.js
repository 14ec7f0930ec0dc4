// Which page is shown, and what stands around it.

import { readAddress } from "./address.js";
import { authoritiesPage, authorityPage } from "./authority_page.js";
import { comparePage, fillThemes } from "./compare_page.js";
import { allCorrections, notDownloaded, whenCorrected } from "./corrections.js";
import { correctionsPage } from "./corrections_page.js";
import { DATA } from "./data.js";
import { element } from "./dom.js";
import { evidencePage } from "./evidence_page.js";
import { drawFilters, tellFilters } from "./filter_bar.js";
import { NEIGHBOURS } from "./links.js";
import { mapPage } from "./map_page.js";
import { matrixPage } from "./matrix_page.js";
import { methodsPage } from "./methods_page.js";
import { currentPage, followLinks, linkPages } from "./navigation.js";
import { newsPage } from "./news_page.js";
import { progressPage } from "./progress_page.js";
import { reselect } from "./selection.js";
import { themePage, themesPage } from "./theme_page.js";
import { plural, whole } from "./words.js";

const PAGES = [
  { key: "matrix", title: "Matrix" },
  { key: "map", title: "Map" },
  ...(DATA.news ? [{ key: "new", title: "New" }] : []),
  { key: "authorities", title: "Authorities", also: "authority" },
  { key: "compare", title: "Compare" },
  { key: "progress", title: "Progress" },
  { key: "themes", title: "Themes", also: "theme" },
  { key: "evidence", title: "Evidence" },
  { key: "methods", title: "Methods and limits" },
  { key: "corrections", title: "Corrections" },
];

function drawPage(page, names) {
  const authority = DATA.authorities.findIndex(({ name }) => name === names[0]);
  const theme = DATA.themes.findIndex(({ id }) => id === names[page === "evidence" ? 1 : 0]);
  if (page === "map") return mapPage(Math.max(theme, 0));
  if (page === "authority" && authority >= 0) return authorityPage(authority);
  if (page === "authority" || page === "authorities") return authoritiesPage();
  if (page === "theme" && theme >= 0) return themePage(theme);
  if (page === "theme" || page === "themes") return themesPage();
  if (page === "progress") return progressPage();
  if (page === "new" && DATA.news) return newsPage();
  if (page === "compare") return comparePage(...names);
  if (page === "evidence") {
    return evidencePage(authority < 0 ? null : authority, theme < 0 ? null : theme, names[2] === NEIGHBOURS);
  }
  if (page === "corrections") return correctionsPage(show);
  return page === "methods" ? methodsPage() : matrixPage();
}

function show({ moveFocus = false } = {}) {
  const { page, names } = readAddress(currentPage());
  reselect();
  tellFilters();
  linkPages();
  const main = document.getElementById("main");
  main.replaceChildren(...drawPage(page, names).filter(Boolean));
  for (const link of document.querySelectorAll("#pages a")) {
    const { key, also } = PAGES.find((one) => one.key === link.dataset.page);
    if (page === key || page === also) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const heading = main.querySelector("h1");
  document.title = `${heading.textContent} – Inspection themes`;
  if (moveFocus) {
    window.scrollTo(0, 0);
    heading.setAttribute("tabindex", "-1");
    heading.focus({ preventScroll: true });
  }
}

function drawFrame() {
  const { about, authorities, documents, evidence } = DATA;
  const known = authorities.filter((authority) => authority.known).length;
  document.getElementById("summary").textContent = [
    plural(documents.length, "document"),
    plural(known, "authority", "authorities"),
    `${plural(about.n_paragraphs, "paragraph")}, ${whole(evidence.length)} tagged`,
  ].join(" · ");
  const links = PAGES.map(({ key, title }) => element("li", {}, element("a", { "data-page": key }, title)));
  document.getElementById("pages").append(...links);
  const model = about.model_id ? ` with model ${about.model_id}` : "";
  document.getElementById("made").textContent =
    `Made by inspection-themes from ${about.corpus || "a corpus"}${model}. The tags are made by a program ` +
    "and some are wrong: read the paragraphs before you quote a number.";
}

// The page is in the list once there is something on it.
function tellCorrections() {
  const link = document.querySelector('#pages a[data-page="corrections"]');
  const n = allCorrections().length;
  link.textContent = n ? `Corrections (${whole(n)})` : "Corrections";
  link.parentElement.hidden = !n && !DATA.corrections.length;
}

function listenToWindow() {
  whenCorrected(tellCorrections);
  window.addEventListener("beforeunload", (event) => {
    if (notDownloaded().length) event.preventDefault();
  });
  // The head of the matrix stays below the filters, however many lines they take.
  new ResizeObserver(([{ target }]) => {
    document.documentElement.style.setProperty("--filters", `${target.offsetHeight}px`);
  }).observe(document.querySelector(".filters"));
  // On paper a closed list would be lost.
  window.addEventListener("beforeprint", () => {
    fillThemes();
    const lists = "details.strongest, details.other-rows, details.pair-theme";
    for (const box of document.querySelectorAll(lists)) box.open = true;
  });
  // As an address `#main` would be a page of the report.
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    document.getElementById("main").focus();
  });
}

drawFrame();
tellCorrections();
drawFilters(show);
followLinks(show);
listenToWindow();
show();
document.documentElement.dataset.ready = "yes";
