// Moving by the arrow keys among links that lie anywhere on a picture: Tab stops once in it.

// For each key which way it goes, as [across, down].
const WAYS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

// `places` are {link, x, y}; `first` is the link where Tab stops at first.
export function moveAmong(picture, places, first = places[0]?.link) {
  const stopAt = (link) => {
    for (const place of places) place.link.setAttribute("tabindex", place.link === link ? "0" : "-1");
  };
  stopAt(first);
  picture.addEventListener("keydown", (event) => {
    // Alt+Left is the browser's.
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const way = WAYS[event.key];
    const from = places.find(({ link }) => link === document.activeElement);
    if (!way || !from) return;
    event.preventDefault();
    const target = nearestThatWay(places, from, way);
    if (!target) return;
    stopAt(target.link);
    target.link.focus();
  });
}

// Straight ahead first: a place beside the way counts as if it were twice as far off it.
export function nearestThatWay(places, from, [across, down]) {
  let [found, least] = [null, Infinity];
  for (const place of places) {
    const [dx, dy] = [place.x - from.x, place.y - from.y];
    const ahead = dx * across + dy * down;
    const beside = Math.abs(dx * down + dy * across);
    const distance = ahead + 2 * beside;
    if (ahead > 0 && distance < least) [found, least] = [place, distance];
  }
  return found;
}
