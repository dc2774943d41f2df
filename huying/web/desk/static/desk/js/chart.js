// Charts from the JSON beside them. HTML tooltips would need inline style, which the policy forbids: they are drawn on the canvas.
import * as echarts from "../../vendor/echarts/echarts.esm.min.js";

function ink(name) {
  return getComputedStyle(document.body).getPropertyValue(name).trim();
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
    ...options,
    tooltip: { trigger: "axis", ...(options.tooltip ?? {}), renderMode: "richText", confine: true },
  });
  new ResizeObserver(() => chart.resize()).observe(holder);
}
