"""pyproject.toml, both locks and Binder's environment say the same, and nothing of the machine that made them."""

import hashlib
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.setup.tiny_course import ROOT

from chipgap.authoring.lock import environment, pins
from chipgap.errors import ChipgapError

LOCKS = ("requirements.lock", "requirements-dev.lock")
GENERATED = (*LOCKS, "environment.yml")


def versions(requirements: list[Requirement]) -> dict[str, set[str]]:
    """Return each package's pinned versions (two, where a newer Python has a newer one)."""
    found: dict[str, set[str]] = {}
    for requirement in requirements:
        found.setdefault(canonicalize_name(requirement.name), set()).add(str(requirement.specifier))
    return found


def declared(*extras: str) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = list(project["dependencies"])
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize(("lock", "extras"), [(LOCKS[0], ["build"]), (LOCKS[1], ["build", "dev"])])
def test_each_declared_dependency_is_pinned_to_a_version_it_allows(lock: str, extras: list[str]) -> None:
    pinned = versions(pins(ROOT / lock))
    for requirement in declared(*extras):
        found = pinned.get(canonicalize_name(requirement.name), set())
        assert found, f"{requirement.name} is in pyproject.toml and not in {lock}: run make lock"
        for pin in found:
            assert requirement.specifier.contains(pin.removeprefix("==")), f"{lock}: {requirement} but {pin}"


def test_what_builds_this_package_is_pinned_for_students_too() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    assert {canonicalize_name(Requirement(line).name) for line in build} <= versions(pins(ROOT / LOCKS[0])).keys()


def test_the_dev_lock_holds_the_student_s_versions() -> None:
    student, dev = (versions(pins(ROOT / lock)) for lock in LOCKS)
    assert student.items() <= dev.items()


def test_binder_installs_the_lock_s_versions() -> None:
    assert (ROOT / "environment.yml").read_text(encoding="utf-8") == environment(ROOT / LOCKS[0]), "run make lock"


def test_the_environment_has_only_exact_pins_from_the_index() -> None:
    spec = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python, pip, listed = spec["dependencies"]
    assert (python, pip) == ("python=3.11", "pip")
    for line in listed["pip"]:
        assert re.fullmatch(r"[a-z0-9][a-z0-9._-]*==[0-9][0-9a-z.+!]*", line), line
    assert len(listed["pip"]) > 80


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_hashes(name: str) -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / name).read_text(encoding="utf-8").strip())
    assert len(entries) > 80
    bare = [entry for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}", entry)]
    assert not bare


@pytest.mark.parametrize("name", GENERATED)
def test_no_index_host_or_path_is_named(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    without_hashes = re.sub(r"--hash=sha256:\w+", "", text)
    found = re.findall(r"\S*://\S*|--\w\S*|\S*(?:localhost|file:|/home/|/root|/opt|/work)\S*", without_hashes)
    assert not found


def test_a_line_that_is_no_exact_pin_is_refused(tmp_path: Path) -> None:
    digest = hashlib.sha256(b"").hexdigest()
    lock = tmp_path / "loose.lock"
    lock.write_text(f"numpy==2.4.6 \\\n    --hash=sha256:{digest}\npandas>=3\n", encoding="utf-8")
    with pytest.raises(ChipgapError, match=r"loose\.lock: 'pandas>=3' is no exact pin"):
        pins(lock)


def test_the_environment_takes_the_pins_of_binder_s_system(tmp_path: Path) -> None:
    lock = tmp_path / "some.lock"
    lock.write_text(
        "appnope==1 ; sys_platform == 'darwin'\nnumpy==2.4 ; python_full_version < '3.12'\n"
        "numpy==2.5 ; python_full_version >= '3.12'\nsix==1\n",
        encoding="utf-8",
    )
    assert yaml.safe_load(environment(lock))["dependencies"][-1] == {"pip": ["numpy==2.4", "six==1"]}
