// The desk's behaviour: each part finds its own elements by data-attributes, also in what htmx brings later.
import { keys } from "./keys.js";
import { drafts } from "./drafts.js";
import { panel } from "./panel.js";
import { dialogs } from "./dialogs.js";
import { editing } from "./editing.js";
import { picks } from "./picks.js";
import { first, shell } from "./shell.js";
import { boxes } from "./boxes.js";
import { locates } from "./locates.js";
import { files } from "./files.js";
import { narrows } from "./narrows.js";
import { stacks } from "./stacks.js";

const parts = [drafts, dialogs, editing, picks, boxes, locates, files, narrows, stacks];

function wake(root) {
  for (const part of parts) part(root);
}

shell();
keys();
panel();
wake(document);
document.addEventListener("htmx:afterSettle", (event) => {
  wake(event.detail.elt);
  first(event.detail.elt);
});
