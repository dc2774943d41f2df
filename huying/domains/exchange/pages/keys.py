"""Keys of departments' machines: the head makes, rotates and revokes the own unit's; the security administrator and the auditor
see all units', the former ends any. A key is shown on the page that answers its making, and never again."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from huying.domains.exchange import queries, services
from huying.domains.exchange.models import ApiKey
from huying.domains.exchange.pages.shown import name_of
from huying.domains.exchange.services import NewKey
from huying.domains.exchange.vocabulary import KEY_STANDING_WORDS, KeyStanding
from huying.domains.exchange.workflow import KEY_MAKERS, KEY_READERS, KEY_WATCHERS
from huying.kernel import clock
from huying.kernel.actors import Actor
from huying.kernel.errors import Forbidden, InvalidInput
from huying.kernel.pages import actor_of, staff

TONES = {
    KeyStanding.LIVE: "green",
    KeyStanding.LOCKED_OUT: "amber",
    KeyStanding.EXPIRED: "grey",
    KeyStanding.REVOKED: "grey",
}
USUAL = timedelta(days=180)


class KeyForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("哪个系统用"), max_length=80, help_text=gettext_lazy("如“区政务数据平台”；不写个人信息。")
    )
    datasets = forms.MultipleChoiceField(label=gettext_lazy("只能报这些数据集"), widget=forms.CheckboxSelectMultiple)
    until = forms.DateField(
        label=gettext_lazy("用到哪天"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("最长一年；到期前在这里更换。"),
    )

    addresses = forms.CharField(
        label=gettext_lazy("只许从这些地址"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("每行一个地址或网段，如 10.1.2.3、10.1.0.0/16；不填则不限。"),
    )

    def clean_addresses(self) -> list[str]:
        return listed_addresses(self.cleaned_data["addresses"])

    def __init__(self, unit_id: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = queries.newest_definitions(services.own_datasets(unit_id))
        self.known = list(held)
        self.fields["datasets"].choices = [(code, name_of(one.row)) for code, one in held.items()]  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@staff(*KEY_READERS)
def keys(request: HttpRequest) -> HttpResponse:
    """The keys one looks after; make one."""
    actor = actor_of(request)
    if request.method == "GET":
        return _shown(request)
    if not actor.has(*KEY_MAKERS) or actor.unit_id is None:
        raise Forbidden(_makers_only())
    form = KeyForm(actor.unit_id, request.POST)
    if not form.is_valid():
        return _shown(request, form=form, status=422)
    try:
        made = services.make_key(actor=actor, **form.cleaned_data)
    except InvalidInput as error:
        for name, told in error.fields.items():
            form.add_error(name, told)
        return _shown(request, form=form, status=422)
    return _shown(request, made=made)


@require_POST
@staff(*KEY_MAKERS)
def bind(request: HttpRequest, pk: int) -> HttpResponse:
    """From which addresses it works from now on."""
    told = listed_addresses(request.POST.get("addresses", ""))
    services.bind_key(actor=actor_of(request), key_id=pk, addresses=told)
    return redirect("exchange_keys")


def listed_addresses(text: str) -> list[str]:
    return [part for part in re.split(r"[\s,，、;；]+", text) if part]


@require_POST
@staff(*KEY_MAKERS)
def rotate(request: HttpRequest, pk: int) -> HttpResponse:
    return _shown(request, made=services.rotate_key(actor=actor_of(request), key_id=pk))


@require_POST
@staff(*KEY_MAKERS, *KEY_WATCHERS)
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    services.revoke_key(actor=actor_of(request), key_id=pk, reason=request.POST.get("reason", ""))
    return redirect("exchange_keys")


def _makers_only() -> str:
    return str(gettext_lazy("接口密钥由单位负责人发放；安全管理员可以查看和撤销，不能发放。"))


def _shown(
    request: HttpRequest, *, form: KeyForm | None = None, made: NewKey | None = None, status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    makes = actor.has(*KEY_MAKERS) and actor.unit_id is not None
    if makes and form is None:
        assert actor.unit_id is not None
        form = KeyForm(actor.unit_id, initial={"until": clock.today() + USUAL})
    held = queries.api_keys(actor)
    names = queries.newest_definitions({code for key in held for code in key.datasets})
    first = made.key.datasets[0] if made else ""
    context = {
        "keys": [_line(actor, key, names) for key in held],
        "uses": queries.uses_of_keys(held),
        "every_unit": not makes,
        "form": form if makes else None,
        "has_datasets": makes and form is not None and bool(form.known),
        "made": made,
        "example": request.build_absolute_uri(f"/api/v1/exchange/datasets/{first}/values") if made else "",
        "address": reverse("exchange_keys"),
    }
    return render(request, "exchange/keys.html", context, status=status)


def _line(actor: Actor, key: ApiKey, names: dict[str, queries.Held]) -> dict[str, Any]:
    at = services.key_standing(key, clock.now())
    ended = at in (KeyStanding.REVOKED, KeyStanding.EXPIRED)
    return {
        "key": key,
        "datasets": [name_of(names[code].row) if code in names else code for code in key.datasets],
        "state": KEY_STANDING_WORDS[at],
        "tone": TONES[at],
        "last_day": clock.local(key.expires_at - timedelta(seconds=1)),
        "may_rotate": not ended and actor.has(*KEY_MAKERS) and actor.unit_id == key.unit_id,
        "may_revoke": not ended and actor.has(*KEY_MAKERS, *KEY_WATCHERS),
    }
