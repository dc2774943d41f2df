"""Accounts: made by an administrator, never by themselves; passwords set, reset and changed."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from axes.utils import reset
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from huying.domains.organizations import queries
from huying.domains.organizations.models import Account, Term
from huying.domains.organizations.services.changes import administers, changed, record
from huying.domains.organizations.services.sessions import end_all_sessions
from huying.domains.organizations.services.structure import NewPost, NewUnit, put_posts, put_units
from huying.domains.organizations.services.terms import NewTerm, open_terms
from huying.domains.organizations.vocabulary import Provenance, UnitKind
from huying.kernel import audit, clock
from huying.kernel.actors import ADMINISTRATORS, ROLE_WORDS, Actor, Level, Role
from huying.kernel.errors import Forbidden, InvalidInput, NotAllowedNow, NotFound

# Letters and digits that nobody misreads, for a password that is read aloud once.
LEGIBLE = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, kw_only=True)
class NewAccount:
    """password None: the account can't sign in until one is set."""

    username: str
    display_name: str
    password: str | None = None
    email: str = ""
    must_change_password: bool = True
    is_demo: bool = False


def one_time_password() -> str:
    return "".join(secrets.choice(LEGIBLE) for _place in range(16))


def create_accounts(*, actor: Actor, rows: Sequence[NewAccount]) -> dict[str, int]:
    """Make the accounts; username → id. Refused when a username is taken."""
    administers(actor)
    names = [row.username for row in rows]
    with transaction.atomic():
        taken = sorted(Account.objects.filter(username__in=names).values_list("username", flat=True))
        taken += sorted({name for name in names if names.count(name) > 1})
        if taken:
            raise InvalidInput(
                _("用户名已被使用：%(names)s。") % {"names": "、".join(taken)},
                cure=_("请换一个用户名。"),
                fields={"username": _("已被使用")},
            )
        now = clock.now()
        # A password is slow to hash by design, and hashing lets other threads run.
        with ThreadPoolExecutor() as pool:
            hashed = list(pool.map(make_password, [row.password for row in rows]))
        made = Account.objects.bulk_create(
            [
                Account(
                    username=row.username,
                    display_name=row.display_name,
                    email=row.email,
                    password=password,
                    must_change_password=row.must_change_password,
                    is_demo=row.is_demo,
                    created_at=now,
                )
                for row, password in zip(rows, hashed, strict=True)
            ]
        )
        record(
            audit.NewEvent(kind="account", record_id=row.pk, action="account_made", actor=actor, first=True)
            for row in made
        )
    return {row.username: row.pk for row in made}


def create_account(*, actor: Actor, row: NewAccount) -> int:
    return create_accounts(actor=actor, rows=[row])[row.username]


def check_password(password: str, account: Account) -> None:
    try:
        validate_password(password, account)
    except ValidationError as fault:
        raise InvalidInput(
            _("新密码不符合要求。"), cure=_("请按提示另设一个密码。"), fields={"password": " ".join(fault.messages)}
        ) from None


def change_password(*, actor: Actor, account_id: int, old: str, new: str) -> None:
    """The holder changes the password, knowing the old one."""
    if actor.account_id != account_id:
        raise Forbidden(_("只能修改自己的密码。"))
    with transaction.atomic():
        account = _locked(account_id)
        if not account.check_password(old):
            raise InvalidInput(_("原密码不正确。"), cure=_("请重新输入原密码。"), fields={"old": _("原密码不正确。")})
        if old == new:
            raise InvalidInput(
                _("新密码与原密码相同。"), cure=_("请另设一个密码。"), fields={"password": _("新密码与原密码相同。")}
            )
        check_password(new, account)
        account.set_password(new)
        account.must_change_password, account.password_changed_at = False, clock.now()
        account.save(update_fields=["password", "must_change_password", "password_changed_at"])
        record([audit.NewEvent(kind="account", record_id=account.pk, action="password_changed", actor=actor)])


def reset_password(*, actor: Actor, account_id: int) -> str:
    """A one-time password, shown once, to be changed at the next sign-in; the account's sessions end."""
    administers(actor)
    with transaction.atomic():
        account = _locked(account_id)
        password = one_time_password()
        account.set_password(password)
        account.must_change_password, account.password_changed_at = True, clock.now()
        account.save(update_fields=["password", "must_change_password", "password_changed_at"])
        end_all_sessions(actor=actor, account_id=account.pk, why="reset")
        record([audit.NewEvent(kind="account", record_id=account.pk, action="password_reset", actor=actor)])
    return password


def set_active(*, actor: Actor, account_id: int, active: bool) -> None:
    """Close an account to sign-in, or open it again. Its terms must be ended first, so that its work was handed over."""
    administers(actor)
    with transaction.atomic():
        account = _locked(account_id)
        if account.is_active == active:
            return
        if not active and Term.objects.filter(account=account).exclude(valid_to__lte=clock.today()).exists():
            raise NotAllowedNow(
                _("%(name)s 还有任期未结束，不能停用。") % {"name": account.display_name},
                cure=_("请先结束任期，待办移交后再停用。"),
            )
        account.is_active = active
        account.save(update_fields=["is_active"])
        if not active:
            end_all_sessions(actor=actor, account_id=account.pk, why="closed")
        action = "account_opened" if active else "account_closed"
        record([audit.NewEvent(kind="account", record_id=account.pk, action=action, actor=actor)])
        changed()


def may_sign_in(account: object, *, production: bool) -> bool:
    """Active, and not one of the demo's on a production database (HUYING_DATABASE_URL is set)."""
    return isinstance(account, Account) and account.is_active and not (account.is_demo and production)


def lift_lock(*, actor: Actor, username: str) -> None:
    """The security administrator lets an account that was locked by wrong passwords try again."""
    if not actor.has(Role.SECURITY_ADMIN):
        raise Forbidden(_("只有安全管理员能解除锁定。"))
    account_id = queries.account_id_of(username)
    if account_id is None:
        raise NotFound(_("没有这个账号。"))
    with transaction.atomic():
        reset(username=username)
        record([audit.NewEvent(kind="account", record_id=account_id, action="lock_lifted", actor=actor)])


def note_second_factor(*, actor: Actor, account_id: int, added: bool, factor: str) -> None:
    action = "second_factor_added" if added else "second_factor_removed"
    record(
        [audit.NewEvent(kind="account", record_id=account_id, action=action, actor=actor, payload={"factor": factor})]
    )


def _locked(account_id: int) -> Account:
    account = Account.objects.select_for_update().filter(pk=account_id).first()
    if account is None:
        raise NotFound(_("没有这个账号。"))
    return account


@dataclass(frozen=True)
class FirstAdministrator:
    role: Role
    username: str
    password: str


def create_first_administrators() -> list[FirstAdministrator]:
    """The three administrators of a new place, each with a one-time password that the first sign-in must change.

    They sit in the topmost unit's centre (or in the topmost unit); refused when any administrator exists.
    """
    actor = Actor.system("init")
    today = clock.today()
    with transaction.atomic():
        if Account.objects.exclude(administrator="").exists():
            raise NotAllowedNow(
                _("管理员账号已经建立。"),
                cure=_("遗忘密码的，由系统管理员重置。"),
            )
        unit = _seat() or _platform_unit(actor)
        order = sorted(ADMINISTRATORS)
        posts = put_posts(
            actor=actor,
            rows=[
                NewPost(unit=unit, key=role.value, name=ROLE_WORDS[role].zh, roles=frozenset({role}), valid_from=today)
                for role in order
            ],
        )
        found = [FirstAdministrator(role, role.value.replace("_", "-"), one_time_password()) for role in order]
        accounts = create_accounts(
            actor=actor,
            rows=[
                NewAccount(username=one.username, display_name=ROLE_WORDS[one.role].zh, password=one.password)
                for one in found
            ],
        )
        open_terms(
            actor=actor,
            rows=[
                NewTerm(account_id=accounts[one.username], post_id=posts[unit, one.role.value], valid_from=today)
                for one in found
            ],
        )
    return found


def _seat() -> str | None:
    """The code of the centre nearest to the root of the units, else of a root."""
    known = queries.all_units()
    centres = [view for view in known if view.kind is UnitKind.CENTRE]
    best = min(centres or known, key=lambda view: (view.level, view.code), default=None)
    return best.code if best else None


def _platform_unit(actor: Actor) -> str:
    code = "00-platform"
    row = NewUnit(
        code=code,
        name=_("平台运行单位"),
        short_name=_("平台"),
        kind=UnitKind.CENTRE,
        level=Level.PROVINCE,
        division="0" * 12,
        department="centre",
        provenance=Provenance.DEMO,
        valid_from=clock.today(),
    )
    put_units(actor=actor, rows=[row])
    return code
