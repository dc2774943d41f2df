"""A request repeated under the client's key is done once (design rule 11).

`Idempotency-Key` on a POST, or the field `idempotency_key` of a page's form: the key, what the request did and its answer are
committed in one transaction, so a crash leaves all or nothing. A second request with the key waits on the first one's row
and then gets its answer (`Idempotency-Replayed: true`); under the header, with another body, it gets 422.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta

from cryptography.fernet import Fernet
from django.db import IntegrityError, models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from huying.kernel import clock
from huying.kernel.http.errors import bad_key, of_error

KEY = re.compile(r"[\x21-\x7e]{16,128}")
KEPT = timedelta(hours=24)
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
LARGEST_ANSWER = 1_000_000
HEADERS = ("Content-Type", "Location", "HX-Redirect", "HX-Trigger", "HX-Location", "HX-Refresh", "HX-Push-Url")


class IdempotentRequest(models.Model):
    """A request that was done, under the digest of its key. The answer is sealed with the key itself, which isn't stored:
    it may hold a query code."""

    digest = models.CharField(max_length=64, unique=True)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveIntegerField(default=0)
    answer = models.BinaryField(default=b"")
    created_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.digest


def form_key(request: HttpRequest) -> str:
    """The key a plain form carries, which has no way to send a header; one of another shape is not one."""
    if request.content_type not in ("multipart/form-data", "application/x-www-form-urlencoded"):
        return ""
    key = request.POST.get("idempotency_key", "") if request.method == "POST" else ""
    return key if KEY.fullmatch(key) else ""


def fingerprint(request: HttpRequest) -> str:
    """What was asked: form fields (but the CSRF token, which changes), files by content, or the raw body."""
    digest = hashlib.sha256(request.get_full_path().encode())
    if request.content_type in FORMS:
        fields = {name: request.POST.getlist(name) for name in sorted(request.POST) if name != "csrfmiddlewaretoken"}
        digest.update(json.dumps(fields).encode())
        for name in sorted(request.FILES):
            for file in request.FILES.getlist(name):
                digest.update(json.dumps([name, getattr(file, "name", ""), getattr(file, "size", 0)]).encode())
                for chunk in file.chunks():
                    digest.update(chunk)
                file.seek(0)
    else:
        digest.update(request.body)
    return digest.hexdigest()


def purge() -> int:
    """Forget keys past their time; returns how many."""
    old = IdempotentRequest.objects.filter(created_at__lt=clock.now() - KEPT)
    return old.delete()[0]


class IdempotencyMiddleware:
    """Stands inside authentication: a key is the account's or machine's, or nobody's, where its 16 characters are the secret."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method != "POST":
            return self.get_response(request)
        key = request.headers.get("Idempotency-Key", "")
        in_form = not key
        key = key or form_key(request)
        if not key:
            return self.get_response(request)
        if not KEY.fullmatch(key):
            return of_error(request, bad_key(_("Idempotency-Key 须为 16 至 128 个可见字符。")))
        whose = _whose(request)
        asked = fingerprint(request)
        # A page's form keeps its key while its mistakes are mended: there the key stands for this very content.
        named = f"{key}\n{asked}" if in_form else key
        digest = hashlib.sha256(f"{whose}\n{request.path}\n{named}".encode()).hexdigest()
        sealed = Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"huying idempotency" + key.encode()).digest()))
        known = IdempotentRequest.objects.filter(digest=digest).first()
        if known is None:
            try:
                return self._do(request, digest, asked, sealed)
            except _Taken:  # another came first, and has committed by the time we know it
                known = IdempotentRequest.objects.get(digest=digest)
        if known.fingerprint != asked:
            return of_error(request, bad_key(_("这个 Idempotency-Key 已用于另一份内容。")))
        return self._replay(known, sealed)

    def _do(self, request: HttpRequest, digest: str, asked: str, sealed: Fernet) -> HttpResponseBase:
        with transaction.atomic():
            try:
                with transaction.atomic():
                    row = IdempotentRequest.objects.create(digest=digest, fingerprint=asked, created_at=clock.now())
            except IntegrityError:
                raise _Taken from None
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
            elif response.status_code >= 400 or not isinstance(response, HttpResponse) or response.streaming:
                # Nothing was done; but what counts refusals (a lock-out) stays counted, so no rollback.
                row.delete()
            elif len(response.content) <= LARGEST_ANSWER:
                kept = {name: response[name] for name in HEADERS if name in response}
                body = base64.b64encode(response.content).decode()
                row.status = response.status_code
                row.answer = sealed.encrypt(json.dumps({"headers": kept, "body": body}).encode())
                row.save(update_fields=["status", "answer"])
            else:
                row.delete()
        return response

    def _replay(self, known: IdempotentRequest, sealed: Fernet) -> HttpResponse:
        stored = json.loads(sealed.decrypt(bytes(known.answer)))
        response = HttpResponse(base64.b64decode(stored["body"]), status=known.status)
        for name, value in stored["headers"].items():
            response[name] = value
        response["Idempotency-Replayed"] = "true"
        return response


def _whose(request: HttpRequest) -> object:
    """The machine whose key came, else the account; None for nobody."""
    if (machine := getattr(request, "machine", None)) is not None:
        return f"machine {machine.label}"
    return request.user.pk if getattr(request, "user", None) is not None else None


class _Taken(Exception):
    """Another request with the key came first."""
