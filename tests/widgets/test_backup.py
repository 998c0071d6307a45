"""Work goes into a zip whole and comes back without a word of the student's being overwritten."""

import io
import json
import os
import stat
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chipgap.errors import ChipgapError
from chipgap.ledger import Ledger, archive
from chipgap.ledger.archive import BackupError, pack, restore
from chipgap.widgets import backup
from chipgap.widgets.backup import Backup


def _notebook(text: str) -> bytes:
    cell = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": text}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def _zip(files: dict[str, bytes], **options: int) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", **options) as target:
        warnings.simplefilter("ignore")  # zipfile warns of the double names that some faults need
        for name, content in files.items():
            target.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Make a work folder with two notebooks and a ledger of two claims."""
    folder = tmp_path / "work"
    (folder / "lessons").mkdir(parents=True)
    (folder / "start-here.ipynb").write_bytes(_notebook("start"))
    (folder / "lessons" / "1-claim.ipynb").write_bytes(_notebook("lesson"))
    ledger = Ledger.open(folder)
    ledger.record("A05", "wrong", "The call.", "low")
    ledger.record("A06", "contested", "No baseline.", "high")
    return folder


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _visible(folder: Path) -> set[str]:
    return {name for name in _files(folder) if not name.startswith(".")}


def test_the_zip_holds_ledger_and_notebooks_and_nothing_else(work: Path) -> None:
    (work / "lessons" / ".ipynb_checkpoints").mkdir()
    (work / "lessons" / ".ipynb_checkpoints" / "1-claim-checkpoint.ipynb").write_bytes(_notebook("old"))
    (work / "notes.txt").write_text("private", encoding="utf-8")
    (work / "linked.ipynb").symlink_to(work / "start-here.ipynb")
    packed = pack(work)
    with zipfile.ZipFile(io.BytesIO(packed.data)) as zipped:
        held = {name: zipped.read(name) for name in zipped.namelist()}
    names = {"ledger.json", "ledger.backup.json", "start-here.ipynb", "lessons/1-claim.ipynb"}
    assert held == {name: content for name, content in _files(work).items() if name in names}
    assert set(packed.files) == names
    assert packed.left_out == ()


def test_the_zip_is_named_by_its_date_and_says_what_is_in_it(work: Path) -> None:
    packed = pack(work)
    name, _, rest = str(packed).partition(" ")
    assert name == packed.name
    assert len(name) == len("chipgap-work-2026-01-31.zip")
    assert "2 notebook(s) and your ledger" in rest


def test_a_huge_notebook_is_left_out_by_name(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "FILE_LIMIT_BYTES", 2000)
    (work / "huge.ipynb").write_bytes(_notebook("x" * 3000))
    packed = pack(work)
    assert "huge.ipynb" not in packed.files
    assert "huge.ipynb" in str(packed)


def test_what_would_make_the_zip_too_large_is_left_out_by_name(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "TOTAL_LIMIT_BYTES", 5000)
    (work / "zz.ipynb").write_bytes(_notebook("x" * 4500))
    packed = pack(work)
    assert "ledger.json" in packed.files
    assert "zz.ipynb" in packed.left_out[0]


def test_an_empty_folder_says_there_is_nothing_yet(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="nothing to download yet"):
        pack(tmp_path / "nowhere")


def test_a_home_folder_full_of_notebooks_is_not_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "COUNT_LIMIT", 3)
    for number in range(5):
        (tmp_path / f"{number}.ipynb").write_bytes(_notebook(""))
    with pytest.raises(BackupError, match="not a folder of the course"):
        pack(tmp_path)


def test_a_fresh_folder_gets_all_of_it_back(work: Path, tmp_path: Path) -> None:
    restored = restore(pack(work).data, tmp_path / "fresh")
    assert sorted(restored.written) == ["lessons/1-claim.ipynb", "start-here.ipynb"]
    assert _visible(tmp_path / "fresh") == _visible(work)
    fresh, old = Ledger.open(tmp_path / "fresh"), Ledger.open(work)
    assert fresh.entries == old.entries
    assert "Restored 2 file(s)" in str(restored)
    assert "2 claim(s) added" in str(restored)


def test_restoring_twice_changes_nothing_the_second_time(work: Path, tmp_path: Path) -> None:
    data = pack(work).data
    restore(data, tmp_path / "fresh")
    before = _files(tmp_path / "fresh")
    again = restore(data, tmp_path / "fresh")
    assert _files(tmp_path / "fresh") == before
    assert again.kept_in == ""
    assert "2 file(s) were the same already" in str(again)


def test_a_notebook_that_differs_is_kept_before_it_is_replaced(work: Path) -> None:
    data = pack(work).data
    (work / "lessons" / "1-claim.ipynb").write_bytes(_notebook("hours of work"))
    restored = restore(data, work)
    assert restored.written == ["lessons/1-claim.ipynb"]
    assert restored.unchanged == ["start-here.ipynb"]
    assert (work / "lessons" / "1-claim.ipynb").read_bytes() == _notebook("lesson")
    assert restored.kept_in.startswith("before-restore-")
    assert (work / restored.kept_in / "lessons" / "1-claim.ipynb").read_bytes() == _notebook("hours of work")
    assert restored.kept_in in str(restored)
    assert f"{restored.kept_in} (copies" in str(pack(work))


def test_ledgers_are_merged_by_the_newest_entry(work: Path) -> None:
    data = pack(work).data
    here = Ledger.open(work)
    here.record("A05", "holds", "Newer than the zip.", "low")
    here.record("A07", "wrong", "Not in the zip.", "low")
    before = here.path.read_bytes()
    restored = restore(data, work)
    assert {claim: entry.evidence for claim, entry in here.entries.items()} == {
        "A05": "Newer than the zip.",
        "A06": "No baseline.",
        "A07": "Not in the zip.",
    }
    assert (work / restored.kept_in / "ledger.json").read_bytes() == before
    assert "2 kept as they were" in str(restored)


def test_a_damaged_ledger_in_the_zip_is_replaced_by_its_backup(work: Path, tmp_path: Path) -> None:
    (work / "ledger.json").write_text("{", encoding="utf-8")
    restored = restore(pack(work).data, tmp_path / "fresh")
    assert set(Ledger.open(tmp_path / "fresh").entries) == {"A05", "A06"}
    assert "ledger.json (it cannot be read as a ledger)" in str(restored)


def test_a_damaged_ledger_in_the_folder_is_mended_and_said(work: Path) -> None:
    data = pack(work).data
    (work / "ledger.json").write_text("{", encoding="utf-8")
    restored = restore(data, work)
    assert set(Ledger.open(work).entries) == {"A05", "A06"}
    assert "could not be used" in str(restored)


def test_a_zip_made_again_by_a_mac_is_understood(work: Path, tmp_path: Path) -> None:
    files = {f"chipgap-work/{name}": content for name, content in _files(work).items() if name[0] != "."}
    junk = {"__MACOSX/chipgap-work/._start-here.ipynb": b"\0\5", "chipgap-work/.DS_Store": b"\0"}
    restored = restore(_zip({**files, **junk}), tmp_path / "fresh")
    assert _visible(tmp_path / "fresh") == _visible(work)
    assert len(restored.left_out) == 2


def test_files_that_are_not_ours_are_left_out_by_name(tmp_path: Path) -> None:
    strange = {
        "a.ipynb": _notebook("x"),
        "run.sh": b"rm",
        ".bashrc": b"x",
        "deep/ledger.json": b"{}",
        ".h/b.ipynb": b"",
    }
    restored = restore(_zip(strange), tmp_path / "fresh")
    assert set(_files(tmp_path / "fresh")) == {"a.ipynb"}
    for name in ("run.sh", ".bashrc", "deep/ledger.json", ".h/b.ipynb"):
        assert f"{name} (not a notebook" in str(restored)


def test_a_broken_notebook_never_replaces_a_whole_one(work: Path) -> None:
    restored = restore(_zip({"start-here.ipynb": b"{", "other.ipynb": _notebook("fine")}), work)
    assert (work / "start-here.ipynb").read_bytes() == _notebook("start")
    assert "start-here.ipynb (it cannot be read as a notebook)" in str(restored)


@pytest.mark.parametrize("name", ["what?.ipynb", "nul.ipynb", "x.ipynb:stream.ipynb"])
def test_names_windows_does_not_take_are_left_out_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(archive, "_ON_WINDOWS", True)
    restored = restore(_zip({name: _notebook("x"), "fine.ipynb": _notebook("y")}), tmp_path)
    assert restored.written == ["fine.ipynb"]
    assert "takes no such name" in str(restored)


def _link() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        info = zipfile.ZipInfo("linked.ipynb")
        info.create_system = 3
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        target.writestr(info, "/etc/passwd")
    return buffer.getvalue()


def _encrypted() -> bytes:
    data = bytearray(_zip({"a.ipynb": _notebook("x")}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    return bytes(data)


def _flipped() -> bytes:
    data = bytearray(_zip({"a.ipynb": _notebook("x" * 500)}))
    data[200] ^= 0xFF
    return bytes(data)


def _lying_size() -> bytes:
    """Say 10 bytes where there are many: what is unpacked must be counted, not believed."""
    data = bytearray(_zip({"a.ipynb": _notebook("x" * 500)}, compression=zipfile.ZIP_DEFLATED))
    start = data.index(b"PK\x01\x02")
    data[start + 24 : start + 28] = (10).to_bytes(4, "little")
    return bytes(data)


def _bomb() -> bytes:
    return _zip({f"{n}.ipynb": bytes(15 * 2**20) for n in range(7)}, compression=zipfile.ZIP_DEFLATED, compresslevel=1)


def _twice() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        target.writestr("a.ipynb", _notebook("one"))
        target.writestr("a.ipynb", _notebook("two"))
    return buffer.getvalue()


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "not a zip": (lambda: b"hello", "not a zip file"),
    "empty file": (lambda: b"", "not a zip file"),
    "truncated": (lambda: _zip({"a.ipynb": _notebook("x")})[:-30], "not a zip file"),
    "flipped byte": (_flipped, "damaged at a.ipynb"),
    "lying about its size": (_lying_size, "damaged at a.ipynb"),
    "no work in it": (lambda: _zip({"holiday.jpg": b"x"}), "no work of this course"),
    "empty zip": (lambda: _zip({}), "no work of this course"),
    "path upwards": (lambda: _zip({"../evil.ipynb": _notebook("x")}), "outside your folder"),
    "path upwards in the middle": (lambda: _zip({"a/../../evil.ipynb": _notebook("x")}), "outside your folder"),
    "path upwards with backslashes": (lambda: _zip({"..\\evil.ipynb": _notebook("x")}), "outside your folder"),
    "absolute path": (lambda: _zip({"/evil.ipynb": _notebook("x")}), "outside your folder"),
    "drive letter": (lambda: _zip({"C:/evil.ipynb": _notebook("x")}), "outside your folder"),
    "line break in a name": (lambda: _zip({"a\nb.ipynb": _notebook("x")}), "not a name"),
    "empty part in a name": (lambda: _zip({"a//b.ipynb": _notebook("x")}), "not a name"),
    "endless name": (lambda: _zip({"a" * 300 + ".ipynb": _notebook("x")}), "not a name"),
    "nested too deep": (lambda: _zip({"a/" * 20 + "b.ipynb": _notebook("x")}), "not a name"),
    "link": (_link, "is a link"),
    "password": (_encrypted, "password"),
    "strange packing": (lambda: _zip({"a.ipynb": b"{}"}, compression=zipfile.ZIP_LZMA), "packed in a way"),
    "same name twice": (_twice, "twice"),
    "same name in another case": (lambda: _zip({"a.ipynb": b"1", "A.ipynb": b"2"}), "twice"),
    "file and folder of one name": (lambda: _zip({"a.ipynb": b"1", "a.ipynb/b.ipynb": b"2"}), "file and as a folder"),
    "too many files": (lambda: _zip({f"{n}.ipynb": b"" for n in range(1001)}), "more than 1000 files"),
    "bomb": (_bomb, "over 100.0 MB"),
    "ledger of a newer course": (lambda: _zip({"ledger.json": b'{"schema": 99}'}), "newer version of the course"),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_zip_is_refused_in_words_and_changes_nothing(work: Path, tmp_path: Path, fault: str) -> None:
    make, words = BAD[fault]
    before, outside = _files(work), set(tmp_path.iterdir())
    with pytest.raises(ChipgapError, match=words):
        restore(make(), work)
    assert _files(work) == before
    assert set(tmp_path.iterdir()) == outside


def test_a_zip_over_the_limit_is_refused_unopened(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "TOTAL_LIMIT_BYTES", 100)
    with pytest.raises(BackupError, match="it is over"):
        restore(bytes(101), work)


def test_one_file_over_the_limit_is_refused(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = _zip({"a.ipynb": _notebook("x" * 3000)})
    monkeypatch.setattr(archive, "FILE_LIMIT_BYTES", 2000)
    before = _files(work)
    with pytest.raises(BackupError, match="unpacked it would be over"):
        restore(data, work)
    assert _files(work) == before


def test_nothing_is_written_through_a_link_in_the_work_folder(work: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (work / "linked").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BackupError, match="through a link"):
        restore(_zip({"linked/a.ipynb": _notebook("x")}), work)
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_folder_of_a_notebooks_name_stops_it_before_anything_is_written(work: Path) -> None:
    (work / "z.ipynb").mkdir()
    before = _files(work)
    with pytest.raises(BackupError, match="is a folder"):
        restore(_zip({"a.ipynb": _notebook("x"), "z.ipynb": _notebook("y")}), work)
    assert _files(work) == before


def test_a_disk_that_fills_up_on_the_way_says_what_was_restored(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = archive.write_atomic

    def filling(path: Path, content: bytes) -> None:
        if path.name == "b.ipynb":
            raise OSError(28, "No space left on device")
        real(path, content)

    monkeypatch.setattr(archive, "write_atomic", filling)
    with pytest.raises(BackupError, match=r"b\.ipynb cannot be written \(No space left.*before that: a\.ipynb"):
        restore(_zip({"a.ipynb": _notebook("x"), "b.ipynb": _notebook("y")}), work)


@pytest.mark.skipif(os.name == "nt", reason="POSIX allows the name")
def test_a_name_with_a_question_mark_survives_the_round_trip(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "why?.ipynb").write_bytes(_notebook("x"))
    assert restore(pack(tmp_path / "a").data, tmp_path / "b").written == ["why?.ipynb"]


class _Browser:
    """Speak to the widget as its script does, without a browser."""

    def __init__(self, widget: Backup, monkeypatch: pytest.MonkeyPatch) -> None:
        self.widget = widget
        self.answers: list[tuple[dict[str, Any], list[bytes]]] = []
        monkeypatch.setattr(widget, "send", lambda content, buffers=(): self.answers.append((content, list(buffers))))

    def ask(self, content: dict[str, Any], *buffers: bytes) -> tuple[dict[str, Any], list[bytes]]:
        self.widget._handle_custom_msg(content, [memoryview(buffer) for buffer in buffers])
        return self.answers[-1]

    def download(self) -> bytes:
        packed, _ = self.ask({"do": "pack"})
        data = b""
        while len(data) < packed["bytes"]:
            data += self.ask({"do": "chunk", "at": len(data)})[1][0]
        return data

    def upload(self, data: bytes, piece_bytes: int) -> dict[str, Any]:
        at = 0
        while True:
            answer, _ = self.ask({"do": "put", "at": at, "bytes": len(data)}, data[at : at + piece_bytes])
            if answer["kind"] != "got":
                return answer
            at = answer["bytes"]


def test_the_zip_travels_in_pieces_both_ways(work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "CHUNK_BYTES", 100)
    data = _Browser(Backup(work), monkeypatch).download()
    assert data == pack(work).data
    fresh = Backup(tmp_path / "fresh")
    assert _Browser(fresh, monkeypatch).upload(data, 70)["kind"] == "restored"
    assert _visible(tmp_path / "fresh") == _visible(work)
    assert "Restored 2 file(s)" in fresh.status
    assert not fresh.failed


def test_a_failure_reaches_the_status_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    widget = Backup(tmp_path / "nowhere")
    browser = _Browser(widget, monkeypatch)
    assert browser.ask({"do": "pack"})[0]["kind"] == "failed"
    assert "nothing to download yet" in widget.status
    assert browser.upload(b"no zip", 100)["kind"] == "failed"
    assert "not a zip file" in widget.status
    assert widget.failed
    too_big = browser.ask({"do": "put", "at": 0, "bytes": 10**12}, b"x")
    assert too_big[0]["kind"] == "failed"
    assert "over 100.0 MB" in widget.status


def test_a_second_upload_does_not_go_on_where_a_broken_one_stopped(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = pack(work).data
    browser = _Browser(Backup(tmp_path / "fresh"), monkeypatch)
    browser.ask({"do": "put", "at": 0, "bytes": len(data)}, data[:50])
    assert browser.upload(data, 10**6)["kind"] == "restored"


def test_the_widget_packs_and_restores_without_a_browser(work: Path, tmp_path: Path) -> None:
    packed = Backup(work).pack()
    fresh = Backup(tmp_path / "fresh")
    assert fresh.restore(packed.data).ledger is not None
    assert "2 claim(s) added" in fresh.status
