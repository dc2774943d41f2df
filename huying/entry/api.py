"""The typed JSON API at /api/v1/: each domain's `rest.router`, one way to sign in, one shape of error."""

import importlib
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from huying.kernel.errors import HuyingError, InvalidInput
from huying.kernel.http.auth import SignedIn
from huying.kernel.http.errors import answer, of_error


def malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = {".".join(str(part) for part in fault["loc"][1:]): str(fault["msg"]) for fault in error.errors}
    unfit = InvalidInput(_("请求内容不合格式。"), cure=_("对照 /api/v1/openapi.json 改正下列字段。"), fields=fields)
    return of_error(request, unfit)


def refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What the framework itself turns away, in the shape of every other error."""
    if isinstance(error, AuthenticationError):
        cure = _("工作人员在浏览器中登录后重试；接口密钥只开数据报送的几个接口。")
        return answer(request, 401, _("请先登录并选择岗位。"), cure=cure, code="not_signed_in")
    if error.status_code == 400:
        return answer(request, 400, _("请求内容读不出来。"), cure=_("请发送一份完整的 JSON。"), code="bad_request")
    return answer(request, error.status_code, _("请求被拒绝。"), cure=str(error), code="refused")


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
    made.add_exception_handler(HttpError, refused)  # type: ignore[arg-type]
    made.add_exception_handler(ValidationError, malformed)  # type: ignore[arg-type]
    return made


api = compose()
