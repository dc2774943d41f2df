"""Import a file: every row is taken in, already known, or handed back with its reason. Sent again, it adds nothing.

Rows are taken in by batches, each its own transaction: an import that is broken off keeps its finished batches, and the
next run passes over what is known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import IntegrityError
from django.db.models import Min
from django.utils.translation import gettext as _

from huying.domains.matters import services
from huying.domains.matters.intake_files.profile import FIELDS, Matching, Profile, match
from huying.domains.matters.intake_files.rows import Entry, Fault, Reader
from huying.domains.matters.models import Matter
from huying.domains.matters.services import Intake, Registered
from huying.domains.territory import queries as territory
from huying.kernel import clock, crypto
from huying.kernel.actors import Actor
from huying.kernel.errors import HuyingError, InvalidInput
from huying.kernel.sheets import Line, RejectFile, Sheet, open_sheet
from huying.kernel.words import Words, words

BATCH = 1_000
HINTS_TOLD = 500


@dataclass
class Outcome:
    """read = accepted + already_known + rejected. Rows are numbered as in the file.

    last_row: the last row dealt with; more: `at_most` was reached, so there may be rows after it.
    """

    read: int = 0
    accepted: int = 0
    already_known: int = 0
    rejected: int = 0
    rejects_file: str = ""
    merge_hints: int = 0
    hints: list[tuple[int, str, str]] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    unused_columns: list[str] = field(default_factory=list)
    dropped_columns: dict[str, str] = field(default_factory=dict)
    interrupted: bool = False
    last_row: int = 0
    more: bool = False

    def tell_columns(self, header: list[str], matching: Matching) -> None:
        self.columns = {FIELDS[name]: header[at] for name, at in matching.places.items()}
        self.unused_columns = matching.unused
        self.dropped_columns = {column: str(what) for column, what in matching.forbidden.items()}

    def as_json(self) -> dict[str, object]:
        told = dict(vars(self))
        for inner in ("hints", "last_row", "more"):
            del told[inner]
        return told


Progress = Callable[[Outcome], None]
OnFault = Callable[[Line, Fault], None]


@dataclass(frozen=True)
class Preview:
    """The first rows as they would be taken in, beside how each column is understood."""

    header: list[str]
    matching: Matching
    rows: list[Entry | Fault]
    lines: list[Line]


def default_division() -> str:
    """The smallest division that everything here lies in. Raises InvalidInput when no place is installed, or several."""
    known = territory.tree(clock.today())
    roots = known.roots
    if len(roots) != 1:
        tops = "、".join(roots) or _("无")
        raise InvalidInput(
            _("不知道这些事项属于哪个区划（顶层区划：%(tops)s）。") % {"tops": tops},
            cure=_("请先用 huying init --pack 安装一个地方，或用 --division 指明区划代码。"),
        )
    place = roots[0]
    while len(below := known.children(place)) == 1:
        place = below[0]
    return place


def preview(
    path: Path, profile: Profile, *, name: str = "", columns: Mapping[str, str] | None = None, rows: int = 20
) -> Preview:
    """What an import would make of the first rows; nothing is stored."""
    with open_sheet(path, name=name) as sheet:
        matching = match(profile, sheet.header, columns)
        lines = [line for line, _n in zip(sheet.lines, range(rows), strict=False)]
        reader = Reader(profile, matching)
        return Preview(
            sheet.header, matching, [reader.read(line) for line in lines] if not matching.missing else [], lines
        )


def import_file(path: Path, profile: Profile, *, name: str = "", rejects: Path | None = None, **more: Any) -> Outcome:
    """Import the table at `path`, called `name`; for the rest see `import_sheet`."""
    with open_sheet(path, name=name) as sheet:
        return import_sheet(sheet, profile, rejects=rejects or path.with_name(f"{path.stem}.rejects.csv"), **more)


def import_sheet(
    sheet: Sheet,
    profile: Profile,
    *,
    actor: Actor,
    rejects: Path,
    division: str = "",
    columns: Mapping[str, str] | None = None,
    dry_run: bool = False,
    within: str = "",
    at_most: int = 0,
    on_fault: OnFault = lambda line, fault: None,
    progress: Progress = lambda outcome: None,
) -> Outcome:
    """Import its lines. Raises InvalidInput for a fault of the whole file; a fault of a row goes to `rejects` (.csv or .xlsx).

    division: of rows that name none; by default the division everything here lies in. dry_run: say what would happen,
    store nothing. KeyboardInterrupt ends after the finished batches; the outcome says so.
    within: rows that lie outside this division are handed back. at_most: a share of the lines, for whom all take too long
    (0: all). `progress` gets the same outcome after each batch.
    """
    place = division or default_division()
    territory.columns(place)
    outcome = Outcome()
    matching = match(profile, sheet.header, columns)
    require(profile, matching, sheet.header)
    outcome.tell_columns(sheet.header, matching)
    kept = [at for at, column in enumerate(sheet.header) if column not in matching.forbidden]
    intake = Taker(actor, profile, place, dry_run, within)
    with RejectFile(rejects, [sheet.header[at] for at in kept]) as handed_back:

        def hand_back(line: Line, fault: Fault) -> None:
            handed_back.write(line.number, [line.cells[at] for at in kept], fault.reason, fault.cure)
            outcome.rejected += 1
            outcome.rejects_file = str(rejects)
            on_fault(line, fault)

        reader = Reader(profile, matching)
        try:
            for lines in batches(islice(sheet.lines, at_most) if at_most else sheet.lines):
                intake.take(lines, reader, outcome, hand_back)
                outcome.read += len(lines)
                outcome.last_row = lines[-1].number
                progress(outcome)
        except KeyboardInterrupt:
            outcome.interrupted = True
            outcome.read = outcome.accepted + outcome.already_known + outcome.rejected
    outcome.more = at_most > 0 and outcome.read >= at_most
    return outcome


def require(profile: Profile, matching: Matching, header: list[str]) -> None:
    """Raises InvalidInput when a column is missing without which no row can be taken in."""
    if matching.missing:
        raise InvalidInput(
            _("文件缺少这些列：%(missing)s。")
            % {"missing": "、".join("/".join(profile.columns[f].names) for f in matching.missing)},
            cure=_("文件里的列：%(header)s。请核对导入方案“%(profile)s”，或改列名。")
            % {"header": "、".join(header[:30]), "profile": profile.label},
        )


def batches(lines: Iterator[Line]) -> Iterator[list[Line]]:
    batch: list[Line] = []
    for line in lines:
        batch.append(line)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


class Taker:
    """Takes batches of lines in: known rows passed over, faulty ones handed back."""

    def __init__(self, actor: Actor, profile: Profile, division: str, dry_run: bool, within: str = "") -> None:
        self._actor, self._profile, self._division, self._dry = actor, profile, division, dry_run
        self._within = within
        self._seen: set[str] = set()

    def take(
        self, lines: list[Line], reader: Reader, outcome: Outcome, hand_back: Callable[[Line, Fault], None]
    ) -> list[tuple[Entry, Registered]]:
        """One batch; what was taken in. Counted only after its transaction, so that a broken one leaves no trace."""
        faults: list[tuple[Line, Fault]] = []
        entries: list[tuple[Line, Entry]] = []
        tree = territory.tree()
        for line in lines:
            read = self._placed(reader.read(line), tree)
            if isinstance(read, Fault):
                faults.append((line, read))
            else:
                entries.append((line, read))
        keys = {id(entry): self._keys(entry) for _line, entry in entries}
        known = self._stored([key for options in keys.values() for key in options])
        fresh = []
        for line, entry in entries:
            options = keys[id(entry)]
            if self._seen.isdisjoint(options) and known.isdisjoint(options):
                fresh.append((line, entry, options[0]))
                self._seen.add(options[0])
        taken: list[tuple[Entry, Registered]] = []
        try:
            if not self._dry:
                taken = self._register(fresh, faults)
        except BaseException:
            self._seen.difference_update(key for _line, _entry, key in fresh)
            raise
        for line, fault in sorted(faults, key=lambda each: each[0].number):
            hand_back(line, fault)
        refused = len(faults) - (len(lines) - len(entries))
        outcome.accepted += len(fresh) - refused
        outcome.already_known += len(entries) - len(fresh)
        self._hint(taken, outcome)
        return taken

    def _placed(self, read: Entry | Fault, tree: territory.Tree) -> Entry | Fault:
        if isinstance(read, Entry) and read.division:
            try:
                tree.columns(read.division)
            except (LookupError, HuyingError):
                return Fault(
                    read.number,
                    words(f"区划：没有代码 {read.division[:20]}。", f"division: no code {read.division[:20]}."),
                    words("请改为 12 位区划代码，或留空。", "Use a 12-digit code, or leave it empty."),
                )
            if self._within and not tree.is_within(read.division, self._within):
                return Fault(
                    read.number,
                    words(
                        f"区划：{read.division} 不在您的范围内。",
                        f"division: {read.division} lies outside your own area.",
                    ),
                    words("请交给该区划的岗位导入。", "Hand the row to a post of that division."),
                )
        return read

    def _keys(self, entry: Entry) -> list[str]:
        """By what the row is known again: its number in its source, else a keyed digest of the whole row.

        Keyed, as a row holds a person's account: a plain digest of a short row could be tried out. The first is under the
        current key; the others are what older keys would have made.
        """
        if entry.source_id:
            return [f"#{entry.source_id}"]
        data = f"{self._profile.source}\x1e{entry.whole}".encode()
        return [hashlib.sha256(tag).hexdigest() for tag in crypto.mac_candidates("import row", data)]

    def _stored(self, keys: list[str]) -> set[str]:
        ids = [key[1:] for key in keys if key.startswith("#")]
        digests = [key for key in keys if not key.startswith("#")]
        mine = Matter.objects.everything("an import looks up what it has taken in before").filter(
            source=self._profile.source
        )
        found: set[str] = set()
        if ids:
            found.update(f"#{known}" for known in mine.filter(source_id__in=ids).values_list("source_id", flat=True))
        if digests:
            found.update(mine.filter(source_digest__in=digests).values_list("source_digest", flat=True))
        return found

    def _register(
        self, fresh: list[tuple[Line, Entry, str]], faults: list[tuple[Line, Fault]]
    ) -> list[tuple[Entry, Registered]]:
        """All at once; where the services refuse one that looked sound, by halves, so that only that one is handed back."""
        if not fresh:
            return []
        try:
            made = services.register_many([self.intake(entry, key) for _line, entry, key in fresh], codes=False)
            return [(entry, registered) for (_line, entry, _key), registered in zip(fresh, made, strict=True)]
        except (HuyingError, IntegrityError) as error:
            if len(fresh) == 1:
                line, entry, _key = fresh[0]
                faults.append((line, _refusal(entry, error)))
                return []
            half = len(fresh) // 2
            return [*self._register(fresh[:half], faults), *self._register(fresh[half:], faults)]

    def intake(self, entry: Entry, key: str) -> Intake:
        return Intake(
            actor=self._actor,
            channel=entry.channel,
            kind=entry.kind,
            title=entry.title,
            content=entry.content,
            division=entry.division or self._division,
            item=entry.item,
            place=entry.place,
            confidentiality=self._profile.confidentiality,
            reporter=entry.reporter,
            external_due_at=entry.external_due_at,
            source=self._profile.source,
            source_id=entry.source_id,
            source_digest="" if entry.source_id else key,
            at=entry.at,
        )

    @staticmethod
    def _hint(taken: list[tuple[Entry, Registered]], outcome: Outcome) -> None:
        """Who says the same words as an earlier matter: taken in all the same, and told as a candidate for merging."""
        if not taken:
            return
        rows = Matter.objects.everything("an import looks for the same words").filter(
            body_key__in={registered.matter.body_key for _entry, registered in taken}
        )
        firsts = dict(rows.values("body_key").annotate(first=Min("id")).values_list("body_key", "first"))
        alike = [
            (entry.number, registered.matter, firsts[registered.matter.body_key])
            for entry, registered in taken
            if firsts.get(registered.matter.body_key, registered.matter.pk) < registered.matter.pk
        ]
        outcome.merge_hints += len(alike)
        room = HINTS_TOLD - len(outcome.hints)
        if alike and room > 0:
            numbers = dict(rows.filter(pk__in=[first for _n, _m, first in alike]).values_list("pk", "number"))
            outcome.hints += [(row, matter.number, numbers[first]) for row, matter, first in alike[:room]]


def _refusal(entry: Entry, error: Exception) -> Fault:
    if isinstance(error, HuyingError):
        text = error.one_line()
        return Fault(entry.number, Words(text, text), words("请按提示改正。", "Mend it as told."))
    return Fault(
        entry.number,
        words("与刚刚登记的另一事项重复。", "The same row was taken in by someone else just now."),
        words("不用再导入。", "No need to import it again."),
    )
