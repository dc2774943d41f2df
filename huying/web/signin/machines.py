"""Programs with a unit's key: told apart before the request goes on, so that a bad key is answered once and alike everywhere."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from huying.domains.exchange import services as exchange
from huying.kernel.errors import HuyingError, TooMany
from huying.kernel.http.addresses import address_of
from huying.kernel.http.errors import answer, of_error

API = "/api/"


class MachineMiddleware:
    """Sets `request.machine`. A request with a key is the machine's alone: a session that came with it counts for nothing.

    Where `request.actor` is asked for, a machine is nobody; the operations that it may call ask for `request.auth`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.machine = None  # type: ignore[attr-defined]
        if not request.path.startswith(API):
            return self.get_response(request)
        if exchange.holds_key(request.get_full_path()):
            return _refused(
                request,
                _("密钥不能写在地址里：地址会留在日志中。"),
                _("请放进 Authorization 请求头，并更换这个密钥。"),
            )
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return self.get_response(request)
        request.actor = None  # type: ignore[attr-defined]
        try:
            request.machine = exchange.machine_of(token.strip(), address_of(request))  # type: ignore[attr-defined]
        except TooMany as error:
            return of_error(request, error)
        except HuyingError as error:
            return _refused(request, error.message, error.cure)
        response = self.get_response(request)
        add_never_cache_headers(response)
        return response


def _refused(request: HttpRequest, message: str, cure: str) -> HttpResponseBase:
    response = answer(request, 401, message, cure=cure, code="key_refused")
    response["WWW-Authenticate"] = 'Bearer realm="huying", error="invalid_token"'
    return response
