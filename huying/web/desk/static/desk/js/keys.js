// One letter, one act: any element with data-key answers to it; J and K walk the rows. Never while someone types.
export function keys() {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = event.target.closest("form");
      if (form && form.method === "post") {
        event.preventDefault();
        form.requestSubmit(form.querySelector(".hy-btn-primary"));
      }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    const typing = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
    if (typing) {
      if (event.key === "Escape") typing.blur();
      return;
    }
    const key = event.key.toLowerCase();
    if (key === "j" || key === "k") return walk(event, key === "j" ? 1 : -1);
    if (key === "x") return pick(event);
    const target = document.querySelector(`[data-key="${CSS.escape(key)}"]:not([disabled])`);
    if (!target) return;
    event.preventDefault();
    if (target.matches("input:not([type=checkbox], [type=radio], [type=submit]), textarea, select")) {
      target.focus();
      target.select?.();
    } else {
      target.click();
    }
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-keys-open]")) return;
    const dialog = document.querySelector('[data-dialog="keys"]');
    list(dialog.querySelector("[data-keys-list]"));
    dialog.showModal();
  });
}

function rows() {
  return [...document.querySelectorAll("#main [data-row]")];
}

function current(all) {
  const focused = document.activeElement?.closest("[data-row]");
  return all.indexOf(focused ?? all.find((row) => row.getAttribute("aria-current") === "true"));
}

function walk(event, step) {
  const all = rows();
  if (!all.length) return;
  event.preventDefault();
  const at = current(all);
  const next = all[Math.min(Math.max(at === -1 ? 0 : at + step, 0), all.length - 1)];
  (next.querySelector("[data-opens]") ?? next).focus();
  next.scrollIntoView({ block: "nearest" });
}

function pick(event) {
  const box = document.activeElement?.closest("[data-row]")?.querySelector("[data-pick]");
  if (!box) return;
  event.preventDefault();
  box.click();
}

// The help lists what this very page answers to.
function list(holder) {
  for (const old of holder.querySelectorAll("[data-added]")) old.remove();
  for (const element of document.querySelectorAll("[data-key][data-key-words]")) {
    const term = document.createElement("dt");
    const words = document.createElement("dd");
    const key = document.createElement("span");
    key.className = "hy-key";
    key.textContent = element.dataset.key.toUpperCase();
    words.textContent = element.dataset.keyWords;
    term.dataset.added = words.dataset.added = "";
    term.append(key);
    holder.append(term, words);
  }
}
