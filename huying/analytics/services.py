"""What others ask of analytics. Loads no analytic engine: the counting runs in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from django.utils.translation import gettext as _

from huying.analytics import definitions, published, trees
from huying.analytics import report as reports
from huying.analytics.asking import asked_period
from huying.analytics.behind import Behind
from huying.analytics.behind import behind as _behind
from huying.analytics.periods import Period
from huying.analytics.refreshing import nothing_new
from huying.analytics.report import Report
from huying.analytics.values import limits
from huying.analytics.values.due import due
from huying.kernel.actors import Actor
from huying.kernel.errors import NotFound, Refused, Unavailable


def refresh(*, full: bool = False) -> dict[str, Any]:
    """Bring the figures up to now, in a process of its own unless nothing changed.

    Returns what `huying report refresh --json` prints.

    Raises Unavailable with the process's last line when it fails; the old figures stay.
    """
    home = published.folder()
    limits.lay_out()
    if not full and (done := nothing_new(definitions.shipped(), trees.load(), home)) and not due(home):
        return done.said()
    command = [sys.executable, "-m", "huying", "report", "refresh", "--json", *(["--full"] if full else [])]
    run = subprocess.run(command, capture_output=True, text=True)  # noqa: S603
    if run.returncode:
        why = run.stderr.strip().splitlines()[-1:] or [f"exit status {run.returncode}"]
        raise Unavailable(_("报表数据没有更新：%(why)s") % {"why": why[0]}, cure=_("原有数字保留，下次自动重试。"))
    said: dict[str, Any] = json.loads(run.stdout.strip().splitlines()[-1])
    return said


def report(actor: Actor, division: str, period: Period) -> Report:
    """The report of a division the actor may see. Raises NotFound outside its territory, Unavailable before any refresh."""
    with published.opened() as figures:
        require_territory(actor, figures.tree(), division, period)
        return reports.build(figures, definitions.shipped(), division, period)


def require_territory(actor: Actor, tree: trees.Tree, division: str, period: Period) -> trees.Node:
    """The node of `division`, if it is the actor's own or below it. Raises NotFound else: the two are not told apart."""
    node = trees.named(tree, division, period.last)
    if actor.is_system:
        return node
    # A place that is gone is judged by where it stood when it was last there.
    day = period.last if node.on(period.last) else max(node.valid_from, min(period.last, node.valid_to))
    day = day if node.on(day) else node.valid_from
    path = [step.code for step in tree.path(division, day)]
    if not actor.division or actor.division not in path:
        raise NotFound(_("没有这个区划：%(code)s") % {"code": division})
    return node


def records_behind(actor: Actor, figure: str, division: str, period: str) -> Behind:
    """The records behind a figure, as the query `?figure=…&division=…&period=…` of a report's link names them.

    figure: "closed_in_time.numerator", "closed_in_time.denominator", "by_kind.help". Narrow `.ids` by the actor's own scope.
    """
    asked, code = asked_period(period), trees.full_code(division)
    with published.opened() as figures:
        tree, rules = figures.tree(), definitions.shipped()
        node = require_territory(actor, tree, code, asked)
        if reports.conceals(figures, rules, figure, node, asked):
            raise Refused(_("县级以下少于10件的数字不显示，也不列出。"), cure=_("请到上一级查看，或按工单号办理。"))
        as_of = figures.state.watermark
    return _behind(rules, figure, node, asked, as_of, tree)


__all__ = ["Behind", "Report", "records_behind", "refresh", "report", "require_territory"]
