// The report's map, drawn as SVG: a hatch for "no data" needs a pattern, and a page on paper needs no WebGL.
const SVG = "http://www.w3.org/2000/svg";

function make(name, attributes = {}, text = "") {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text) node.textContent = text;
  return node;
}

function rings(geometry) {
  if (geometry?.type === "Polygon") return geometry.coordinates;
  if (geometry?.type === "MultiPolygon") return geometry.coordinates.flat();
  return [];
}

function bounds(features) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const feature of features) for (const ring of rings(feature.geometry)) for (const [x, y] of ring) {
    box[0] = Math.min(box[0], x); box[1] = Math.min(box[1], y); box[2] = Math.max(box[2], x); box[3] = Math.max(box[3], y);
  }
  return box;
}

// The middle of the largest ring, where its name stands.
function middle(feature, place) {
  let best = null;
  for (const ring of rings(feature.geometry)) {
    let area = 0, x = 0, y = 0;
    for (let i = 0; i + 1 < ring.length; i++) {
      const [ax, ay] = ring[i], [bx, by] = ring[i + 1], part = ax * by - bx * ay;
      area += part; x += (ax + bx) * part; y += (ay + by) * part;
    }
    if (area && (!best || Math.abs(area) > best.area)) best = { area: Math.abs(area), at: place([x / (3 * area), y / (3 * area)]) };
  }
  return best;
}

function draw(holder, features, values) {
  const [west, south, east, north] = bounds(features);
  // A degree of longitude is shorter than one of latitude: by the cosine of the latitude.
  const narrow = Math.cos(((south + north) / 2) * Math.PI / 180);
  const width = 800, scale = width / ((east - west) * narrow || 1), height = (north - south) * scale;
  const place = ([x, y]) => [(x - west) * narrow * scale, (north - y) * scale];
  const svg = make("svg", { viewBox: `-8 -8 ${width + 16} ${height + 16}`, preserveAspectRatio: "xMidYMid meet" });
  const pattern = make("pattern", { id: "rp-none", width: 8, height: 8, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
  pattern.append(make("rect", { width: 8, height: 8 }), make("line", { x1: 0, y1: 0, x2: 0, y2: 8 }));
  const defs = make("defs");
  defs.append(pattern);
  svg.append(defs);
  const names = [];
  for (const feature of features) {
    const { code, name } = feature.properties, value = values[code];
    const path = make("path", {
      d: rings(feature.geometry).map((ring) => `M${ring.map((point) => place(point).map((n) => n.toFixed(1)).join(",")).join("L")}Z`).join(""),
      "data-tone": value?.tone ?? "", "fill-rule": "evenodd",
    });
    path.append(make("title", {}, value?.label ?? name));
    if (value?.href?.startsWith("/")) {
      const link = make("a", { href: value.href, "aria-label": value.label });
      link.append(path);
      svg.append(link);
    } else svg.append(path);
    const at = middle(feature, place);
    if (at && features.length <= 30) names.push([at.at, (value?.label ?? name).split(" ")]);
  }
  const size = Math.max(12, height / 26);
  names.sort((one, other) => other[1].length - one[1].length);
  for (const [[x, y], [name, ...rest]] of names) {
    const label = make("text", { x, y, "font-size": size });
    label.append(make("tspan", { x, dy: 0 }, name));
    if (rest.length) label.append(make("tspan", { x, dy: "1.2em" }, rest.join(" ")));
    svg.append(label);
  }
  holder.replaceChildren(svg);
  // A name that would lie over another is left to the hover text and the table.
  const kept = [];
  for (const label of svg.querySelectorAll("text")) {
    const box = label.getBBox();
    const over = kept.some((b) => box.x < b.x + b.width && b.x < box.x + box.width && box.y < b.y + b.height && b.y < box.y + box.height);
    if (over) label.remove(); else kept.push(box);
  }
}

for (const holder of document.querySelectorAll("[data-report-map]")) {
  const say = (text) => { const p = document.createElement("p"); p.textContent = text; holder.replaceChildren(p); };
  say(holder.dataset.waiting);
  const values = JSON.parse(document.getElementById(holder.dataset.reportMap).textContent);
  // Where most places have no boundaries, tiles stand for them.
  const tiles = document.getElementById(holder.dataset.tiles ?? "");
  const few = (features) => tiles && features.filter((one) => one.properties.code in values).length * 2 < Object.keys(values).length;
  const tile = () => { holder.hidden = true; tiles.hidden = false; };
  fetch(holder.dataset.url, { headers: { Accept: "application/geo+json" } })
    .then((answer) => (answer.ok ? answer.json() : { features: [] }))
    .then(({ features }) => (few(features) ? tile() : features.length ? draw(holder, features, values) : say(holder.dataset.none)))
    .catch(() => say(holder.dataset.none))
    .finally(() => { holder.dataset.ready = ""; });
}
