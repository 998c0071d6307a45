"""Nothing in the ledger is lost, and nothing happens silently: damage, crowds, full disks, old locks."""

import json
import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest
from filelock import FileLock

from chipgap.ledger import Ledger, LedgerError, store

TWO = {"A05": "The call.", "A06": "No baseline."}

DAMAGE = {
    "empty": lambda _: "",
    "truncated": lambda text: text[: len(text) // 2],
    "not json": lambda _: "verdicts: none",
    "not an object": lambda _: "[]",
    "another program's json": lambda _: '{"cells": []}',
    "claims a list": lambda _: '{"schema": 1, "claims": []}',
    "nested without end": lambda _: "[" * 100_000,
    "overwritten with zeros": lambda text: "\0" * len(text),
}


@pytest.fixture
def two_claims(ledger: Ledger, tmp_path: Path) -> Path:
    for claim_id, evidence in TWO.items():
        ledger.record(claim_id, "contested", evidence, "low")
    return tmp_path


def _evidence(ledger: Ledger) -> dict[str, str]:
    return {claim_id: entry.evidence for claim_id, entry in ledger.entries.items()}


@pytest.mark.parametrize("fault", DAMAGE)
def test_a_damaged_file_is_moved_aside_and_the_last_good_copy_put_in_its_place(
    two_claims: Path, told: list[str], fault: str
) -> None:
    path = two_claims / "ledger.json"
    damaged = DAMAGE[fault](path.read_text(encoding="utf-8"))
    path.write_text(damaged, encoding="utf-8")
    ledger = Ledger.open(two_claims, tell=told.append)
    assert _evidence(ledger) == TWO
    (aside,) = two_claims.glob("ledger.damaged-*.json")
    assert aside.read_text(encoding="utf-8") == damaged
    assert len(told) == 1
    assert aside.name in told[0]
    assert "ledger.backup.json" in told[0]


def test_a_file_that_is_not_utf8_is_damaged_too(two_claims: Path, told: list[str]) -> None:
    (two_claims / "ledger.json").write_bytes(b"\xff\xfe{\x00")
    assert _evidence(Ledger.open(two_claims, tell=told.append)) == TWO


def test_a_byte_order_mark_from_a_windows_editor_is_no_damage(two_claims: Path, told: list[str]) -> None:
    path = two_claims / "ledger.json"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert _evidence(Ledger.open(two_claims, tell=told.append)) == TWO
    assert told == []


def test_damage_found_while_recording_loses_nothing(two_claims: Path, told: list[str]) -> None:
    ledger = Ledger.open(two_claims, tell=told.append)
    (two_claims / "ledger.json").write_text("{", encoding="utf-8")
    ledger.record("A07", "wrong", "June 2024 was the announcement.", "high")
    assert set(_evidence(ledger)) == {"A05", "A06", "A07"}
    assert len(told) == 1


def test_both_copies_damaged_are_both_kept_and_a_new_ledger_begun(two_claims: Path, told: list[str]) -> None:
    (two_claims / "ledger.json").write_text("first", encoding="utf-8")
    (two_claims / "ledger.backup.json").write_text("second", encoding="utf-8")
    ledger = Ledger.open(two_claims, tell=told.append)
    assert ledger.entries == {}
    kept = {path.read_text(encoding="utf-8") for path in two_claims.glob("ledger.damaged-*.json")}
    assert kept == {"first", "second"}
    for path in two_claims.glob("ledger.damaged-*.json"):
        assert path.name in told[0]


def test_a_missing_file_comes_back_from_the_backup(two_claims: Path, told: list[str]) -> None:
    (two_claims / "ledger.json").unlink()
    assert _evidence(Ledger.open(two_claims, tell=told.append)) == TWO
    assert "missing" in told[0]


def test_an_entry_edited_by_hand_into_nonsense_is_mended_and_named(two_claims: Path, told: list[str]) -> None:
    path = two_claims / "ledger.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    raw["claims"]["A05"]["verdict"] = "dunno"
    raw["claims"]["A06"]["evidence"] = "Edited by hand, and fine."
    path.write_text(json.dumps(raw), encoding="utf-8")
    ledger = Ledger.open(two_claims, tell=told.append)
    assert _evidence(ledger) == {"A05": "The call.", "A06": "Edited by hand, and fine."}
    assert "A05" in told[0]
    assert "dunno" in told[0]
    assert len(list(two_claims.glob("ledger.damaged-*.json"))) == 1
    ledger.progress()
    assert len(told) == 1


def test_a_ledger_of_a_newer_course_is_not_touched(two_claims: Path) -> None:
    path = two_claims / "ledger.json"
    ledger = Ledger.open(two_claims)
    path.write_text('{"schema": 2, "claims": "of some new kind"}', encoding="utf-8")
    for attempt in (lambda: Ledger.open(two_claims), lambda: ledger.record("A05", "wrong", "my words", "low")):
        with pytest.raises(LedgerError, match="newer version of the course"):
            attempt()
    assert path.read_text(encoding="utf-8") == '{"schema": 2, "claims": "of some new kind"}'
    assert not list(two_claims.glob("ledger.damaged-*"))


WRITER = """
    import sys
    from chipgap.ledger import Ledger
    number = int(sys.argv[2])
    ledger = Ledger.open(sys.argv[1])
    for claim in range(1, 5):
        ledger.record(f"A{number * 4 + claim:02d}", "holds", f"by {number}", "low")
        ledger.predict(f"shared {claim}", number)
        ledger.record("A16", "contested", f"{number} {claim}", "low")
"""


def _run(script: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_notebooks_writing_at_once_lose_nobodys_entry(tmp_path: Path) -> None:
    writers = [_run(WRITER, tmp_path, number) for number in range(3)]
    for writer in writers:
        output, _ = writer.communicate(timeout=120)
        assert writer.returncode == 0, output
    ledger = Ledger.open(tmp_path)
    assert set(ledger.entries) == {*(f"A{n:02d}" for n in range(1, 13)), "A16"}
    shared = ledger.entries["A16"]
    every = {version.evidence for version in (*shared.history, shared)}
    assert every == {f"{number} {claim}" for number in range(3) for claim in range(1, 5)}
    assert {ledger.prediction(f"shared {claim}") for claim in range(1, 5)} <= {0, 1, 2}
    assert not list(tmp_path.glob("*.tmp"))
    assert not list(tmp_path.glob("ledger.damaged-*"))


KILLED_WHILE_SAVING = """
    import os, sys
    from chipgap.ledger import Ledger, store
    def die(path, content):
        os.kill(os.getpid(), 9)
    store.write_atomic = die
    Ledger.open(sys.argv[1]).record("A05", "holds", "never written", "low")
"""


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is POSIX")
def test_a_notebook_killed_while_saving_leaves_the_old_file_and_no_lock(two_claims: Path) -> None:
    before = (two_claims / "ledger.json").read_bytes()
    killed = _run(KILLED_WHILE_SAVING, two_claims)
    killed.communicate(timeout=60)
    assert killed.returncode == -9
    assert (two_claims / "ledger.json").read_bytes() == before
    Ledger.open(two_claims).record("A05", "wrong", "written after all", "low")
    assert _evidence(Ledger.open(two_claims))["A05"] == "written after all"


def test_a_lock_file_left_by_a_dead_notebook_holds_nobody_up(tmp_path: Path, ledger: Ledger) -> None:
    (tmp_path / store.LOCK_NAME).write_text("999999\n", encoding="utf-8")
    assert ledger.record("A05", "holds", "x", "low").evidence == "x"


def test_a_lock_held_too_long_is_said_with_the_entry_to_copy(
    tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "LOCK_WAIT_S", 0.1)
    with FileLock(tmp_path / store.LOCK_NAME), pytest.raises(LedgerError) as raised:
        ledger.record("A05", "holds", "my precious words", "low")
    assert "Another notebook" in str(raised.value)
    assert "my precious words" in str(raised.value)


FULL_DISK = """
    import resource, signal, sys
    from chipgap.ledger import Ledger, LedgerError
    ledger = Ledger.open(sys.argv[1])
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
    try:
        ledger.record("A07", "wrong", "my precious words", "low")
    except LedgerError as error:
        print(error)
"""

# All modules are loaded by the first lines: where tests run as root, the other user may not read Python itself.
READ_ONLY = """
    import os, sys
    from chipgap.ledger import Ledger, LedgerError
    ledger = Ledger.open(sys.argv[1])
    ledger.record("A05", "holds", "x", "low")
    assert ledger.entries
    os.chmod(sys.argv[1], 0o555)
    if os.getuid() == 0:
        os.setuid(65534)
    print(list(ledger.entries))
    try:
        ledger.record("A07", "wrong", "my precious words", "low")
    except LedgerError as error:
        print(error)
"""


@pytest.mark.skipif(os.name == "nt", reason="file size limits are POSIX")
def test_a_full_disk_changes_nothing_and_repeats_the_entry(two_claims: Path) -> None:
    before = {path.name: path.read_bytes() for path in two_claims.iterdir()}
    output, _ = _run(FULL_DISK, two_claims).communicate(timeout=60)
    assert "was not saved" in output
    assert "my precious words" in output
    assert {path.name: path.read_bytes() for path in two_claims.iterdir()} == before


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_read_only_folder_can_be_read_and_the_entry_is_repeated() -> None:
    with tempfile.TemporaryDirectory() as name:
        output, _ = _run(READ_ONLY, name).communicate(timeout=60)
        Path(name).chmod(0o755)
    assert "['A05']" in output
    assert "was not saved" in output
    assert "my precious words" in output


def test_a_folder_where_the_file_should_be_is_said(tmp_path: Path, small_course: None) -> None:
    (tmp_path / "ledger.json").mkdir()
    with pytest.raises(LedgerError, match="cannot be read"):
        Ledger.open(tmp_path)


def test_merging_takes_the_newest_of_each_claim_and_keeps_the_rest_as_history(
    tmp_path: Path, small_course: None
) -> None:
    here, there = (Ledger.open(tmp_path / name) for name in ("here", "there"))
    here.record("A05", "holds", "old here", "low")
    there.record("A05", "wrong", "new there", "low")
    there.record("A06", "wrong", "old there", "low")
    here.record("A06", "contested", "new here", "low")
    there.record("A07", "wrong", "only there", "low")
    there.predict("ratio", 4)
    merged = here.merge(there.path.read_text(encoding="utf-8"))
    assert (merged.added, merged.newer, merged.kept) == (("A07",), ("A05",), ("A06",))
    assert _evidence(here) == {"A05": "new there", "A06": "new here", "A07": "only there"}
    assert [old.evidence for old in here.entries["A05"].history] == ["old here"]
    assert [old.evidence for old in here.entries["A06"].history] == ["old there"]
    assert here.prediction("ratio") == 4
    before = here.path.read_bytes()
    here.merge(there.path.read_text(encoding="utf-8"))
    assert here.path.read_bytes() == before


def test_merging_something_that_is_no_ledger_changes_nothing(two_claims: Path, ledger: Ledger) -> None:
    before = (two_claims / "ledger.json").read_bytes()
    with pytest.raises(LedgerError, match="not a claim ledger"):
        ledger.merge("[]")
    assert (two_claims / "ledger.json").read_bytes() == before
