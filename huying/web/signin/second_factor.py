"""The second factor: a code from an authenticator app, or a recovery code."""

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.base_user import AbstractBaseUser


def has_second_factor(account: AbstractBaseUser) -> bool:
    return bool(is_mfa_enabled(account))
