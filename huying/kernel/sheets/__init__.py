"""Spreadsheets as offices use them: .xlsx and .csv, read without trusting them, written so that no cell runs as a formula."""

from huying.kernel.sheets.reading import open_sheet
from huying.kernel.sheets.rejects import RejectFile
from huying.kernel.sheets.sheet import Limits, Line, Sheet
from huying.kernel.sheets.spool import Spooled, open_spooled, spool
from huying.kernel.sheets.writing import SheetWriter, neutral

__all__ = [
    "Limits",
    "Line",
    "RejectFile",
    "Sheet",
    "SheetWriter",
    "Spooled",
    "neutral",
    "open_sheet",
    "open_spooled",
    "spool",
]
