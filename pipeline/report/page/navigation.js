// Going from page to page and coming back. The page is in the address after the #, so the browser's
// own buttons work and an address can be kept or sent.

import { addressOf, withChoices } from "./address.js";

// Where each page was left: coming back from a paragraph leads to the cell it was opened from.
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
  const cell = target.closest("a.cell");
  places.set(currentPage(), { y: window.scrollY, cell: cell && { ...cell.dataset } });
  coming.byLink = true;
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

function comeBack({ y, cell }) {
  const same = (link) =>
    cell && link.dataset.authority === cell.authority && link.dataset.theme === cell.theme;
  const link = [...document.querySelectorAll("a.cell")].find(same);
  link?.focus({ preventScroll: true });
  window.scrollTo(0, y);
}
