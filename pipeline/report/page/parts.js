// The parts of a large report, which lie in a folder beside it: scripts that hand over a packed text.

import { element } from "./dom.js";

// How many unpacked parts to keep: what has just been read is likely to be read again.
const PARTS_KEPT = 40;
const keptParts = new Map();
const arrivingParts = new Map();
const waitingParts = new Map();

// What every part calls. A text that nobody waits for is left.
globalThis.takePart = (name, packed) => {
  if (typeof packed === "string") waitingParts.get(name)?.(packed);
};

const TOO_OLD = "This browser is too old for a report of so many documents: it has to be of 2023 or later.";

// The bytes of zlib in base64. Rejects in a browser that cannot unpack them.
export async function unpack(packed) {
  if (!globalThis.DecompressionStream) throw new Error(TOO_OLD);
  const bytes = Uint8Array.from(atob(packed), (sign) => sign.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(unpacked).arrayBuffer());
}

export async function unpackJson(packed) {
  return JSON.parse(new TextDecoder().decode(await unpack(packed)));
}

// What `read` (`unpack` or `unpackJson`) makes of a part. Rejects with an error that says in words
// which file is missing.
export async function loadPart(folder, name, read) {
  if (keptParts.has(name)) {
    const part = keptParts.get(name);
    keptParts.delete(name);
    keptParts.set(name, part);
    return part;
  }
  if (!arrivingParts.has(name)) {
    const coming = handedOver(folder, name).then(read);
    arrivingParts.set(name, coming);
    coming.then(
      (part) => {
        keptParts.set(name, part);
        if (keptParts.size > PARTS_KEPT) keptParts.delete(keptParts.keys().next().value);
        arrivingParts.delete(name);
      },
      () => arrivingParts.delete(name),
    );
  }
  return arrivingParts.get(name);
}

function handedOver(folder, name) {
  return new Promise((resolve, reject) => {
    const script = element("script", { src: `${folder}/${name}` });
    const end = (packed) => {
      script.remove();
      waitingParts.delete(name);
      if (packed === null) reject(new Error(missingPart(folder, name)));
      else resolve(packed);
    };
    waitingParts.set(name, end);
    // A damaged script is loaded, but hands nothing over.
    for (const event of ["load", "error"])
      script.addEventListener(event, () => waitingParts.has(name) && end(null));
    document.head.append(script);
  });
}

function missingPart(folder, name) {
  return (
    `This needs the file “${name}” of the folder “${folder}”, which is missing or damaged. The folder belongs ` +
    "to this report: copy it, whole and from the same run, to the place where the report is. Then reload this page."
  );
}
