"""Topics that ship with a text, and the ways out. No Django."""

IN_APP, EMAIL, SMS, WEBHOOK, RELAY = "in_app", "email", "sms", "webhook", "relay"
DRIVERS = (IN_APP, EMAIL, SMS, WEBHOOK, RELAY)


def post_ref(post_id: int) -> str:
    """How an outbox row names a post."""
    return f"post:{post_id}"


def party_ref(party_id: int) -> str:
    """How an outbox row names a sealed reporter; only the vault's relay can open it."""
    return f"party:{party_id}"


def unit_of(reference: str) -> int | None:
    """The unit a reference names, or None when it names something else."""
    head, _, tail = reference.partition(":")
    return int(tail) if head == "unit" and tail.isdigit() else None


def post_of(reference: str) -> int | None:
    """The post a reference names, or None when it names something else."""
    head, _, tail = reference.partition(":")
    return int(tail) if head == "post" and tail.isdigit() else None
