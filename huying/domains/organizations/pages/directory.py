"""Desk pages of the organisation: units and their posts for everybody; staff for the system administrator; sessions and settings
for the security administrator; the log for the auditor (actions, times, posts, kinds, results: no business content)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.conf import settings
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from huying.domains.organizations import queries, services
from huying.domains.organizations.models import Account, Roster, StaffSession, Term
from huying.domains.organizations.vocabulary import PROVENANCE_WORDS, ROSTER_KIND_WORDS, UNIT_KIND_WORDS, RosterKind
from huying.domains.territory import queries as territory
from huying.kernel import clock
from huying.kernel.actors import ROLE_WORDS, Role
from huying.kernel.audit import naming
from huying.kernel.audit.models import AccessEntry, Event
from huying.kernel.errors import HuyingError, InvalidInput, NotAllowedNow, NotFound, Refused
from huying.kernel.pages import actor_of, staff
from huying.kernel.pages.numbers import whole_number

PAGE = 100
Row = tuple[int, datetime, int | None, str, str, str, str]


def _day(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            _("日期“%(text)s”无法识别。") % {"text": text}, cure=_("请按 2026-11-20 的样子填写。"), fields={name: text}
        ) from None


def number(text: str, name: str) -> int:
    if (found := whole_number(text)) is None:
        raise InvalidInput(_("请从列表中选择。"), cure=_("返回上一页重新选择。"), fields={name: text})
    return found


@staff(administrators=True)
def units(request: HttpRequest) -> HttpResponse:
    """The units under one (the root at first), a storey at a time."""
    known = queries.all_units()
    ids = {view.id for view in known}
    at = queries.unit(number(request.GET.get("under", "0") or "0", "under"))
    below = [view for view in known if (view.parent_id == at.id if at else view.parent_id not in ids)]
    rows = [(view, UNIT_KIND_WORDS[view.kind], PROVENANCE_WORDS[view.provenance]) for view in below]
    above = [*reversed(queries.units_above(at.id)), at] if at else []
    return render(request, "organizations/units.html", {"at": at, "rows": rows, "above": above})


@staff(administrators=True)
def unit(request: HttpRequest, unit_id: int) -> HttpResponse:
    """A unit: its posts, their roles, who holds them today, the rosters and what it answers for."""
    view = queries.unit(unit_id)
    if view is None:
        raise NotFound(_("没有这个单位。"))
    posts = queries.posts_of_unit(unit_id)
    held = queries.holders(post.id for post in posts)
    rows = [(post, [ROLE_WORDS[role] for role in sorted(post.roles)], held[post.id]) for post in posts]
    rosters = [
        (roster, ROSTER_KIND_WORDS[RosterKind(roster.kind)])
        for roster in Roster.objects.filter(unit_id=unit_id).prefetch_related("shifts__post")
    ]
    answered = queries.portfolio_of(unit_id)
    places = territory.names({row.division for row in answered})
    context = {
        "unit": view,
        "kind": UNIT_KIND_WORDS[view.kind],
        "provenance": PROVENANCE_WORDS[view.provenance],
        "above": list(reversed(queries.units_above(unit_id))),
        "rows": rows,
        "rosters": rosters,
        "on_duty": queries.on_duty(unit_id),
        "portfolio": [(row, places.get(row.division, ""), queries.post(row.leader_id)) for row in answered],
    }
    return render(request, "organizations/unit.html", context)


@staff(Role.SYSTEM_ADMIN)
def people(request: HttpRequest) -> HttpResponse:
    """Accounts by user name, a page at a time, or those whose name or user name begins so; make one."""
    error: HuyingError | None = None
    if request.method == "POST":
        try:
            return _opened(request)
        except InvalidInput as refused:
            error = refused
    after, wanted = request.GET.get("after", ""), request.GET.get("q", "").strip()
    known = Account.objects.filter(username__gt=after)
    if wanted:
        known = known.filter(Q(username__istartswith=wanted) | Q(display_name__istartswith=wanted))
    rows = list(known.order_by("username")[: PAGE + 1])
    more = rows[PAGE - 1].username if len(rows) > PAGE else ""
    context = {"rows": rows[:PAGE], "more": more, "q": wanted, "error": error, "typed": request.POST}
    return render(request, "organizations/people.html", context, status=error.status if error else 200)


def _opened(request: HttpRequest) -> HttpResponse:
    username, name = request.POST.get("username", "").strip(), request.POST.get("name", "").strip()
    if not username or not name:
        raise InvalidInput(_("用户名和姓名都要填。"), cure=_("请补齐后再提交。"), fields={"username": username})
    password = services.one_time_password()
    account_id = services.create_account(
        actor=actor_of(request),
        row=services.NewAccount(username=username, display_name=name, password=password),
    )
    return _person(request, account_id, password)


@staff(Role.SYSTEM_ADMIN)
def person(request: HttpRequest, account_id: int) -> HttpResponse:
    """One account: its terms; appoint, end, reset the password, close or open."""
    if request.method != "POST":
        return _person(request, account_id)
    actor, asked = actor_of(request), request.POST
    try:
        match asked.get("act", ""):
            case "reset":
                return _person(request, account_id, services.reset_password(actor=actor, account_id=account_id))
            case "close" | "open" as act:
                services.set_active(actor=actor, account_id=account_id, active=act == "open")
                messages.success(request, _("账号已启用。") if act == "open" else _("账号已停用，已登录的一并退出。"))
            case "appoint":
                post_id = _named_post(asked.get("post", "").strip())
                row = services.NewTerm(
                    account_id=account_id, post_id=post_id, valid_from=_day(asked.get("from", ""), "from")
                )
                services.open_term(actor=actor, row=row)
                messages.success(request, _("已任命。"))
            case other:
                raise InvalidInput(_("不认识的操作。"), cure=_("请返回上一页。"), fields={"act": other})
    except (InvalidInput, NotAllowedNow, Refused) as error:
        return _person(request, account_id, error=error)
    return redirect("organizations_person", account_id)


@require_GET
@staff(Role.SYSTEM_ADMIN)
def posts(request: HttpRequest) -> HttpResponse:
    """Posts for the field of an appointment, as options of its list: those whose unit and name hold every word typed."""
    found = queries.posts_like(request.GET.get("post", ""), limit=20)
    return render(request, "kit/options.html", {"options": [words for _id, words in found]})


def _named_post(text: str) -> int:
    """The one post called so: its unit's name and its own, or the codes of both. Raises InvalidInput."""
    code, _slash, key = text.partition("/")
    if (unit := queries.unit_by_code(code)) is not None:
        named = [post.id for post in queries.posts_of_unit(unit.id) if post.key == key]
    else:
        found = queries.posts_like(text, limit=20)
        named = [post_id for post_id, words in found if words == text] or [post_id for post_id, _words in found]
    if len(named) != 1:
        raise InvalidInput(
            _("有几个岗位都合“%(post)s”。") % {"post": text} if named else _("没有岗位“%(post)s”。") % {"post": text},
            cure=_("写单位名称和岗位名称，中间空一格，从列表里选。"),
            fields={"post": text},
        )
    return named[0]


def _person(
    request: HttpRequest, account_id: int, password: str = "", error: HuyingError | None = None
) -> HttpResponse:
    account = Account.objects.filter(pk=account_id).first()
    if account is None:
        raise NotFound(_("没有这个账号。"))
    terms = list(Term.objects.filter(account=account).select_related("post__unit").order_by("-valid_from", "-id"))
    today = clock.today()
    rows = [(term, term.valid_to is None or term.valid_to > today) for term in terms]
    context = {
        "account": account,
        "rows": rows,
        "password": password,
        "error": error,
        "post": request.POST.get("post", "") if error else "",
        "since": (request.POST.get("from", "") if error else "") or today.isoformat(),
    }
    return render(request, "organizations/person.html", context, status=error.status if error else 200)


@staff(Role.SECURITY_ADMIN)
def sessions(request: HttpRequest) -> HttpResponse:
    """Who is signed in; end a session."""
    if request.method == "POST" and "unlock" in request.POST:
        services.lift_lock(actor=actor_of(request), username=request.POST["unlock"].strip())
        return redirect("organizations_sessions")
    if request.method == "POST":
        services.end_sessions(
            actor=actor_of(request), session_ids=[number(request.POST.get("session", ""), "session")], why="security"
        )
        return redirect("organizations_sessions")
    rows = StaffSession.objects.filter(ended_at__isnull=True).select_related("account", "post__unit")
    return render(request, "organizations/sessions.html", {"rows": rows.order_by("-seen_at")[: PAGE * 2]})


@staff(Role.SECURITY_ADMIN)
def security(request: HttpRequest) -> HttpResponse:
    """The rules of signing in as they stand, and where each is set."""
    factor = {
        "administrators": _("三类管理员（演示账号除外）"),
        "all": _("全体工作人员"),
        "none": _("不要求"),
    }.get(settings.HUYING_SECOND_FACTOR, settings.HUYING_SECOND_FACTOR)
    rows = [
        (_("双重验证"), factor, "HUYING_SECOND_FACTOR"),
        (_("闲置多久退出"), _("%(n)d 分钟") % {"n": settings.HUYING_IDLE_MINUTES}, "HUYING_IDLE_MINUTES"),
        (_("最长登录"), _("%(n)d 小时") % {"n": settings.HUYING_SESSION_HOURS}, "HUYING_SESSION_HOURS"),
        (_("连续输错几次锁定"), _("%(n)d 次，锁定15分钟") % {"n": settings.AXES_FAILURE_LIMIT}, ""),
        (_("密码"), _("至少10个字符，两类字符，不含用户名，不用常见密码"), ""),
        (_("加密连接"), _("已要求") if settings.HTTPS else _("未要求"), "HUYING_HTTPS"),
        (_("演示账号"), _("不能登录") if settings.HUYING_DATABASE_URL else _("可以登录"), "HUYING_DATABASE_URL"),
    ]
    return render(request, "organizations/security.html", {"rows": rows})


@staff(Role.AUDITOR)
def log(request: HttpRequest) -> HttpResponse:
    """What was done and who looked: time, post, action, kind of record, result. Never a record's content or number."""
    looks = request.GET.get("of") == "looks"
    before = number(request.GET.get("before", "0") or "0", "before")
    rows = list(_looks(before) if looks else _acts(before))
    more = rows[PAGE - 1][0] if len(rows) > PAGE else 0
    rows = rows[:PAGE]
    named = queries.posts({row[2] for row in rows if row[2]})
    units_named = queries.unit_names({view.unit_id for view in named.values()})
    told = [
        (
            at,
            f"{units_named[named[post].unit_id]} {named[post].name}"
            if post in named
            else naming.actor_words(who) or "—",
            naming.action_words(what, kind),
            naming.kind_words(kind),
            naming.result_words(result),
        )
        for _pk, at, post, what, kind, result, who in rows
    ]
    return render(request, "organizations/log.html", {"rows": told, "more": more, "looks": looks})


def _looks(before: int) -> Iterable[Row]:
    rows = AccessEntry.objects.filter(pk__lt=before) if before else AccessEntry.objects.all()
    return rows.order_by("-pk").values_list("pk", "at", "post_id", "what", "kind", "result", "actor")[: PAGE + 1]


def _acts(before: int) -> Iterable[Row]:
    rows = Event.objects.filter(pk__lt=before) if before else Event.objects.all()
    return [
        (event.pk, event.at, event.post_id, event.action, event.kind, "ok", "" if event.post_id else event.actor_label)
        for event in rows.order_by("-pk").only("pk", "at", "post_id", "action", "kind", "body")[: PAGE + 1]
    ]
