// Going from page to page and coming back. The page is in the address after the #, so the browser's
// own buttons work and an address can be kept or sent.

import { addressOf, withChoices } from "./address.js";

// Where each page was left: coming back from a paragraph leads to the link it was opened by.
const places = new Map();
// How the next page is reached. Neither is set when it is by the browser's own buttons.
const coming = { byLink: false, byList: null };

export function currentPage() {
  return location.hash || "#matrix";
}

// Puts what is chosen now into the address of this page, and into the links to the others.
export function keepChoices() {
  const address = withChoices(currentPage());
  if (address !== currentPage()) history.replaceState(null, "", address);
  linkPages();
}

export function linkPages() {
  for (const link of document.querySelectorAll("#pages a")) {
    link.setAttribute("href", addressOf(link.dataset.page));
  }
}

function leave(target) {
  const link = target.closest('#main a[href^="#"]');
  const path = link && pathOf(link);
  const at = link && linksTo(path).indexOf(link);
  places.set(currentPage(), { y: window.scrollY, path, at });
  coming.byLink = true;
}

// Without what is chosen: a choice that draws a part of the page leaves the links elsewhere as they
// were, and when the page is drawn anew they have it.
function pathOf(link) {
  return link.getAttribute("href").split("?")[0];
}

// Several links may lead to one page, as all cards of an authority do.
function linksTo(path) {
  return [...document.querySelectorAll('#main a[href^="#"]')].filter((link) => pathOf(link) === path);
}

// A choice in a list changes the page below it, but must not take the keyboard away from the list.
export function goFrom(listName, hash) {
  coming.byList = listName;
  leave(document.body);
  location.hash = hash;
}

// `show` draws the page of the present address; { moveFocus } says whether from its top.
export function followLinks(show) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (link) leave(link);
  });
  window.addEventListener("hashchange", () => {
    const { byLink, byList } = coming;
    const place = byLink ? null : places.get(currentPage());
    Object.assign(coming, { byLink: false, byList: null });
    show({ moveFocus: !byList && !place });
    if (byList) document.querySelector(`select[name="${byList}"]`)?.focus();
    if (place) comeBack(place);
  });
}

function comeBack({ y, path, at }) {
  const link = path && linksTo(path)[at];
  // In a list that the reader had opened.
  for (let box = link?.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  link?.focus({ preventScroll: true });
  window.scrollTo(0, y);
}
