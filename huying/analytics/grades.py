"""The colours of figures. Apart from the definitions, so that plain files are reckoned without any table of the database."""

from enum import StrEnum


class Grade(StrEnum):
    """A colour is never alone: it has a shape and a word."""

    GREEN = "green"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"
