// Making elements. Text becomes text nodes and attributes only, never markup.

// element("a", { href: "#x", class: "y", onclick: f }, "text", otherElement, null)
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export function hiddenText(text) {
  return element("span", { class: "hidden-text" }, text);
}

export function small(text) {
  return element("span", { class: "small" }, text);
}

export function newTabLink(href, text, attributes = {}) {
  const opened = { href, target: "_blank", rel: "noopener", ...attributes };
  return element("a", opened, text, hiddenText(" (opens in a new tab)"));
}

// For a screen reader, which is silent about a text that does not change.
export function say(text) {
  const place = document.getElementById("said");
  place.textContent = place.textContent === text ? `${text}\u00a0` : text;
}

export function section(title, ...children) {
  return element("section", {}, element("h2", {}, title), ...children);
}

// A table that scrolls by itself where the page is narrow, and then says so. An empty heading is a column of drawings.
export function table(caption, headings, rows, attributes = {}) {
  const heads = headings.map((title) =>
    title ? element("th", { scope: "col" }, title) : element("td", { class: "drawn" }),
  );
  const place = element(
    "div",
    { class: "scrolling", role: "region", "aria-label": caption, tabindex: "0" },
    element(
      "p",
      { class: "sideways small", hidden: true },
      "This table goes on to the right: scroll it sideways.",
    ),
    element(
      "table",
      attributes,
      element("caption", {}, caption),
      element("thead", {}, element("tr", {}, ...heads)),
      element("tbody", {}, ...rows),
    ),
  );
  new ResizeObserver(() => {
    place.querySelector(".sideways").hidden = place.scrollWidth <= place.clientWidth;
  }).observe(place);
  return place;
}

// A list to choose from: `options` as [value, title].
export function choice(label, name, options, value, onchange) {
  const list = element(
    "select",
    { name, onchange: (event) => onchange(event.target.value) },
    ...options.map(([key, title]) => element("option", { value: key }, title)),
  );
  list.value = value;
  return labelled(label, list);
}

export function labelled(label, field, attributes = {}) {
  return element("label", { class: "choice", ...attributes }, element("span", {}, label), field);
}

export function downloadButton(onclick, about = null) {
  const words = about ? hiddenText(` (${about})`) : null;
  return element("button", { type: "button", class: "download", onclick }, "Download as CSV", words);
}
