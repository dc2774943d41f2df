"""Seeing an identity: for a purpose, on a basis, logged; else after a second person has said yes."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from huying.domains.identities.identity import Identity
from huying.domains.identities.models import Look, Party, RevealRequest
from huying.domains.identities.permissions import may_decide, relation_to, reviewing_unit
from huying.domains.identities.services.parties import opened, the_party
from huying.domains.identities.vocabulary import WITHOUT_ASKING, Basis, Confidentiality, Part, RequestState
from huying.kernel import audit, clock, worklist
from huying.kernel.actors import Actor
from huying.kernel.errors import Forbidden, InvalidInput, NotAllowedNow, NotFound

WAITS = timedelta(days=3)
GRANTED_FOR = timedelta(hours=24)
SHORTEST_PURPOSE, LONGEST_PURPOSE = 4, 300
QUEUE = "identity-approvals"


def post_label(actor: Actor) -> str:
    """The unit and post of an actor's label (`unit·post·person`): the reporter is shown the post, not the officer."""
    return "·".join(actor.label.split("·")[:2])[:120]


def purpose_of(text: str) -> str:
    purpose = " ".join(text.split())
    if not SHORTEST_PURPOSE <= len(purpose) <= LONGEST_PURPOSE:
        raise InvalidInput(
            _("请写明查看的目的。"),
            fields={
                "purpose": _("%(least)d 到 %(most)d 个字；反映人会看到。")
                % {"least": SHORTEST_PURPOSE, "most": LONGEST_PURPOSE}
            },
        )
    return purpose


def log_look(party: Party, actor: Actor, purpose: str, basis: Basis, action: str = "identity.revealed") -> Look:
    """One line for the reporter and one in the record's chain. Inside the caller's transaction."""
    look = Look.objects.create(
        party=party,
        kind=party.kind,
        record_id=party.record_id,
        account_id=actor.account_id,
        post_id=actor.post_id,
        unit_id=actor.unit_id,
        post_label=post_label(actor),
        purpose=purpose,
        basis=basis.value,
        at=clock.now(),
    )
    audit.record(
        [
            audit.NewEvent(
                kind=party.kind,
                record_id=party.record_id,
                action=action,
                actor=actor,
                reason=purpose,
                payload={"part": party.part, "basis": basis.value},
            )
        ]
    )
    return look


def reveal(
    *, actor: Actor, kind: str, record_id: int, purpose: str, part: str = Part.REPORTER, ordinal: int = 0
) -> Identity:
    """The identity, shown to `actor` for `purpose`, logged before it is handed out.

    Raises NotFound out of scope or recused, InvalidInput without a purpose, Forbidden (with the way to ask) otherwise.
    """
    relation = relation_to(actor, kind, record_id)
    stated = purpose_of(purpose)
    with transaction.atomic():
        party = the_party(kind, record_id, part, ordinal)
        basis = WITHOUT_ASKING.get((Confidentiality(party.confidentiality), relation))
        if basis is None and _granted(party, actor):
            basis = Basis.APPROVED
        if basis is None:
            raise Forbidden(
                _("按反映人选择的保密级别，您不能直接查看其身份。"),
                cure=_("可以转接联系反映人；确需查看的，申请第二人批准。"),
            )
        identity = opened(party)
        log_look(party, actor, stated, basis)
    return identity


def _granted(party: Party, actor: Actor) -> bool:
    rows = RevealRequest.objects.everything("the actor's own grant")
    return bool(
        rows.filter(
            party=party,
            account_id=actor.account_id,
            post_id=actor.post_id,
            state=RequestState.APPROVED,
            expires_at__gt=clock.now(),
        ).exists()
    )


def ask_reveal(
    *, actor: Actor, kind: str, record_id: int, purpose: str, part: str = Part.REPORTER, ordinal: int = 0
) -> int:
    """Ask a second person; answers the request's id. One open request per asker and party: asking again answers that one."""
    relation_to(actor, kind, record_id)
    stated = purpose_of(purpose)
    if actor.account_id is None:
        raise Forbidden(_("只有登录的工作人员可以申请。"))
    now = clock.now()
    with transaction.atomic():
        party = the_party(kind, record_id, part, ordinal, lock=True)
        rows = RevealRequest.objects.everything("the actor's own requests")
        open_one = rows.filter(
            party=party,
            account_id=actor.account_id,
            post_id=actor.post_id,
            state=RequestState.ASKED,
            expires_at__gt=now,
        ).first()
        if open_one is not None:
            return int(open_one.pk)
        request = RevealRequest.objects.create(
            party=party,
            account_id=actor.account_id,
            post_id=actor.post_id,
            unit_id=actor.unit_id,
            post_label=post_label(actor),
            purpose=stated,
            asked_at=now,
            expires_at=now + WAITS,
        )
        audit.record(
            [audit.NewEvent(kind=kind, record_id=record_id, action="identity.asked", actor=actor, reason=stated)]
        )
        unit_id = reviewing_unit(kind, record_id) or actor.unit_id
        if unit_id is not None:
            worklist.put(
                [
                    worklist.Work(
                        kind="identities.request",
                        record_id=request.pk,
                        queue=QUEUE,
                        unit_id=unit_id,
                        subject_id=record_id,
                        number="",
                        title=_("申请查看当事人身份：%(post)s") % {"post": request.post_label},
                        opened_at=now,
                        due_at=request.expires_at,
                        why=_("按保密级别需第二人批准"),
                    )
                ]
            )
    return int(request.pk)


def approve_reveal(*, actor: Actor, request_id: int, why: str = "") -> None:
    """Grant: the asker, in the same post, may look for 24 hours. Never by the asker; the approver sees nothing."""
    _decide(actor, request_id, RequestState.APPROVED, why)


def deny_reveal(*, actor: Actor, request_id: int, why: str) -> None:
    """Refuse, with the reason that the asker is told."""
    _decide(actor, request_id, RequestState.DENIED, why)


def _decide(actor: Actor, request_id: int, state: RequestState, why: str) -> None:
    now = clock.now()
    with transaction.atomic():
        rows = RevealRequest.objects.everything("checked by may_decide").select_for_update(of=("self",))
        request = rows.select_related("party").filter(pk=request_id).first()
        if request is None:
            raise NotFound(_("没有这个申请。"))
        may_decide(actor, request.party.kind, request.party.record_id, request.account_id)
        if request.state != RequestState.ASKED or request.expires_at <= now:
            raise NotAllowedNow(_("这个申请已经办过或已过期。"), cure=_("需要时请申请人重新申请。"))
        if state is RequestState.DENIED and not why.strip():
            raise InvalidInput(_("不批准要写明理由。"), fields={"why": _("必填。")})
        request.state = state.value
        request.decided_account_id, request.decided_label = actor.account_id, actor.label[:120]
        request.decided_at, request.decided_why = now, why.strip()[:300]
        if state is RequestState.APPROVED:
            request.expires_at = now + GRANTED_FOR
        request.save()
        worklist.close("identities.request", [request.pk])
        audit.record(
            [
                audit.NewEvent(
                    kind=request.party.kind,
                    record_id=request.party.record_id,
                    action=f"identity.{state.value}",
                    actor=actor,
                    reason=request.decided_why,
                    payload={"asked_by": request.post_label},
                )
            ]
        )
