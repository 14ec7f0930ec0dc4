// What the reader corrected, paragraph by paragraph. It is kept in the browser (localStorage) until it
// is downloaded as a codes file, which `inspection-themes label --read` takes. Nothing here draws.
//
// A page from disk may share its storage with other pages, lose it, or have none. So each paragraph has
// a key of its own with the name of the corpus and the paragraph's id, which has the hash of its
// document; what is read back is checked; and without storage all is in memory.

import { DATA } from "./data.js";
import { groupBy } from "./group.js";

export const NOT_ABOUT = "no";
const PREFIX = `inspection-themes correction\n${DATA.about.corpus}\n`;
const NAME_KEY = "inspection-themes corrector";
const storage = openStorage();
// Whether corrections outlive the page.
let lasting = storage !== null;
const listeners = [];
const documents = new Set(DATA.documents.map(({ id }) => id));
const themes = new Set(DATA.themes.map(({ id }) => id));
const codedIn = groupBy(DATA.corrections, ({ id }) => id);
// By paragraph id, as {id, text, codes (a stance or "no" by theme), note, model_id, downloaded}.
const corrections = new Map();
let name = storage?.getItem(NAME_KEY) || "";
readAgain();

function openStorage() {
  try {
    const found = globalThis.localStorage;
    found.setItem(PREFIX, "");
    found.removeItem(PREFIX);
    return found;
  } catch {
    return null;
  }
}

export function isLasting() {
  return lasting;
}

function readAgain() {
  // What could not be stored is only here.
  if (!lasting) return;
  for (const id of [...corrections.keys()]) corrections.delete(id);
  for (const key of Object.keys(storage)) {
    const found = key.startsWith(PREFIX) && parsed(storage.getItem(key));
    if (!found || PREFIX + found.id !== key) continue;
    const codes = Object.entries(found.codes).filter(([theme, code]) => !isAmongCodes(found.id, theme, code));
    if (codes.length || found.note) corrections.set(found.id, { ...found, codes: Object.fromEntries(codes) });
    // All of it was read back: it comes with the report now.
    if (!codes.length && found.downloaded) forget(found.id);
  }
}

function parsed(text) {
  try {
    const { id, text: words, codes, note, model_id, downloaded } = JSON.parse(text);
    const known = Object.entries(codes).every(
      ([theme, code]) => themes.has(theme) && [...DATA.stances, NOT_ABOUT].includes(code),
    );
    const good = [id, words, note, model_id].every((value) => typeof value === "string");
    if (!known || !good || !documents.has(docIdOf(id))) return null;
    return { id, text: words, codes, note, model_id, downloaded: downloaded === true };
  } catch {
    return null;
  }
}

function isAmongCodes(id, theme, code) {
  return (codedIn.get(id) || []).some((coded) => coded.theme === theme && coded.code === code);
}

export function docIdOf(id) {
  return id.split(":")[0];
}

// --- what was said --------------------------------------------------------------------------------

// Null if there is none. The text must be the same: a report made anew may give its id to another.
export function correctionOf(paragraph) {
  const found = corrections.get(paragraph.id);
  return found?.text === paragraph.text ? found : null;
}

// The codes that came with the report and differ from the tags, as {theme, code, model_says, coder, on}.
export function codesBeside(paragraph) {
  return (codedIn.get(paragraph.id) || []).filter(({ code, model_says }) => code !== model_says);
}

export function allCorrections() {
  return [...corrections.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

export function notDownloaded() {
  return allCorrections().filter(({ downloaded }) => !downloaded);
}

// `codes` are of the themes that the reader would tag differently; nothing said takes it back.
export function correct(paragraph, codes, note) {
  if (!Object.keys(codes).length && !note) return undo(paragraph.id);
  const { id, text } = paragraph;
  keep({ id, text, codes, note, model_id: DATA.about.model_id, downloaded: false });
  return tell();
}

export function undo(id) {
  corrections.delete(id);
  forget(id);
  tell();
}

export function corrector() {
  return name;
}

export function nameCorrector(said) {
  name = said.trim();
  store(NAME_KEY, name);
  tell();
}

// --- keeping it -----------------------------------------------------------------------------------

function keep(correction) {
  corrections.set(correction.id, correction);
  store(PREFIX + correction.id, JSON.stringify(correction));
}

function store(key, value) {
  try {
    storage?.setItem(key, value);
  } catch {
    // It is full.
    lasting = false;
  }
}

function forget(id) {
  try {
    storage?.removeItem(PREFIX + id);
  } catch {
    lasting = false;
  }
}

// Calls `then` whenever something was corrected or undone, also in another tab.
export function whenCorrected(then) {
  listeners.push(then);
}

function tell() {
  for (const listener of listeners) listener();
}

globalThis.addEventListener?.("storage", () => {
  readAgain();
  tell();
});

// --- the codes file -------------------------------------------------------------------------------

// One JSON object a line, as `label --read` takes it: `themes` are those that were corrected, `label`
// those that the paragraph is about. All others keep what is known of them.
export function codesFile() {
  const lines = allCorrections().map(({ id, text, codes, note, model_id }) => {
    const about = Object.entries(codes).filter(([, code]) => code !== NOT_ABOUT);
    const label = about.map(([theme, code]) => `${theme}:${code}`);
    const none = Object.keys(codes).length ? ["none"] : [];
    return JSON.stringify({
      paragraph_id: id,
      drawn: "corrected",
      coder: name,
      themes: Object.keys(codes).join(", "),
      label: label.length ? label : none,
      comment: note,
      model_id,
      text,
    });
  });
  return lines.map((line) => `${line}\n`).join("");
}

export function fileNameOfCodes() {
  return `corrections-${name.toLowerCase().replace(/[^a-z0-9]+/g, "-") || "nobody"}.jsonl`;
}

export function markDownloaded() {
  for (const correction of allCorrections()) keep({ ...correction, downloaded: true });
  tell();
}
