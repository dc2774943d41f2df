// On a phone a table's row becomes a card: its first cell is the title, every other cell carries its column's name. Here the
// names are written on the cells (and the roles, which a browser forgets with `display: block`); kit.css does the rest.
export function stacks(root) {
  for (const table of root.querySelectorAll(".hy-table:not([data-stacked])")) {
    const heads = table.tHead?.rows;
    if (heads?.length !== 1) continue;
    const names = [...heads[0].cells].map((cell) => cell.textContent.trim());
    table.setAttribute("role", "table");
    for (const part of [table.tHead, ...table.tBodies, table.tFoot]) part?.setAttribute("role", "rowgroup");
    for (const row of table.rows) {
      row.setAttribute("role", "row");
      let place = 0;
      for (const cell of row.cells) {
        const head = cell.tagName === "TH";
        cell.setAttribute("role", head ? (row.parentElement === table.tHead ? "columnheader" : "rowheader") : "cell");
        const titled = place === 0 && !cell.querySelector("input");
        if (cell.colSpan === 1 && !titled && names[place]) cell.dataset.label = names[place];
        place += cell.colSpan;
      }
    }
    table.dataset.stacked = "";
  }
}
