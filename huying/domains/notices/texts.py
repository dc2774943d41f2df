"""The texts: dated, in both languages, with the names they are filled from."""

from __future__ import annotations

import functools
import string
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _

from huying.kernel import clock
from huying.kernel.errors import InvalidInput, RuleMissing

SHIPPED = Path(__file__).parent / "content" / "templates.yaml"


@dataclass(frozen=True)
class Text:
    topic: str
    language: str
    since: date
    subject: str
    body: str

    @property
    def names(self) -> frozenset[str]:
        """The placeholders it needs."""
        parts = string.Formatter().parse(self.subject + self.body)
        return frozenset(name for _literal, name, _spec, _conversion in parts if name)


@functools.cache
def texts(source: Path = SHIPPED) -> dict[tuple[str, str], list[Text]]:
    """(topic, language) → its texts, newest first."""
    found: dict[tuple[str, str], list[Text]] = {}
    for topic, entry in yaml.safe_load(source.read_text(encoding="utf-8")).items():
        for version in entry["versions"]:
            for language in ("zh", "en"):
                words = version[language]
                text = Text(topic, language, version["since"], words["subject"], words["body"].strip())
                found.setdefault((topic, language), []).append(text)
    for versions in found.values():
        versions.sort(key=lambda text: text.since, reverse=True)
    return found


def render(topic: str, language: str = "zh", *, on: date | None = None, **values: Any) -> tuple[str, str]:
    """Subject and body of `topic` as in force on a day.

    Raises RuleMissing when no text is in force, InvalidInput when a value it needs isn't given.
    """
    day = on or clock.today()
    text = next((text for text in texts().get((topic, language), []) if text.since <= day), None)
    if text is None:
        raise RuleMissing(
            _("%(day)s没有“%(topic)s”的通知文本。") % {"topic": topic, "day": day.isoformat()},
            cure=_("请在通知文本中补上。"),
        )
    missing = sorted(text.names - values.keys())
    if missing:
        raise InvalidInput(
            _("通知“%(topic)s”缺少要填的内容。") % {"topic": topic}, fields={name: _("必填") for name in missing}
        )
    return text.subject.format_map(values), text.body.format_map(values)
