"""What the matters domain tells the kernel about itself at start."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from huying.domains.documents.services import register_retention
from huying.domains.identities.services import register_relation
from huying.domains.identities.vocabulary import Relation
from huying.domains.matters.models import Matter
from huying.domains.matters.queries import rows
from huying.domains.matters.services import outside, turn_cards
from huying.domains.matters.services.keeping import ended, let_go
from huying.domains.matters.vocabulary import OPEN_STATES
from huying.domains.matters.workflow import DISPATCH, INTAKE
from huying.domains.organizations.services import Moved, on_handover
from huying.domains.rulebook.services import set_past_matters
from huying.domains.territory import queries as territory
from huying.domains.territory.services import Touched, on_change_preview
from huying.domains.territory.vocabulary import DIGITS
from huying.kernel import clock, clocks, crypto, facts, search, subjects, worklist
from huying.kernel.actors import ADMINISTRATORS, Actor, Level, Role
from huying.kernel.bulk import save_many
from huying.kernel.pages import acts, capped, nav
from huying.kernel.words import Words, words

WORDS = words("事项", "matter")
R = Role
QUEUES = (
    ("sort", words("待甄别", "to be sorted"), {R.DISPATCHER}, 5),
    ("dispatch", words("待派单", "to dispatch"), {R.DISPATCHER}, 10),
    ("objection", words("异议待审", "objections"), {R.DISPATCHER}, 15),
    ("receive", words("待签收", "to receive"), {R.HANDLER, R.UNIT_HEAD}, 20),
    ("handle", words("办理中", "in hand"), {R.HANDLER, R.UNIT_HEAD}, 25),
    ("support", words("协办", "supporting"), {R.HANDLER, R.UNIT_HEAD}, 30),
    ("whistle", words("吹哨报到", "to report in"), {R.HANDLER, R.UNIT_HEAD}, 32),
    ("extension", words("延期待批", "extensions"), {R.UNIT_HEAD}, 35),
    ("suspended", words("中止计时", "suspended"), {R.HANDLER, R.UNIT_HEAD}, 38),
    ("supervised", words("督办", "under supervision"), {R.HANDLER, R.UNIT_HEAD}, 40),
    ("review", words("答复待审", "replies to review"), {R.DISPATCHER, R.SUPERVISOR}, 45),
    ("follow_up", words("待回访", "to follow up"), {R.FOLLOWUP_CLERK}, 50),
    ("close", words("待办结", "to close"), {R.FOLLOWUP_CLERK, R.DISPATCHER}, 55),
    ("led", words("领导包案", "led by me"), {R.LEADER}, 60),
)
# What a row of each waits for.
WAITS: dict[str, Words] = {
    "sort": words("信访事项，等甄别类别", "a petition, to be sorted into its kind"),
    "dispatch": words("已受理，等派单", "taken up, to be dispatched"),
    "objection": words("承办单位不认这一单，等审核", "the unit objects, to be reviewed"),
    "receive": words("已派来，等签收", "sent here, to be received"),
    "handle": words("已签收，等答复", "received, to be answered"),
    "support": words("请来协办，等向主办反馈", "asked to support, to report to the lead"),
    "whistle": words("乡镇街道吹哨，等报到", "a township blew the whistle, to report in"),
    "extension": words("申请延期，等批准", "more time asked for, to be decided"),
    "suspended": words("计时中止，等恢复", "its clock is paused, to be resumed"),
    "supervised": words("被督办，等反馈", "under supervision, to be answered"),
    "review": words("已答复，等审核", "answered, to be reviewed"),
    "follow_up": words("答复已审核，等回访", "reply approved, to be followed up"),
    "close": words("已回访，等办结", "followed up, to be closed"),
    "led": words("由您包案", "you lead on it"),
}
# Rows of the other two stand for an assignment, not for the matter.
NOTES = {name: rows.standing for name, *_rest in QUEUES if name not in ("support", "whistle")} | {
    "dispatch": rows.to_dispatch
}


def _visible(actor: Actor, ids: Iterable[int]) -> set[int]:
    return set(Matter.objects.visible_to(actor).filter(pk__in=list(ids)).values_list("pk", flat=True))


def _numbered(actor: Actor, number: str) -> int | None:
    return Matter.objects.visible_to(actor).filter(number=number).values_list("pk", flat=True).first()


def _titles(ids: Iterable[int]) -> dict[int, str]:
    rows = Matter.objects.everything("titles of records the caller has checked").filter(pk__in=list(ids))
    return {pk: f"{number} {title}" for pk, number, title in rows.values_list("pk", "number", "title")}


def relations(actor: Actor, ids: Iterable[int]) -> dict[int, Relation]:
    """How an actor stands to matters: which decides what of an identity it may see (identities)."""
    found: dict[int, Relation] = {}
    rows = Matter.objects.visible_to(actor).filter(pk__in=list(ids))
    for pk, lead_unit, handler, taker in rows.values_list("pk", "lead_unit_id", "handler_post", "registered_by_post"):
        if lead_unit is not None and lead_unit == actor.unit_id and handler == actor.post_id:
            found[pk] = Relation.HANDLER
        elif actor.has(Role.FOLLOWUP_CLERK):
            found[pk] = Relation.FOLLOWUP
        elif actor.has(Role.CALL_TAKER) and taker == actor.post_id:
            found[pk] = Relation.INTAKE
        elif actor.has(Role.SUPERVISOR):
            found[pk] = Relation.SUPERVISOR
        else:
            found[pk] = Relation.NONE
    return found


def _seen(actor: Actor, record: str) -> Q:
    return Q(Exists(Matter.objects.visible_to(actor).filter(pk=OuterRef(record))))


def follow_clocks(rows: Sequence[clocks.ClockRecord]) -> None:
    """A published calendar year moved provisional clocks: the matters and their items say the new moment."""
    due = {row.record_id: row.due_at for row in rows if row.kind == "matter"}
    matters = list(Matter.objects.everything("clocks moved").filter(pk__in=list(due)))
    slots = {(row.record_id, row.slot) for row in rows if row.kind == "matter"}
    moved = [matter for matter in matters if (matter.pk, matter.clock_slot) in slots]
    for matter in moved:
        matter.due_at = due[matter.pk]
    save_many(moved, ["due_at"])
    worklist.retime("matter", {matter.pk: due[matter.pk] for matter in moved})
    facts.touch("matters", [matter.pk for matter in moved])


def follow_handover(actor: Actor, moved: Sequence[Moved]) -> None:
    """A term ended: what its post handled or led is the successor's, or the unit's own, and the matter says so."""
    by_record = {move.record_id: move for move in moved}
    rows = list(Matter.objects.everything("handed over with the post").filter(pk__in=list(by_record)))
    for row in rows:
        move = by_record[row.pk]
        for name in ("handler_post", "leader_post"):
            if getattr(row, name) is not None and getattr(row, name) == move.before.post_id:
                setattr(row, name, move.after.post_id)
    save_many(rows, ["handler_post", "leader_post"])


def past_matters(actor: Actor, since: date, until: date) -> Iterator[tuple[str, str, int | None]]:
    """What was dispatched in those days within the actor's scope, for a catalogue draft's what-if: item, place, lead unit."""
    rows = Matter.objects.visible_to(actor).filter(
        dispatched_at__gte=datetime.combine(since, time(), tzinfo=clock.ZONE),
        dispatched_at__lt=datetime.combine(until, time(), tzinfo=clock.ZONE),
    )
    places = [level.column for level in reversed(Level)]
    for item, unit_id, *codes in rows.values_list("item", "lead_unit_id", *places).iterator(2000):
        yield item, next(filter(None, codes), ""), unit_id


def open_there(codes: Sequence[str], on: date) -> Touched:
    """How many open matters were located in these divisions or grids: a number for whoever enters a change, no matter itself."""
    level = Level.GRID if len(codes[0]) == DIGITS[Level.GRID] else territory.tree(on)[codes[0]].level
    column = level.column
    rows = Matter.objects.everything("a count for a change of divisions").filter(state__in=sorted(OPEN_STATES))
    return Touched(
        words("未办结的事项", "open matters"),
        str(capped(rows.filter(**{f"{column}__in": list(codes)}))),
        words(
            "继续由原单位办到底，登记时的区划不改；旧报表不变。",
            "carried to the end by the units they are with; the division they were registered in stays, past reports too.",
        ),
    )


def register() -> None:
    search.register("matter", 1, WORDS)
    subjects.register(
        subjects.Subject(
            kind="matter",
            words=WORDS,
            page_url=lambda pk: reverse("matters_page", args=[pk]),
            visible=_visible,
            titles=_titles,
            numbered=_numbered,
        )
    )
    for name, term, roles, order in QUEUES:
        worklist.queue(name, term, roles, order, WAITS[name], NOTES.get(name))
    clocks.on_turn("matter", turn_cards)
    clocks.on_retime(follow_clocks)
    on_handover("matter", follow_handover)
    set_past_matters(past_matters)
    on_change_preview("matters", open_there)
    register_retention("matter", ended, let_go)
    register_relation("matter", relations, _seen)
    crypto.register(
        crypto.SealedStore(
            "matters.outside",
            words(
                "外网区留存的公开进展（内网区下次告知时重来）",
                "public stories kept in the outer zone (told again with the next step)",
            ),
            "seal",
            outside.keys_used,
            outside.reseal,
        )
    )
    register_pages()


def register_pages() -> None:
    """Where the matters stand in each shell's navigation, and what may be done to many at once."""
    business = frozenset(R) - ADMINISTRATORS
    nav.register(
        nav.Entry(
            shell="desk", url="matters_list", words=words("事项", "Matters"), roles=business, group="look", order=10
        ),
        nav.Entry(
            shell="desk",
            url="matters_list",
            query="view=supervised",
            words=words("督办中", "Under supervision"),
            roles=frozenset({R.SUPERVISOR, R.LEADER}),
            group="look",
            order=11,
        ),
        nav.Entry(
            shell="desk",
            url="matters_list",
            query="view=mine",
            words=words("我包案的", "Led by me"),
            roles=frozenset({R.LEADER}),
            group="look",
            order=12,
        ),
        nav.Entry(
            shell="desk",
            url="matters_list",
            query="view=grid",
            words=words("网格上报", "From the grids"),
            roles=frozenset({R.GRID_OFFICE}),
            group="look",
            order=13,
        ),
        nav.Entry(
            shell="desk",
            url="matters_imports",
            words=words("导入表格", "Import a table"),
            # those of pages.imports: who takes matters in at a desk
            roles=(INTAKE | DISPATCH) - {R.GRID_WORKER},
            group="work",
            order=60,
        ),
        nav.Entry(shell="portal", url="matters_submit", words=words("我要反映", "Tell us"), order=10),
        nav.Entry(shell="portal", url="matters_follow", words=words("查看办到哪一步", "Follow"), order=20),
        nav.Entry(
            shell="field",
            url="matters_field_report",
            words=words("上报", "Report"),
            roles=frozenset({R.GRID_WORKER, R.GRID_OFFICE}),
            order=3,
            icon="plus",
        ),
    )
    acts.register(
        acts.BulkAct(
            name="matters.dispatch",
            words=words("批量派单", "Dispatch together"),
            roles=frozenset({R.DISPATCHER}),
            queues=frozenset({"dispatch"}),
            url="matters_bulk_dispatch_preview",
        )
    )
