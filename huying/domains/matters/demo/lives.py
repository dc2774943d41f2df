"""One invented matter's life, told step by step: what is done next, when, by whom. No database.

A life is a generator: it yields a step and is sent the matter as it stands afterwards (None when the services refused).
So it sees the clock the services really started, and is late or in time against that one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from datetime import datetime

from huying.domains.matters.demo.arrivals import OfficeHours
from huying.domains.matters.demo.plot import (
    ANSWERED,
    EXTENSIONS,
    HOUR,
    MINUTE,
    OBJECTIONS,
    REASONS_NOT_ACCEPTED,
    SAID,
    WAITING,
    Case,
    Step,
)
from huying.domains.matters.models import Matter
from huying.domains.matters.vocabulary import (
    Channel,
    Kind,
    PetitionKind,
    Satisfied,
    Solved,
    State,
    Trigger,
)
from huying.kernel import clock
from huying.kernel.actors import Role
from huying.kernel.deadlines import Rule

NIGHT, MORNING = 22, 7  # hours between which only what is urgent is sent on

Life = Generator["Step", Matter | None, None]


class Teller:
    """Tells lives with one random source and one office calendar."""

    def __init__(self, rng: random.Random, office: OfficeHours, rule: Callable[[Matter], Rule]) -> None:
        """rule: the limit that a matter's clock runs by; it says what may be extended and suspended."""
        self._rng, self._office, self._rule = rng, office, rule

    def _extension(self, matter: Matter) -> str:
        """How much longer may be asked for ("3 WD"); "" when the rule allows nothing."""
        allowed = self._rule(matter).extension
        return f"{min(3, allowed.cap.amount)} {allowed.cap.unit}" if allowed else ""

    def _may_wait(self, matter: Matter) -> bool:
        return any(reason.key == WAITING for reason in self._rule(matter).pauses)

    def _in_office(self, at: datetime, least: float, most: float) -> datetime:
        """Between `least` and `most` office hours after `at`."""
        return self._office.after(at, HOUR * self._rng.uniform(least, most))

    def life(self, case: Case) -> Life:
        rng, matter = self._rng, case.matter
        at = matter.registered_at
        if matter.kind == Kind.PETITION:
            at = self._in_office(at, 2, 40)
            if rng.random() < 0.45:
                kind = rng.choice([k for k in PetitionKind if k is not PetitionKind.HANDLING])
                yield case.step(
                    case.centre,
                    Role.DISPATCHER,
                    "refer_petition",
                    at,
                    petition_kind=kind,
                    reason="按信访工作条例第三十一条导入相应程序，已书面告知。",
                )
                return
            if (
                yield case.step(case.centre, Role.DISPATCHER, "sort_petition", at, petition_kind=PetitionKind.HANDLING)
            ) is None:
                return
        elif (yield from self._ended_at_intake(case)):
            return
        if case.repeat_of is not None:
            merged = yield case.step(
                case.centre,
                Role.DISPATCHER,
                "merge",
                at + rng.uniform(5, 60) * MINUTE,
                into=case.repeat_of,
                reason="同一地点同一问题，并单办理。",
            )
            if merged is not None:
                return
        at = self._dispatched_at(matter, at)
        supporters = case.supporters[:2] if case.supporters and rng.random() < 0.12 else ()
        sent = yield case.step(
            case.centre,
            Role.DISPATCHER,
            "dispatch",
            at,
            lead_unit=case.lead,
            supporters=supporters,
            rule_key=case.rule_key,
            grounds=(case.grounds,) if case.grounds else (),
        )
        if sent is None:
            return
        yield from self._with_unit(case, sent, at, supporters)

    def _dispatched_at(self, matter: Matter, at: datetime) -> datetime:
        """The centre dispatches day and night, mostly within its two hours; at night what can wait does. Where it is unclear
        whose it is, as with a petition, somebody is asked in office hours."""
        rng, at = self._rng, clock.local(at)
        if matter.urgent:
            return at + rng.uniform(3, 12) * MINUTE
        if matter.kind == Kind.PETITION or rng.random() < 0.2:
            return self._in_office(at, 0.1, 4)
        if at.hour >= NIGHT or at.hour < MORNING:
            at = at.replace(hour=MORNING, minute=0) + (24 * HOUR if at.hour >= NIGHT else 0 * HOUR)
        return at + rng.triangular(8, 118, 45) * MINUTE

    def _ended_at_intake(self, case: Case) -> Generator[Step, Matter | None, bool]:
        rng, matter = self._rng, case.matter
        at = matter.registered_at + rng.uniform(2, 14) * MINUTE
        if matter.channel == Channel.GRID and not matter.urgent and rng.random() < 0.55:
            yield case.step(
                case.centre,
                Role.GRID_WORKER,
                "handle_on_the_spot",
                at + rng.uniform(5, 80) * MINUTE,
                text="网格员现场处置完毕。",
            )
            return True
        if rng.random() < ANSWERED[Kind(matter.kind)]:
            yield case.step(case.centre, Role.CALL_TAKER, "answer_directly", at, text=case.told.reply)
            return True
        if rng.random() < 0.03:
            outcome = rng.choices(list(REASONS_NOT_ACCEPTED), weights=[1, 5, 3, 0.5, 4, 1])[0]
            yield case.step(
                case.centre, Role.DISPATCHER, "not_accept", at, outcome=outcome, reason=REASONS_NOT_ACCEPTED[outcome]
            )
            return True
        return False

    def _with_unit(self, case: Case, matter: Matter, sent: datetime, supporters: tuple[int, ...]) -> Life:
        rng, lead = self._rng, case.lead
        at = self._in_office(sent, 0.1, 4) if rng.random() < 0.93 else self._in_office(sent, 9, 20)
        if matter.urgent or (matter.due_at and matter.due_at - sent <= 24 * HOUR):
            at = sent + rng.uniform(5, 60) * MINUTE
        if rng.random() < 0.03:
            objected = yield case.step(lead, Role.UNIT_HEAD, "object", at, reason=rng.choice(OBJECTIONS))
            if objected is not None:
                at = self._in_office(at, 1, 6)
                lead, at, going_on = yield from self._decided(case, lead, at)
                if not going_on:
                    return
        else:
            received = yield case.step(lead, Role.HANDLER, "receive", at)
            if received is None:
                return
        if rng.random() < 0.35:
            at = self._in_office(at, 0.2, 3)
            yield case.step(
                lead,
                Role.HANDLER,
                "contact",
                at,
                summary=rng.choice(("已联系反映人了解情况。", "电话未接，稍后再联系。", "已与反映人约定上门时间。")),
                reached=rng.random() < 0.85,
            )
        at = yield from self._partners(case, lead, supporters, at)
        yield from self._to_reply(case, lead, matter, sent, at, supporters)

    def _decided(
        self, case: Case, lead: int, at: datetime
    ) -> Generator[Step, Matter | None, tuple[int, datetime, bool]]:
        """The objection is refused, or another unit is designated or dispatched to. Who leads then, since when, and whether."""
        rng = self._rng
        others = [unit for unit in case.others if unit != lead]
        if not others or rng.random() < 0.45:
            done = yield case.step(
                case.centre, Role.DISPATCHER, "refuse_objection", at, reason="按派单目录属你单位职责，请继续办理。"
            )
            return lead, at, done is not None
        other = rng.choice(others)
        if rng.random() < 0.4:
            done = yield case.step(
                case.centre, Role.DISPATCHER, "designate", at, lead_unit=other, reason="经审核指定承办，不得再次退回。"
            )
            if done is None:  # not on the township's duty list: it stays where it was
                done = yield case.step(
                    case.centre, Role.DISPATCHER, "refuse_objection", at, reason="按派单目录属你单位职责，请继续办理。"
                )
                return lead, at, done is not None
        else:
            upheld = yield case.step(
                case.centre, Role.DISPATCHER, "uphold_objection", at, reason="异议成立，收回重派。"
            )
            if upheld is None:
                return lead, at, False
            at = self._in_office(at, 0.1, 1)
            done = yield case.step(case.centre, Role.DISPATCHER, "dispatch", at, lead_unit=other)
            if done is None:  # the same: the first unit is designated
                other = lead
                done = yield case.step(
                    case.centre,
                    Role.DISPATCHER,
                    "designate",
                    at,
                    lead_unit=lead,
                    reason="经审核仍由你单位承办，不得再次退回。",
                )
        if done is None:
            return lead, at, False
        at = self._in_office(at, 0.2, 3)
        received = yield case.step(other, Role.HANDLER, "receive", at)
        return other, at, received is not None

    def _partners(
        self, case: Case, lead: int, supporters: tuple[int, ...], at: datetime
    ) -> Generator[Step, Matter | None, datetime]:
        rng = self._rng
        for unit in supporters:
            if unit != lead and rng.random() < 0.93:
                at = self._in_office(at, 1, 6)
                yield case.step(unit, Role.HANDLER, "supporter_answer", at, text="已配合核查，意见附后。")
        called = tuple(unit for unit in case.others if unit not in (lead, *supporters))[:2]
        if case.is_township and lead == case.lead and called and rng.random() < 0.3:
            at = self._in_office(at, 0.5, 3)
            blown = yield case.step(lead, Role.HANDLER, "whistle", at, units=called, reason="需相关部门到场共同处置。")
            if blown is not None:
                for unit in called:
                    at += rng.uniform(20, 90) * MINUTE
                    yield case.step(unit, Role.HANDLER, "report_in", at)
                for unit in called:
                    at = self._in_office(at, 0.5, 4)
                    yield case.step(unit, Role.HANDLER, "supporter_answer", at, text="已到场处置，职责内问题已解决。")
        return at

    def _to_reply(
        self, case: Case, lead: int, matter: Matter, sent: datetime, at: datetime, supporters: tuple[int, ...]
    ) -> Life:
        rng = self._rng
        due = matter.due_at or sent + 120 * HOUR
        if rng.random() < 0.05 and due - sent > 48 * HOUR and (amount := self._extension(matter)):
            asked_at = max(at, sent + (due - sent) * rng.uniform(0.6, 0.85))
            asked = yield case.step(
                lead, Role.HANDLER, "ask_extension", asked_at, amount=amount, reason=rng.choice(EXTENSIONS)
            )
            if asked is not None:
                decision = "approve_extension" if rng.random() < 0.85 else "refuse_extension"
                decided = yield Step(
                    decision, asked_at + rng.uniform(20, 120) * MINUTE, Role.UNIT_HEAD, lead, {"reason": "已核实情况。"}
                )
                if decided is not None:
                    due, at = decided.due_at or due, asked_at + 121 * MINUTE
        elif rng.random() < 0.012 and due - sent > 48 * HOUR and self._may_wait(matter):
            stopped_at = self._in_office(at, 1, 5)
            stopped = yield case.step(
                lead,
                Role.UNIT_HEAD,
                "suspend",
                stopped_at,
                suspension=WAITING,
                reason="待反映人补充产权资料。",
            )
            if stopped is not None:
                at = stopped_at + rng.uniform(20, 70) * HOUR
                on = yield case.step(lead, Role.HANDLER, "resume", at)
                if on is None:
                    return
                due = on.due_at or due
        replied = yield from self._reply(case, lead, sent, at, due, case.told.reply)
        if replied is None:
            return
        yield from self._to_close(case, lead, replied)

    def _reply(
        self, case: Case, lead: int, sent: datetime, at: datetime, due: datetime, text: str
    ) -> Generator[Step, Matter | None, Matter | None]:
        """The reply, nine in ten in time, at any minute of an hour; a late one is urged, some are put under supervision first."""
        rng = self._rng
        late = rng.random() < 0.085
        whole = due - sent
        if late:
            when = due + max(whole * rng.uniform(0.04, 0.9), 3 * HOUR)
            urged = due + rng.uniform(14, 26) * HOUR
            if urged < when:
                yield case.step(case.centre, Role.SUPERVISOR, "urge", urged, reason="已超期，请尽快答复并说明原因。")
                if rng.random() < 0.5 and urged + 20 * HOUR < when:
                    put = yield case.step(
                        case.centre,
                        Role.SUPERVISOR,
                        "supervise",
                        urged + 18 * HOUR,
                        trigger=Trigger.OVERDUE,
                        reason="超期未答复，限期反馈。",
                    )
                    if put is not None:
                        yield case.step(
                            lead, Role.UNIT_HEAD, "answer_supervision", urged + 19 * HOUR, text="已调整力量，近日办结。"
                        )
        else:
            when = sent + whole * (0.12 + 0.86 * rng.betavariate(1.6, 1.9))
            if whole > 30 * HOUR:
                when = min(self._office.after(when, (3 + when.second * 0.7) * MINUTE), due - 2 * MINUTE)
        step = case.step(lead, Role.HANDLER, "reply", max(when, at + 10 * MINUTE), text=text)
        done = yield step
        for wait in (60, 120, 240):
            if (
                done is None
            ):  # a partner has not answered, and its limit (in working days) has not passed: wait for that
                done = yield case.step(lead, Role.HANDLER, "reply", step.at + wait * HOUR, text=text)
        return done

    def _to_close(self, case: Case, lead: int, matter: Matter) -> Life:
        rng = self._rng
        at = matter.replied_at or matter.registered_at
        if rng.random() < 0.03:
            at = self._in_office(at, 0.5, 5)
            returned = yield case.step(
                case.centre, Role.DISPATCHER, "return_reply", at, reason="答复未回应反映人的主要诉求，请补充。"
            )
            if returned is None:
                return
            at = self._in_office(at, 2, 14)
            again = yield case.step(lead, Role.HANDLER, "reply", at, text=f"经进一步核实：{case.told.reply}")
            if again is None:
                return
        at = self._in_office(at, 0.3, 6)
        if (yield case.step(case.centre, Role.DISPATCHER, "approve_reply", at)) is None:
            return
        followed = yield from self._follow_up(case, at, case.topic.solved)
        if followed is None:
            return
        at = followed.followed_up_at or at
        if followed.solved == Solved.NO and rng.random() < 0.4:
            back_at = self._in_office(at, 0.2, 3)
            back = yield case.step(case.centre, Role.FOLLOWUP_CLERK, "redo", back_at, reason="反映人称未解决，请重办。")
            if back is not None:
                due = back.due_at or back_at + 72 * HOUR
                again = yield from self._reply(case, lead, back_at, back_at, due, f"已再次到现场。{case.told.reply}")
                if again is None:
                    return
                at = self._in_office(again.replied_at or back_at, 0.3, 5)
                if (yield case.step(case.centre, Role.DISPATCHER, "approve_reply", at)) is None:
                    return
                followed = yield from self._follow_up(case, at, 0.65)
                if followed is None:
                    return
                at = followed.followed_up_at or at
        yield from self._end(case, lead, followed, at)

    def _follow_up(
        self, case: Case, at: datetime, solved_share: float
    ) -> Generator[Step, Matter | None, Matter | None]:
        rng = self._rng
        for _attempt in range(6):
            at = self._in_office(at, 2, 14)
            if rng.random() < 0.8:
                r = rng.random()
                solved = Solved.YES if r < solved_share else Solved.PARTLY if r < solved_share + 0.07 else Solved.NO
                liked = {Solved.YES: (78, 19, 3), Solved.PARTLY: (20, 52, 28), Solved.NO: (4, 18, 78)}[solved]
                satisfied = rng.choices([Satisfied.YES, Satisfied.FAIRLY, Satisfied.NO], weights=liked)[0]
                return (
                    yield case.step(
                        case.centre,
                        Role.FOLLOWUP_CLERK,
                        "follow_up",
                        at,
                        way=rng.choices(["phone", "message"], [8, 2])[0],
                        solved=solved,
                        satisfied=satisfied,
                        said=rng.choice(SAID[solved]),
                    )
                )
            tried = yield case.step(case.centre, Role.FOLLOWUP_CLERK, "attempt_follow_up", at, way="phone")
            if tried is None or tried.state == State.FOLLOWED_UP:
                return tried
        return None

    def _end(self, case: Case, lead: int, matter: Matter, at: datetime) -> Life:
        rng = self._rng
        if matter.solved == Solved.NO and rng.random() < 0.04:
            at = self._in_office(at, 0.5, 4)
            yield case.step(lead, Role.UNIT_HEAD, "ask_unreasonable", at, reason="诉求超出政策规定，已多次解释。")
        at = self._in_office(at, 0.2, 6)
        reason = "条件所限暂不能解决，已向反映人说明途径。" if matter.solved == Solved.NO else ""
        closed = yield case.step(case.centre, Role.FOLLOWUP_CLERK, "close", at, reason=reason)
        if closed is not None and closed.solved == Solved.YES and rng.random() < 0.1:
            yield Step(
                "evaluate",
                at + rng.uniform(1, 60) * HOUR,
                None,
                None,
                {"solved": Solved.YES, "satisfied": Satisfied.YES},
            )
