"""A lesson pays only for the widgets it names."""

import subprocess
import sys

import pytest

import chipgap.widgets


@pytest.mark.parametrize("heavy", ["plotly", "pandas", "anywidget"])
def test_naming_the_room_alone_imports_nothing_heavy(heavy: str) -> None:
    code = f"import sys, chipgap.widgets; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", chipgap.widgets.__all__)
def test_every_name_it_offers_is_there(name: str) -> None:
    assert getattr(chipgap.widgets, name).__name__ == name


def test_another_name_is_an_ordinary_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'ClaimTrace'"):
        chipgap.widgets.ClaimTrace  # noqa: B018
