"""Who may call an operation of the API. An operation that names nothing is for people at the desk; only those that say so are
open to a machine's key as well, so that a new one is closed to machines until somebody opens it."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer

from huying.kernel.actors import Actor


class SignedIn(APIKeyCookie):
    """The session of the desk, with its CSRF token on writes; `request.auth` is the actor."""

    param_name = settings.SESSION_COOKIE_NAME

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        return getattr(request, "actor", None)


class MachineKey(HttpBearer):
    """A unit's key for its machines, `Authorization: Bearer hyk_…`, never in the address; `request.auth` is the machine."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        # Looked up before the operation is known (web.signin.machines): idempotency and the answer to a bad key need it.
        return getattr(request, "machine", None)


# A key first: it needs no CSRF token, since no browser sends it by itself; the session's check would refuse the machine.
PEOPLE_OR_MACHINES = [MachineKey(), SignedIn()]
