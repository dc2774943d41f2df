// The browser's file control speaks the browser's language. Beside it stands one in the page's, which shows what was
// chosen; the control itself stays where it is for the keyboard, for screen readers and for pages without scripts.
export function files(root) {
  const words = document.querySelector('meta[name="hy-file-words"]')?.dataset;
  if (!words) return;
  for (const input of root.querySelectorAll('.hy-field input[type="file"]:not([data-dressed])')) {
    input.dataset.dressed = "";
    const shown = document.createElement("label");
    shown.className = "hy-file";
    shown.htmlFor = input.id;
    shown.setAttribute("aria-hidden", "true");
    const button = document.createElement("span");
    button.className = "hy-btn hy-btn-small";
    button.textContent = input.multiple ? words.many : words.one;
    const names = document.createElement("span");
    names.className = "hy-quiet";
    const say = () => (names.textContent = [...input.files].map((file) => file.name).join("、") || words.none);
    say();
    input.addEventListener("change", say);
    input.form?.addEventListener("reset", () => queueMicrotask(say));
    shown.append(button, names);
    input.after(shown);
  }
}
