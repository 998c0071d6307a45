"""Spares the reader seconds of waiting at the first figure.

Plotly's renderers import nbformat, and nbformat jsonschema, which on import compiles a grammar of
international web addresses (package rfc3987-syntax, some seconds). Nothing in a notebook checks such
addresses; jsonschema without that grammar only leaves that one format unchecked, as its documentation says.
"""

import importlib
import sys

_GRAMMAR = "rfc3987_syntax"


def spare_the_grammar() -> None:
    """Import jsonschema without the grammar, unless one of the two has been imported already."""
    if _GRAMMAR in sys.modules or "jsonschema" in sys.modules:
        return
    sys.modules[_GRAMMAR] = None  # type: ignore[assignment]  # makes importing it fail, which jsonschema expects
    try:
        importlib.import_module("jsonschema")
    except ImportError:
        return  # Plotly does without it, too
    finally:
        del sys.modules[_GRAMMAR]
