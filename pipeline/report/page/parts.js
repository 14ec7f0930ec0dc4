"use strict";
// The pieces that pages are made of. Charts and tables are drawn here rather than by a library: a
// table with bars is read by a screen reader as it is, prints, and needs 200 lines; the libraries
// that draw as well (Observable Plot with D3, ECharts) are 0.3 to 1 MB, put their styles into the
// page where the policy forbids it, or draw on a canvas that nobody can read out.

// element("a", {href: "#x", class: "y", onclick: f}, "text", otherElement, null)
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function hiddenText(text) {
  return element("span", { class: "hidden-text" }, text);
}

let lastSaid;
function say(text) {
  // A screen reader is silent about a text that does not change.
  const place = document.getElementById("said");
  place.textContent = text === lastSaid ? `${text}\u00a0` : text;
  lastSaid = place.textContent;
}

// --- bars -----------------------------------------------------------------------------------

function stepOf(share) {
  return Math.min(
    DATA.settings.steps.length - 1,
    Math.floor(share / DATA.settings.step_width + 1e-9),
  );
}

function stanceText(stances) {
  const parts = DATA.stances.map((name, i) => (stances[i] ? `${stances[i]} ${name}` : "")).filter(Boolean);
  return parts.join(", ") || "none";
}

function stanceBar(stances) {
  const bar = element("span", { class: "stances", "aria-hidden": "true" });
  const total = stances.reduce((a, b) => a + b, 0);
  stances.forEach((n, i) => {
    if (!n) return;
    const part = element("span", { class: `stance-${DATA.stances[i]}` });
    part.style.width = `${(100 * n) / total}%`;
    bar.append(part);
  });
  return bar;
}

// The interval as a line from low to high with a tick at the share; `top` is the end of the scale.
function whisker(m, top, ticks = []) {
  const at = (x) => `${Math.min(100, (100 * x) / top)}%`;
  const line = element("span", { class: "line" });
  line.style.left = at(m.low);
  line.style.right = `calc(100% - ${at(m.high)})`;
  const tick = element("span", { class: "tick" });
  tick.style.left = at(m.share);
  const made = element("span", { class: `whisker${m.few ? " few" : ""}`, "aria-hidden": "true" }, line, tick);
  if (m.corrected !== null && m.corrected !== undefined) {
    const dot = element("span", { class: "dot" });
    dot.style.left = at(m.corrected);
    made.append(dot);
  }
  for (const { value, kind } of ticks) {
    const other = element("span", { class: `other ${kind}` });
    other.style.left = at(value);
    made.append(other);
  }
  return made;
}

// A table of shares. Rows: {label (node or text), measure, ticks, note}; every number is in words.
function shareTable(caption, labelTitle, rows, { extra = [], open = null } = {}) {
  const top = Math.max(0.02, ...rows.map((r) => Math.max(r.measure.share, Math.min(r.measure.high, 2.5 * r.measure.share + 0.02))));
  const corrected = rows.some((r) => r.measure.corrected !== null);
  const columns = [
    labelTitle, "Share", ...(corrected ? ["Corrected"] : []), "95% interval", "", "Tagged",
    "Paragraphs", "Per 1,000 words", "Stance", ...extra.map((e) => e.title),
  ];
  const body = rows.map((row) => {
    const m = row.measure;
    return element(
      "tr", { class: m.few ? "few" : null },
      element("th", { scope: "row" }, row.label),
      element("td", { class: "number", "data-of": "share" }, percent(m.share)),
      corrected ? element("td", { class: "number", "data-of": "share_corrected" }, percent(m.corrected)) : null,
      element("td", { class: "number interval", "data-of": "interval" }, intervalText(m)),
      element("td", { class: "drawn" }, whisker(m, top, row.ticks || [])),
      element("td", { class: "number", "data-of": "n_tagged" },
        open && m.tagged ? element("a", { href: open(row), title: "Read these paragraphs" }, whole(m.tagged)) : whole(m.tagged),
        m.few ? hiddenText(" (few)") : null),
      element("td", { class: "number", "data-of": "n_paragraphs" }, whole(m.paragraphs)),
      element("td", { class: "number", "data-of": "per_1000_words" }, m.rate.toFixed(2)),
      element("td", { class: "drawn" }, stanceBar(m.stances), element("span", { class: "small" }, stanceText(m.stances))),
      ...extra.map((e) => element("td", { "data-of": e.of || null }, e.cell(row))),
    );
  });
  const table = element("table", { class: "shares" },
    element("caption", {}, caption),
    element("thead", {}, element("tr", {}, ...columns.map((title) =>
      title ? element("th", { scope: "col" }, title) : element("td", { class: "drawn" })))),
    element("tbody", {}, ...body));
  return element("div", { class: "shares-place" },
    scrolling(caption, table),
    element("button", { type: "button", class: "download", onclick: () => downloadShares(caption, labelTitle, rows) },
      "Download as CSV", hiddenText(` (${caption})`)));
}

const MEASURE_COLUMNS = [
  "n_documents", "n_paragraphs", "n_words", "n_tagged", "share", "share_low", "share_high",
  "share_corrected", "per_1000_words",
];

// In the order of MEASURE_COLUMNS and the stances, as the tables name them.
function measureValues(m) {
  return [m.documents, m.paragraphs, m.words, m.tagged, m.share, m.low, m.high, m.corrected, m.rate, ...m.stances];
}

function downloadShares(caption, labelTitle, rows) {
  const label = (row) => (typeof row.label === "string" ? row.label : row.label.textContent);
  download(
    `${caption.toLowerCase().replace(/[^a-z0-9]+/g, "-")}.csv`,
    [labelTitle.toLowerCase() || "documents", ...MEASURE_COLUMNS, ...DATA.stances.map((name) => `n_${name}`)],
    rows.map((row) => [label(row), ...measureValues(row.measure)]),
  );
}

function scrolling(label, content) {
  return element("div", { class: "scrolling", role: "region", "aria-label": label, tabindex: "0" }, content);
}

// Shares over time: points {x (year, may be broken), measure, title}, and the share of all.
function timeChart(title, points, background) {
  const [width, height, left, bottom, right, above] = [300, 150, 34, 20, 8, 8];
  const years = [...points.map((p) => p.x), ...background.map((p) => p.x)];
  const [first, last] = [Math.floor(Math.min(...years)), Math.ceil(Math.max(...years, Math.min(...years) + 1))];
  const top = Math.max(0.05, ...points.map((p) => Math.max(p.measure.share, Math.min(p.measure.high, 2 * p.measure.share + 0.03))), ...background.map((p) => p.measure.share)) * 1.05;
  const x = (year) => left + ((year - first) / (last - first)) * (width - left - right);
  const y = (share) => height - bottom - (Math.min(share, top) / top) * (height - bottom - above);
  const chart = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${title}: ${points.map((p) => `${p.title} ${percent(p.measure.share)} (${intervalText(p.measure)})`).join("; ")}` });
  for (const share of [0, top / 2.1, top / 1.05]) {
    chart.append(
      svg("line", { x1: left, x2: width - right, y1: y(share), y2: y(share), class: "grid" }),
      svg("text", { x: left - 5, y: y(share) + 3.5, class: "label end" }, `${Math.round(100 * share)}%`),
    );
  }
  const every = Math.max(1, Math.ceil((last - first) / 6));
  for (let year = first; year <= last; year += every) {
    chart.append(svg("text", { x: x(year), y: height - 5, class: "label middle" }, String(year)));
  }
  const path = (list) => list.map((p, i) => `${i ? "L" : "M"}${x(p.x).toFixed(1)} ${y(p.measure.share).toFixed(1)}`).join("");
  if (background.length > 1) chart.append(svg("path", { d: path(background), class: "background" }));
  if (points.length > 1) chart.append(svg("path", { d: path(points), class: "series" }));
  for (const p of points) {
    chart.append(
      svg("line", { x1: x(p.x), x2: x(p.x), y1: y(p.measure.low), y2: y(p.measure.high), class: "error" }),
      svg("circle", { cx: x(p.x), cy: y(p.measure.share), r: 4, class: p.measure.few ? "point few" : "point" }),
    );
  }
  return element("figure", { class: "time" }, element("figcaption", {}, title), chart);
}

// --- evidence ---------------------------------------------------------------------------------

// Where a document is, as an address from this file, at a page if it has pages; null if unknown.
function addressOf(paragraph) {
  const { url, has_pages } = documentOf(paragraph);
  if (!url) return null;
  return has_pages ? `${url}#page=${paragraph.page}` : url;
}

function citation(paragraph) {
  const document = documentOf(paragraph);
  return [
    DATA.authorities[document.authority].name,
    [document.document_type, document.framework && `(${document.framework})`].filter(Boolean).join(" "),
    document.published_on && `published ${longDate(document.published_on)}`,
    document.has_pages && `page ${paragraph.page}`,
    document.source_file.split("/").pop(),
  ].filter(Boolean).join(", ");
}

function longDate(day) {
  return new Date(`${day}T00:00:00Z`).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
}

// The text with its carrying sentences in <mark> and what was searched for in <b>.
function highlighted(text, spans, words) {
  const hits = [];
  const lower = text.toLowerCase();
  // Lower case can be longer than the text (İ), and then no place in it can be trusted.
  for (const word of lower.length === text.length ? words : []) {
    for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + word.length)) {
      hits.push([at, at + word.length]);
    }
  }
  const cuts = [...new Set([0, text.length, ...spans.flat(), ...hits.flat()])].sort((a, b) => a - b);
  const inside = (ranges, at) => ranges.some(([from, to]) => from <= at && at < to);
  const made = element("p", { class: "quotation" });
  let mark = null;
  for (let i = 0; i + 1 < cuts.length; i++) {
    const piece = text.slice(cuts[i], cuts[i + 1]);
    const node = inside(hits, cuts[i]) ? element("b", { class: "hit" }, piece) : piece;
    if (inside(spans, cuts[i])) {
      if (!mark) made.append((mark = element("mark", {})));
      mark.append(node);
    } else {
      mark = null;
      made.append(node);
    }
  }
  return made;
}

function evidenceCard({ paragraph, tags }, words, level) {
  const document = documentOf(paragraph);
  const heading = DATA.headings[paragraph.heading];
  const address = addressOf(paragraph);
  const spans = tags.filter((t) => t.to > t.from).map((t) => [t.from, t.to]);
  return element(
    "article", { class: "evidence", "data-id": paragraph.id },
    element(level, { class: "source" },
      element("a", { href: authorityLink(document.authority) }, DATA.authorities[document.authority].name),
      ` · ${[document.document_type, document.year, document.has_pages && `page ${paragraph.page}`].filter(Boolean).join(" · ")}`),
    heading ? element("p", { class: "heading" }, heading) : null,
    paragraph.lead_in ? element("p", { class: "lead-in" }, paragraph.lead_in) : null,
    highlighted(paragraph.text, spans, words),
    element("div", { class: "foot" },
      element("ul", { class: "tags", "aria-label": "Themes of the paragraph" },
        ...paragraph.tags.map((tag) => {
          const stance = DATA.stances[tag.stance] || "";
          return element("li", { class: stance ? `of-${stance}` : null },
            `${DATA.themes[tag.theme].title}${stance ? `: ${stance}` : ""}`,
            element("span", { class: "small" }, ` ${tag.probability.toFixed(2)}`));
        })),
      element("div", { class: "actions" },
        address
          ? element("a", { class: "page-link", href: address, target: "_blank", rel: "noopener" },
              document.has_pages ? `Open page ${paragraph.page}` : "Open the document", hiddenText(" (new tab)"))
          : null,
        element("button", { type: "button", class: "copy", onclick: (event) => copyQuotation(event, paragraph) },
          "Copy with citation"))),
  );
}

// The paragraph, or what is selected in it, in quotation marks, with where it is from.
async function copyQuotation(event, paragraph) {
  const card = event.target.closest("article").querySelector(".quotation");
  const picked = window.getSelection();
  const part = picked && !picked.isCollapsed && card.contains(picked.anchorNode) && card.contains(picked.focusNode) ? picked.toString().trim() : "";
  const text = `“${part || paragraph.text}” (${citation(paragraph)})`;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // A browser that keeps the clipboard from files still lets a selection be copied.
    const area = element("textarea", { class: "hidden-text" });
    area.value = text;
    event.target.closest("article").append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    event.target.focus();
  }
  event.target.textContent = "Copied";
  say("Copied with citation.");
  setTimeout(() => (event.target.textContent = "Copy with citation"), 1500);
}

const PAGE_LENGTH = 20;

// A list that grows by pages: ten thousand cards at once would make every browser slow.
function evidenceList(found, words = [], level = "h3") {
  const list = element("div", { class: "evidence-list" });
  const more = element("button", { type: "button", class: "more" });
  let shown = 0;
  const grow = () => {
    const first = shown;
    const next = found.slice(shown, shown + PAGE_LENGTH);
    list.append(...next.map((item) => evidenceCard(item, words, level)));
    shown += next.length;
    more.hidden = shown >= found.length;
    more.textContent = `Show more (${whole(found.length - shown)} left)`;
    return list.children[first];
  };
  more.addEventListener("click", () => {
    const card = grow();
    // Otherwise the keyboard would be left on a button far below what is new.
    card.setAttribute("tabindex", "-1");
    card.focus();
  });
  grow();
  return element("div", {}, list, more);
}

// --- files ------------------------------------------------------------------------------------

// As in tables.py: a text that a spreadsheet would run as a formula gets an apostrophe.
function csvField(value) {
  if (value === null || value === undefined) return "";
  let text = String(value);
  if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function download(name, columns, rows) {
  const lines = [columns, ...rows].map((row) => row.map(csvField).join(","));
  // Excel takes a CSV for UTF-8 only if it begins with this mark.
  const blob = new Blob([`\ufeff${lines.join("\n")}\n`], { type: "text/csv" });
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  say(`Saved ${name}.`);
}

function downloadEvidence(found) {
  const columns = [
    "authority", "theme", "stance", "probability", "text", "lead_in", "heading", "source_file",
    "page", "published_on", "document_type", "framework", "region", "overall_effectiveness",
    "paragraph_id", "citation",
  ];
  const rows = found.flatMap(({ paragraph, tags }) => {
    const document = documentOf(paragraph);
    return tags.map((tag) => [
      DATA.authorities[document.authority].name, DATA.themes[tag.theme].id, DATA.stances[tag.stance],
      tag.probability, paragraph.text, paragraph.lead_in, DATA.headings[paragraph.heading],
      document.source_file, paragraph.page, document.published_on, document.document_type,
      document.framework, document.region, document.overall_effectiveness, paragraph.id,
      citation(paragraph),
    ]);
  });
  download("evidence.csv", columns, rows);
}

// --- addresses within the report ----------------------------------------------------------------

function authorityLink(authority) {
  return `#authority/${encodeURIComponent(DATA.authorities[authority].name)}`;
}

function themeLink(theme) {
  return `#theme/${DATA.themes[theme].id}`;
}

function evidenceLink(authority, theme) {
  const name = authority === null ? "" : encodeURIComponent(DATA.authorities[authority].name);
  return `#evidence/${name}/${theme === null ? "" : DATA.themes[theme].id}`;
}
