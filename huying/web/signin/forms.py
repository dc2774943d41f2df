"""Forms of signing in. Labels in Chinese, English by gettext."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm
from django import forms
from django.utils.translation import gettext_lazy as _


class SignInForm(LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("用户名")
        self.fields["password"].label = _("密码")
        self.fields["password"].help_text = ""
        for name, hint in (("login", "username"), ("password", "current-password")):
            widget = self.fields[name].widget
            widget.attrs.pop("placeholder", None)
            widget.attrs["autocomplete"] = hint


class ChangePasswordForm(forms.Form):
    old = forms.CharField(
        label=_("原密码"), widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}), strip=False
    )
    password = forms.CharField(
        label=_("新密码"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        help_text=_("至少10个字符，含字母、数字、符号中的至少两类，不用常见密码。"),
    )
    again = forms.CharField(
        label=_("再输一次新密码"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), strip=False
    )

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if values.get("password") != values.get("again"):
            self.add_error("again", _("两次输入的新密码不一致。"))
        return values
