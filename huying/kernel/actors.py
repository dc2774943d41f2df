"""Who acts: one account, in one post, in one session. The audit names the post (responsibility hangs on it)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from huying.kernel.words import Words, words


class Level(IntEnum):
    """The statutory levels of a division, and the grid below them."""

    PROVINCE = 1
    CITY = 2
    COUNTY = 3
    TOWNSHIP = 4
    VILLAGE = 5
    GRID = 6

    @property
    def column(self) -> str:
        """The column of a located record that holds its division at this level."""
        return self.name.lower()


class Role(StrEnum):
    """What a post may do; the matrix of role × action is in each domain's permissions."""

    CALL_TAKER = "call_taker"
    DISPATCHER = "dispatcher"
    HANDLER = "handler"
    UNIT_HEAD = "unit_head"
    FOLLOWUP_CLERK = "followup_clerk"
    SUPERVISOR = "supervisor"
    GRID_OFFICE = "grid_office"
    GRID_WORKER = "grid_worker"
    LEADER = "leader"
    ANALYST = "analyst"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDITOR = "auditor"


ROLE_WORDS: dict[Role, Words] = {
    Role.CALL_TAKER: words("受理员", "call-taker"),
    Role.DISPATCHER: words("派单员", "dispatcher"),
    Role.HANDLER: words("承办员", "unit handler"),
    Role.UNIT_HEAD: words("承办单位负责人", "unit head"),
    Role.FOLLOWUP_CLERK: words("回访员", "follow-up clerk"),
    Role.SUPERVISOR: words("督办员", "supervisor"),
    Role.GRID_OFFICE: words("网格办", "grid office"),
    Role.GRID_WORKER: words("网格员", "grid worker"),
    Role.LEADER: words("领导", "leader"),
    Role.ANALYST: words("分析员", "analyst"),
    Role.SYSTEM_ADMIN: words("系统管理员", "system administrator"),
    Role.SECURITY_ADMIN: words("安全管理员", "security administrator"),
    Role.AUDITOR: words("审计员", "auditor"),
}
ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR})
BUSINESS = frozenset(Role) - ADMINISTRATORS


@dataclass(frozen=True, kw_only=True)
class Actor:
    """kind: staff, public, system or machine. `division` (12 digits) at `level` bounds what a territorial post sees;
    `unit_wide` posts (a line department's handlers) see what their unit is assigned instead. A machine has no role: it may do for
    its unit what `named` says, and nothing where nobody asks for that."""

    kind: str
    label: str
    account_id: int | None = None
    post_id: int | None = None
    unit_id: int | None = None
    roles: frozenset[Role] = field(default_factory=frozenset)
    level: Level | None = None
    division: str = ""
    grid: str = ""
    public_key: str = ""
    named: frozenset[str] = field(default_factory=frozenset)

    def has(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)

    @property
    def is_system(self) -> bool:
        return self.kind == "system"

    @property
    def is_machine(self) -> bool:
        return self.kind == "machine"

    @property
    def reads_business(self) -> bool:
        """Administrators of the system hold no business role and read no business content (等保 three administrators)."""
        return self.kind == "staff" and bool(self.roles - ADMINISTRATORS)

    @classmethod
    def system(cls, job: str) -> Actor:
        """Scheduled work, import and replay: named in the log as what it is."""
        return cls(kind="system", label=job)

    @classmethod
    def machine(cls, label: str, unit_id: int, named: frozenset[str]) -> Actor:
        """A unit's program with a key. named: what the key is for, such as the codes of datasets."""
        return cls(kind="machine", label=label, unit_id=unit_id, named=named)

    @classmethod
    def public(cls, channel: str, public_key: str = "") -> Actor:
        """A resident, known only by the keyed digest of a query code or by nothing."""
        return cls(kind="public", label=channel, public_key=public_key)
