"""Every string of figures and widgets, from one place, so that a second language can be added.

The strings live in ``strings/<language>.toml`` as ``[room] key = "text with {fields}"``.
"""

import os
import tomllib
from functools import cache
from importlib.resources import files

from chipgap.errors import ChipgapError

DEFAULT_LANGUAGE = "en"


@cache
def _strings(language: str) -> dict[str, dict[str, str]]:
    resource = files("chipgap") / "strings" / f"{language}.toml"
    if not resource.is_file():
        raise ChipgapError(f"No strings for language {language!r}: expected {language}.toml in {resource}.")
    return tomllib.loads(resource.read_text(encoding="utf-8"))


def t(key: str, /, **fields: object) -> str:
    """Return the string ``room.name`` in the reader's language, its fields filled in.

    Parameters
    ----------
    key
        ``"room.name"``, for example ``"tracer.title"``.
    fields
        Values for the ``{…}`` fields of the string.

    Raises
    ------
    KeyError
        If there is no such string, naming it.
    """
    room, _, name = key.partition(".")
    strings = _strings(os.environ.get("CHIPGAP_LANGUAGE", DEFAULT_LANGUAGE))
    try:
        text = strings[room][name]
    except KeyError:
        raise KeyError(f"no string {key!r}: add it to src/chipgap/strings/{DEFAULT_LANGUAGE}.toml") from None
    return text.format(**fields) if fields else text
