// Maps without tiles: an office may have no internet, so the ground is the place's own boundaries.
import * as maplibre from "../../vendor/maplibre/maplibre-gl.mjs";

const EMPTY = { type: "FeatureCollection", features: [] };
// an example of no one: the middle of China's Lishui is no default; without data the map shows the country
const COUNTRY = [104, 35];

function ink(name) {
  return getComputedStyle(document.body).getPropertyValue(name).trim();
}

function styles() {
  const address = new URL("../../vendor/maplibre/maplibre-gl.css", import.meta.url).href;
  if (document.querySelector(`link[href="${address}"]`)) return;
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = address;
  document.head.append(link);
}

async function geojson(given, url) {
  if (given) return given;
  if (!url) return EMPTY;
  const answer = await fetch(url, { headers: { Accept: "application/geo+json, application/json" } });
  return answer.ok ? answer.json() : EMPTY;
}

export async function draw(holder) {
  if (holder.dataset.on !== undefined) return;
  holder.dataset.on = "";
  styles();
  const config = JSON.parse(document.getElementById(holder.dataset.map).textContent);
  const [shapes, ground] = await Promise.all([geojson(config.features, config.url), geojson(null, config.area)]);
  if (!config.pick && !config.center && ![...shapes.features, ...ground.features].length) {
    holder.firstElementChild.textContent = holder.dataset.none;
    holder.dataset.size = "none";
    return;
  }
  holder.replaceChildren();
  const map = new maplibre.Map({
    container: holder,
    style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": ink("--sunken") } }] },
    center: config.center ?? COUNTRY,
    zoom: config.center ? 13 : 3,
    attributionControl: false,
    dragRotate: false,
  });
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
  map.on("load", () => {
    layers(map, ground, shapes);
    const bounds = extent([...ground.features, ...shapes.features]);
    if (bounds && !config.center) map.fitBounds(bounds, { padding: 24, animate: false, maxZoom: 15 });
    holder.dataset.ready = "";
  });
  if (config.pick) pick(map, config.pick, holder);
  for (const layer of ["points", "areas"]) {
    map.on("click", layer, (event) => {
      const { href } = event.features[0].properties;
      if (!config.pick && href && href.startsWith("/")) location.href = href;
    });
  }
}

function layers(map, ground, shapes) {
  map.addSource("ground-shapes", { type: "geojson", data: ground });
  map.addLayer({ id: "ground-fill", type: "fill", source: "ground-shapes", paint: { "fill-color": ink("--surface") } });
  map.addLayer({ id: "ground-line", type: "line", source: "ground-shapes", paint: { "line-color": ink("--rule-strong"), "line-width": 1 } });
  map.addSource("shapes", { type: "geojson", data: shapes });
  const tone = ["match", ["get", "tone"], "red", ink("--red"), "amber", ink("--amber"), "orange", ink("--orange"), "green", ink("--green"), "blue", ink("--blue"), "grey", ink("--grey"), ink("--accent")];
  map.addLayer({ id: "areas", type: "fill", source: "shapes", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": ["coalesce", ["get", "fill"], tone], "fill-opacity": 0.35 } });
  map.addLayer({ id: "edges", type: "line", source: "shapes", filter: ["==", ["geometry-type"], "Polygon"], paint: { "line-color": tone, "line-width": 1.5 } });
  map.addLayer({
    id: "points", type: "circle", source: "shapes", filter: ["==", ["geometry-type"], "Point"],
    paint: { "circle-color": tone, "circle-radius": 7, "circle-stroke-width": 2, "circle-stroke-color": ink("--surface") },
  });
}

function extent(features) {
  const box = new maplibre.LngLatBounds();
  const walk = (part) => (typeof part[0] === "number" ? box.extend(part) : part.forEach(walk));
  for (const feature of features) if (feature.geometry) walk(feature.geometry.coordinates);
  return box.isEmpty() ? null : box;
}

// A click, or the two inputs by hand, say where; each follows the other.
function pick(map, base, holder) {
  const form = holder.closest("form") ?? document;
  const lon = form.querySelector(`[name="${base}_lon"]`);
  const lat = form.querySelector(`[name="${base}_lat"]`);
  const marker = new maplibre.Marker({ draggable: true, color: ink("--accent") });
  const show = () => {
    if (lon.value && lat.value) marker.setLngLat([Number(lon.value), Number(lat.value)]).addTo(map);
    else marker.remove();
  };
  const take = ({ lng, lat: y }) => {
    lon.value = lng.toFixed(6);
    lat.value = y.toFixed(6);
    show();
    lon.dispatchEvent(new Event("change", { bubbles: true }));
  };
  map.on("click", (event) => take(event.lngLat));
  marker.on("dragend", () => take(marker.getLngLat()));
  for (const input of [lon, lat]) input.addEventListener("change", show);
  show();
}
