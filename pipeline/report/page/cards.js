// A paragraph as evidence: its text with what speaks for the theme, where it is from, its tags.

import { correctedLines, correctionForm } from "./correction_form.js";
import { DATA, docOf } from "./data.js";
import { element, newTabLink, say, small } from "./dom.js";
import { authorityLink, fileName, pageAt, pagesOf, paragraphLink, publicLink } from "./links.js";
import { whenLoaded } from "./loading.js";
import { newestFirst } from "./search.js";
import { longDate, plain, whole } from "./words.js";

const PAGE_LENGTH = 20;
const STRONGEST = 3;
const COPY = "Copy with citation";
// Letters up to which a search word is marked only where it is a whole word.
const SHORT_WORD = 3;
const LETTER = /[\p{L}\p{N}]/u;

// A list that grows by pages: ten thousand cards at once would make any browser slow.
export function evidenceList(found, words, level) {
  const list = element("div", { class: "evidence-list" });
  const more = element("button", { type: "button", class: "more" });
  let shown = 0;
  const grow = (then) => {
    const items = found.slice(shown, shown + PAGE_LENGTH);
    shown += items.length;
    more.hidden = true;
    whenLoaded(paragraphsOf(items), list, () => {
      const cards = items.map((item) => evidenceCard(item, words, level));
      list.append(...cards);
      more.hidden = shown >= found.length;
      more.textContent = `Show more (${whole(found.length - shown)} remaining)`;
      then?.(cards[0]);
    });
  };
  more.addEventListener("click", () =>
    grow((card) => {
      // Otherwise the keyboard would be left on a button far below what is new.
      card.setAttribute("tabindex", "-1");
      card.focus();
    }),
  );
  grow();
  return element("div", {}, list, more);
}

// The first few paragraphs, by `newestFirst`, below a heading that opens; `more` is the text of the link to the rest.
export function strongest(title, found, href, { more, open = false }) {
  const items = newestFirst(found).slice(0, STRONGEST);
  const cards = element("div", {});
  whenLoaded(paragraphsOf(items), cards, () => {
    cards.append(...items.map((item) => evidenceCard(item, [], "h3")));
  });
  return element(
    "details",
    { class: "strongest", open },
    element("summary", {}, `${title} (${whole(found.length)})`),
    cards,
    found.length > STRONGEST ? element("p", {}, element("a", { href }, more)) : null,
    found.length ? null : element("p", {}, "None."),
  );
}

function paragraphsOf(items) {
  return items.map(({ paragraph }) => paragraph);
}

// `found` is a result of findEvidence; `words` are highlighted; `level` is the heading's, as "h3".
function evidenceCard(item, words, level) {
  const { paragraph, tags } = item;
  const doc = docOf(paragraph);
  const heading = DATA.headings[paragraph.heading];
  const spans = spansOf(tags);
  const place = spans[0]?.from ?? 0;
  const address = paragraphLink(paragraph, place);
  const published = publicLink(paragraph, place);
  const source = [doc.document_type, doc.year, pagesOf(paragraph)];
  const opens = doc.has_pages ? `Open page ${pageAt(paragraph, place)}` : "Open the document";
  const copy = (event) => copyQuotation(event.target, paragraph, place);
  const redraw = () => {
    const made = evidenceCard(item, words, level);
    card.replaceWith(made);
    made.querySelector(".correct").focus();
  };
  const openForm = () => {
    if (card.querySelector("form")) return redraw();
    card.append(correctionForm(paragraph, redraw));
    return card.querySelector("form select").focus();
  };
  const card = element(
    "article",
    { class: "evidence", "data-id": paragraph.id },
    element(
      level,
      { class: "source" },
      element("a", { href: authorityLink(doc.authority) }, DATA.authorities[doc.authority].name),
      ` · ${source.filter(Boolean).join(" · ")}`,
    ),
    heading ? element("p", { class: "heading" }, heading) : null,
    paragraph.lead_in ? element("p", { class: "lead-in" }, paragraph.lead_in) : null,
    highlighted(paragraph.text, spans, words),
    element(
      "div",
      { class: "foot" },
      element(
        "ul",
        { class: "tags", "aria-label": "Themes in this paragraph" },
        ...(paragraph.tags.length ? paragraph.tags.map(tagItem) : [element("li", {}, "no theme")]),
      ),
      element(
        "div",
        { class: "actions" },
        address ? newTabLink(address, opens, { class: "page-link" }) : null,
        published ? newTabLink(published, "At the publisher", { class: "public-link" }) : null,
        element("button", { type: "button", class: "copy", onclick: copy }, COPY),
        element("button", { type: "button", class: "correct", onclick: openForm }, "Correct"),
      ),
    ),
    ...correctedLines(paragraph, redraw),
  );
  return card;
}

function tagItem(tag) {
  const stance = DATA.stances[tag.stance] || "";
  const { title } = DATA.themes[tag.theme];
  // Beside "strength" a bare 1.00 was read as how sure the strength is.
  const about = "How likely it is that the paragraph is about this theme. The stance has no such number.";
  return element(
    "li",
    { class: stance ? `of-${stance}` : null, title: about },
    stance ? `${title}: ${stance}` : title,
    small(` theme ${tag.probability.toFixed(2)}`),
  );
}

// Where the sentence of a tag begins in its paragraph; 0 without one.
export function placeOf(tag) {
  return tag?.to > tag?.from ? tag.from : 0;
}

// What speaks for the themes: the carrying sentence or, in a mixed paragraph that can be split, the
// sentence that is the strength and the one that is the concern, which are named as such.
function spansOf(tags) {
  const several = tags.filter(({ halves }) => halves.length).length > 1;
  return tags.flatMap(({ theme, from, to, halves }) => {
    if (!halves.length) return to > from ? [{ from, to }] : [];
    const of = several ? ` (${DATA.themes[theme].title})` : "";
    return halves.map((half) => ({ ...half, said: half.name + of }));
  });
}

function isWithinWord(text, from, to) {
  return [text[from - 1], text[to]].some((sign) => LETTER.test(sign ?? ""));
}

// The text with `spans` in <mark>, those that have a name with it before them, and every one of
// `words` in <b>.
function highlighted(text, spans, words) {
  const hits = [];
  const lower = plain(text);
  // Lower case can be longer than the text (İ), and then no place in it can be trusted.
  for (const word of lower.length === text.length ? words : []) {
    // "to" is in "restored" as well, which nobody looks for.
    const whole = word.length <= SHORT_WORD;
    for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + word.length)) {
      if (whole && isWithinWord(lower, at, at + word.length)) continue;
      hits.push([at, at + word.length]);
    }
  }
  const ends = spans.flatMap(({ from, to }) => [from, to]);
  const cuts = [...new Set([0, text.length, ...ends, ...hits.flat()])].sort((a, b) => a - b);
  const inside =
    (at) =>
    ({ from, to }) =>
      from <= at && at < to;
  const made = element("p", { class: "quotation" });
  let mark = null;
  for (let i = 0; i + 1 < cuts.length; i++) {
    const piece = text.slice(cuts[i], cuts[i + 1]);
    const isHit = hits.some(([from, to]) => from <= cuts[i] && cuts[i] < to);
    const node = isHit ? element("b", { class: "hit" }, piece) : piece;
    const own = spans.filter(inside(cuts[i]));
    if (own.length) {
      const begins = own.filter(({ said, from }) => said && from === cuts[i]);
      if (!mark || begins.length) {
        const [half] = own.filter(({ name }) => name);
        mark = element("mark", { class: half ? `half-${half.name}` : null });
        made.append(mark);
      }
      // A label of ours, which is no part of what one copies.
      for (const { said } of begins) mark.append(element("span", { class: "said" }, `${said}: `));
      mark.append(node);
    } else {
      mark = null;
      made.append(node);
    }
  }
  return made;
}

// `place` is that in the text to which its address leads.
export function citation(paragraph, place) {
  const doc = docOf(paragraph);
  const framework = doc.framework && `(${doc.framework})`;
  const parts = [
    DATA.authorities[doc.authority].name,
    [doc.document_type, framework].filter(Boolean).join(" "),
    doc.published_on && `published ${longDate(doc.published_on, doc.published_precision)}`,
    pagesOf(paragraph),
    publicLink(paragraph, place) || fileName(doc),
  ];
  return parts.filter(Boolean).join(", ");
}

// The paragraph, or what is selected in it, in quotation marks, with where it is from.
async function copyQuotation(button, paragraph, place) {
  const card = button.closest("article");
  const text = `“${selectedIn(card.querySelector(".quotation")) || paragraph.text}” (${citation(paragraph, place)})`;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // A browser that keeps the clipboard from files still lets a selection be copied.
    const area = element("textarea", { class: "hidden-text" });
    area.value = text;
    card.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  button.textContent = "Copied";
  say("Copied with its citation.");
  setTimeout(() => {
    button.textContent = COPY;
  }, 1500);
}

function selectedIn(place) {
  const picked = window.getSelection();
  const within = picked && place.contains(picked.anchorNode) && place.contains(picked.focusNode);
  return within ? picked.toString().trim() : "";
}
