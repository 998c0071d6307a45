"""The course's tables: load them typed, show them with their doubts, cite where they come from.

Everything is described in ``datasets/datapackage.json``; nothing is fetched at run time.
"""

from chipgap.data.citing import References, cite
from chipgap.data.comparing import disagreements, holds
from chipgap.data.reading import load
from chipgap.data.schema import DataError, tables
from chipgap.data.showing import HtmlTable, describe, is_shaky, show

__all__ = [
    "DataError",
    "HtmlTable",
    "References",
    "cite",
    "describe",
    "disagreements",
    "holds",
    "is_shaky",
    "load",
    "show",
    "tables",
]
