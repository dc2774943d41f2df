"""Django's sessions in the database, read by a prepared statement: every request reads its own."""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from huying.kernel import prepared


class SessionStore(db.SessionStore):
    def _get_session_from_db(self) -> Session | None:
        key = self.session_key
        found = prepared.rows("session row", lambda key: Session.objects.filter(session_key=key), key) if key else []
        # The framework's own hour, as it is the framework that set the end: a replay's clock ends nobody's session.
        if found and found[0].expire_date > timezone.now():
            row: Session = found[0]
            return row
        self._session_key = None
        return None
