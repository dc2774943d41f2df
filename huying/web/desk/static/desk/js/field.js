// The field's shell: what is known of the line, what waits, when we last spoke to the server.
import { drafts } from "./drafts.js";
import { boxes } from "./boxes.js";
import { files } from "./files.js";
import { shell } from "./shell.js";
import { queue } from "./queue.js";

shell();
drafts(document);
boxes(document);
files(document);
queue();
const worker = document.body.dataset.worker;
if (worker && "serviceWorker" in navigator) {
  navigator.serviceWorker.register(worker, { scope: "/field/" });
  // signing out lets the kept pages go: whoever is here now has theirs kept again
  navigator.serviceWorker.ready.then(({ active }) => active.postMessage("keep"));
}

for (const form of document.querySelectorAll("[data-signout]")) {
  form.addEventListener("submit", () => navigator.serviceWorker?.controller?.postMessage("forget"));
}
