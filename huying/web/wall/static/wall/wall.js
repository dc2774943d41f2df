// The wall listens: each event is whole and ends, the browser comes back by itself. Charts are drawn by the desk's own code.
import { boxes } from "../desk/js/boxes.js";

const AGAIN = 60000;

function words(state, kind) {
  state.querySelector("[data-live-words]").textContent = state.dataset[kind];
  document.body.toggleAttribute("data-stale", kind === "stale");
}

function show(state, said) {
  for (const { key, text, tone } of said.figures) {
    const link = document.querySelector(`[data-live-key="${key}"]`);
    if (!link) continue;
    link.querySelector("[data-live-text]").textContent = text;
    if (tone) link.dataset.tone = tone; else delete link.dataset.tone;
  }
  state.querySelector("[data-live-at]").textContent = said.at;
  // The report below was reckoned anew: the page is asked for again, unless somebody is in the middle of it.
  if (said.report && said.report !== state.dataset.report && !document.querySelector("details[open], :focus-visible")) location.reload();
}

function listen(state) {
  const source = new EventSource(state.dataset.live);
  source.addEventListener("open", () => words(state, "fresh"));
  source.addEventListener("figures", (event) => show(state, JSON.parse(event.data)));
  source.addEventListener("error", () => {
    // Between two events it is only waiting to come back; closed, the server turned it away.
    if (source.readyState !== EventSource.CLOSED) return;
    words(state, "stale");
    setTimeout(() => listen(state), AGAIN);
  });
}

boxes(document);
const state = document.querySelector("[data-live]");
if (state) listen(state);
