// On a wide screen a row opens beside the list and the address says so; on a narrow one, or with a modifier, it is a plain link.
const WIDE = window.matchMedia("(min-width: 1181px)");

export function panel() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-opens][data-panel-url]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || !WIDE.matches) return;
    event.preventDefault();
    history.pushState({ panel: link.dataset.panelUrl }, "", link.dataset.panelUrl);
    open(link);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !document.querySelector("dialog[open]") && frame()?.hasAttribute("data-open")) shut(true);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-panel-close]")) shut(true);
  });
  window.addEventListener("popstate", () => restore());
  // what was just done is still in the list that was read: say so, rather than let it look undone
  document.body.addEventListener("acted", () => document.querySelector('[data-row][aria-current="true"]')?.classList.add("hy-row-done"));
  restore();
}

function frame() {
  return document.getElementById("frame");
}

// The address says which row is open: find its link and open it; or shut.
function restore() {
  const here = location.pathname + location.search;
  const link = [...document.querySelectorAll("a[data-panel-url]")].find((a) => a.dataset.panelUrl === here);
  if (link && WIDE.matches) open(link);
  else if (frame()?.hasAttribute("data-open")) shut(false);
}

function open(link) {
  for (const row of document.querySelectorAll('[data-row][aria-current="true"]')) row.removeAttribute("aria-current");
  link.closest("[data-row]")?.setAttribute("aria-current", "true");
  frame().setAttribute("data-open", "");
  const side = document.getElementById("side");
  window.htmx.ajax("GET", link.href, { target: "#side", swap: "innerHTML", headers: { "X-Panel": "1" } }).then(() => head(side, link.href));
}

function head(side, href) {
  const bar = document.createElement("div");
  bar.className = "hy-line";
  const shutter = document.createElement("button");
  shutter.type = "button";
  shutter.className = "hy-btn hy-btn-small";
  shutter.dataset.panelClose = "";
  shutter.textContent = `${side.dataset.closeWords} (Esc)`;
  const full = document.createElement("a");
  full.href = href;
  full.textContent = side.dataset.fullWords;
  bar.append(full, shutter);
  shutter.classList.add("hy-line-end");
  side.prepend(bar);
  side.scrollTop = 0;
}

function shut(push) {
  const current = document.querySelector('[data-row][aria-current="true"]');
  current?.removeAttribute("aria-current");
  frame().removeAttribute("data-open");
  document.getElementById("side").replaceChildren();
  current?.querySelector("[data-opens]")?.focus();
  if (!push) return;
  const address = new URL(location.href);
  address.searchParams.delete("open");
  history.pushState({}, "", address);
}
