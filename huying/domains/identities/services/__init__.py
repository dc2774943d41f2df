"""The vault's verbs."""

from huying.domains.identities.identity import Identity
from huying.domains.identities.permissions import register_relation
from huying.domains.identities.services.calls import begin_call, callers_open_records, hang_up, own_among
from huying.domains.identities.services.codes import check_query_code, issue_query_codes, rotate_query_code
from huying.domains.identities.services.contact import callback_token, connect_callback, relay_message
from huying.domains.identities.services.glass import break_glass, review_break_glass
from huying.domains.identities.services.parties import (
    NewParty,
    correct,
    drop_numbers,
    forget,
    known_words,
    set_confidentiality,
    store_parties,
)
from huying.domains.identities.services.recusals import NewRecusal, lift_recusal, recuse
from huying.domains.identities.services.reveals import approve_reveal, ask_reveal, deny_reveal, reveal
from huying.domains.identities.services.rights import correct_own, erase_own, require_code, view_own

__all__ = [
    "Identity",
    "NewParty",
    "NewRecusal",
    "approve_reveal",
    "ask_reveal",
    "begin_call",
    "break_glass",
    "callback_token",
    "callers_open_records",
    "check_query_code",
    "connect_callback",
    "correct",
    "correct_own",
    "deny_reveal",
    "drop_numbers",
    "erase_own",
    "forget",
    "hang_up",
    "issue_query_codes",
    "known_words",
    "lift_recusal",
    "own_among",
    "recuse",
    "register_relation",
    "relay_message",
    "require_code",
    "reveal",
    "review_break_glass",
    "rotate_query_code",
    "set_confidentiality",
    "store_parties",
    "view_own",
]
