"""A place's periodic report, what people add to it, and its published editions, which never change."""

from __future__ import annotations

import hashlib
import json
from typing import Any, NoReturn

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from huying.domains.bulletins.vocabulary import ProblemState, State
from huying.domains.bulletins.workflow import READERS
from huying.kernel.actors import Actor
from huying.kernel.errors import NotAllowedNow, Unavailable
from huying.kernel.scoping import ScopedModel, ScopedQuerySet

PREFIX = {1: 2, 2: 4, 3: 6, 4: 9, 5: 12}


def digest_of(content: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON, in hex."""
    said = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


class ReportSet(models.Model):
    """A report as a pack describes it. `body` is `sections.ReportSetRow` as JSON; drafts copy what they need of it."""

    code = models.CharField(max_length=40, unique=True)
    period = models.CharField(max_length=8)
    body = models.JSONField()

    def __str__(self) -> str:
        return self.code


class BulletinQuerySet(ScopedQuerySet["Bulletin"]):
    def scope(self, actor: Actor) -> Q:
        """Reports of one's own place and those below it, for those who draft, approve or answer for them."""
        if actor.is_system:
            return Q()
        if not actor.reads_business or not actor.has(*READERS) or actor.level not in PREFIX or not actor.division:
            return Q(pk__in=[])
        root = actor.division[: PREFIX[actor.level]]
        return Q(division__gte=root.ljust(12, "0"), division__lte=root.ljust(12, "9"))


class Bulletin(ScopedModel):
    """content: what bulletins.content made of the figures; people's parts join it when it is sent for approval.

    step: how many approvals of this round are given. edition: the newest published one, 0 before the first.
    """

    set_code = models.CharField(max_length=40)
    division = models.CharField(max_length=15)
    place = models.CharField(max_length=80)
    period = models.CharField(max_length=10)
    starts = models.DateField()
    state = models.CharField(max_length=12, choices=[(s.value, s.value) for s in State], default=State.DRAFTING)
    step = models.PositiveSmallIntegerField(default=0)
    edition = models.PositiveSmallIntegerField(default=0)
    content = models.JSONField()
    approvals = models.JSONField(default=list)
    drafter = models.ForeignKey("organizations.Account", null=True, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    objects = BulletinQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["set_code", "division", "period"], name="bulletin_one_a_period"),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(edition__gt=0), name="bulletin_published_has_one"
            ),
        ]
        indexes = [models.Index(fields=["-starts", "-id"], name="bulletin_newest")]

    def __str__(self) -> str:
        return f"{self.place} {self.period} {self.set_code}"


class Comment(models.Model):
    """Words of a person, signed by the post. `section` is the key of a section of the report."""

    bulletin = models.ForeignKey(Bulletin, on_delete=models.CASCADE, related_name="comments")
    section = models.CharField(max_length=40)
    text = models.TextField()
    post = models.ForeignKey("organizations.Post", null=True, on_delete=models.PROTECT, related_name="+")
    signed = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bulletin", "section", "signed"], name="bulletin_comment_one_a_post")
        ]

    def __str__(self) -> str:
        return f"{self.signed}: {self.text[:40]}"


class Problem(models.Model):
    """A line of the problem list with who answers for it and by when; the next period says what became of it.

    indicator: the figure of the report it is about, by which its effect is read later; "" for none. Published, it is a task
    (subject `problem`), whose state the next report says unless people said otherwise (`state`, `note`).
    """

    bulletin = models.ForeignKey(Bulletin, on_delete=models.CASCADE, related_name="problems")
    text = models.CharField(max_length=300)
    measure = models.CharField(max_length=300, blank=True)
    indicator = models.CharField(max_length=60, blank=True)
    unit = models.ForeignKey("organizations.Unit", on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey("organizations.Post", null=True, on_delete=models.PROTECT, related_name="+")
    due = models.DateField()
    state = models.CharField(
        max_length=8, choices=[(s.value, s.value) for s in ProblemState], default=ProblemState.OPEN
    )
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state="open") | ~Q(note=""), name="bulletin_problem_followed_says_how")
        ]

    def __str__(self) -> str:
        return self.text


class Edition(models.Model):
    """A published report as it was on that day: rulebook, tree and data each with its date. Written once."""

    bulletin = models.ForeignKey(Bulletin, on_delete=models.PROTECT, related_name="editions")
    number = models.PositiveSmallIntegerField()
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    rulebook_date = models.DateField()
    tree_date = models.DateField()
    watermark = models.DateTimeField()
    published_at = models.DateTimeField()
    signed = models.CharField(max_length=120)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bulletin", "number"], name="bulletin_edition_once")]

    def __str__(self) -> str:
        return f"{self.bulletin_id}/{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            self._refuse()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._refuse()

    def whole(self) -> dict[str, Any]:
        """The content. Raises Unavailable when it is not what was published."""
        if digest_of(self.content) != self.digest:
            raise Unavailable(
                _("已发布的报表与发布时的摘要不一致，不予显示。"), cure=_("请从备份恢复，并运行 huying audit verify。")
            )
        content: dict[str, Any] = self.content
        return content

    @staticmethod
    def _refuse() -> NoReturn:
        raise NotAllowedNow(_("已发布的报表不能改动。"), cure=_("请说明理由重新修订，另发一版。"))
