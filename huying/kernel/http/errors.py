"""Every failure becomes a page, a fragment or a JSON problem that says what happened and what to do."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from django.db import DatabaseError, DataError, InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template import TemplateDoesNotExist, loader
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from huying.kernel.errors import Forbidden, HuyingError, InvalidInput, NotFound, TooMany, Unavailable

log = structlog.get_logger("huying.errors")
RETRY_LOCKED, RETRY_GONE, RETRY_FULL = 2, 5, 60


def wants_json(request: HttpRequest) -> bool:
    return request.path.startswith("/api/") or (
        "application/json" in request.headers.get("Accept", "") and "text/html" not in request.headers.get("Accept", "")
    )


def answer(
    request: HttpRequest,
    status: int,
    message: str,
    *,
    cure: str = "",
    code: str = "error",
    fields: Mapping[str, str] | None = None,
    retry_after: int | None = None,
    plain: bool = False,
) -> HttpResponse:
    """The answer to a failure in the form the client asked for.

    JSON follows RFC 9457 (type, title, status, detail) with `code`, `cure`, `fields`, `request`. Pages come from
    `errors/<status>.html`, else where staff are at work from their shell's `errors/<shell>.html`, else `errors/error.html`;
    fragments (HTMX) from `errors/fragment.html`. plain: touch neither templates nor database.
    """
    request_id = getattr(request, "request_id", "")
    response: HttpResponse
    if wants_json(request):
        problem = {"type": "about:blank", "title": message, "status": status, "detail": message, "code": code}
        problem |= {"cure": cure, "fields": dict(fields or {}), "request": request_id}
        response = JsonResponse(
            problem,
            status=status,
            content_type="application/problem+json; charset=utf-8",
            json_dumps_params={"ensure_ascii": False},
        )
    else:
        context = {"status": status, "message": message, "cure": cure, "fields": dict(fields or {}), "code": code}
        context["request_id"] = request_id
        response = HttpResponse(_page(request, context, plain), status=status)
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    response["Cache-Control"] = "no-store"
    return response


def _of_shell(request: HttpRequest, status: int) -> list[str]:
    """Pages before the general one. A shell's own reads the database (its navigation), so never where a server fails."""
    shell = request.path.split("/")[1]
    working = status < 500 and shell.isalpha() and getattr(getattr(request, "actor", None), "kind", "") == "staff"
    return [f"errors/{status}.html", *([f"errors/{shell}.html"] if working else [])]


def _page(request: HttpRequest, context: dict[str, Any], plain: bool) -> str:
    if not plain:
        fragment = request.headers.get("HX-Request") == "true"
        names = ["errors/fragment.html"] if fragment else [*_of_shell(request, context["status"]), "errors/error.html"]
        try:
            template = loader.select_template(names)
            return str(template.render(context, request))
        except TemplateDoesNotExist:
            log.debug("error.page_missing", names=names)
        except Exception:  # the page that explains a fault must not add one
            log.exception("error.page_failed", names=names)
    language = "en" if (get_language() or "").startswith("en") else "zh-Hans"
    listed = format_html_join("", "<li>{}: {}</li>", context["fields"].items())
    return format_html(
        '<!doctype html><html lang="{}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<title>{} · {}</title></head><body><main><h1>{}</h1><p>{}</p><ul>{}</ul><p><small>{} {}</small></p></main>",
        language,
        context["status"],
        context["message"],
        context["message"],
        context["cure"],
        listed,
        context["status"],
        context["request_id"],
    )


def of_error(request: HttpRequest, error: HuyingError) -> HttpResponse:
    retry = error.retry_after if isinstance(error, TooMany | Unavailable) else None
    return answer(
        request,
        error.status,
        error.message,
        cure=error.cure,
        code=error.code,
        fields=error.fields,
        retry_after=retry,
        plain=error.status >= 500,
    )


def unavailable(request: HttpRequest, message: str, cure: str, retry_after: int) -> HttpResponse:
    return answer(request, 503, message, cure=cure, code="unavailable", retry_after=retry_after, plain=True)


def of_outage(request: HttpRequest, error: BaseException) -> HttpResponse | None:
    """503 for a database that is locked, gone or full, or a full disk; None for any other error."""
    text = str(error).lower()
    kept = _("您填写的内容没有写入，也没有写入一半；请稍后重试。")
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    if full or (isinstance(error, DatabaseError) and ("is full" in text or "no space left" in text or "53100" in text)):
        return unavailable(request, _("磁盘已满，暂时不能保存。"), kept, RETRY_FULL)
    if isinstance(error, InterfaceError):
        return unavailable(request, _("暂时连不上数据库。"), kept, RETRY_GONE)
    if isinstance(error, OperationalError):
        if "no such table" in text or "no such column" in text:
            return None
        if any(sign in text for sign in ("locked", "lock timeout", "deadlock", "could not serialize")):
            return unavailable(request, _("数据库正忙。"), kept, RETRY_LOCKED)
        connection.close_if_unusable_or_obsolete()
        return unavailable(request, _("暂时连不上数据库。"), kept, RETRY_GONE)
    return None


def _cannot_be_kept(error: BaseException) -> bool:
    """A value no column takes: too long, out of range, or with a NUL in it. Each database says it in its own way."""
    if isinstance(error, DataError):
        return True
    return (isinstance(error, OverflowError) and "SQLite INTEGER" in str(error)) or (
        isinstance(error, ValueError) and "NUL (0x00)" in str(error)
    )


def response_for(request: HttpRequest, error: BaseException) -> HttpResponse | None:
    if isinstance(error, HuyingError):
        return of_error(request, error)
    if _cannot_be_kept(error):
        unfit = InvalidInput(_("有一项内容过长，或数值超出范围。"), cure=_("请缩短或更正后再提交；没有写入任何内容。"))
        return of_error(request, unfit)
    outage = of_outage(request, error)
    if outage is not None:
        log.error("outage", error=type(error).__name__, detail=str(error)[:200])
    return outage


class ErrorsMiddleware:
    """Turns what a view raised into its answer, before any transaction around the request is judged by it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == 405 and not response.streaming and not getattr(response, "content", b""):
            return _not_this_way(request, response.get("Allow", ""))
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return response_for(request, error)


def _not_this_way(request: HttpRequest, allowed: str) -> HttpResponse:
    """An address that only takes forms, opened as a page: by the language switch or a reload after a form came back."""
    cure = _("请回到上一页，用页面上的按钮办理。刚才如果提交成功过，不用再交一次。")
    response = answer(request, 405, _("这个地址只接收提交，不能直接打开。"), cure=cure, code="not_this_way")
    response["Allow"] = allowed
    return response


# Django's own refusals, and faults outside any view (a session that cannot be read when the database is gone).
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, 400, _("请求无法理解。"), code="bad_request", cure=_("请返回上一页重试。"))


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return of_error(request, Forbidden(_("这一步不归您办理。"), cure=_("请换一个岗位，或请有权限的同事办理。")))


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return of_error(request, NotFound(_("没有这一页，或不在您的范围内。"), cure=_("请核对地址或编号。")))


def server_error(request: HttpRequest) -> HttpResponse:
    error = sys.exc_info()[1]
    if error is not None:
        known = response_for(request, error)
        if known is not None:
            return known
        log.error("error.unexpected", error=type(error).__name__, exc_info=error)
    cure = _("已记录。请重试；若仍出错，请把下面的编号告诉管理员。")
    return answer(request, 500, _("程序出错了。"), cure=cure, code="fault", plain=True)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    cure = _("页面放得太久或不是从本系统打开的。请刷新后重新提交，已填内容请先复制。")
    return answer(request, 403, _("提交没有通过来源核对。"), code="csrf", cure=cure)


def bad_key(message: str) -> InvalidInput:
    return InvalidInput(message, cure=_("每件事用一个新的随机键；同一件事重试时用原来的键。"))
