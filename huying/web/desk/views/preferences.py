"""What a reader chose for this machine: theme and type size, in a cookie, for desk and portal alike; no account needed."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

CHOICES = {"theme": {"light", "dark"}, "type": {"normal", "large"}}
YEAR_S = 365 * 24 * 3600


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Set the cookies for what was sent and go back to the page the reader came from."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        target = "/"
    response = HttpResponseRedirect(target)
    for name, allowed in CHOICES.items():
        value = request.POST.get(name)
        if value in allowed:
            response.set_cookie(
                f"hy_{name}", value, max_age=YEAR_S, samesite="Lax", secure=request.is_secure(), httponly=True
            )
    return response
