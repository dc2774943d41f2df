// Maps and charts are heavy: their code comes only where a page has one.
export function boxes(root) {
  const maps = root.querySelectorAll("[data-map]:not([data-on])");
  const charts = root.querySelectorAll("[data-chart]:not([data-on])");
  if (maps.length) import("./map.js").then(({ draw }) => maps.forEach(draw));
  if (charts.length) import("./chart.js").then(({ draw }) => charts.forEach(draw));
}
