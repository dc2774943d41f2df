"""A signed-in member of staff, as a program on plain HTTP: a session cookie, the CSRF header, one kept connection."""

from __future__ import annotations

import http.client
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

SIGN_IN, POSTS = "/signin/", "/signin/posts"
KEPT = 3.0
"""Seconds after which an idle connection is not trusted: the server closes it after five."""
COOKIE = re.compile(r"([^=;]+)=([^;]*)")


class Unexpected(RuntimeError):
    """An answer of another status than the call has when all is well."""

    def __init__(self, status: int, what: str, body: bytes) -> None:
        super().__init__(f"{status} for {what}: {body[:400].decode(errors='replace')}")
        self.status = status


@dataclass
class Client:
    """One connection; `cookies` may be shared by several clients of the same session."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    timeout: float = 60

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        self._used = time.monotonic()

    def close(self) -> None:
        self._connection.close()

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and body."""
        sent = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()), **(headers or {})}
        if method == "POST":
            sent["X-CSRFToken"] = self.cookies.get("csrftoken", "")
        if time.monotonic() - self._used > KEPT:
            self._connection.close()  # the next request opens it anew
        self._used = time.monotonic()
        self._connection.request(method, path, body, sent)
        response = self._connection.getresponse()
        answer = response.read()
        for given in response.headers.get_all("Set-Cookie") or ():
            if found := COOKIE.match(given):
                self.cookies[found[1].strip()] = found[2]
        self.location = response.headers.get("Location", "")
        return response.status, answer

    def get(self, path: str, **headers: str) -> bytes:
        status, body = self.ask("GET", path, headers=headers)
        if status != 200:
            raise Unexpected(status, path, body)
        return body

    def call(self, path: str, given: Mapping[str, Any]) -> Any:
        """A JSON call of the API."""
        status, body = self.ask("POST", path, json.dumps(given).encode(), {"Content-Type": "application/json"})
        if status not in (200, 201):
            raise Unexpected(status, path, body)
        return json.loads(body)

    def submit(self, path: str, fields: Mapping[str, str]) -> int:
        form = urlencode({**fields, "csrfmiddlewaretoken": self.cookies.get("csrftoken", "")}).encode()
        status, body = self.ask("POST", path, form, {"Content-Type": "application/x-www-form-urlencoded"})
        if status not in (200, 302):
            raise Unexpected(status, path, body)
        return status

    def sign_in(self, user: str, password: str, post: int) -> Client:
        self.get(SIGN_IN)
        if self.submit(SIGN_IN, {"login": user, "password": password}) != 302:
            raise RuntimeError(f"{user} could not sign in")
        self.submit(POSTS, {"post": str(post)})
        return self


def sessions(port: int, people: Mapping[str, Mapping[str, Any]], roles: list[str]) -> dict[str, dict[str, str]]:
    """The cookies of one session for each of `roles`."""
    found = {}
    for role in roles:
        one = people[role]
        client = Client(port).sign_in(one["user"], one["password"], one["post"])
        found[role] = client.cookies
        client.close()
    return found
