"""The typed JSON API at /api/v1/: each domain's `rest.router`, one way to sign in, one shape of error."""

import importlib
from importlib.util import find_spec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import ValidationError
from ninja.security import APIKeyCookie

from huying.kernel.actors import Actor
from huying.kernel.errors import HuyingError, InvalidInput
from huying.kernel.http.errors import of_error


class SignedIn(APIKeyCookie):
    """The session of the desk, with its CSRF token on writes; `request.auth` is the actor."""

    param_name = settings.SESSION_COOKIE_NAME

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        return getattr(request, "actor", None)


def malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = {".".join(str(part) for part in fault["loc"][1:]): str(fault["msg"]) for fault in error.errors}
    return of_error(request, InvalidInput("请求内容不合格式（the request does not fit its schema）", fields=fields))


def compose() -> NinjaAPI:
    made = NinjaAPI(
        title="Huying 呼应",
        version="1",
        description="Matters, their lives and their clocks. Errors are RFC 9457 problems. "
        "Send `Idempotency-Key` with a POST and it is done once, however often it arrives.",
        docs_url=None,
        auth=SignedIn(),
        urls_namespace="api",
    )
    for domain in settings.DOMAINS:
        name = f"huying.domains.{domain}.rest"
        if find_spec(name) is not None:
            made.add_router(f"/{domain}", importlib.import_module(name).router)
    made.add_exception_handler(HuyingError, of_error)  # type: ignore[arg-type]  # it is given instances only
    made.add_exception_handler(ValidationError, malformed)  # type: ignore[arg-type]
    return made


api = compose()
