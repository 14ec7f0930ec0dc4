// The filters above all pages.

import { DATA } from "./data.js";
import { element, small } from "./dom.js";
import { byValue, chosen, FILTERS, filterValue, isFiltered } from "./filters.js";
import { groupBy } from "./group.js";
import { reselect, selection } from "./selection.js";
import { plural, whole } from "./words.js";

// `onchange` is called when other documents or stances are chosen.
export function drawFilters(onchange) {
  const changed = () => {
    reselect();
    tellFilters();
    onchange();
  };
  const filters = FILTERS.map((filter) => [filter, valuesOf(filter)]);
  const stance = [{ key: "stance", title: "Stance" }, DATA.stances.map((name) => [name, null])];
  const boxes = [...filters, stance]
    .filter(([, values]) => values.length > 1)
    .map(([filter, values]) => filterBox(filter, values, changed));
  const clear = () => {
    for (const values of Object.values(chosen)) values.clear();
    for (const box of document.querySelectorAll("#filters input")) box.checked = false;
    changed();
  };
  document
    .getElementById("filters")
    .replaceChildren(
      ...boxes,
      element("button", { type: "button", id: "clear", onclick: clear }, "Clear filters"),
    );
  closeOnClickOutside();
  tellFilters();
}

// As [value, how many documents].
function valuesOf(filter) {
  const groups = groupBy(DATA.documents, (doc) => filterValue(filter, doc));
  return [...groups.keys()].sort(byValue).map((value) => [value, groups.get(value).length]);
}

function filterBox({ key, title }, values, changed) {
  const choose = (value, on) => {
    if (on) chosen[key].add(value);
    else chosen[key].delete(value);
    changed();
  };
  const boxes = values.map(([value, count]) => {
    const onchange = (event) => choose(value, event.target.checked);
    return element(
      "label",
      {},
      element("input", { type: "checkbox", name: key, value, onchange }),
      ` ${value}`,
      count === null ? null : small(` ${whole(count)}`),
    );
  });
  const name = element("span", { class: "name" }, title);
  const summary = element("summary", {}, name, element("span", { class: "value" }));
  const box = element(
    "details",
    { class: "filter", name: "filter", "data-filter": key },
    summary,
    element("fieldset", {}, element("legend", { class: "hidden-text" }, title), ...boxes),
  );
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    box.open = false;
    summary.focus();
  });
  return box;
}

function closeOnClickOutside() {
  document.addEventListener("click", (event) => {
    for (const box of document.querySelectorAll("details.filter[open]")) {
      if (!box.contains(event.target)) box.open = false;
    }
  });
}

// What is chosen, in each box and in words below them.
function tellFilters() {
  const parts = [];
  for (const box of document.querySelectorAll("#filters details")) {
    const values = [...chosen[box.dataset.filter]].sort();
    const few = values.join(", ") || "all";
    box.querySelector(".value").textContent = values.length > 2 ? `${values.length} selected` : few;
    box.classList.toggle("set", values.length > 0);
    if (values.length) parts.push(`${box.querySelector(".name").textContent}: ${values.join(", ")}.`);
  }
  if (chosen.stance.size) parts.push("With a stance selected, intervals allow for chance only.");
  const shown = `${whole(selection.docs.length)} of ${plural(DATA.documents.length, "document")}`;
  document.getElementById("clear").hidden = !isFiltered();
  document.getElementById("filtered").textContent = isFiltered()
    ? `Showing ${shown}. ${parts.join(" ")}`
    : "";
}
