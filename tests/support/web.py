"""Walking the program as its people do: every address and every operation, signed in as any post of the cast."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from huying.domains.organizations import services as staff
from huying.domains.organizations.models import Account
from tests.support.cast import Cast

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)|\{(?:\w+:)?(\w+)\}")
BACKEND = "huying.web.signin.backends.StaffBackend"
API = "api/v1/"


@dataclass(frozen=True)
class Page:
    """An address of the URLconf. `route` as Django writes it; `name` is its name there."""

    name: str
    route: str
    view: Any = field(default=None, compare=False, repr=False)

    @property
    def methods(self) -> tuple[str, ...]:
        """GET and POST, less what the view's own decorator or class turns away."""
        offered = {"GET", "POST"}
        if (made := getattr(self.view, "view_class", None)) is not None:
            offered &= {name.upper() for name in made.http_method_names if hasattr(made, name)}
        layer = self.view
        while layer is not None:
            code = getattr(layer, "__code__", None)
            if code is not None and "request_method_list" in code.co_freevars:
                offered &= set(layer.__closure__[code.co_freevars.index("request_method_list")].cell_contents)
            layer = getattr(layer, "__wrapped__", None)
        return tuple(sorted(offered))

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(next(filter(None, found)) for found in PARAMETER.findall(self.route))

    def at(self, values: Mapping[str, object]) -> str:
        """The address with its parameters filled. Raises KeyError naming one that `values` lacks."""
        if lacking := [name for name in self.parameters if name not in values]:
            raise KeyError(
                f"{self.route}: nothing stands for {lacking}; say what does in tests/support/access.py, standing"
            )
        filled = PARAMETER.sub(lambda found: str(values[next(filter(None, found.groups()))]), self.route)
        return "/" + filled.replace("^", "").replace("$", "")


@dataclass(frozen=True)
class Operation(Page):
    """An operation of the API, by its id in the OpenAPI document."""

    method: str = "get"


def _walk(patterns: list[Any], prefix: str = "") -> Iterator[Page]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield Page(pattern.name or "", prefix + str(pattern.pattern), pattern.callback)


def pages() -> list[Page]:
    """Every address but the API's operations."""
    described = ("openapi-json", "api-root")
    return [
        page for page in _walk(get_resolver().url_patterns) if not page.route.startswith(API) or page.name in described
    ]


def operations() -> list[Operation]:
    """Every operation of the OpenAPI document, which is composed from the same code."""
    from huying.entry.api import api

    described = api.get_openapi_schema(path_prefix=f"/{API}")["paths"]
    return [
        Operation(operation["operationId"], path.removeprefix("/"), method=method)
        for path, methods in described.items()
        for method, operation in methods.items()
    ]


def signed_in(cast: Cast, who: str, **client: Any) -> Client:
    """A browser with `who` signed in and acting in the post. Administrators need `HUYING_SECOND_FACTOR = "none"`."""
    account = Account.objects.get(username=who)
    if account.must_change_password:
        Account.objects.filter(pk=account.pk).update(must_change_password=False)
    # a fault is an answer here, to be judged like any other
    browser = Client(raise_request_exception=False, **client)
    browser.force_login(account, backend=BACKEND)
    staff.choose_post(actor=cast[who], session_key=browser.session.session_key or "")
    return browser


def body_of(response: Any) -> str:
    """What the response says, whatever its form: a page, JSON, csv, or the text inside a docx or xlsx."""
    raw = b"".join(response.streaming_content) if response.streaming else response.content
    if raw[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            raw = b"\n".join(packed.read(name) for name in sorted(packed.namelist()))
    return raw.decode("utf-8", "replace")
