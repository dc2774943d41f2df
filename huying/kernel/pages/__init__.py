"""What pages of every shell share: navigation, keyset lists, capped counts, times in words, versions, guards, exports."""

from huying.kernel.pages.guards import actor_of, staff
from huying.kernel.pages.keyset import Count, Keyset, Page, capped

__all__ = ["Count", "Keyset", "Page", "actor_of", "capped", "staff"]
