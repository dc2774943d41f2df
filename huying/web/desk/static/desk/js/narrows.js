// A long list of choices narrows as one types: a name, an abbreviation (人社局) or pinyin initials (rsj). Without script it is whole.
const MANY = 8;
const SHOWN = 8;
let labelled = 0;
// The first character of each initial in the browser's own pinyin order.
const FIRSTS = [..."阿八嚓哒妸发旮哈讥咔垃痳拏噢妑七呥仨他屲夕丫帀"];
const INITIALS = "abcdefghjklmnopqrstwxyz";
const order = Intl.Collator.supportedLocalesOf(["zh"]).length ? new Intl.Collator("zh-u-co-pinyin") : null;

export function initials(text) {
  if (!order) return "";
  return [...text].map((sign) => {
    if (!/\p{Script=Han}/u.test(sign)) return sign.toLowerCase();
    const at = FIRSTS.findLastIndex((first) => order.compare(first, sign) <= 0);
    return at < 0 ? "" : INITIALS[at];
  }).join("");
}

// 2: the words stand in it; 1: its signs stand in it in this order, or it begins so in pinyin; 0: no.
function fits(asked, entry) {
  if (entry.words.includes(asked)) return 2;
  if (/^[a-z0-9]+$/.test(asked)) return entry.initials.includes(asked) ? 1 : 0;
  let at = 0;
  for (const sign of entry.name) if (sign === asked[at]) at += 1;
  return asked.length > 1 && at === asked.length ? 1 : 0;
}

function entryOf(element, name, also) {
  const words = `${name} ${also}`.toLowerCase();
  return { element, name, words, initials: `${initials(name)} ${initials(also)}` };
}

function box(words, before, label) {
  const holder = document.createElement("div");
  holder.className = "hy-narrow";
  const input = document.createElement("input");
  input.type = "search";
  input.autocomplete = "off";
  input.placeholder = words.narrows;
  input.setAttribute("aria-label", words.narrows);
  label.id ||= `narrows-${++labelled}`;
  input.setAttribute("aria-describedby", label.id);
  const said = document.createElement("span");
  said.className = "hy-help";
  said.setAttribute("role", "status");
  holder.append(input, said);
  before.before(holder);
  return { input, said };
}

function say(said, words, n) {
  said.textContent = n === null ? "" : n ? words.narrowsFound.replace("%n", String(n)) : words.narrowsNone;
}

function ofSelect(select) {
  const groups = [...select.children].map((child) => ({
    child,
    entries: child.matches("optgroup") ? [...child.children].map((o) => entryOf(o, o.text, o.dataset.also ?? "")) : null,
  }));
  const all = groups.flatMap((group) => group.entries ?? []).length || select.options.length;
  if (all < MANY) return;
  for (const group of groups) group.entries ??= [entryOf(group.child, group.child.text, group.child.dataset.also ?? "")];
  const { input, said } = box(select.dataset, select, select.labels[0]);
  input.setAttribute("aria-controls", select.id);
  const first = select.value;

  const narrow = () => {
    const asked = input.value.trim().toLowerCase();
    const chosen = select.value;
    let found = 0;
    let best = null;
    for (const { child, entries } of groups) {
      child.remove();
      const kept = [];
      for (const entry of entries) {
        const fit = asked && entry.element.value ? fits(asked, entry) : 0;
        if (fit && (!best || fit > best.fit)) best = { fit, value: entry.element.value };
        if (fit) found += 1;
        if (!asked || fit) kept.push(entry.element);
      }
      if (child.matches("optgroup")) child.replaceChildren(...kept);
      if (kept.length) select.append(child);
    }
    select.value = asked ? best?.value ?? "" : chosen || first;
    if (asked && found > 1) select.size = Math.min(found + select.querySelectorAll("optgroup").length, SHOWN);
    else select.removeAttribute("size");
    say(said, select.dataset, asked ? found : null);
    select.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const settle = () => {
    if (!input.value) return;
    input.value = "";
    narrow();
  };

  input.addEventListener("input", narrow);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault();
      if (event.key === "Enter" && select.value) settle();
      select.focus();
    } else if (event.key === "Escape" && input.value) {
      event.stopPropagation();
      input.value = "";
      narrow();
    }
  });
  // A choice made in the open list closes it.
  select.addEventListener("click", (event) => event.target.matches("option") && settle());
  select.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || !input.value) return;
    event.preventDefault();
    settle();
  });
}

function ofBoxes(box0) {
  const holder = box0.closest(".hy-options");
  const entries = [...holder.querySelectorAll("label")].map((label) =>
    entryOf(label, label.textContent.trim(), label.querySelector("input").dataset.also ?? ""));
  if (entries.length < MANY) return;
  const { input, said } = box(box0.dataset, holder, holder.closest("fieldset").querySelector("legend"));
  const narrow = () => {
    const asked = input.value.trim().toLowerCase();
    let found = 0;
    for (const entry of entries) {
      const fit = !asked || fits(asked, entry) > 0;
      if (asked && fit) found += 1;
      entry.element.hidden = !fit && !entry.element.querySelector("input").checked;
    }
    say(said, box0.dataset, asked ? found : null);
  };
  input.addEventListener("input", narrow);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const shown = entries.filter((entry) => !entry.element.hidden && fits(input.value.trim().toLowerCase(), entry));
    if (shown.length) shown[0].element.querySelector("input").focus();
  });
}

export function narrows(root) {
  for (const element of root.querySelectorAll("[data-narrows]:not([data-narrows-on])")) {
    element.dataset.narrowsOn = "";
    if (element.matches("select")) ofSelect(element);
    else ofBoxes(element);
  }
}
