"""The desk opens on my work: one worklist, soonest clock first, every view of it with an address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from huying.kernel import audit, clock, subjects, worklist
from huying.kernel.actors import ROLE_WORDS, Actor, Role
from huying.kernel.errors import InvalidInput
from huying.kernel.pages import actor_of, acts, editing, keyset, staff, tables
from huying.kernel.words import listed
from huying.kernel.worklist import filters
from huying.kernel.worklist.models import WorkItem
from huying.web.desk.templatetags.kit import with_query

# The record a panel can show, and that an item without a page of its own kind opens.
MATTER = "matter"
LIMIT = 50
EXPORT_MOST = 20_000
COLUMNS = ("place", "channel", "who", "why")
DUE = ("overdue", "today")
CARD_TONES = {"yellow": "amber", "red": "red", "green": "green", "blue": "blue"}


@dataclass(frozen=True)
class View:
    """What of the worklist is looked at, read from the address; anything unknown there is left out."""

    queue: str = ""
    due: str = ""
    mine: bool = False
    channel: str = ""
    columns: tuple[str, ...] = COLUMNS

    @classmethod
    def of(cls, request: HttpRequest, actor: Actor) -> View:
        asked = request.GET
        channel = asked.get("channel", "")
        return cls(
            queue=asked.get("queue", "") if asked.get("queue", "") in {q.name for q in worklist.queues(actor)} else "",
            due=asked.get("due", "") if asked.get("due", "") in DUE else "",
            mine=asked.get("mine") == "1",
            channel=channel if channel.replace("_", "").isalnum() else "",
            columns=tuple(c for c in COLUMNS if c in asked.getlist("cols")) if "cols" in asked else COLUMNS,
        )

    def page(self, actor: Actor, after: tuple[datetime, int] | None, limit: int) -> worklist.Page:
        before = {"overdue": clock.now(), "today": day_ends(), "": None}[self.due]
        return worklist.page(
            actor,
            queue=self.queue or None,
            mine=self.mine,
            channel=self.channel,
            due_before=before,
            after=after,
            limit=limit,
        )


@dataclass(frozen=True)
class Row:
    """A work item as the kit's worklist_row takes it."""

    url: str
    number: str
    title: str
    due_at: datetime | None
    place: str
    channel: str
    who: str
    why: str
    note: str
    tone: str
    pick: str
    panel_url: str
    state: Any = None


def day_ends() -> datetime:
    return datetime.combine(clock.today(), time(23, 59, 59), tzinfo=clock.ZONE)


def cursor(text: str) -> tuple[datetime, int] | None:
    """The worklist's own cursor out of the address; InvalidInput when it is another list's."""
    if not text:
        return None
    match keyset.decode(text):
        case [datetime() as moment, int() as last]:
            return moment, last
    raise InvalidInput(_("翻页位置不属于这个列表。"), cure=_("从第一页重新打开列表。"), fields={"after": text[:40]})


def rows(request: HttpRequest, items: list[WorkItem], columns: tuple[str, ...]) -> list[Row]:
    channels, owners = _channel_words(), _owners(items)
    notes = worklist.notes_on(items) if "why" in columns else {}
    return [
        Row(
            url=subjects.of(_subject_kind(item)).page_url(item.subject_id),
            number=item.number,
            title=item.title,
            due_at=item.due_at,
            place=item.place if "place" in columns else "",
            channel=channels.get(item.channel, item.channel) if "channel" in columns else "",
            who=owners[item.pk] if "who" in columns else "",
            why=_why(item) if "why" in columns else "",
            note=notes.get(item.pk, ""),
            tone=CARD_TONES.get(item.card, ""),
            pick=f"{item.kind}:{item.record_id}",
            # Only a matter's page comes as a panel too; others open whole.
            panel_url=with_query(request, open=f"{item.kind}-{item.record_id}")
            if _subject_kind(item) == MATTER
            else "",
        )
        for item in items
    ]


def _owners(items: list[WorkItem]) -> dict[int, str]:
    """Who must act on each: the post it lies on, or the posts of the unit that the queue is open to."""
    from huying.domains.organizations import queries as organizations

    posts = organizations.posts({item.post_id for item in items if item.post_id is not None})
    units = organizations.unit_names({item.unit_id for item in items})
    said = {}
    for item in items:
        queue = worklist.queue_of(item)
        own = posts[item.post_id].name if item.post_id in posts else ""
        any_of = listed(ROLE_WORDS[role] for role in Role if queue is not None and role in queue.roles)
        said[item.pk] = _("%(unit)s %(who)s") % {"unit": units.get(item.unit_id, ""), "who": own or any_of}
    return said


def _why(item: WorkItem) -> str:
    """What the row waits for: its own words, else its queue's."""
    queue = worklist.queue_of(item)
    of_queue = str(queue.why or "") if queue is not None else ""
    if of_queue and item.why:
        return _("%(what)s：%(why)s") % {"what": of_queue, "why": item.why}
    return of_queue or item.why or (str(queue.words) if queue is not None else "")


def _subject_kind(item: WorkItem) -> str:
    """The kind whose page an item opens: an assignment's is its matter's."""
    return item.kind if item.kind in subjects.kinds() else MATTER


def _channel_words() -> dict[str, str]:
    """Words of the channels, where the matters' vocabulary is installed; the shell composes, it doesn't own their terms."""
    from huying.domains.matters.vocabulary import CHANNEL_WORDS

    return {channel.value: str(said) for channel, said in CHANNEL_WORDS.items()}


def work_counts(actor: Actor) -> dict[str, int]:
    """The worklist's counts, as the navigation's source."""
    return worklist.counts(actor, clock.now(), day_ends())


@require_GET
@staff(administrators=True)
def home(request: HttpRequest) -> HttpResponse:
    """My work. An administrator, who has none, sees the way to the administration's pages."""
    actor = actor_of(request)
    if not actor.reads_business:
        return render(request, "desk/administration.html", {})
    view = View.of(request, actor)
    counts = work_counts(actor)
    request.nav_counts = {"worklist": counts}  # type: ignore[attr-defined]
    found = view.page(actor, cursor(request.GET.get("after", "")), LIMIT)
    context = {
        "view": view,
        "queues": [(queue, counts.get(queue.name, 0)) for queue in worklist.queues(actor)],
        "counts": counts,
        "rows": rows(request, found.items, view.columns),
        "page": keyset.Page(
            found.items, keyset.encode(found.after) if found.after else "", request.GET.get("after", "")
        ),
        "acts": acts.offered(actor, view.queue) if view.queue else [],
        "filters": filters.saved(actor),
        "filtered": bool(view.queue or view.due or view.mine or view.channel),
        "query_kept": filters.clean(request.META.get("QUERY_STRING", "")),
        "channels": _channel_words().items(),
        "all_columns": [("place", _("地点")), ("channel", _("渠道")), ("who", _("谁来办")), ("why", _("为什么在这里"))],
    }
    return render(request, "desk/home.html", context)


@require_GET
@staff()
def export(request: HttpRequest) -> HttpResponseBase:
    """The list as it stands, filters and all, as xlsx or csv (at most 20,000 rows); a person is no column of it."""
    actor = actor_of(request)
    view = View.of(request, actor)
    kind = "csv" if request.GET.get("format") == "csv" else "xlsx"
    audit.access(actor, f"worklist.export.{kind}")
    name = f"{_('待办')}-{clock.now():%Y%m%d-%H%M}"
    headers = [_("编号"), _("事项"), _("地点"), _("渠道"), _("为什么在这里"), _("到期")]
    return tables.attachment(name, kind, headers, exported(actor, view))


def exported(actor: Actor, view: View) -> Iterator[list[Any]]:
    """The rows of a file, page by page."""
    channels = _channel_words()
    after: tuple[datetime, int] | None = None
    sent = 0
    while sent < EXPORT_MOST:
        found = view.page(actor, after, 1000)
        for item in found.items:
            yield [
                item.number,
                item.title,
                item.place,
                channels.get(item.channel, item.channel),
                _why(item),
                item.due_at,
            ]
        sent += len(found.items)
        after = found.after
        if after is None:
            return


@require_POST
@staff()
def save_filter(request: HttpRequest) -> HttpResponse:
    kept = filters.save(actor=actor_of(request), name=request.POST.get("name", ""), query=request.POST.get("query", ""))
    return HttpResponseRedirect(f"{reverse('desk_home')}?{kept.query}")


@require_POST
@staff()
def delete_filter(request: HttpRequest, filter_id: int) -> HttpResponse:
    filters.forget(actor=actor_of(request), filter_id=filter_id)
    return HttpResponseRedirect(reverse("desk_home"))


@require_POST
@staff()
def editing_beat(request: HttpRequest, kind: str, record_id: int) -> HttpResponse:
    """ "Someone is editing": note it and say who else is."""
    actor = actor_of(request)
    subjects.require_visible(actor, kind, record_id)
    others = editing.beat(actor, kind, record_id, writing=request.POST.get("writing") == "1")
    said = _("%(who)s 正在办理这件事；提交时会核对版本，谁的内容都不会丢。") % {"who": listed(others)} if others else ""
    return JsonResponse({"others": others, "words": said})
