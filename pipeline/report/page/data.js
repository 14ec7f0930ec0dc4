// What html.py wrote into the page. All of it is shown as text: nothing in this report turns a
// string into markup, and the page's policy would not run anything but its own script.

const OF_PARAGRAPH = ["id", "document", "page", "heading", "lead_in", "text", "tags"];
const OF_TAG = ["theme", "stance", "probability", "from", "to"];

// Its authorities are in alphabetical order, so sorting by their numbers sorts by name.
export const DATA = JSON.parse(document.getElementById("data").textContent);
DATA.evidence = DATA.evidence.map(paragraphOf);

// The paragraphs without a theme, which only a search shows: packed, so that the file stays small.
// Rejects in a browser that cannot unpack them (Safari of before 2023).
export async function unpackUntagged() {
  const bytes = Uint8Array.from(atob(DATA.untagged), (sign) => sign.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return (await new Response(unpacked).json()).map(paragraphOf);
}

export function paragraphOf(values) {
  const paragraph = named(OF_PARAGRAPH, values);
  paragraph.tags = paragraph.tags.map((tag) => named(OF_TAG, tag));
  return paragraph;
}

function named(names, values) {
  return Object.fromEntries(names.map((name, at) => [name, values[at]]));
}

export function docOf(paragraph) {
  return DATA.documents[paragraph.document];
}
