// Waiting for the texts of paragraphs in a report in parts. In a report of one file nothing waits.

import { areLoaded, loadTexts } from "./data.js";
import { element } from "./dom.js";

// Calls `draw` when the paragraphs have their texts: at once if they do. Until then, and if a file
// is missing, `place` says so.
export function whenLoaded(paragraphs, place, draw) {
  if (areLoaded(paragraphs)) {
    draw();
    return;
  }
  const line = element("p", { class: "loading", role: "status" }, "Loading the paragraphs …");
  place.append(line);
  const told = (share) => {
    if (share > 0) line.textContent = `Loading the paragraphs … ${shareText(share)}`;
  };
  loadTexts(paragraphs, told).then(
    () => {
      line.remove();
      draw();
    },
    (error) => {
      line.classList.add("missing");
      line.textContent = error.message;
    },
  );
}

// In tens, so that a screen reader does not read out every number.
export function shareText(share) {
  return `${10 * Math.floor(10 * share)}%`;
}
