// All corrections of the reader, and the codes that came with the report.

import { codeText, NOT_LASTING, saidText } from "./correction_form.js";
import {
  allCorrections,
  codesFile,
  corrector,
  docIdOf,
  fileNameOfCodes,
  isLasting,
  markDownloaded,
  NOT_ABOUT,
  nameCorrector,
  notDownloaded,
  undo,
} from "./corrections.js";
import { save } from "./csv.js";
import { DATA } from "./data.js";
import { element, labelled, section, table } from "./dom.js";
import { authorityLink } from "./links.js";
import { longDate, plural } from "./words.js";

const DOCUMENT_OF = new Map(DATA.documents.map((doc) => [doc.id, doc]));
const RUN = element("code", {}, "inspection-themes label MY-MATRIX --read --sheet ");

export function correctionsPage(redraw) {
  const all = allCorrections();
  return [
    element("h1", {}, "Corrections"),
    element(
      "p",
      { class: "lead" },
      "What you corrected in this report. It changes no number here, nor in the next report: readers " +
        "correct what strikes them, so corrections do not show how often tags are wrong. The next report " +
        "shows them beside the tags, and the next model learns from them.",
    ),
    isLasting() ? element("p", {}, LASTING) : element("p", { class: "warning" }, NOT_LASTING),
    all.length ? downloadTools(redraw) : element("p", {}, `You have corrected nothing yet. ${HOW}`),
    ...all.map((correction) => item(correction, redraw)),
    DATA.corrections.length ? codedSection() : null,
  ];
}

const HOW = "Open any paragraph's evidence and press “Correct”.";
const LASTING =
  "They are kept in this browser until they are read back. Another browser, or a copy of this file in " +
  "another place, may not show them: download them.";

function downloadTools(redraw) {
  const field = element("input", { type: "text", name: "corrector", value: corrector() });
  field.addEventListener("change", () => nameCorrector(field.value));
  const waiting = notDownloaded().length;
  const download = () => {
    nameCorrector(field.value);
    if (!corrector()) {
      field.focus();
      return;
    }
    save(fileNameOfCodes(), codesFile(), "application/jsonl");
    markDownloaded();
    redraw();
  };
  return element(
    "div",
    {},
    element(
      "div",
      { class: "tools" },
      labelled("Your name", field),
      element(
        "button",
        { type: "button", class: "codes-file", onclick: download },
        "Download the codes file",
      ),
    ),
    element(
      "p",
      {},
      `${plural(allCorrections().length, "correction")}, ${waiting ? `${waiting} not downloaded yet` : "all downloaded"}. ` +
        "Whoever keeps the matrix reads the file with ",
      RUN.cloneNode(true),
      element("code", {}, fileNameOfCodes()),
      " and runs it again.",
    ),
  );
}

function item(correction, redraw) {
  const { id, text, downloaded } = correction;
  const takeBack = () => {
    undo(id);
    redraw();
  };
  return element(
    "article",
    { class: "evidence", "data-id": id },
    element("h2", { class: "source" }, ...sourceOf(id)),
    element("p", { class: "quotation" }, text),
    element(
      "p",
      { class: "corrected" },
      element("strong", {}, saidText(correction)),
      downloaded ? " (downloaded) " : " (not downloaded) ",
      element("button", { type: "button", class: "undo", onclick: takeBack }, "Undo"),
    ),
  );
}

function sourceOf(id) {
  const doc = DOCUMENT_OF.get(docIdOf(id));
  const link = element("a", { href: authorityLink(doc.authority) }, DATA.authorities[doc.authority].name);
  return [link, ` · ${[doc.document_type, doc.year].filter(Boolean).join(" · ")}`];
}

function codedSection() {
  const cells = (...texts) => texts.map((text) => element("td", {}, text));
  const rows = DATA.corrections.map(({ id, theme, code, model_says, coder, on }) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, ...sourceOf(id)),
      ...cells(
        codeText(theme, code),
        model_says === NOT_ABOUT ? "not about this" : model_says,
        coder,
        on ? longDate(on) : "",
      ),
    ),
  );
  return section(
    "Read back before this report was made",
    table(
      "Codes beside the tags; the numbers count what the model says",
      ["Report", "Coded", "The model says", "By", "On"],
      rows,
    ),
  );
}
