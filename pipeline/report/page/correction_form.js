// Correcting the tags of a paragraph in its card, and what was corrected there.

import {
  codesBeside,
  correct,
  correctionOf,
  corrector,
  isLasting,
  NOT_ABOUT,
  nameCorrector,
  undo,
} from "./corrections.js";
import { DATA } from "./data.js";
import { choice, element, labelled, say } from "./dom.js";
import { longDate } from "./words.js";

// What stands below the paragraph: codes that came with the report, and the reader's own corrections.
// `redraw` draws the card again.
export function correctedLines(paragraph, redraw) {
  const lines = codesBeside(paragraph).map(({ theme, code, model_says, coder, on }) =>
    element(
      "p",
      { class: "coded" },
      element("strong", {}, `Coded by ${coder}${on ? `, ${longDate(on)}` : ""}: `),
      `${codeText(theme, code)}; the model says ${model_says === NOT_ABOUT ? "not about it" : model_says}. `,
      "The numbers count what the model says.",
    ),
  );
  const own = correctionOf(paragraph);
  return own ? [...lines, ownLine(own, redraw)] : lines;
}

export function codeText(theme, code) {
  const title = DATA.themes.find(({ id }) => id === theme)?.title || theme;
  return `${title}: ${code === NOT_ABOUT ? "not about this" : code}`;
}

export function saidText({ codes, note }) {
  const said = Object.entries(codes).map(([theme, code]) => codeText(theme, code));
  if (note) said.push(`note: ${note}`);
  return said.join("; ");
}

function ownLine(own, redraw) {
  const takeBack = () => {
    undo(own.id);
    say("Undone.");
    redraw();
  };
  return element(
    "p",
    { class: "corrected" },
    element("strong", {}, `Corrected by ${corrector() || "you"} (not yet in the numbers): `),
    `${saidText(own)} `,
    element("button", { type: "button", class: "undo", onclick: takeBack }, "Undo"),
  );
}

// The form: a list for each theme, those tagged first; what is left as it is says nothing.
export function correctionForm(paragraph, redraw) {
  const own = correctionOf(paragraph);
  const tagged = DATA.themes.filter((_, at) => paragraph.tags.some(({ theme }) => theme === at));
  const others = DATA.themes.filter((theme) => !tagged.includes(theme));
  const lists = new Map(DATA.themes.map((theme) => [theme.id, codeChoice(theme, paragraph, own)]));
  const note = element("input", { type: "text", name: "note", value: own?.note || "" });
  const name = corrector() ? null : element("input", { type: "text", name: "corrector", required: true });
  const save = (event) => {
    event.preventDefault();
    if (name) nameCorrector(name.value);
    const chosen = [...lists].map(([theme, list]) => [theme, list.querySelector("select").value]);
    correct(paragraph, Object.fromEntries(chosen.filter(([, code]) => code)), note.value.trim());
    say("Kept. Download your corrections from the page Corrections.");
    redraw();
  };
  return element(
    "form",
    { class: "correction", onsubmit: save },
    element(
      "fieldset",
      {},
      element("legend", {}, "What does the paragraph say?"),
      ...tagged.map(({ id }) => lists.get(id)),
      others.length
        ? element(
            "details",
            { open: !tagged.length || others.some(({ id }) => own?.codes[id]) },
            element("summary", {}, "It is about another theme too"),
            ...others.map(({ id }) => lists.get(id)),
          )
        : null,
    ),
    labelled("Note (stays in the file you download)", note),
    name ? labelled("Your name, for the codes", name) : null,
    isLasting() ? null : element("p", { class: "warning" }, NOT_LASTING),
    element(
      "p",
      { class: "buttons" },
      element("button", { type: "submit" }, "Keep the correction"),
      element("button", { type: "button", onclick: redraw }, "Cancel"),
    ),
  );
}

export const NOT_LASTING =
  "This browser does not keep corrections for this page: download them before you close it.";

function codeChoice(theme, paragraph, own) {
  const tag = paragraph.tags.find((one) => DATA.themes[one.theme] === theme);
  const stance = tag && (DATA.stances[tag.stance] || "tagged");
  const asTagged = ["", tag ? `${stance}, as tagged` : "not about this, as tagged"];
  const codes = DATA.stances.filter((name) => name !== stance).map((name) => [name, name]);
  const options = [asTagged, ...(tag ? [[NOT_ABOUT, "not about this"]] : []), ...codes];
  // It is read when the form is sent.
  return choice(theme.title, `code-${theme.id}`, options, own?.codes[theme.id] || "", () => {});
}
