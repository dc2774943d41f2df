// The portal works without any of this; drafts, maps and photo size are a help where scripts run.
import { drafts } from "./drafts.js";
import { dialogs } from "./dialogs.js";
import { boxes } from "./boxes.js";
import { files } from "./files.js";
import { shell } from "./shell.js";

shell();
drafts(document);
dialogs(document);
boxes(document);
files(document);
for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());
