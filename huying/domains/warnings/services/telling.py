"""Who is told: by the hierarchy, at once or in one digest a day, never in a storm."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.db import transaction

from huying.domains.notices.services import Letter, send_letters
from huying.domains.warnings.models import Seen, Telling
from huying.domains.warnings.services import wording
from huying.domains.warnings.services.findings import Finding
from huying.domains.warnings.services.owners import Answering
from huying.domains.warnings.vocabulary import KIND, NEWS_WORDS, Letters, News
from huying.kernel import clock

# More letters at once than this to one post wait for its digest instead.
MOST_SINGLES = 3
LISTED = 20


def tell(seen: Seen, news: News, finding: Finding, line: Sequence[Answering]) -> list[Telling]:
    """For the posts of the place and of as many levels above as the rung says; a recovery goes to the place. Not kept yet."""
    rung = finding.verdict.rung
    above = rung.tells if rung else 0
    letters = rung.letters if rung else Letters.DIGEST
    posts = dict.fromkeys(post for one in line[: above + 1] for post in one.told)
    return [Telling(post_id=post, seen=seen, news=news, letters=letters) for post in posts]


def keep(tellings: Sequence[Telling]) -> list[Telling]:
    """Write down those nobody was told before; two queries however many."""
    among = Telling.objects.filter(seen__in={one.seen_id for one in tellings})
    known = set(among.values_list("post_id", "seen_id", "news"))
    fresh = [one for one in tellings if (one.post_id, one.seen_id, one.news) not in known]
    return Telling.objects.bulk_create(fresh)


def send_singles(tellings: Sequence[Telling]) -> None:
    """Those that go out at once; a post that would get more than three gets them in its digest."""
    by_post: dict[int, list[Telling]] = defaultdict(list)
    for one in tellings:
        if one.letters == Letters.SINGLE:
            by_post[one.post_id].append(one)
    now = clock.now()
    sent = [one for own in by_post.values() if len(own) <= MOST_SINGLES for one in own]
    send_letters(
        Letter(
            topic="warnings.news",
            values={"title": _line(one)},
            posts=(one.post_id,),
            kind=KIND,
            record_id=one.seen.warning_id,
            dedupe_key=f"warning:{one.seen_id}:{one.news}",
        )
        for one in sent
    )
    Telling.objects.filter(pk__in=[one.pk for one in sent]).update(told_at=now)


def send_digests() -> int:
    """One letter to each post for which something waits, unless it had its digest today. Returns how many letters."""
    today = clock.today()
    with transaction.atomic():
        had = Telling.objects.filter(digest_day=today).values("post_id")
        waiting: dict[int, list[Telling]] = defaultdict(list)
        rows = Telling.objects.filter(told_at=None).exclude(post_id__in=had).select_related("seen__warning")
        for one in rows.order_by("-seen__in_a_row", "seen_id"):
            waiting[one.post_id].append(one)
        send_letters(
            Letter(
                topic="warnings.digest",
                values={"n": len(own), "list": _listed(own)},
                posts=(post,),
                kind=KIND,
                record_id=own[0].seen.warning_id,
                dedupe_key=f"warnings:digest:{post}:{today}",
            )
            for post, own in waiting.items()
        )
        told = [one.pk for own in waiting.values() for one in own]
        Telling.objects.filter(pk__in=told).update(told_at=clock.now(), digest_day=today)
    return len(waiting)


def _listed(own: Sequence[Telling]) -> str:
    lines = [f"· {_line(one)}" for one in own[:LISTED]]
    return "\n".join([*lines, f"… +{len(own) - LISTED}"] if len(own) > LISTED else lines)


def _line(one: Telling) -> str:
    return f"{NEWS_WORDS[News(one.news)].zh}：{wording.headline(one.seen.warning, one.seen)}"
