"""The vault's terms, and the one table of who sees an identity without asking a second person."""

from enum import StrEnum

from huying.kernel.words import Words, words


class Confidentiality(StrEnum):
    """The reporter's own choice; it can be made stricter at any time, looser only by the reporter."""

    OPEN = "open"
    NAME_HIDDEN = "name_hidden"
    ANONYMOUS = "anonymous"


CONFIDENTIALITY_WORDS: dict[Confidentiality, Words] = {
    Confidentiality.OPEN: words("公开", "open"),
    Confidentiality.NAME_HIDDEN: words("隐名", "name hidden"),
    Confidentiality.ANONYMOUS: words("匿名", "anonymous"),
}
STRICTNESS = [Confidentiality.OPEN, Confidentiality.NAME_HIDDEN, Confidentiality.ANONYMOUS]


class Part(StrEnum):
    """What somebody is in a record."""

    REPORTER = "reporter"
    RESPONDENT = "respondent"
    CONTACT = "contact"


PART_WORDS: dict[Part, Words] = {
    Part.REPORTER: words("反映人", "reporter"),
    Part.RESPONDENT: words("被反映人", "respondent"),
    Part.CONTACT: words("现场联系人", "contact on site"),
}


class Relation(StrEnum):
    """How an actor stands to a record, as the record's own domain says. NONE: sees the record, has no part in it."""

    INTAKE = "intake"
    FOLLOWUP = "followup"
    HANDLER = "handler"
    SUPERVISOR = "supervisor"
    NONE = "none"


class Basis(StrEnum):
    """On what ground an identity was seen or used."""

    HANDLING = "handling"
    INTAKE = "intake"
    FOLLOWUP = "followup"
    APPROVED = "approved"
    BREAK_GLASS = "break_glass"
    RELAY = "relay"
    OWN = "own"


BASIS_WORDS: dict[Basis, Words] = {
    Basis.HANDLING: words("承办", "handling"),
    Basis.INTAKE: words("受理", "intake"),
    Basis.FOLLOWUP: words("回访", "follow-up"),
    Basis.APPROVED: words("经第二人批准", "approved by a second person"),
    Basis.BREAK_GLASS: words("紧急查看", "break-glass"),
    Basis.RELAY: words("转接联系，未见身份", "contacted through a relay, identity not seen"),
    Basis.OWN: words("本人查看", "seen by the reporter"),
}

WITHOUT_ASKING: dict[tuple[Confidentiality, Relation], Basis] = {
    (Confidentiality.OPEN, Relation.INTAKE): Basis.INTAKE,
    (Confidentiality.OPEN, Relation.FOLLOWUP): Basis.FOLLOWUP,
    (Confidentiality.OPEN, Relation.HANDLER): Basis.HANDLING,
    (Confidentiality.NAME_HIDDEN, Relation.INTAKE): Basis.INTAKE,
    (Confidentiality.NAME_HIDDEN, Relation.FOLLOWUP): Basis.FOLLOWUP,
}
"""Every pair that is not here takes a second approver. Relay (writing, calling back) is open to all but NONE."""


class Ground(StrEnum):
    """The four grounds to break the glass; each leaves a paper."""

    LIFE_AT_RISK = "life_at_risk"
    CHILD_SAFETY = "child_safety"
    LIKELY_CRIME = "likely_crime"
    COURT_OR_SUPERVISOR = "court_or_supervisor"


GROUND_WORDS: dict[Ground, Words] = {
    Ground.LIFE_AT_RISK: words("生命安全危急", "life at risk"),
    Ground.CHILD_SAFETY: words(
        "未成年人安全（未成年人保护法第十一条）", "a child's safety (Minors Protection Law Art 11)"
    ),
    Ground.LIKELY_CRIME: words("涉嫌犯罪（人民调解法第二十五条）", "a likely crime (People's Mediation Law Art 25)"),
    Ground.COURT_OR_SUPERVISOR: words("法院或监督机关的文书", "a court's or supervisor's paper"),
}


class RequestState(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    DENIED = "denied"


REQUEST_WORDS: dict[RequestState, Words] = {
    RequestState.ASKED: words("待批准", "awaiting approval"),
    RequestState.APPROVED: words("已批准", "approved"),
    RequestState.DENIED: words("不批准", "denied"),
}


class Verdict(StrEnum):
    JUSTIFIED = "justified"
    UNJUSTIFIED = "unjustified"


VERDICT_WORDS: dict[Verdict, Words] = {
    Verdict.JUSTIFIED: words("理由成立", "justified"),
    Verdict.UNJUSTIFIED: words("理由不成立", "not justified"),
}


class RecusalReason(StrEnum):
    ACCUSED = "accused"
    INTERESTED = "interested"
    ACCUSER_ASKED = "accuser_asked"


RECUSAL_WORDS: dict[RecusalReason, Words] = {
    RecusalReason.ACCUSED: words(
        "系被举报对象（信访工作条例第三十、四十六条）", "is the accused (Petition Regulations Art 30, 46)"
    ),
    RecusalReason.INTERESTED: words(
        "与事项有利害关系（信访工作条例第二十八条）", "has an interest in it (Petition Regulations Art 28)"
    ),
    RecusalReason.ACCUSER_ASKED: words("举报人要求回避", "the accuser demands it"),
}

# How the log names what is done here (kernel.audit.naming).
LOGGED: dict[str, Words] = {
    "identity.revealed": words("查看身份", "identity seen"),
    "identity.viewed_own": words("本人查看自己的信息", "seen by the reporter"),
    "identity.asked": words("申请查看身份", "asked to see the identity"),
    "identity.approved": words("批准查看身份", "seeing the identity approved"),
    "identity.denied": words("不批准查看身份", "seeing the identity refused"),
    "identity.relayed": words("转接联系", "contacted through the relay"),
    "identity.callback": words("转接回拨", "called back through the relay"),
    "identity.break_glass": words("紧急查看身份", "glass broken"),
    "identity.glass_reviewed": words("复核紧急查看", "broken glass reviewed"),
    "identity.corrected": words("更正当事人信息", "identity corrected"),
    "identity.confidentiality": words("更改保密级别", "confidentiality changed"),
    "identity.erased": words("删除当事人信息", "identity erased"),
    "identity.code_rotated": words("换发查询码", "query code issued anew"),
    "identity.recused": words("登记回避", "recusal recorded"),
    "identity.recusal_lifted": words("解除回避", "recusal lifted"),
    "callers_open_records": words("来电时查看本机号码未办结的事项", "the caller's open matters, during the call"),
}
LOGGED_KINDS: dict[str, Words] = {"identities.call": words("来电", "call")}
