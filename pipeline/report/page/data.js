// What html.py wrote into the page. All of it is shown as text: nothing in this report turns a
// string into markup, and the page's policy would not run anything but its own script.

// Its authorities are in alphabetical order, so sorting by their numbers sorts by name.
export const DATA = JSON.parse(document.getElementById("data").textContent);

export function docOf(paragraph) {
  return DATA.documents[paragraph.document];
}
