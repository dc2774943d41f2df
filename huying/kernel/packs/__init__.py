"""Packs: a folder of data that makes Huying a given place. Each domain registers its sections in its `sections.py`:

    packs.section("grids", schema=GridRow, key=("code",), check=check, install=install, export=export, after=("divisions",))

and the kernel reads, checks, installs, compares and exports packs as a whole without knowing any domain.
"""

from huying.kernel.packs.checking import check, read_manifest
from huying.kernel.packs.entries import (
    Entry,
    Fault,
    Manifest,
    Names,
    PackRow,
    Provenance,
    ProvenancedRow,
    PublicDocument,
)
from huying.kernel.packs.folders import SHIPPED, find, shipped
from huying.kernel.packs.pack import Pack
from huying.kernel.packs.registry import Section, ordered_sections, section
from huying.kernel.packs.work import Difference, Installed, diff, export, install, installed_manifests

__all__ = [
    "SHIPPED",
    "Difference",
    "Entry",
    "Fault",
    "Installed",
    "Manifest",
    "Names",
    "Pack",
    "PackRow",
    "Provenance",
    "ProvenancedRow",
    "PublicDocument",
    "Section",
    "check",
    "diff",
    "export",
    "find",
    "install",
    "installed_manifests",
    "ordered_sections",
    "read_manifest",
    "section",
    "shipped",
]
