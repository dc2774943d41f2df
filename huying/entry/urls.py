"""All addresses. A layer's part contributes through a `urls` module that defines any of the shells below."""

import importlib
from importlib.util import find_spec

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, include, path, reverse

from huying.entry.api import api

Patterns = list[URLPattern | URLResolver]
PREFIXES = {"site": "", "signin": "", "desk": "desk/", "portal": "", "field": "field/", "wall": "wall/"}
# docs/decisions/two-zones.md. Whoever signs in does so in the inner zone, grid workers too: outside there is nobody's account.
ZONES = {
    "": set(PREFIXES),
    "inner": {"site", "signin", "desk", "field", "wall"},
    "outer": {"site", "portal"},
}


def compose(zone: str) -> Patterns:
    """Every app's patterns that belong to `zone`, each under its shell's prefix."""
    composed: Patterns = []
    for config in apps.get_app_configs():
        if not config.name.startswith("huying.") or find_spec(f"{config.name}.urls") is None:
            continue
        module = importlib.import_module(f"{config.name}.urls")
        for shell, prefix in PREFIXES.items():
            patterns = getattr(module, shell, None)
            if patterns and shell in ZONES[zone]:
                composed.append(path(prefix, include(patterns)))
    return composed


def front(request: HttpRequest) -> HttpResponse:
    """The inner zone's bare address, which has no portal: to the desk."""
    return HttpResponseRedirect(reverse("desk_home"))


urlpatterns: Patterns = []
if settings.HUYING_ZONE != "outer":
    urlpatterns.append(path("api/v1/", api.urls))  # first: programs ask most, and the addresses are tried in turn
urlpatterns += compose(settings.HUYING_ZONE)
if settings.HUYING_ZONE == "inner":
    urlpatterns.append(path("", front))

handler400 = "huying.kernel.http.errors.bad_request"
handler403 = "huying.kernel.http.errors.permission_denied"
handler404 = "huying.kernel.http.errors.page_not_found"
handler500 = "huying.kernel.http.errors.server_error"
