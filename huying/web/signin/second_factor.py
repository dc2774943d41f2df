"""The second factor: a code from an authenticator app, or a recovery code."""

from allauth.mfa.utils import is_mfa_enabled


def has_second_factor(account: object) -> bool:
    return bool(is_mfa_enabled(account))
