// Toasts, menus that close, the navigation on a narrow screen, focus on a form's errors.
export function shell() {
  document.addEventListener("click", (event) => {
    const close = event.target.closest("[data-toast-close]");
    if (close) close.closest("[data-toast]").remove();
    if (event.target.closest("[data-back]")) history.back();
    const toggle = event.target.closest("[data-navtoggle]");
    if (toggle) {
      const nav = document.getElementById("nav");
      toggle.setAttribute("aria-expanded", String(nav.toggleAttribute("data-shown")));
    }
    for (const menu of document.querySelectorAll("details.hy-menu[open]")) {
      // what was chosen in it shows beside it
      if (!menu.contains(event.target) || event.target.closest(".hy-menu-item")) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.hy-menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.querySelector("[data-errors]")?.focus();
  document.body.addEventListener("toast", (event) => toast(event.detail.value ?? event.detail));
  document.body.addEventListener("htmx:sendError", () => toast(offlineWords()));
  document.body.addEventListener("htmx:responseError", (event) => {
    const message = event.detail.xhr.getResponseHeader("X-Message");
    toast(message ? decodeURIComponent(message) : offlineWords());
  });
}

// A form that was asked for takes the keys at once: what is wrong in it, else its first field.
export function first(root) {
  if (root.matches("[data-act]")) root.querySelector("[data-errors], .hy-field :is(input:not([type=hidden]), select, textarea)")?.focus();
}

function offlineWords() {
  return document.documentElement.lang.startsWith("en")
    ? "The server did not answer. What you typed is kept; try again."
    : "服务器没有应答。您填的内容还在，请再试一次。";
}

// Say something briefly, without taking the focus.
export function toast(words) {
  const holder = document.getElementById("toasts");
  if (!holder) return;
  const box = document.createElement("div");
  box.className = "hy-toast";
  box.dataset.toast = "";
  const text = document.createElement("span");
  text.textContent = words;
  const close = document.createElement("button");
  close.type = "button";
  close.dataset.toastClose = "";
  close.textContent = holder.dataset.closeWords;
  box.append(text, close);
  holder.append(box);
}
