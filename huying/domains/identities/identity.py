"""What is inside the seal."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass, fields

from django.utils.translation import gettext as _

from huying.kernel.errors import InvalidInput

LENGTHS = {"name": 60, "phone": 32, "address": 200, "email": 120, "other": 120}


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A person as a party: what is needed to answer, nothing else (no identity-card number, no birth date).

    other: another way to be reached (a messaging account, a neighbour's phone).
    """

    name: str = ""
    phone: str = ""
    address: str = ""
    email: str = ""
    other: str = ""

    def __repr__(self) -> str:
        # An identity that reaches a log line or a traceback must not spell itself out there.
        return "Identity(sealed)"

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))

    def cleaned(self) -> Identity:
        """Trimmed and checked. Raises InvalidInput by field; the message never repeats what was entered."""
        wrong: dict[str, str] = {}
        values: dict[str, str] = {}
        for name, longest in LENGTHS.items():
            text = " ".join(unicodedata.normalize("NFKC", getattr(self, name)).split())
            if len(text) > longest:
                wrong[name] = _("太长：最多 %(n)d 个字。") % {"n": longest}
            values[name] = text
        if values["phone"] and not plain_phone(values["phone"]):
            wrong["phone"] = _("不像电话号码：应为 3 到 20 位数字。")
        if wrong:
            raise InvalidInput(_("当事人信息有误。"), fields=wrong)
        return Identity(**values)

    def to_bytes(self) -> bytes:
        kept = {name: value for name in LENGTHS if (value := getattr(self, name))}
        return json.dumps(kept, ensure_ascii=False, sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, plain: bytes) -> Identity:
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in json.loads(plain).items() if name in known})


def plain_phone(text: str) -> str:
    """The digits of a number as dialled here (no country code 86), or "" when it is none."""
    compact = re.sub(r"[\s()（）.\-–—]", "", unicodedata.normalize("NFKC", text))
    compact = re.sub(r"^(\+86|0086)(?=\d{7,})", "", compact)
    if len(compact) == 13 and compact.startswith("861"):
        compact = compact[2:]
    number = re.split(r"(?:转|x|X|,|#)", compact, maxsplit=1)[0]
    return number.removeprefix("+") if re.fullmatch(r"\+?\d{3,20}", number) else ""
