"""How allauth serves this house: no self-registration, second-factor secrets sealed like every other secret."""

from __future__ import annotations

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest
from django.urls import reverse

from huying.domains.organizations import queries
from huying.kernel import crypto

CONTEXT = b"signin.second-factor"


def home_of(view: queries.PostView) -> str:
    """Where a post's work is: a grid worker's on the phone, everybody else's at the desk."""
    return "/field/" if view.grid else "/desk/"


class StaffAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        held = queries.posts_of(request.user.pk or 0)
        return home_of(held[0]) if len(held) == 1 else reverse("signin_posts")

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Signing in and out speaks for itself; no toast follows it to the next page."""


class SecondFactorAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return base64.b64encode(crypto.seal(text.encode(), CONTEXT)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return crypto.open_(base64.b64decode(encrypted_text), CONTEXT).decode()

    def get_totp_issuer(self) -> str:
        return "呼应 Huying"
