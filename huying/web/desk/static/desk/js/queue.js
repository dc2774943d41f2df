import { toast } from "./shell.js";

// Reports written without a line wait in this phone's own database, each under a key of its own, so that a report that was
// sent, and whose answer got lost, is still one report. Nothing here notes where the phone is, or when it is used.
const NAME = "huying-field";
const STORE = "reports";
const TEXTS = () => document.getElementById("fstate").dataset;

function database() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(NAME, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "key" });
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

async function inStore(mode, act) {
  const db = await database();
  try {
    return await new Promise((resolve, reject) => {
      const change = db.transaction(STORE, mode, { durability: "strict" });
      const asked = act(change.objectStore(STORE));
      change.oncomplete = () => resolve(asked?.result);
      change.onerror = () => reject(change.error);
      change.onabort = () => reject(change.error);
    });
  } finally {
    db.close();
  }
}

const everything = () => inStore("readonly", (store) => store.getAll());
const keep = (report) => inStore("readwrite", (store) => store.put(report));
const drop = (key) => inStore("readwrite", (store) => store.delete(key));

function account() {
  return document.body.dataset.account ?? "";
}

async function mine() {
  return (await everything()).filter((report) => report.account === account()).sort((one, other) => one.at - other.at);
}

function token() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";
}

// Send what waits, one after the other; stop at the first sign that there is no line.
async function sendOne(report) {
  const body = new FormData();
  for (const [name, value] of report.fields) body.append(name, value);
  let answer;
  try {
    answer = await fetch(report.address, {
      method: "POST",
      body,
      redirect: "manual",
      headers: { "Idempotency-Key": report.key, "X-CSRFToken": token(), Accept: "application/json" },
    });
  } catch {
    return "offline";
  }
  if (answer.ok) {
    localStorage.setItem("hy-field-synced", String(Date.now()));
    await drop(report.key);
    sent.push(await answer.json().catch(() => ({})));
    return "sent";
  }
  if ([400, 403, 409, 413, 422].includes(answer.status)) {
    const problem = await answer.json().catch(() => ({}));
    const said = [problem.detail, ...Object.values(problem.fields ?? {}), problem.cure].filter(Boolean).join(" ");
    await keep({ ...report, refused: said || String(answer.status) });
    return "refused";
  }
  return "offline";
}

let sending = null;
let sent = []; // numbers and addresses of what was taken since this was last said

// Whoever wrote it without a line, and has gone on to another page since, is told that it went out, and under which number.
function tell(words) {
  const done = document.querySelector("[data-queue-done]");
  if (!sent.length || !done) return;
  done.replaceChildren(done.dataset[words]);
  for (const { number, url } of sent) {
    const link = document.createElement("a");
    link.href = url;
    link.textContent = number;
    done.append(link, " ");
  }
  sent = [];
  done.hidden = false;
}

async function sendAll() {
  const run = async () => {
    for (const report of await mine()) {
      if (report.refused) continue;
      if ((await sendOne(report)) === "offline") break;
    }
  };
  // one tab sends at a time, where the browser can promise it
  sending ??= (navigator.locks ? navigator.locks.request("huying-field-send", run) : run()).finally(() => {
    sending = null;
  });
  await sending;
  await show();
}

async function sendWaiting() {
  await sendAll();
  tell("later");
}

async function show() {
  const bar = document.getElementById("fstate");
  const reports = await mine();
  const waiting = reports.filter((report) => !report.refused).length;
  const refused = reports.length - waiting;
  const texts = TEXTS();
  const parts = [];
  const state = !navigator.onLine ? "offline" : waiting || refused ? "waiting" : "online";
  bar.dataset.state = state;
  parts.push(navigator.onLine ? texts.online : texts.offline);
  if (waiting) parts.push(`${texts.waiting} ${waiting}`);
  if (refused) parts.push(texts.refused);
  const synced = Number(localStorage.getItem("hy-field-synced"));
  if (synced) parts.push(`${texts.synced} ${new Date(synced).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false })}`);
  bar.querySelector("[data-fstate-shape]").textContent = { offline: "▲", waiting: "◆", online: "●" }[state];
  bar.querySelector("[data-fstate-words]").textContent = parts.join(" · ");
  bar.querySelector("[data-fstate-send]").hidden = !waiting || !navigator.onLine;
  list(reports);
}

// The page "mine" shows what waits and what was refused, with the reason.
function list(reports) {
  const holder = document.querySelector("[data-waiting-list]");
  if (!holder) return;
  holder.replaceChildren(
    ...reports.map((report) => {
      const item = document.createElement("li");
      item.className = "hy-fcard";
      const title = document.createElement("strong");
      title.textContent = String(report.fields.find(([name]) => name === "content")?.[1] ?? "").slice(0, 40);
      const words = document.createElement("span");
      words.textContent = report.refused ?? holder.dataset.waitingWords;
      const again = document.createElement("button");
      again.type = "button";
      again.className = "hy-btn";
      again.textContent = holder.dataset.againWords;
      again.addEventListener("click", async () => {
        await keep({ ...report, refused: undefined });
        await sendWaiting();
      });
      const away = document.createElement("button");
      away.type = "button";
      away.className = "hy-btn hy-btn-quiet";
      away.textContent = holder.dataset.dropWords;
      away.addEventListener("click", async () => {
        await drop(report.key);
        await show();
      });
      const mend = document.createElement("button");
      mend.type = "button";
      mend.className = "hy-btn";
      mend.textContent = holder.dataset.mendWords;
      mend.addEventListener("click", () => {
        sessionStorage.setItem(EDITED, report.key);
        location.href = report.address;
      });
      item.append(title, words, ...(report.refused ? [mend, again, away] : []));
      return item;
    }),
  );
  document.querySelector("[data-waiting-none]")?.toggleAttribute("hidden", reports.length > 0);
}

// A photo as the phone took it may be ten megabytes and tell where it was taken: a smaller copy without metadata is kept.
async function smaller(file) {
  if (!file.type.startsWith("image/") || !self.createImageBitmap) return file;
  try {
    const image = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, 1600 / Math.max(image.width, image.height));
    const canvas = new OffscreenCanvas(Math.round(image.width * scale), Math.round(image.height * scale));
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.8 });
    return new File([blob], file.name.replace(/\.[^.]+$/, "") + ".jpg", { type: "image/jpeg" });
  } catch {
    return file;
  }
}

// What was refused comes back into its form, photo and all; what is sent then takes its place.
const EDITED = "hy-field-edited";

async function bringBack(form) {
  const key = sessionStorage.getItem(EDITED);
  if (!key) return;
  sessionStorage.removeItem(EDITED);
  const report = (await mine()).find((each) => each.key === key);
  if (!report) return;
  form.dataset.replaces = key;
  for (const [name, value] of report.fields) {
    const field = form.elements[name];
    if (!field || field.name === "idempotency_key") continue;
    if (value instanceof File) {
      const files = new DataTransfer();
      files.items.add(value);
      field.files = files.files;
    } else if (field.type === "checkbox") field.checked = true;
    else field.value = value;
  }
  form.dispatchEvent(new Event("change", { bubbles: true }));
}

// Only reports wait for a line. Any other form would end on the browser's own page, with what was typed in it gone.
function hold(event) {
  if (navigator.onLine || event.target.matches("[data-queue]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  toast(TEXTS().noline);
}

export function queue() {
  document.addEventListener("submit", hold, true);
  if (new URLSearchParams(location.search).has("unkept")) toast(TEXTS().unkept);
  for (const form of document.querySelectorAll("form[data-queue]")) {
    bringBack(form);
    // of what is being written now, not of the page: a page kept for offline use carries the same key each time it is opened
    let written = null;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const data = new FormData(form, event.submitter);
      const given = (name) => (data.get(name) instanceof File ? data.get(name).size : data.get(name)?.trim());
      if (!form.dataset.queue.split(" ").some(given)) {
        toast(form.dataset.queueNone);
        form.elements[form.dataset.queue.split(" ")[0]].focus();
        return;
      }
      const key = (written ??= crypto.randomUUID());
      const fields = [];
      for (const [name, value] of data) {
        if (name === "csrfmiddlewaretoken" || name === "idempotency_key") continue;
        if (value instanceof File) {
          if (value.size) fields.push([name, await smaller(value)]);
        } else {
          fields.push([name, value]);
        }
      }
      await keep({ key, address: form.action, account: account(), fields, at: Date.now() });
      if (form.dataset.replaces) await drop(form.dataset.replaces);
      delete form.dataset.replaces;
      written = null;
      form.reset();
      await show();
      await sendAll();
      const left = await mine();
      const done = document.querySelector("[data-queue-done]");
      done.hidden = false;
      if (left.length) done.textContent = left.some((report) => report.refused) ? TEXTS().refused : done.dataset.kept;
      else tell("sent");
      done.focus();
    });
  }
  for (const button of document.querySelectorAll("[data-locate]")) {
    // asked for once, by a press, for this one report; never watched
    button.addEventListener("click", () => {
      const form = button.closest("form");
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => {
          form.elements.place_lon.value = coords.longitude.toFixed(6);
          form.elements.place_lat.value = coords.latitude.toFixed(6);
          button.textContent = button.dataset.done;
        },
        () => {
          button.textContent = button.dataset.failed;
        },
        { enableHighAccuracy: true, timeout: 15000 },
      );
    });
  }
  document.querySelector("[data-fstate-send]")?.addEventListener("click", sendWaiting);
  window.addEventListener("online", sendWaiting);
  window.addEventListener("offline", show);
  show().then(sendWaiting);
}
