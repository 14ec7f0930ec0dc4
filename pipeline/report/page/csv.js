// Saving what is shown as a file that spreadsheets open.

import { element, say } from "./dom.js";

// As in tables.py: a text that a spreadsheet would run as a formula gets an apostrophe.
function csvField(value) {
  if (value === null || value === undefined) return "";
  let text = String(value);
  if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// A row for each item; `columns` has a function for each name that gives its value.
export function download(name, columns, items) {
  const values = Object.values(columns);
  const rows = [Object.keys(columns), ...items.map((item) => values.map((value) => value(item)))];
  const lines = rows.map((row) => row.map(csvField).join(","));
  // Excel takes a CSV for UTF-8 only if it begins with this mark.
  save(name, `\ufeff${lines.join("\n")}\n`, "text/csv");
}

export function save(name, text, type) {
  const blob = new Blob([text], { type });
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  say(`Saved ${name}.`);
}
