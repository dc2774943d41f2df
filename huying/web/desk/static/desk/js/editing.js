// "Someone is editing": while a form of a record has the focus, say so to the server, and show who else does.
const EVERY_MS = 20000;

export function editing(root) {
  for (const holder of root.querySelectorAll("[data-editing]:not([data-editing-on])")) {
    holder.dataset.editingOn = "";
    const scope = holder.closest("[data-editing-scope]") ?? document;
    let typed = false;
    scope.addEventListener("input", () => (typed = true));
    const beat = async () => {
      if (!holder.isConnected) return clearInterval(timer);
      if (document.hidden) return undefined;
      const busy = Boolean(scope.querySelector("form:focus-within textarea, form:focus-within input:not([type=search])"));
      const body = new URLSearchParams({ writing: busy ? "1" : "" });
      try {
        const headers = { "X-CSRFToken": token() };
        // An open page alone is nobody at the desk: only typing keeps the session from falling idle.
        if (!typed) headers["X-Huying-By-Itself"] = "1";
        typed = false;
        const answer = await fetch(holder.dataset.editing, { method: "POST", body, headers });
        if (answer.ok) holder.textContent = (await answer.json()).words;
      } catch {
        // no connection: the version on the form still guards
      }
      return undefined;
    };
    const timer = setInterval(beat, EVERY_MS);
    scope.addEventListener("focusin", (event) => {
      if (event.target.closest("form") && holder.dataset.said === undefined) {
        holder.dataset.said = "";
        beat();
      }
    });
    beat();
  }
}

function token() {
  return JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"] ?? "";
}
