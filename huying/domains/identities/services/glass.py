"""Break-glass: seen at once on one of four grounds, told to the reporter, reviewed by another within 24 hours."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from huying.domains.identities.identity import Identity
from huying.domains.identities.models import BreakGlassReview
from huying.domains.identities.permissions import may_decide, relation_to, reviewing_unit
from huying.domains.identities.services.parties import opened, the_party
from huying.domains.identities.services.reveals import log_look, purpose_of
from huying.domains.identities.vocabulary import GROUND_WORDS, Basis, Ground, Part, Verdict
from huying.kernel import audit, clock, worklist
from huying.kernel.actors import Actor
from huying.kernel.errors import InvalidInput, NotAllowedNow, NotFound

REVIEWED_WITHIN = timedelta(hours=24)
QUEUE = "identity-reviews"


def break_glass(
    *,
    actor: Actor,
    kind: str,
    record_id: int,
    ground: Ground,
    purpose: str,
    paper: str = "",
    part: str = Part.REPORTER,
    ordinal: int = 0,
) -> Identity:
    """The identity at once. `paper`: the document's number, needed for a court's or supervisor's paper.

    Raises NotFound out of scope or recused: not even an emergency opens a case to the accused.
    """
    relation_to(actor, kind, record_id)
    stated = purpose_of(purpose)
    chosen = Ground(ground)
    if chosen is Ground.COURT_OR_SUPERVISOR and not paper.strip():
        raise InvalidInput(_("请填写文书编号。"), fields={"paper": _("必填。")})
    with transaction.atomic():
        party = the_party(kind, record_id, part, ordinal)
        identity = opened(party)
        look = log_look(party, actor, stated, Basis.BREAK_GLASS, "identity.break_glass")
        review = BreakGlassReview.objects.create(
            look=look, ground=chosen.value, paper=paper.strip()[:200], due_at=look.at + REVIEWED_WITHIN
        )
        unit_id = reviewing_unit(kind, record_id) or actor.unit_id
        if unit_id is not None:
            worklist.put(
                [
                    worklist.Work(
                        kind="identities.review",
                        record_id=review.pk,
                        queue=QUEUE,
                        unit_id=unit_id,
                        subject_id=record_id,
                        number="",
                        title=_("复核紧急查看：%(post)s，%(ground)s")
                        % {"post": look.post_label, "ground": GROUND_WORDS[chosen].zh},
                        opened_at=look.at,
                        due_at=review.due_at,
                        why=_("紧急查看须在24小时内复核"),
                        urgent=True,
                    )
                ]
            )
    return identity


def review_break_glass(*, actor: Actor, review_id: int, verdict: Verdict | str, note: str) -> None:
    """Another person's verdict, with a note. Once. Scope comes before the form: what is out of it is NotFound."""
    with transaction.atomic():
        rows = BreakGlassReview.objects.everything("checked by may_decide").select_for_update(of=("self",))
        review = rows.select_related("look").filter(pk=review_id).first()
        if review is None:
            raise NotFound(_("没有这个复核事项。"))
        may_decide(actor, review.look.kind, review.look.record_id, review.look.account_id)
        if review.reviewed_at is not None:
            raise NotAllowedNow(_("已经复核过。"))
        if verdict not in set(Verdict):
            raise InvalidInput(_("请选择复核结论。"), fields={"verdict": _("必填。")})
        if not note.strip():
            raise InvalidInput(_("请写明复核意见。"), fields={"note": _("必填。")})
        judged = Verdict(verdict)
        review.verdict, review.note = judged.value, note.strip()[:300]
        review.reviewed_account_id, review.reviewed_label = actor.account_id, actor.label[:120]
        review.reviewed_at = clock.now()
        review.save()
        worklist.close("identities.review", [review.pk])
        audit.record(
            [
                audit.NewEvent(
                    kind=review.look.kind,
                    record_id=review.look.record_id,
                    action="identity.glass_reviewed",
                    actor=actor,
                    to_state=judged.value,
                    reason=review.note,
                )
            ]
        )
