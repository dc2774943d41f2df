"""Topics that ship with a text, and the ways out. No Django."""

from huying.kernel.pages.numbers import whole_number
from huying.kernel.words import Words, words

IN_APP, EMAIL, SMS, WEBHOOK, RELAY = "in_app", "email", "sms", "webhook", "relay"
DRIVERS = (IN_APP, EMAIL, SMS, WEBHOOK, RELAY)
WAYS: dict[str, Words] = {
    IN_APP: words("站内消息", "in-app"),
    EMAIL: words("邮件", "e-mail"),
    SMS: words("短信", "text message"),
    WEBHOOK: words("接口推送", "webhook"),
    RELAY: words("转接反映人", "relayed to the reporter"),
}
# What a message is about, as the outbox lists it: what it says stays shut.
TOPICS: dict[str, Words] = {
    "tasks.assigned": words("新任务", "task assigned"),
    "tasks.returned": words("任务退回", "task returned"),
    "tasks.urged": words("任务催办", "task urged"),
    "warnings.news": words("指标预警", "warning of a figure"),
    "warnings.digest": words("指标预警每日汇总", "daily digest of warnings"),
    "exchange.missed": words("数据未报", "data not delivered"),
    "exchange.reopened": words("数据报送重开", "report of data reopened"),
    "clocks.card": words("任务亮牌", "task's card"),
    "matters.registered": words("告知反映人：已受理", "to the reporter: taken up"),
    "matters.dispatched": words("告知反映人：已派单", "to the reporter: dispatched"),
    "matters.extended": words("告知反映人：延期", "to the reporter: extended"),
    "matters.replied": words("告知反映人：答复", "to the reporter: replied"),
    "matters.urged": words("催办承办单位", "to the unit: urged"),
    "matters.supervised": words("督办承办单位", "to the unit: supervised"),
    "matters.card_yellow": words("亮黄牌", "to the unit: yellow card"),
    "matters.card_red": words("亮红牌", "to the unit: red card"),
    "identities.relay": words("转接留言", "message through the relay"),
}


def post_ref(post_id: int) -> str:
    """How an outbox row names a post."""
    return f"post:{post_id}"


def party_ref(party_id: int) -> str:
    """How an outbox row names a sealed reporter; only the vault's relay can open it."""
    return f"party:{party_id}"


def unit_of(reference: str) -> int | None:
    """The unit a reference names, or None when it names something else."""
    head, _, tail = reference.partition(":")
    return whole_number(tail) if head == "unit" else None


def post_of(reference: str) -> int | None:
    """The post a reference names, or None when it names something else."""
    head, _, tail = reference.partition(":")
    return whole_number(tail) if head == "post" else None


# How the log names what is done here (kernel.audit.naming).
LOGGED: dict[str, Words] = {"retried": words("重新发送", "sent again")}
