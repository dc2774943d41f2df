"""What pages of every shell share: navigation, keyset lists, capped counts, times in words, row versions, guards."""

from huying.kernel.pages.keyset import Count, Keyset, Page, capped

__all__ = ["Count", "Keyset", "Page", "capped"]
