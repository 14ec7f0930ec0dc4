// Moving in a table by the arrow keys (the grid pattern of WAI-ARIA): Tab stops once in it.

const MOVES = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  Home: [0, -Infinity],
  End: [0, Infinity],
  PageUp: [-10, 0],
  PageDown: [10, 0],
};

export function moveByArrows(grid) {
  const rows = [...grid.rows].map((row) => [...row.cells].map((cell) => cell.querySelector("a")));
  const links = rows.flat().filter(Boolean);
  const stopAt = (link) => {
    for (const other of links) other.setAttribute("tabindex", "-1");
    link?.setAttribute("tabindex", "0");
  };
  const firstRow = rows[1] || [];
  stopAt(firstRow[1] || firstRow[0] || links[0]);
  grid.addEventListener("keydown", (event) => {
    // Alt+Left and Ctrl+Home are the browser's.
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const move = MOVES[event.key];
    const cell = event.target.closest("td, th");
    if (!move || !cell) return;
    const row = rows[within(cell.parentNode.rowIndex + move[0], rows)];
    const target = row[within(cell.cellIndex + move[1], row)];
    event.preventDefault();
    if (!target) return;
    stopAt(target);
    target.focus();
  });
}

function within(at, list) {
  return Math.min(list.length - 1, Math.max(0, at));
}
