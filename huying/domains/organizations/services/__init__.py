"""Writes of the organisation: verbs, keyword-only, by an explicit actor; each one transaction and logged."""

from huying.domains.organizations.queries import actor_for
from huying.domains.organizations.services.accounts import (
    FirstAdministrator,
    NewAccount,
    change_password,
    create_account,
    create_accounts,
    create_first_administrators,
    may_sign_in,
    note_second_factor,
    one_time_password,
    reset_password,
    set_active,
)
from huying.domains.organizations.services.handover import Moved, hand_over, on_handover
from huying.domains.organizations.services.portfolio import NewPortfolio, NewShift, put_portfolio, put_shifts
from huying.domains.organizations.services.sessions import (
    carry_session,
    choose_post,
    end_all_sessions,
    end_session_of_key,
    end_sessions,
    live_session,
    open_session,
    session_digest,
)
from huying.domains.organizations.services.structure import (
    NewPost,
    NewUnit,
    end_post,
    end_unit,
    put_posts,
    put_units,
)
from huying.domains.organizations.services.terms import NewTerm, end_term, open_term, open_terms, record_absence

__all__ = [
    "FirstAdministrator",
    "Moved",
    "NewAccount",
    "NewPortfolio",
    "NewPost",
    "NewShift",
    "NewTerm",
    "NewUnit",
    "actor_for",
    "carry_session",
    "change_password",
    "choose_post",
    "create_account",
    "create_accounts",
    "create_first_administrators",
    "end_all_sessions",
    "end_post",
    "end_session_of_key",
    "end_sessions",
    "end_term",
    "end_unit",
    "hand_over",
    "live_session",
    "may_sign_in",
    "note_second_factor",
    "on_handover",
    "one_time_password",
    "open_session",
    "open_term",
    "open_terms",
    "put_portfolio",
    "put_posts",
    "put_shifts",
    "put_units",
    "record_absence",
    "reset_password",
    "session_digest",
    "set_active",
]
