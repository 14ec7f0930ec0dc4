// The filters above all pages.

import { DATA } from "./data.js";
import { choice, element, small } from "./dom.js";
import {
  ANY_CONCERN,
  byValue,
  chosen,
  clearFilters,
  FILTERS,
  filterValue,
  isFiltered,
  LISTED,
  years,
  yearsText,
} from "./filters.js";
import { groupBy } from "./group.js";
import { keepChoices } from "./navigation.js";
import { selection } from "./selection.js";
import { plural, whole } from "./words.js";

// `show` draws the page of an address that says other documents or stances.
export function drawFilters(show) {
  const changed = () => {
    keepChoices();
    show();
  };
  const filters = LISTED.map((filter) => [filter, valuesOf(filter)]);
  const stances = [ANY_CONCERN, ...DATA.stances].map((name) => [name, null]);
  const boxes = [...filters, [{ key: "stance", title: "Stance" }, stances]]
    .filter(([, values]) => values.length > 1)
    .map(([filter, values]) => filterBox(filter, checkBoxes(filter, values, changed)));
  const clear = () => {
    clearFilters();
    changed();
  };
  document
    .getElementById("filters")
    .replaceChildren(
      yearBox(changed),
      ...boxes,
      element("button", { type: "button", id: "clear", onclick: clear }, "Clear filters"),
    );
  closeFromOutside();
}

function yearBox(changed) {
  const [filter] = FILTERS;
  const known = [...new Set(DATA.documents.map((doc) => doc.year))].filter(Boolean).sort();
  const list = (title, key) =>
    choice(title, key, [["", "any year"], ...known.map((year) => [year, year])], "", (year) => {
      years[key] = year;
      changed();
    });
  return filterBox(filter, [list("Since", "since"), list("To", "to")]);
}

// As [value, how many documents].
function valuesOf(filter) {
  const groups = groupBy(DATA.documents, (doc) => filterValue(filter, doc));
  return [...groups.keys()].sort(byValue).map((value) => [value, groups.get(value).length]);
}

function checkBoxes({ key }, values, changed) {
  const choose = (value, on) => {
    if (on) chosen[key].add(value);
    else chosen[key].delete(value);
    changed();
  };
  return values.map(([value, count]) => {
    const onchange = (event) => choose(value, event.target.checked);
    return element(
      "label",
      {},
      element("input", { type: "checkbox", name: key, value, onchange }),
      ` ${value}`,
      count === null ? null : small(` ${whole(count)}`),
    );
  });
}

function filterBox({ key, title }, fields) {
  const name = element("span", { class: "name" }, title);
  const summary = element("summary", {}, name, element("span", { class: "value" }));
  const box = element(
    "details",
    { class: "filter", name: "filter", "data-filter": key },
    summary,
    element("fieldset", {}, element("legend", { class: "hidden-text" }, title), ...fields),
  );
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    box.open = false;
    summary.focus();
  });
  return box;
}

function closeFromOutside() {
  const close = ({ target }) => {
    for (const box of document.querySelectorAll("details.filter[open]")) {
      if (!box.contains(target)) box.open = false;
    }
  };
  document.addEventListener("click", close);
  // Only for the keyboard: on a narrow page what the mouse presses would move away before its click.
  document.addEventListener("focusin", (event) => {
    if (event.target.matches(":focus-visible")) close(event);
  });
}

// What is chosen, in each box and in words below them.
export function tellFilters() {
  const parts = [];
  for (const list of document.querySelectorAll("#filters select")) list.value = years[list.name];
  for (const field of document.querySelectorAll("#filters input")) {
    field.checked = chosen[field.name].has(field.value);
  }
  for (const box of document.querySelectorAll("#filters details")) {
    const key = box.dataset.filter;
    const values = key === "year" ? [yearsText()].filter(Boolean) : [...chosen[key]].sort();
    const few = values.join(", ") || "all";
    box.querySelector(".value").textContent = values.length > 2 ? `${values.length} selected` : few;
    box.classList.toggle("set", values.length > 0);
    if (values.length) parts.push(`${box.querySelector(".name").textContent}: ${values.join(", ")}.`);
  }
  const undated = yearsText() ? DATA.documents.filter((doc) => !doc.year).length : 0;
  if (undated) parts.push(`Left out: ${plural(undated, "document")} without a date.`);
  if (chosen.stance.size) parts.push("With a stance selected, intervals allow for chance only.");
  const shown = `${whole(selection.docs.length)} of ${plural(DATA.documents.length, "document")}`;
  document.getElementById("clear").hidden = !isFiltered();
  document.getElementById("filtered").textContent = isFiltered()
    ? `Showing ${shown}. ${parts.join(" ")}`
    : "";
}
