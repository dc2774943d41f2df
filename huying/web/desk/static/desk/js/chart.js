// Charts from the JSON beside them. HTML tooltips would need inline style, which the policy forbids: they are drawn on the canvas.
import * as echarts from "../../vendor/echarts/echarts.esm.min.js";

function ink(name) {
  return getComputedStyle(document.body).getPropertyValue(name).trim();
}

// Axes, legends and labels take the page's ink, and the size a shell asks for (--chart-font): ECharts hands neither down.
function dressed(options) {
  const size = parseFloat(ink("--chart-font")) || 12;
  const letters = { color: ink("--ink-2"), fontSize: size };
  const many = (part, change) => (Array.isArray(part) ? part.map(change) : part && change(part));
  const axis = (one) => ({ ...one, axisLabel: { ...letters, ...one.axisLabel }, axisLine: { lineStyle: { color: ink("--rule-strong") }, ...one.axisLine }, splitLine: { lineStyle: { color: ink("--rule") }, ...one.splitLine } });
  const label = (one) => (one?.tone ? { ...one, label: { ...one.label, color: ink(`--${one.tone}`), fontWeight: 600 } } : one);
  const dress = (one) => (one && typeof one === "object" && one.label ? { ...one, ...(one.ink && { itemStyle: { color: ink(one.ink) } }), label: { color: ink("--ink"), fontSize: size, ...one.label } } : one);
  return {
    ...options,
    ...(options.xAxis && { xAxis: many(options.xAxis, axis) }),
    ...(options.yAxis && { yAxis: many(options.yAxis, axis) }),
    ...(options.legend && { legend: many(options.legend, (one) => ({ ...one, textStyle: { ...letters, ...one.textStyle } })) }),
    ...(options.radar && { radar: { ...options.radar, axisName: letters, splitArea: { show: false }, splitLine: { lineStyle: { color: ink("--rule") } }, axisLine: { lineStyle: { color: ink("--rule") } } } }),
    series: many(options.series, (one) => ({ ...dress(one), data: many(one.data, (point) => dress(label(point))) })),
  };
}

// The mark that the axis of values puts on its numbers ("%"): what is pointed at is said with it too.
function mark(options) {
  const axes = [options.xAxis, options.yAxis].flat().filter((one) => one?.type === "value");
  return axes.map((one) => (one.axisLabel?.formatter ?? "").replace("{value}", "") || (one.name ? ` ${one.name}` : ""))[0] ?? "";
}

function said(value, unit) {
  return value === null || value === undefined || Number.isNaN(value) ? "—" : `${Number(value).toLocaleString("en")}${unit}`;
}

export function draw(holder) {
  if (holder.dataset.on !== undefined) return;
  holder.dataset.on = "";
  const options = JSON.parse(document.getElementById(holder.dataset.chart).textContent);
  const chart = echarts.init(holder, null, { renderer: "svg" });
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: ink("--ink-2") },
    color: [ink("--accent"), ink("--blue"), ink("--amber"), ink("--grey"), ink("--green"), ink("--red")],
    grid: { left: 8, right: 72, top: 16, bottom: 8, containLabel: true },
    aria: { enabled: true },
    ...dressed(options),
    tooltip: { trigger: "axis", valueFormatter: (value) => said(value, mark(options)), ...(options.tooltip ?? {}), renderMode: "richText", confine: true },
  });
  new ResizeObserver(() => chart.resize()).observe(holder);
}
