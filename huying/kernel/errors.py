"""The error family: what happened, where, and how to cure it; each knows the HTTP status it becomes."""

from collections.abc import Mapping


class HuyingError(Exception):
    """Base of every error a person is shown.

    message: what happened. cure: what to do about it. fields: field name → message, for forms and files.
    """

    status = 400
    code = "error"

    def __init__(self, message: str, *, cure: str = "", fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure
        self.fields = dict(fields or {})

    def one_line(self) -> str:
        named = "; ".join(f"{name}: {text}" for name, text in self.fields.items())
        return " — ".join(part for part in (self.message, named, self.cure) if part)


class InvalidInput(HuyingError):
    status, code = 422, "invalid_input"


class NotFound(HuyingError):
    """Absent, or outside the actor's scope: the two are not told apart."""

    status, code = 404, "not_found"


class Forbidden(HuyingError):
    """Known to the actor, but this act is not the actor's."""

    status, code = 403, "forbidden"


class NotAllowedNow(HuyingError):
    """The record's state does not admit this act."""

    status, code = 409, "not_allowed_now"


class StaleVersion(HuyingError):
    """Somebody else changed the record since it was read."""

    status, code = 409, "stale_version"


class RuleMissing(HuyingError):
    """The rulebook holds no rule for this; it is never guessed."""

    status, code = 409, "rule_missing"


class Refused(HuyingError):
    """Against a fixed limit of the product or a list the law binds us to."""

    status, code = 422, "refused"


class TooMany(HuyingError):
    status, code = 429, "too_many"

    def __init__(self, message: str, *, retry_after: int = 60, cure: str = "") -> None:
        super().__init__(message, cure=cure)
        self.retry_after = retry_after


class Unavailable(HuyingError):
    status, code = 503, "unavailable"

    def __init__(self, message: str, *, retry_after: int = 5, cure: str = "") -> None:
        super().__init__(message, cure=cure)
        self.retry_after = retry_after


class Unscoped(AssertionError):
    """A programming fault: rows were about to be read with no scope named. Fails closed (design rule 4)."""
