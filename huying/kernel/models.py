"""Django finds the kernel's tables here; each lives beside the code that owns it."""

from huying.kernel.facts.dirty import DirtyRange
from huying.kernel.packs.models import InstalledPack
from huying.kernel.sequences import NumberSeries

__all__ = ["DirtyRange", "InstalledPack", "NumberSeries"]
