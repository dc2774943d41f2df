"""What a resident does without an account, where the matters themselves stand. services.outside has the same verbs for the
outer zone, where they don't; pages ask `door()` and need not know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from huying.domains.documents import queries as documents_read
from huying.domains.documents import services as documents
from huying.domains.documents.vocabulary import Origin
from huying.domains.identities import queries as vault_read
from huying.domains.identities import services as vault
from huying.domains.identities.vocabulary import Confidentiality as Sealing
from huying.domains.matters import queries
from huying.domains.matters.models import Matter
from huying.domains.matters.queries.story import ACTS, PublicLook, PublicStory
from huying.domains.matters.services import keeping
from huying.domains.matters.services.closing import evaluate, reopen
from huying.domains.matters.services.intake import Intake, Registered, register_many
from huying.domains.matters.services.supervising import appeal_unreasonable
from huying.domains.matters.services.triage import comment, withdraw
from huying.domains.matters.vocabulary import Channel, Confidentiality, Kind, Satisfied, Solved
from huying.kernel.actors import Actor
from huying.kernel.errors import InvalidInput, NotFound, Refused

WEB = Actor.public(Channel.WEB)
KIND = "matter"
ERASE = "erase_own"


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a resident says. An anonymous one has no reporter, whatever was typed."""

    kind: Kind
    content: str
    division: str
    place: str = ""
    confidentiality: Confidentiality = Confidentiality.OPEN
    reporter: vault.Identity | None = None
    files: tuple[documents.NewFile, ...] = ()

    def intake(self, **given: Any) -> Intake:
        anonymous = self.confidentiality == Confidentiality.ANONYMOUS
        return Intake(
            actor=WEB,
            channel=Channel.WEB,
            kind=self.kind,
            content=self.content,
            division=self.division,
            place=self.place,
            confidentiality=self.confidentiality,
            reporter=self.reporter if self.reporter and not anonymous else None,
            **given,
        )


@dataclass(frozen=True)
class Receipt:
    """What the resident is told once."""

    number: str
    code: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ReporterAct:
    """One of ACTS, with its words and answers."""

    action: str
    text: str = ""
    solved: str = ""
    satisfied: str = ""


@dataclass(frozen=True)
class SentAct:
    """An act on its way through the gate (`refused` empty), or refused on the other side with its reason."""

    action: str
    at: datetime
    refused: str = ""


@dataclass(frozen=True)
class Followed:
    """What the code opens. story: None until the inner zone has answered; refused: why it could not be registered there."""

    number: str
    title: str
    story: PublicStory | None
    looks: list[PublicLook]
    refused: str = ""
    acts: tuple[SentAct, ...] = ()
    told_at: datetime | None = None

    @property
    def can(self) -> tuple[str, ...]:
        """What may be done now: not again what is on its way."""
        on_its_way = {act.action for act in self.acts if not act.refused} - {"comment"}
        return tuple(action for action in (self.story.can if self.story else ()) if action not in on_its_way)


def take(report: Report) -> Receipt:
    """Take it in. Raises InvalidInput or Refused with every fault of it; nothing is kept then."""
    done = register_with_files(report)
    return Receipt(done.matter.number, done.query_code)


def register_with_files(report: Report, **given: Any) -> Registered:
    """The matter and its files, all or none; `given` are further fields of Intake."""
    with transaction.atomic():  # a photo that is refused leaves no half matter
        done = register_many([report.intake(**given)])[0]
        if report.files:
            documents.attach(
                actor=WEB, kind="matter", record_id=done.matter.pk, files=report.files, origin=Origin.REPORTER
            )
    return done


def open_by_code(number: str, code: str) -> int:
    """The id under which `followed` and `act` know it. Raises NotFound for a wrong pair, TooMany when locked."""
    return queries.by_code(number, code).pk


def followed(record_id: int) -> Followed:
    """Raises NotFound. The caller has had its code checked."""
    found = Matter.objects.everything("opened by its query code").filter(pk=record_id).first()
    if found is None:
        raise NotFound(_("没有这个事项。"))
    return Followed(found.number, found.title, queries.public_story(found), queries.public_looks(found))


def act(record_id: int, done: ReporterAct, code: str = "") -> None:
    """Carry out what the reporter decided; the caller has had the code checked. Raises what the verb raises."""
    verbs: dict[str, Callable[..., Matter]] = {
        "comment": comment,
        "evaluate": evaluate,
        "withdraw": withdraw,
        "reopen": reopen,
        "appeal_unreasonable": appeal_unreasonable,
    }
    verbs[known_act(done)](actor=_reporter(record_id), matter_id=record_id, **_order(done))


def holds_identity(record_id: int) -> bool:
    """Whether a name or number is held with it at all."""
    return vault_read.holds_identity(KIND, record_id)


def own_identity(record_id: int, code: str) -> vault.Identity:
    """What is held of the reporter (PIPL Art 45); the sight is logged with the others. Raises NotFound, TooMany."""
    return vault.view_own(actor=_reporter(record_id), kind=KIND, record_id=record_id, code=code)


def correct_own(record_id: int, identity: vault.Identity, code: str) -> None:
    """The reporter corrects it (PIPL Art 46). Raises InvalidInput by field, NotFound, TooMany."""
    vault.correct_own(actor=_reporter(record_id), kind=KIND, record_id=record_id, code=code, identity=identity)


def own_confidentiality(record_id: int) -> Confidentiality:
    """How the reporter wants to be treated now."""
    known = vault_read.confidentiality(KIND, [record_id])
    return Confidentiality(known.get(record_id, Confidentiality.ANONYMOUS).value)


def choose_confidentiality(record_id: int, wanted: Confidentiality, code: str) -> None:
    """The reporter's own choice, looser or stricter. Raises Refused for an open accusation (信访工作条例 Art 30, 46: an accuser
    is never disclosed to the accused), NotFound, TooMany."""
    vault.require_code(KIND, record_id, code)
    if wanted == Confidentiality.OPEN and vault_read.recused_units(KIND, [record_id]):
        raise Refused(_("举报了具体单位的事项，身份一直保密。"), cure=_("这是为了保护您，不能改为公开。"))
    with transaction.atomic():
        vault.set_confidentiality(
            actor=_reporter(record_id),
            kind=KIND,
            record_id=record_id,
            confidentiality=Sealing(wanted.value),
            by_reporter=True,
        )
        Matter.objects.everything("the reporter's own choice").filter(pk=record_id).update(
            confidentiality=wanted.value, version=F("version") + 1
        )


def erase_own(record_id: int, code: str) -> None:
    """The reporter withdraws consent (PIPL Art 15, 47): identity, code and what points at the person in the words go, at once.

    Raises Refused while a legal hold keeps the record (Art 47: it is then stored and nothing else), NotFound, TooMany.
    """
    vault.require_code(KIND, record_id, code)
    if documents_read.held(KIND, [record_id]):
        raise Refused(
            _("这件事依法正在保全（诉讼、复议或调查），现在不能删除。"),
            cure=_("保全期间您的信息只存不用；解除后可再来删除。不同意的，可向上一级机关投诉或依法起诉。"),
        )
    with transaction.atomic():
        keeping.erase_own_words(actor=_reporter(record_id), matter_id=record_id)
        vault.erase_own(actor=_reporter(record_id), kind=KIND, record_id=record_id, code=code)


def _reporter(record_id: int) -> Actor:
    return Actor.public(Channel.WEB, public_key=f"matter:{record_id}")


def known_act(done: ReporterAct) -> str:
    """The act's name. Raises NotFound for none of a reporter's."""
    if done.action not in ACTS:
        raise NotFound(_("没有这个动作。"))
    return done.action


def _order(done: ReporterAct) -> dict[str, Any]:
    if done.action == "comment":
        return {"text": done.text}
    if done.action != "evaluate":
        return {"reason": done.text}
    try:
        return {"solved": Solved(done.solved), "satisfied": Satisfied(done.satisfied), "said": done.text}
    except ValueError:
        raise InvalidInput(
            _("请回答两个问题。"), fields={"solved": _("问题解决了吗"), "satisfied": _("对办理满意吗")}
        ) from None
