"""Numbers people read aloud: the matter's number with its check character, and the reporter's secret query code.

A matter number is `<division>-<date>-<sequence>-<check>`: `331102-20261122-00318-X`. Division: the first six digits of
the statutory code (GB/T 2260). Date: the day of registration. Sequence: at least five digits, counted per division and day.
Check: ISO 7064 MOD 11-2 over all the digits before it, X standing for ten: the scheme of the citizen's identity card
(GB 11643), so it is known to every clerk. It finds every wrong digit and every swap of two neighbours.

Where the portal stands in an outer zone of its own (docs/decisions/two-zones.md), it counts from 900001 up and the inner zone
stays below: `331102-20261122-900001-8`. Neither asks the other, and no number is given twice.
"""

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from stdnum.iso7064 import mod_11_2

from huying.kernel import crypto
from huying.kernel.errors import InvalidInput

DIVISION_DIGITS = 6
SEQUENCE_DIGITS = 5
OUTSIDE_FIRST = 900_001
"""The outer zone's first sequence of a day and division; the inner zone's highest is one below."""
_SHORTEST = DIVISION_DIGITS + 8 + SEQUENCE_DIGITS + 1
_LONGEST = DIVISION_DIGITS + 8 + 12 + 1
_DASHES = re.compile(r"[\s\u00ad\u2010-\u2015\u2212\u30fc\ufe58\ufe63_./·-]+")

QUERY_CODE_DIGITS = 16
"""log2(10^16) = 53.1 bits. Digits alone: said and heard without doubt in any dialect, typed on any telephone."""


@dataclass(frozen=True)
class MatterNumber:
    """A number taken apart and verified; `str` gives the one way it is written."""

    division: str
    day: date
    sequence: int
    check: str

    def __str__(self) -> str:
        return f"{self.division}-{self.day:%Y%m%d}-{self.sequence:0{SEQUENCE_DIGITS}d}-{self.check}"


def matter_number(division: str, day: date, sequence: int) -> str:
    """The number of the `sequence`-th matter (1-based) registered on `day` in `division` (its first 6 digits are used).

    Raises ValueError for a division that is not digits or a sequence below 1: both are programming faults.
    """
    area = division[:DIVISION_DIGITS]
    if len(area) != DIVISION_DIGITS or not (area.isascii() and area.isdigit()):
        raise ValueError(f"a matter number takes a division code of at least six digits, not {division!r}")
    if sequence < 1:
        raise ValueError(f"a sequence begins at 1, not {sequence}")
    stamp, count = f"{day:%Y%m%d}", f"{sequence:0{SEQUENCE_DIGITS}d}"
    return f"{area}-{stamp}-{count}-{mod_11_2.calc_check_digit(area + stamp + count)}"


def parse_matter_number(text: str) -> MatterNumber:
    """`text` as a verified number. Full-width characters, any dashes or none, spaces and a small x are taken as meant.

    Raises InvalidInput naming what is wrong: a strange character, the length, the date, or the check character.
    """
    plain = _DASHES.sub("", unicodedata.normalize("NFKC", text)).upper()
    cure = _("编号形如 331102-20261122-00318-X，请逐段核对。")
    if not plain:
        raise InvalidInput(_("没有填写编号。"), cure=cure)
    strange = sorted(set(re.sub(r"[0-9]", "", plain[:-1]) + re.sub(r"[0-9X]", "", plain[-1])))
    if strange:
        raise InvalidInput(
            _("编号“%(text)s”里有不该出现的字符：%(strange)s。")
            % {"text": text[:60], "strange": " ".join(strange[:8])},
            cure=cure,
        )
    if not _SHORTEST <= len(plain) <= _LONGEST:
        raise InvalidInput(
            _("编号“%(text)s”有 %(n)d 位，应为 %(least)d 位或略多。")
            % {"text": text[:60], "n": len(plain), "least": _SHORTEST},
            cure=cure,
        )
    division, stamp, count, check = plain[:6], plain[6:14], plain[14:-1], plain[-1]
    if mod_11_2.calc_check_digit(division + stamp + count) != check:
        raise InvalidInput(
            _("编号“%(text)s”的校验位不符，有一位读错、写错或两位颠倒了。") % {"text": text[:60]},
            cure=_("请对方再读一遍编号。"),
        )
    try:
        day = datetime.strptime(stamp, "%Y%m%d").date()  # noqa: DTZ007 (a calendar day has no zone)
    except ValueError:
        raise InvalidInput(
            _("编号“%(text)s”中的日期 %(stamp)s 不存在。") % {"text": text[:60], "stamp": stamp}, cure=cure
        ) from None
    sequence = int(count)
    if sequence < 1 or (len(count) > SEQUENCE_DIGITS and count[0] == "0"):
        raise InvalidInput(_("编号“%(text)s”的顺序号不对。") % {"text": text[:60]}, cure=cure)
    return MatterNumber(division, day, sequence, check)


def query_code() -> str:
    """A new secret code for the reporter: sixteen random digits in groups of four, `4207-1183-9056-2214`."""
    digits = f"{secrets.randbelow(10**QUERY_CODE_DIGITS):0{QUERY_CODE_DIGITS}d}"
    return "-".join(digits[at : at + 4] for at in range(0, QUERY_CODE_DIGITS, 4))


def plain_query_code(text: str) -> str:
    """`text` without the spaces, dashes and wide digits people add: sixteen digits, or "" when it cannot be a code."""
    digits = _DASHES.sub("", unicodedata.normalize("NFKC", text))
    return digits if len(digits) == QUERY_CODE_DIGITS and digits.isascii() and digits.isdigit() else ""


def query_code_digest(code: str, bound_to: str) -> bytes:
    """What is stored of a query code: a MAC over the code and the record it opens, `bound_to` ("matter:17").

    A plain hash of sixteen digits could be tried out from a stolen database; without the key this one can't.
    """
    return crypto.mac("query code", f"{bound_to}|{plain_query_code(code)}".encode())


def query_code_matches(code: str, bound_to: str, stored: bytes) -> bool:
    """Whether `code` is the one whose digest is `stored`, in constant time, under whichever key made it."""
    return crypto.mac_verify("query code", f"{bound_to}|{plain_query_code(code)}".encode(), stored)
