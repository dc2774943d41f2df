"""The typed JSON API at /api/v1/: each domain's `rest.router`, one way to sign in, one shape of error."""

import importlib
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import ValidationError
from ninja.openapi.schema import OpenAPISchema

from huying.kernel.errors import HuyingError, InvalidInput
from huying.kernel.http.auth import SignedIn
from huying.kernel.http.errors import of_error


def malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = {".".join(str(part) for part in fault["loc"][1:]): str(fault["msg"]) for fault in error.errors}
    return of_error(request, InvalidInput("请求内容不合格式（the request does not fit its schema）", fields=fields))


class Api(NinjaAPI):
    """Its description is worked out once: that takes a third of a second, and anybody may ask for it."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._described: dict[tuple[str | None, str], OpenAPISchema] = {}

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        key = path_prefix, repr(path_params)
        if key not in self._described:
            self._described[key] = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        return self._described[key]


def compose() -> NinjaAPI:
    made = Api(
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
    made.add_router("/analytics", importlib.import_module("huying.analytics.rest").router)
    made.add_exception_handler(HuyingError, of_error)  # type: ignore[arg-type]  # it is given instances only
    made.add_exception_handler(ValidationError, malformed)  # type: ignore[arg-type]
    return made


api = compose()
