"""Accounts, units, posts and who holds them when. Dates are half-open: `valid_from` counts, `valid_to` is the first day after."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from huying.domains.organizations import vocabulary
from huying.kernel.actors import ADMINISTRATORS, ROLE_WORDS, Level, Role

ADMINISTRATOR_NAMES = sorted(role.value for role in ADMINISTRATORS)


def dated(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
        name=f"{name}_ends_after_it_begins",
        violation_error_message=_("截止日期须晚于起始日期。"),
    )


class AccountManager(BaseUserManager["Account"]):
    def get_by_natural_key(self, username: str | None) -> Account:
        return self.get(username=username)


class Account(AbstractBaseUser):
    """A sign-in. What its holder may do hangs on the posts held, never on the account.

    `administrator` is the one administrator's role the account may hold, so that no account can hold two of the three.
    """

    username = models.CharField(max_length=64, unique=True)
    display_name = models.CharField(max_length=64)
    email = models.EmailField(blank=True)
    is_active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=False)
    is_demo = models.BooleanField(default=False)
    administrator = models.CharField(max_length=16, blank=True)
    created_at = models.DateTimeField()
    password_changed_at = models.DateTimeField(null=True)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    objects = AccountManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(administrator__in=["", *ADMINISTRATOR_NAMES]), name="account_administrator_known"
            )
        ]

    def __str__(self) -> str:
        return self.display_name


class Unit(models.Model):
    """A body that answers for matters: a line department of a division, its government, a centre, a utility."""

    code = models.CharField(max_length=48, unique=True)
    name = models.CharField(max_length=128)
    short_name = models.CharField(max_length=64)
    kind = models.CharField(max_length=16, choices=[(k.value, k.value) for k in vocabulary.UnitKind])
    level = models.PositiveSmallIntegerField(choices=[(level.value, level.name) for level in Level])
    division = models.CharField(max_length=12, db_index=True)
    department = models.CharField(max_length=32)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    phone = models.CharField(max_length=32, blank=True)
    provenance = models.CharField(max_length=16, choices=[(p.value, p.value) for p in vocabulary.Provenance])
    source = models.CharField(max_length=200, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["division", "department"])]
        constraints = [
            dated("unit"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="unit_is_not_its_own_parent"),
        ]

    def __str__(self) -> str:
        return self.name


class Post(models.Model):
    """A seat in a unit. Responsibility hangs on it, whoever holds it; a grid worker is a post with a grid."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="posts")
    key = models.CharField(max_length=32)
    name = models.CharField(max_length=64)
    grid = models.CharField(max_length=15, blank=True, db_index=True)
    phone = models.CharField(max_length=32, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            dated("post"),
            models.UniqueConstraint(fields=["unit", "key"], name="post_key_once_in_a_unit"),
        ]

    def __str__(self) -> str:
        return self.name


class PostRole(models.Model):
    """One role of a post. The database refuses a second administrator's role in a post."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="post_roles")
    role = models.CharField(max_length=16, choices=[(role.value, str(ROLE_WORDS[role].en)) for role in Role])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["post", "role"], name="post_role_once"),
            models.UniqueConstraint(
                fields=["post"],
                condition=Q(role__in=ADMINISTRATOR_NAMES),
                name="post_holds_at_most_one_administrator_role",
                violation_error_message=_("一个岗位不能兼任系统管理员、安全管理员、审计员中的两项。"),
            ),
        ]

    def __str__(self) -> str:
        return self.role


class Term(models.Model):
    """An account holds a post for a time; `deputy_for` says that it stands in for another's term."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="terms")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="terms")
    deputy_for = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="deputies")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True, db_index=True)
    handed_over_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["account", "valid_from"]), models.Index(fields=["post", "valid_from"])]
        constraints = [
            dated("term"),
            models.CheckConstraint(condition=~Q(deputy_for=F("id")), name="term_is_no_deputy_of_itself"),
            models.CheckConstraint(
                condition=Q(handed_over_at__isnull=True) | Q(valid_to__isnull=False),
                name="term_handed_over_only_when_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}@{self.post_id}"


class Absence(models.Model):
    """Days on which the holder of a term isn't there; the deputy acts, else the unit's head."""

    term = models.ForeignKey(Term, on_delete=models.CASCADE, related_name="absences")
    reason = models.CharField(max_length=16, choices=[(r.value, r.value) for r in vocabulary.AbsenceReason])
    valid_from = models.DateField()
    valid_to = models.DateField()

    class Meta:
        constraints = [dated("absence")]

    def __str__(self) -> str:
        return f"{self.valid_from}–{self.valid_to}"


class Roster(models.Model):
    """Who is on duty in turn: a duty office, hotline seats, departments at a centre's windows."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="rosters")
    name = models.CharField(max_length=64)
    kind = models.CharField(max_length=16, choices=[(k.value, k.value) for k in vocabulary.RosterKind])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "name"], name="roster_name_once_in_a_unit")]

    def __str__(self) -> str:
        return self.name


class Shift(models.Model):
    """A post on duty from one moment to another."""

    roster = models.ForeignKey(Roster, on_delete=models.CASCADE, related_name="shifts")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="shifts")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["roster", "starts_at"])]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="shift_ends_after_it_begins"),
            models.UniqueConstraint(fields=["roster", "post", "starts_at"], name="shift_once"),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%F %R}"


class Portfolio(models.Model):
    """分类归口: the leader's post and the unit that answer together for items beginning with `item`, in a division."""

    item = models.CharField(max_length=32, blank=True)
    division = models.CharField(max_length=12)
    leader = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="portfolios")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="portfolios")
    provenance = models.CharField(max_length=16, choices=[(p.value, p.value) for p in vocabulary.Provenance])
    source = models.CharField(max_length=200, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "portfolio"
        indexes = [models.Index(fields=["division", "item"])]
        constraints = [
            dated("portfolio"),
            models.UniqueConstraint(
                fields=["division", "item"],
                condition=Q(valid_to__isnull=True),
                name="portfolio_one_open_row_for_an_item",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.division}/{self.item}"


class StaffSession(models.Model):
    """A signed-in browser: the keyed digest of its session key, so that its owner can list and end it. No address is kept."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="staff_sessions")
    digest = models.CharField(max_length=64, unique=True)
    browser = models.CharField(max_length=64, blank=True)
    post = models.ForeignKey(Post, null=True, on_delete=models.SET_NULL, related_name="+")
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=16, blank=True)

    class Meta:
        indexes = [models.Index(fields=["account", "ended_at"])]

    def __str__(self) -> str:
        return f"{self.account_id} {self.opened_at:%F %R}"


class DirectoryMark(models.Model):
    """One row: a token changed whenever units, posts or portfolios change, so that every process drops its copy."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    token = models.CharField(max_length=32)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="directory_has_one_mark")]

    def __str__(self) -> str:
        return self.token
