"""A copy of the datasets that a test may spoil."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from chipgap.paths import project_root

Spoil = Callable[[str, str, str], Path]


@pytest.fixture
def copied_datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of ``datasets/`` from which the loader reads."""
    folder = tmp_path / "datasets"
    shutil.copytree(project_root() / "datasets", folder)
    monkeypatch.setenv("CHIPGAP_DATASETS", str(folder))
    return folder


@pytest.fixture
def spoil(copied_datasets: Path) -> Spoil:
    """Return a function that puts ``new`` for the first ``old`` in a copied file."""

    def change(name: str, old: str, new: str) -> Path:
        path = copied_datasets / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name} has no {old!r}: the test's fault is gone"
        path.write_text(text.replace(old, new, 1), encoding="utf-8", newline="\n")
        return path

    return change
