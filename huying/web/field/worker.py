"""What makes the field a program on the phone: its manifest, and the service worker that answers when there is no line."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

VERSION = "3"
SHELL = (
    "desk/tokens.css",
    "desk/kit.css",
    "desk/field.css",
    "desk/mark.svg",
    "desk/js/field.js",
    "desk/js/drafts.js",
    "desk/js/boxes.js",
    "desk/js/files.js",
    "desk/js/shell.js",
    "desk/js/queue.js",
)
# The first is where a page that is not kept leads back to; the report form belongs to the matters.
PAGES = ("field_home", "matters_field_report", "field_me")

# Pages come from the network while there is one, and from the last copy when there is none; the shell's files from the
# copy, renewed behind. A page of another account is never given: signing out clears the pages.
PROGRAM = """
const SHELL = "huying-shell-%(version)s";
const PAGES = "huying-pages";
const FILES = %(files)s;
const OFFLINE = %(pages)s;
self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith("huying-shell-") && name !== SHELL) await caches.delete(name);
    await self.clients.claim();
    await keepPages();
  })());
});
self.addEventListener("message", (event) => {
  if (event.data === "forget") event.waitUntil(caches.delete(PAGES));
  if (event.data === "keep") event.waitUntil(keepPages());
});
async function keepPages() {
  const cache = await caches.open(PAGES);
  for (const page of OFFLINE) {
    if (await cache.match(page, { ignoreVary: true })) continue;
    try {
      const answer = await fetch(page, { credentials: "same-origin" });
      if (answer.ok && !answer.redirected) await cache.put(page, answer);
    } catch {
      // no line yet: the next visit fills it
    }
  }
}
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (FILES.includes(new URL(request.url).pathname)) event.respondWith(file(request));
});
async function page(request) {
  const cache = await caches.open(PAGES);
  try {
    const answer = await fetch(request);
    if (answer.ok && !answer.redirected) await cache.put(request, answer.clone());
    return answer;
  } catch (error) {
    const home = new URL(request.url).pathname === OFFLINE[0];
    const kept = await cache.match(request, { ignoreVary: true, ignoreSearch: home });
    if (kept) return kept;
    // another page under this address would be taken for it
    if (!home && (await cache.match(OFFLINE[0], { ignoreVary: true }))) return Response.redirect(`${OFFLINE[0]}?unkept`);
    throw error;
  }
}
async function file(request) {
  const cache = await caches.open(SHELL);
  const renewed = fetch(request).then((answer) => {
    if (answer.ok) cache.put(request, answer.clone());
    return answer;
  });
  const kept = await cache.match(request, { ignoreSearch: true });
  if (kept) {
    renewed.catch(() => undefined);
    return kept;
  }
  return renewed;
}
"""


@require_GET
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, at an address under the field so that it governs no other shell."""
    program = PROGRAM % {
        "version": VERSION,
        "files": json.dumps([static(name) for name in SHELL]),
        "pages": json.dumps([reverse(name) for name in PAGES]),
    }
    return HttpResponse(program, content_type="text/javascript; charset=utf-8")


@require_GET
@cache_control(max_age=3600)
def manifest(request: HttpRequest) -> HttpResponse:
    """The web app manifest: name, colours, icon, where it starts."""
    return JsonResponse(
        {
            "name": _("呼应 · 网格"),
            "short_name": _("呼应"),
            "start_url": reverse("field_home"),
            "scope": reverse("field_home"),
            "display": "standalone",
            "background_color": "#ffffff",
            "theme_color": "#07514f",
            "icons": [{"src": static("desk/mark.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"}],
        },
        content_type="application/manifest+json",
        json_dumps_params={"ensure_ascii": False},
    )
