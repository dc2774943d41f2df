"""Two people on one record: every form carries the version it was read at; a late one is told, and loses nothing."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext as _

from huying.kernel.errors import InvalidInput, StaleVersion


def sent(request: HttpRequest) -> int:
    """The version the form was shown with.

    Raises InvalidInput when the form carries none: a form that can overwrite unseen work is a fault.
    """
    raw = request.POST.get("version", "")
    try:
        return int(raw)
    except ValueError:
        raise InvalidInput(
            _("表单没有带上版本号。"), cure=_("刷新页面后再试，您填的内容有草稿。"), fields={"version": raw[:20]}
        ) from None


def require(current: int, read: int) -> None:
    """Raises StaleVersion when the record has moved on since it was read."""
    if current != read:
        raise StaleVersion(
            _("您打开之后，有人改动了这条记录。"), cure=_("下面并列着最新情况和您写的内容，核对后再提交一次即可。")
        )
