from huying.domains.identities.models.access import BreakGlassReview, CallbackToken, Look, RevealRequest
from huying.domains.identities.models.party import CallSession, Party, QueryCode
from huying.domains.identities.models.recusal import Recusal

__all__ = ["BreakGlassReview", "CallSession", "CallbackToken", "Look", "Party", "QueryCode", "Recusal", "RevealRequest"]
