"""A worker's saved views of the worklist: only enumerated choices, so that none can be a search for a person."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from huying.kernel import search
from huying.kernel.actors import Actor
from huying.kernel.errors import InvalidInput, NotAllowedNow, NotFound

# What a saved view may hold: parameter → whether several are allowed. No free text (rights 2).
PARAMETERS = {"queue": False, "due": False, "mine": False, "channel": False, "urgent": False, "cols": True}
MOST = 20
NAME_LONGEST = 20


class SavedFilter(models.Model):
    """A named view of one post's worklist."""

    post_id = models.BigIntegerField()
    name = models.CharField(max_length=NAME_LONGEST)
    query = models.CharField(max_length=300)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post_id", "name"], name="savedfilter_name_once")]

    def __str__(self) -> str:
        return self.name


def clean(query: str) -> str:
    """The part of an address's query that a saved view keeps, in one order; values are words of a-z, digits and _-."""
    kept: dict[str, list[str]] = {}
    for name, value in parse_qsl(query):
        if name in PARAMETERS and value.replace("_", "").replace("-", "").isalnum() and value.isascii():
            kept.setdefault(name, []).append(value[:32])
    return urlencode(
        [
            (name, value)
            for name in PARAMETERS
            for value in (sorted(set(kept.get(name, []))) if PARAMETERS[name] else kept.get(name, [])[:1])
        ]
    )[:300]


def saved(actor: Actor) -> list[SavedFilter]:
    return list(SavedFilter.objects.filter(post_id=actor.post_id).order_by("name")) if actor.post_id else []


@transaction.atomic
def save(*, actor: Actor, name: str, query: str) -> SavedFilter:
    """Keep a view under `name`; the same name again replaces it.

    Raises InvalidInput for an empty or over-long name, one that points at a person, or a twenty-first view.
    """
    name = name.strip()
    if not name or len(name) > NAME_LONGEST:
        raise InvalidInput(_("名称须为 1 至 20 个字。"), fields={"name": name[:40]})
    if search.refuses(name):
        raise InvalidInput(
            _("保存的筛选不能以人名、号码命名。"), cure=_("请按事项、地方或时限命名。"), fields={"name": name}
        )
    if actor.post_id is None:
        raise NotAllowedNow(_("只有在岗位上才能保存筛选。"), cure=_("请先选择岗位。"))
    rows = SavedFilter.objects.filter(post_id=actor.post_id)
    if rows.exclude(name=name).count() >= MOST:
        raise InvalidInput(_("最多保存 20 个筛选。"), cure=_("请先删去不用的。"), fields={"name": name})
    try:
        with transaction.atomic():
            return rows.update_or_create(post_id=actor.post_id, name=name, defaults={"query": clean(query)})[0]
    except IntegrityError:
        return rows.get(name=name)


@transaction.atomic
def forget(*, actor: Actor, filter_id: int) -> None:
    """Delete one of the actor's own saved views. Raises NotFound for another post's."""
    if not SavedFilter.objects.filter(pk=filter_id, post_id=actor.post_id or 0).delete()[0]:
        raise NotFound(_("没有这个保存的筛选。"))
