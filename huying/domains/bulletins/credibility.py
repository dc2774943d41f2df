"""Rules that ask whether figures can be true as they stand. Pure: numbers in, a note with its grounds out, or None.

A note accuses nobody: it says what is unusual and asks for a look. Sources: the credibility notes of
国办函〔2025〕66号's follow-up rules, Beber and Scacco 2012 on last digits, Iglewicz and Hoaglin 1993 on the modified z-score.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from huying.domains.bulletins.vocabulary import CredibilityRule
from huying.kernel.words import Words, words

# A share of this much or more on this many records is asked about.
PERFECT, PERFECT_N = 0.995, 50
SATISFIED_N = 20
# What would come about by chance more often than this, given what is usual, isn't asked about: few returned orders in a small
# county of a city that has few are no riddle.
CHANCE = 0.01
# The last twentieth of the time allowed, against an average twentieth of the quarter before it.
LAST, BEFORE, HEAP_N, HEAP_SHARE, HEAP_TIMES = 0.05, 0.30, 50, 0.2, 3.0
DIGITS_N, DIGITS_SIGMAS = 50, 4.0
SUDDEN_HISTORY, SUDDEN_SCORE = 6, 3.5
MISSING_BEFORE = 10
# So many places are named in a note.
NAMED = 6


@dataclass(frozen=True)
class Finding:
    """said: what is unusual, with its numbers. place, indicator: what it is about; "" for the whole report."""

    rule: CredibilityRule
    said: Words
    place: str = ""
    indicator: str = ""


def too_perfect(
    name: Words,
    share: float | None,
    n: int | None,
    *,
    lower: bool = False,
    place: str = "",
    code: str = "",
    usual: float | None = None,
) -> Finding | None:
    """share: 0 to 1 of n records. lower: the less the better. usual: the share one would expect there, None unknown."""
    if share is None or n is None or n < PERFECT_N or (1 - share if lower else share) < PERFECT:
        return None
    if _by_chance(1 - usual if lower and usual is not None else usual, n):
        return None
    return Finding(
        CredibilityRule.TOO_PERFECT,
        words(
            f"{place}{name.zh}为{share:.1%}（n={n}），接近完美。请抽查若干件，与原始记录核对。",
            f"{place} {name.en}: {share:.1%} of {n}, close to perfect. Check some records against their source.",
        ),
        place,
        code,
    )


def all_satisfied(
    satisfied: int | None, asked: int | None, place: str = "", usual: float | None = None
) -> Finding | None:
    """asked: those reached in follow-up; satisfied: those who said so. usual: as of `too_perfect`."""
    if satisfied is None or asked is None or asked < SATISFIED_N or satisfied < asked or _by_chance(usual, asked):
        return None
    return Finding(
        CredibilityRule.ALL_SATISFIED,
        words(
            f"{place}回访的{asked}件全部满意，没有一件不满意。请由承办单位以外的人重新抽访。",
            f"{place}: all {asked} that were asked are satisfied. Let someone outside the unit ask a sample again.",
        ),
        place,
        "satisfied",
    )


def _by_chance(usual: float | None, n: int) -> bool:
    """Whether n good ones of n are within what the usual share of good ones brings about. A usual share that is itself close to
    perfect explains nothing."""
    return usual is not None and usual < PERFECT and usual**n > CHANCE


def heaped_before_limit(time_left: Iterable[float], place: str = "") -> Finding | None:
    """time_left: for each record done in time, what was left of its allowance, 0 (at the limit) to 1 (at once)."""
    left = [share for share in time_left if 0 <= share <= 1]
    last = sum(share <= LAST for share in left)
    before = sum(LAST < share <= BEFORE for share in left) * LAST / (BEFORE - LAST)
    if len(left) < HEAP_N or last < HEAP_SHARE * len(left) or last < HEAP_TIMES * before:
        return None
    return Finding(
        CredibilityRule.HEAPED,
        words(
            f"{place}按时办毕的{len(left)}件中，{last}件（{last / len(left):.0%}）落在时限的最后二十分之一内，"
            f"此前平均每二十分之一只有{before:.0f}件。请查是否临期集中点办结。",
            f"{place}: {last} of {len(left)} done in time ({last / len(left):.0%}) fall in the last twentieth of their limit; "
            f"an average twentieth before it holds {before:.0f}. Look whether they were closed for the clock.",
        ),
        place,
    )


def digit_preference(minutes: Iterable[int], place: str = "") -> Finding | None:
    """minutes: the minute of the hour at which each record was said to be done. Times that were lived end in 0 or 5 in a
    fifth of cases; times that were written down afterwards do so far more often."""
    ends = [minute % 5 == 0 for minute in minutes]
    n, round_ones = len(ends), sum(ends)
    if n < DIGITS_N or round_ones - n / 5 < DIGITS_SIGMAS * math.sqrt(n * 0.2 * 0.8):
        return None
    return Finding(
        CredibilityRule.DIGITS,
        words(
            f"{place}{n}件办毕时间中，分钟尾数是0或5的有{round_ones}件（{round_ones / n:.0%}），自然情况约20%。"
            "请查是否事后补填。",
            f"{place}: {round_ones} of {n} times of completion ({round_ones / n:.0%}) end in 0 or 5; about 20% would by nature. "
            "Look whether they were filled in afterwards.",
        ),
        place,
    )


def sudden_change(
    name: Words, now: float | None, history: Sequence[float | None], share: bool, place: str = "", code: str = ""
) -> Finding | None:
    """history: the periods before, any order; unknown ones None. share: the values are 0 to 1, else counts or days."""
    known = [value for value in history if value is not None]
    if now is None or len(known) < SUDDEN_HISTORY:
        return None
    middle = median(known)
    spread = median(abs(value - middle) for value in known)
    # Where the past hardly moved, a hundredth (of the scale or of the value) stands for its spread.
    spread = max(spread, 0.01 if share else abs(middle) * 0.05, 1e-9)
    score = 0.6745 * (now - middle) / spread
    if abs(score) < SUDDEN_SCORE:
        return None
    value, usual = (f"{now:.1%}", f"{middle:.1%}") if share else (f"{now:,.1f}", f"{middle:,.1f}")
    return Finding(
        CredibilityRule.SUDDEN,
        words(
            f"{place}{name.zh}本期为{value}，前{len(known)}期中位数为{usual}，变化远超往期波动。请说明是事实、口径还是漏报。",
            f"{place} {name.en}: {value}, against a median of {usual} over {len(known)} periods, far beyond their usual spread. "
            "Say whether it is fact, definition or missing data.",
        ),
        place,
        code,
    )


def missing_units(now: Mapping[str, int | None], before: Mapping[str, int | None]) -> Finding | None:
    """Records of each place in this period and the one before; None where unknown or hidden."""
    silent = [
        place
        for place, count in now.items()
        if count == 0 and (earlier := before.get(place)) and earlier >= MISSING_BEFORE
    ]
    if not silent:
        return None
    named = "、".join(silent[:NAMED])
    return Finding(
        CredibilityRule.MISSING,
        words(
            f"{len(silent)}个区划上期有记录、本期一件也没有：{named}。没有上报不等于没有发生，请逐一核实。",
            f"{len(silent)} places had records last period and none in this one: {named}. "
            "Nothing reported is not nothing happened: ask each of them.",
        ),
    )


def missing_deliveries(source: Words, places: Sequence[str]) -> Finding:
    """places: names of those that delivered before and owe the period's figures of the source."""
    named = "、".join(places[:NAMED])
    return Finding(
        CredibilityRule.MISSING,
        words(
            f"{source.zh}：{len(places)}个区划本期没有报送：{named}。数字缺这些地方，未报不等于没有发生。",
            f"{source.en}: {len(places)} places have not delivered for this period: {named}. The figures lack them; "
            "nothing delivered is not nothing happened.",
        ),
    )
