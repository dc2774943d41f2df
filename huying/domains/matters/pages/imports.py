"""Importing a table at the desk: upload, see what would happen and mend the columns, then take the rows in step by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huying.domains.matters.intake_files import uploads
from huying.domains.matters.intake_files.importing import Outcome, Preview, import_file, preview
from huying.domains.matters.intake_files.profile import FIELDS, guess, match, profiles
from huying.domains.matters.intake_files.rows import Entry, Fault, clean
from huying.domains.matters.intake_files.uploads import Upload
from huying.domains.matters.models import Matter
from huying.domains.matters.vocabulary import CHANNEL_WORDS, KIND_WORDS
from huying.domains.matters.workflow import DISPATCH, INTAKE
from huying.domains.territory import queries as territory
from huying.kernel.actors import Actor, Role
from huying.kernel.errors import HuyingError, InvalidInput, NotAllowedNow, Refused
from huying.kernel.pages import actor_of, staff
from huying.kernel.sheets import Line, open_sheet
from huying.kernel.words import Words, words

# Who may take a matter in at a desk may take in many; a grid worker reports from the phone, one by one.
IMPORTERS = (INTAKE | DISPATCH) - {Role.GRID_WORKER}
STATES: dict[str, tuple[Words, str]] = {
    uploads.MAPPING: (words("待确认", "to be confirmed"), "amber"),
    uploads.RUNNING: (words("导入中", "under way"), "blue"),
    uploads.STOPPED: (words("已停止", "stopped"), "grey"),
    uploads.FAILED: (words("中断", "broken off"), "red"),
    uploads.DONE: (words("已完成", "done"), "green"),
}
SHOWN = 10
REASONS_SHOWN = 20


@dataclass
class Reason:
    """Rows that would be handed back for one reason: how many, and the first of them."""

    reason: str
    cure: str
    first: int
    n: int = 1


@dataclass
class Trial:
    """What importing would do, or why the file can't be imported as it is."""

    outcome: Outcome = field(default_factory=Outcome)
    reasons: list[Reason] = field(default_factory=list)
    other_reasons: int = 0
    trouble: str = ""


@require_http_methods(["GET", "POST"])
@staff(*IMPORTERS)
def imports(request: HttpRequest) -> HttpResponse:
    """Upload a file (POST), or see the form and one's imports of the last day (GET)."""
    actor = actor_of(request)
    trouble = ""
    if request.method == "POST":
        sent = request.FILES.get("file")
        try:
            if sent is None:
                raise InvalidInput(_("没有选择文件。"), cure=_("请选一个 .xlsx 或 .csv 文件。"))
            upload = uploads.receive(actor, sent.name or "", sent.chunks(), sent.size or 0)
            return HttpResponseRedirect(_address(upload))
        except InvalidInput as error:
            trouble = error.one_line()
    kept = [(upload, *STATES[upload.state]) for upload in uploads.mine(actor)]
    context = {"trouble": trouble, "uploads": kept, "known": [each.label for each in profiles().values()]}
    return render(request, "matters/imports.html", context, status=422 if trouble else 200)


def _address(upload: Upload, name: str = "matters_import") -> str:
    return reverse(name, args=[upload.token])


@require_http_methods(["GET", "POST"])
@staff(*IMPORTERS)
def one(request: HttpRequest, token: str) -> HttpResponse:
    """One import as it stands; a POST while its columns are being mapped takes another profile or mapping."""
    actor = actor_of(request)
    upload = uploads.opened(actor, token)
    trouble = ""
    if request.method == "POST":
        try:
            _remap(upload, request)
            return HttpResponseRedirect(_address(upload))
        except (InvalidInput, Refused) as error:
            trouble = error.one_line()
    if upload.state != uploads.MAPPING:
        return render(request, "matters/import.html", _progress(upload, actor))
    context = _mapping(upload, actor)
    context["trouble"] = trouble or context["trouble"]
    return render(request, "matters/import_mapping.html", context, status=422 if trouble else 200)


def _remap(upload: Upload, request: HttpRequest) -> None:
    """`c0`, `c1` … name the field of each column. Another profile starts from what it finds by itself."""
    sent = request.POST
    chosen = sent.get("profile", upload.profile)
    if chosen != upload.profile:
        uploads.choose(upload, chosen, {})
        return
    fields = profiles()[chosen].columns
    with open_sheet(upload.file, name=upload.name) as sheet:
        header = sheet.header
    columns = dict.fromkeys(fields, "")
    for at, name in enumerate(header):
        told = sent.get(f"c{at}", "")
        if not told:
            continue
        if told not in fields:
            raise InvalidInput(_("列对应有误：%(field)s → %(name)s") % {"field": told[:40], "name": name})
        if columns[told]:
            raise InvalidInput(
                _("“%(one)s”和“%(other)s”两列都对应“%(field)s”。")
                % {"one": columns[told], "other": name, "field": _(FIELDS[told])},
                cure=_("请只留一列。"),
            )
        columns[told] = name
    match(profiles()[chosen], header, columns)
    uploads.choose(upload, chosen, columns, sent.get("source", "").strip())


def _trial(upload: Upload, actor: Actor) -> Trial:
    """Run the import without storing anything, over the first rows (uploads.TRIED at most)."""
    trial = Trial()
    known: dict[tuple[str, str], Reason] = {}

    def handed_back(line: Line, fault: Fault) -> None:
        told = (str(fault.reason), str(fault.cure))
        if told in known:
            known[told].n += 1
        elif len(known) < REASONS_SHOWN:
            known[told] = Reason(*told, line.number)
        else:
            trial.other_reasons += 1

    try:
        trial.outcome = import_file(
            upload.file, upload.chosen, actor=actor, division=uploads.place_of(actor), within=actor.division,
            name=upload.name, columns=upload.columns, rejects=upload.folder / "trial.csv", dry_run=True,
            at_most=uploads.TRIED, on_fault=handed_back,
        )  # fmt: skip
    except HuyingError as error:
        trial.trouble = error.one_line()
    (upload.folder / "trial.csv").unlink(missing_ok=True)
    trial.reasons = sorted(known.values(), key=lambda each: (-each.n, each.first))
    return trial


def _mapping(upload: Upload, actor: Actor) -> dict[str, Any]:
    try:
        seen = preview(upload.file, upload.chosen, name=upload.name, columns=upload.columns, rows=SHOWN)
    except HuyingError as error:
        return {"upload": upload, "trouble": error.one_line(), "broken": True}
    trial = _trial(upload, actor)
    fits = {each.name for each, _share in guess(seen.header)}
    return {
        "upload": upload,
        "trouble": trial.trouble,
        "profiles": [(each, each.name in fits) for each in profiles().values()],
        "fields": [(name, _(FIELDS[name])) for name in upload.chosen.columns],
        "columns": _columns(seen),
        "rows": [_shown(row) for row in seen.rows],
        "has_people": any(name.startswith("reporter.") for name in seen.matching.places),
        "trial": trial,
        "result": trial.outcome,
        "place": territory.tree().full_name(uploads.place_of(actor)),
        "tried": uploads.TRIED,
    }


def _columns(seen: Preview) -> list[dict[str, Any]]:
    """Each column of the file: its name, what its first cells hold, what it is taken for, or why it is dropped."""
    taken = {at: name for name, at in seen.matching.places.items()}
    told = []
    for at, name in enumerate(seen.header):
        if name.startswith("#"):
            continue
        banned = seen.matching.forbidden.get(name)
        samples = [] if banned else [text[:40] for line in seen.lines[:3] if (text := clean(line.cells[at]))]
        told.append({"at": at, "name": name, "field": taken.get(at, ""), "banned": banned, "samples": samples[:2]})
    return told


def _shown(row: Entry | Fault) -> dict[str, Any]:
    if isinstance(row, Fault):
        return {"number": row.number, "reason": row.reason, "cure": row.cure}
    return {"number": row.number, "entry": row, "kind": KIND_WORDS[row.kind], "channel": CHANNEL_WORDS[row.channel]}


@require_POST
@staff(*IMPORTERS)
def start(request: HttpRequest, token: str) -> HttpResponse:
    """Begin, or go on after a stop: the page that follows asks for one step after another."""
    upload = uploads.opened(actor_of(request), token)
    expected = request.POST.get("expected", "")
    uploads.begin(upload, int(expected) if expected.isdecimal() and len(expected) < 9 else 0)
    return HttpResponseRedirect(_address(upload))


@require_POST
@staff(*IMPORTERS)
def step(request: HttpRequest, token: str) -> HttpResponse:
    """Take the next rows in, then tell the figures; asked for again and again by the page until nothing is left."""
    actor = actor_of(request)
    upload = uploads.step(uploads.opened(actor, token), actor)
    if request.headers.get("HX-Request") != "true":
        return HttpResponseRedirect(_address(upload))
    return render(request, "matters/_import_progress.html", _progress(upload, actor))


@require_POST
@staff(*IMPORTERS)
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """No further step; what is in stays in."""
    actor = actor_of(request)
    upload = uploads.opened(actor, token)
    if upload.state != uploads.RUNNING:
        raise NotAllowedNow(_("这次导入没有在进行。"), cure=_("请刷新页面看它的结果。"))
    uploads.ask_to_stop(upload)
    uploads.step(upload, actor)
    return HttpResponseRedirect(_address(upload))


@require_GET
@staff(*IMPORTERS)
def rejects(request: HttpRequest, token: str) -> HttpResponseBase:
    """Rows handed back: as they came, with their number, the reason in both languages and the cure."""
    upload = uploads.opened(actor_of(request), token)
    answer = StreamingHttpResponse(uploads.rejects(upload), content_type="text/csv; charset=utf-8")
    stem = upload.name.rpartition(".")[0]
    answer["Content-Disposition"] = f"attachment; filename=\"rejects.csv\"; filename*=UTF-8''{quote(stem)}.rejects.csv"
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@staff(*IMPORTERS)
def discard(request: HttpRequest, token: str) -> HttpResponse:
    """Delete the uploaded file and what is told about it; matters taken in stay."""
    uploads.forget(uploads.opened(actor_of(request), token))
    return HttpResponseRedirect(reverse("matters_imports"))


def _progress(upload: Upload, actor: Actor) -> dict[str, Any]:
    """Figures of an import under way or ended, and at its end the hints with links, as far as the actor sees the matters."""
    told = {}
    if upload.state != uploads.RUNNING and upload.hints:
        numbers = {number for _row, one, other in upload.hints for number in (one, other)}
        told = dict(Matter.objects.visible_to(actor).filter(number__in=numbers).values_list("number", "pk"))
    hints = [(row, one, told[one], other, told.get(other)) for row, one, other in upload.hints if one in told]
    return {"upload": upload, "result": upload, "hints": hints, "ended": upload.state != uploads.RUNNING}
