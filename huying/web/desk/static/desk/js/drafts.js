// What is typed into a form with data-draft is kept on this machine for a day, and given back after a reload, a crash or an error.
// Never a sealed field, a password or a file; never past sign-out.
const PREFIX = "hy-draft:";
const KEPT_MS = 24 * 3600 * 1000;

function owner() {
  return document.body.dataset.account ?? "";
}

function kept(field) {
  if (!field.name || field.name === "csrfmiddlewaretoken" || field.name === "idempotency_key" || field.name === "version") return false;
  if (field.closest("[data-sealed]")) return false;
  return !["password", "file", "hidden", "submit", "button"].includes(field.type);
}

function values(form) {
  const found = {};
  for (const field of form.elements) {
    if (!kept(field)) continue;
    if (field.type === "checkbox" || field.type === "radio") {
      if (field.checked) (found[field.name] ??= []).push(field.value);
    } else if (field.value) {
      found[field.name] = [field.value];
    }
  }
  return found;
}

function fill(form, saved) {
  for (const field of form.elements) {
    if (!kept(field)) continue;
    const wanted = saved[field.name];
    if (field.type === "checkbox" || field.type === "radio") field.checked = Boolean(wanted?.includes(field.value));
    else if (wanted && !field.value) field.value = wanted[0];
  }
  form.dispatchEvent(new Event("change", { bubbles: true }));
}

function read(key) {
  try {
    const draft = JSON.parse(localStorage.getItem(key) ?? "null");
    if (draft && Date.now() - draft.at < KEPT_MS) return draft;
  } catch {
    // a damaged draft is no draft
  }
  localStorage.removeItem(key);
  return null;
}

export function drafts(root) {
  for (const button of root.querySelectorAll("[data-signout]")) {
    button.addEventListener("submit", () => {
      for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
    });
  }
  for (const done of root.querySelectorAll("[data-draft-done]")) localStorage.removeItem(`${PREFIX}${owner()}:${done.dataset.draftDone}`);
  for (const form of root.querySelectorAll("form[data-draft]:not([data-draft-on])")) watch(form);
}

function watch(form) {
  form.dataset.draftOn = "";
  const key = `${PREFIX}${owner()}:${form.dataset.draft}`;
  const draft = read(key);
  const failed = Boolean(form.querySelector("[data-errors]"));
  if (draft?.sent && !failed) {
    localStorage.removeItem(key);
  } else if (draft && !failed) {
    fill(form, draft.values);
    say(form, key, draft.at);
  }
  form.addEventListener("input", () => {
    const found = values(form);
    if (Object.keys(found).length) localStorage.setItem(key, JSON.stringify({ at: Date.now(), values: found }));
    else localStorage.removeItem(key);
  });
  form.addEventListener("submit", () => {
    const latest = read(key);
    if (latest) localStorage.setItem(key, JSON.stringify({ ...latest, sent: true }));
  });
}

function say(form, key, at) {
  const english = document.documentElement.lang.startsWith("en");
  const time = new Date(at).toLocaleTimeString(english ? "en-GB" : "zh-CN", { hour: "2-digit", minute: "2-digit" });
  const bar = document.createElement("p");
  bar.className = "hy-quiet";
  bar.setAttribute("role", "status");
  const drop = document.createElement("button");
  drop.type = "button";
  drop.className = "hy-btn hy-btn-quiet hy-btn-small";
  drop.textContent = english ? "Discard" : "不要了";
  drop.addEventListener("click", () => {
    localStorage.removeItem(key);
    form.reset();
    bar.remove();
    form.querySelector("input:not([type=hidden]), textarea, select")?.focus();
  });
  bar.append(english ? `Draft of ${time} given back. ` : `已恢复 ${time} 的草稿。`, drop);
  form.prepend(bar);
}
