"""Keys for departments' machines: handed out by the unit's head, shown once, kept as a digest, ended by a day or by hand.

The head makes them because the head answers for what the unit delivers; the security administrator, who may see no value, looks
after everybody's and ends any. Five wrong secrets lock a key for a quarter of an hour, right secret or not.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from huying.domains.exchange import queries
from huying.domains.exchange.models import ApiKey
from huying.domains.exchange.refusals import personal
from huying.domains.exchange.vocabulary import KEY, KeyStanding
from huying.domains.exchange.workflow import KEY_MAKERS, KEY_WATCHERS
from huying.domains.organizations import queries as organizations
from huying.kernel import audit, clock, crypto
from huying.kernel.actors import Actor
from huying.kernel.errors import Forbidden, InvalidInput, NotAllowedNow, NotFound, TooMany
from huying.kernel.http.addresses import networks, within

LONGEST = timedelta(days=366)
# What the old key still does after a rotation, so that the machine can be switched without a gap.
OVERLAP = timedelta(days=7)
MISSES, LOCKED_FOR = 5, timedelta(minutes=15)
PER_MINUTE = 60
MOST_KEYS = 20
MOST_ADDRESSES = 20
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
WRITTEN = re.compile(r"hyk_([a-z2-9]{8})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True)
class NewKey:
    """A key as it is shown once; `text` can't be had again."""

    key: ApiKey
    text: str


def holds_key(text: str) -> bool:
    """Whether what may be a key stands in `text`, such as an address."""
    return WRITTEN.search(text) is not None


def standing(key: ApiKey, now: datetime) -> KeyStanding:
    if key.revoked_at is not None:
        return KeyStanding.REVOKED
    if now >= key.expires_at:
        return KeyStanding.EXPIRED
    if key.locked_until is not None and now < key.locked_until:
        return KeyStanding.LOCKED_OUT
    return KeyStanding.LIVE


def make_key(
    *,
    actor: Actor,
    name: str,
    datasets: Sequence[str],
    until: date,
    addresses: Sequence[str] = (),
    unit_id: int | None = None,
) -> NewKey:
    """until: its last day. addresses: from which alone it works, none for any. unit_id: for the system alone; a head makes keys
    of the own unit.

    Raises Forbidden, InvalidInput naming each field.
    """
    unit = actor.unit_id if unit_id is None or not actor.is_system else unit_id
    if unit is None or not (actor.is_system or actor.has(*KEY_MAKERS)):
        raise Forbidden(_("接口密钥由单位负责人发放。"), cure=_("安全管理员可以查看和撤销，不能发放。"))
    told, wanted = name.strip(), sorted(set(datasets))
    fields = {}
    if not 0 < len(told) <= 80 or personal(told):
        fields["name"] = _("写是哪个系统，1 到 80 个字，不写个人信息。")
    known = set(own_datasets(unit))
    if not wanted or not set(wanted) <= known:
        fields["datasets"] = _("从本单位要报的数据集里选，至少一个。")
    if not clock.today() <= until <= clock.today() + LONGEST:
        fields["until"] = _("从今天起，最长一年。")
    ranges: list[str] = []
    try:
        ranges = _ranges(addresses)
    except InvalidInput as error:
        fields["addresses"] = f"{error.message}{error.cure}"
    running = ApiKey.objects.everything("how many").filter(unit=unit, revoked_at=None, expires_at__gt=clock.now())
    if not fields and running.count() >= MOST_KEYS:
        fields["name"] = _("本单位已有 %(n)d 个可用的密钥，请先撤销不用的。") % {"n": MOST_KEYS}
    if fields:
        raise InvalidInput(_("还不能发放。"), fields=fields)
    with transaction.atomic():
        made = _made(actor, unit, told, wanted, _end_of(until), ranges)
        _log([made.key], "key_made", actor, "", datasets=wanted, until=until.isoformat(), addresses=ranges)
    return made


def bind_key(*, actor: Actor, key_id: int, addresses: Sequence[str]) -> ApiKey:
    """From which addresses a key works from now on; none for any. Raises NotFound, Forbidden, NotAllowedNow, InvalidInput."""
    with transaction.atomic():
        key = _held(actor, key_id)
        own = actor.has(*KEY_MAKERS) and actor.unit_id == key.unit_id
        if not (actor.is_system or own):
            raise Forbidden(_("接口密钥的地址由单位负责人限定。"))
        if standing(key, clock.now()) in (KeyStanding.REVOKED, KeyStanding.EXPIRED):
            raise NotAllowedNow(_("密钥 %(short)s 已停用。") % {"short": key.short})
        key.addresses = _ranges(addresses)
        key.save(update_fields=["addresses"])
        _log([key], "key_bound", actor, "", addresses=key.addresses)
    return key


def rotate_key(*, actor: Actor, key_id: int) -> NewKey:
    """Another key for the same purpose and until the same day; the old one ends within a week. Raises as `make_key`, NotFound."""
    with transaction.atomic():
        old = _held(actor, key_id)
        if not (actor.is_system or (actor.has(*KEY_MAKERS) and actor.unit_id == old.unit_id)):
            raise Forbidden(_("接口密钥由单位负责人更换。"))
        if standing(old, clock.now()) in (KeyStanding.REVOKED, KeyStanding.EXPIRED):
            raise NotAllowedNow(_("密钥 %(short)s 已停用，不能更换。") % {"short": old.short}, cure=_("请另发一个。"))
        made = _made(actor, old.unit_id, old.name, old.datasets, old.expires_at, old.addresses, replaces=old)
        old.expires_at = min(old.expires_at, clock.now() + OVERLAP)
        old.save(update_fields=["expires_at"])
        _log([made.key], "key_rotated", actor, "", replaces=old.short)
    return made


def revoke_key(*, actor: Actor, key_id: int, reason: str) -> ApiKey:
    """At once and for good. Raises NotFound, Forbidden, NotAllowedNow (it is revoked), InvalidInput without a reason."""
    why = reason.strip()
    with transaction.atomic():
        key = _held(actor, key_id)
        own = actor.has(*KEY_MAKERS) and actor.unit_id == key.unit_id
        if not (actor.is_system or own or actor.has(*KEY_WATCHERS)):
            raise Forbidden(_("接口密钥由单位负责人或安全管理员撤销。"))
        if key.revoked_at is not None:
            raise NotAllowedNow(_("密钥 %(short)s 已经撤销。") % {"short": key.short})
        if not 0 < len(why) <= 200 or personal(why):
            raise InvalidInput(_("请写明撤销的理由。"), fields={"reason": _("1 到 200 个字，不写个人信息。")})
        key.revoked_at, key.revoked_by, key.revoked_why = clock.now(), actor.label[:128], why
        key.save(update_fields=["revoked_at", "revoked_by", "revoked_why"])
        _log([key], "key_revoked", actor, why)
    return key


def machine_of(text: str, address: str = "") -> Actor:
    """Who shows this key. address: from which it comes, "" where that can't be told.

    Raises Forbidden for one that opens nothing, or not from there, TooMany when it is used too often; both are logged.

    An unknown key, a wrong secret and a locked key are answered alike. Call outside a transaction: a miss stays counted.
    """
    found = WRITTEN.fullmatch(text)
    rows = ApiKey.objects.everything("a key is its own permission").select_related("unit")
    key = rows.filter(short=found[1]).first() if found else None
    now = clock.now()
    right = crypto.digest_verify(text.encode(), key.digest if key else crypto.digest(b""))
    if key is None or not right or standing(key, now) is KeyStanding.LOCKED_OUT:
        if key is not None and not right:
            _missed(key, now)
        _refuse(key)
        raise Forbidden(
            _("密钥不对，或正因多次试错被锁定。"), cure=_("核对密钥；仍不行的，请本单位负责人查看它的状态或更换。")
        )
    at = standing(key, now)
    if at is not KeyStanding.LIVE or not organizations.units([key.unit_id])[key.unit_id].in_force(clock.today()):
        _refuse(key)
        raise Forbidden(
            _("密钥 %(short)s 已到期、已撤销，或单位已撤并。") % {"short": key.short},
            cure=_("请本单位负责人另发一个。"),
        )
    if key.addresses and not within(address, key.addresses):
        audit.access(_named(key), f"key.elsewhere:{key.short}", KEY, key.pk, result="refused")
        raise Forbidden(
            _("密钥 %(short)s 不能从这个地址使用：%(address)s。")
            % {"short": key.short, "address": address or _("看不出地址")},
            cure=_("请本单位负责人核对密钥限定的地址；经过代理的，请管理员设置 HUYING_PROXIES。"),
        )
    actor = _named(key)
    _counted(key, now)
    audit.access(actor, f"key.used:{key.short}", KEY, key.pk)
    return actor


def _named(key: ApiKey) -> Actor:
    """The machine. Its name is the log's, so in the log's language whoever asks."""
    label = f"{key.unit.short_name}·接口密钥 {key.short}"
    return Actor.machine(label, key.unit_id, frozenset(key.datasets))


def _ranges(addresses: Sequence[str]) -> list[str]:
    """As they are kept. Raises InvalidInput for one that is none, and for too many."""
    told = [text for text in (each.strip() for each in addresses) if text]
    if len(told) > MOST_ADDRESSES:
        raise InvalidInput(_("地址最多 %(n)d 个。") % {"n": MOST_ADDRESSES}, cure=_("写成网段。"))
    return [str(network) for network in networks(told)]


def own_datasets(unit_id: int) -> dict[str, str]:
    """The datasets that the unit has a report of, by code with their Chinese names."""
    return queries.datasets_of_unit(unit_id)


def _made(
    actor: Actor,
    unit_id: int,
    name: str,
    datasets: Sequence[str],
    expires_at: datetime,
    addresses: Sequence[str],
    replaces: ApiKey | None = None,
) -> NewKey:
    short = "".join(secrets.choice(ALPHABET) for _n in range(8))
    text = f"hyk_{short}_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        short=short,
        # 256 random bits can't be tried out from their digest: no key of ours need stand beside it.
        digest=crypto.digest(text.encode()),
        unit_id=unit_id,
        name=name,
        datasets=list(datasets),
        addresses=list(addresses),
        made_at=clock.now(),
        made_by=actor.label[:128],
        expires_at=expires_at,
        replaces=replaces,
    )
    return NewKey(key, text)


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, clock.ZONE)


def _held(actor: Actor, key_id: int) -> ApiKey:
    key = ApiKey.objects.visible_to(actor).select_for_update(of=("self",)).filter(pk=key_id).first()
    if key is None:
        raise NotFound(_("没有这个密钥，或不在您的职责范围内。"))
    return key


def _missed(key: ApiKey, now: datetime) -> None:
    held = ApiKey.objects.everything("a wrong secret is counted").filter(pk=key.pk)
    held.update(failures=F("failures") + 1)
    if held.filter(failures__gte=MISSES).update(failures=0, locked_until=now + LOCKED_FOR):
        _log([key], action="key_locked", actor=Actor.public("api"), reason="", misses=MISSES)


def _counted(key: ApiKey, now: datetime) -> None:
    """One more use; raises TooMany past what a minute allows."""
    held = ApiKey.objects.everything("its use is counted").filter(pk=key.pk)
    minute = now.replace(second=0, microsecond=0)
    held.exclude(minute=minute).update(minute=minute, in_minute=0)
    if not held.filter(in_minute__lt=PER_MINUTE).update(
        in_minute=F("in_minute") + 1, uses=F("uses") + 1, used_at=now, failures=0
    ):
        audit.access(_named(key), f"key.too_often:{key.short}", KEY, key.pk, result="refused")
        raise TooMany(_("这个密钥用得过密，每分钟最多 %(n)d 次。") % {"n": PER_MINUTE}, retry_after=60 - now.second)


def _refuse(key: ApiKey | None) -> None:
    short = f":{key.short}" if key else ""
    audit.access(Actor.public("api"), f"key.refused{short}", KEY, key.pk if key else None, result="refused")


def _log(keys: Sequence[ApiKey], action: str, actor: Actor, reason: str, **told: object) -> None:
    audit.record(
        [
            audit.NewEvent(
                kind=KEY,
                record_id=key.pk,
                action=action,
                actor=actor,
                reason=reason,
                first=action in ("key_made", "key_rotated"),
                payload={"short": key.short, "unit": key.unit_id, **told},
            )
            for key in keys
        ]
    )
