"""A planted solution and a planted hidden test are found in each place the leak check looks."""

import base64
import bz2
import codecs
import gzip
import html
import io
import json
import lzma
import marshal
import pickle
import quopri
import shutil
import sqlite3
import tarfile
import time
import urllib.parse
import zipfile
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from chipgap.authoring import build, leaks
from chipgap.errors import ChipgapError

from .conftest import REPOSITORY, write_course

SOLUTION = 'favourite_tea_by_votes = Counter(["lapsang souchong", "assam", "lapsang souchong"]).most_common(1)'
HIDDEN_TEST = "assert abs(steeping_minutes - 3.0) < 1e-9"
LESSON = "lessons/1-tea.ipynb"
RELEASE = "exercises/1-tea/1-tea.ipynb"

Plant = Callable[[Path, str], str]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a course that was built once for all tests here."""
    root = write_course(tmp_path_factory.mktemp("built") / "project")
    build(root)
    return root


@pytest.fixture
def released(built: Path, tmp_path: Path) -> Path:
    """Return the notebooks/ of a course that was just built."""
    shutil.copytree(built, tmp_path / "project")
    return tmp_path / "project" / "notebooks"


def found(released: Path) -> list[leaks.Leak]:
    return leaks.find(released, released.parent / "course")


def edit(path: Path, change: Callable[[dict], object]) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    change(notebook)
    path.write_text(json.dumps(notebook), encoding="utf-8")


# --- where a line can hide in a notebook ---


def in_notebook(change: Callable[[dict, str], object], name: str = LESSON) -> Plant:
    def plant(folder: Path, line: str) -> str:
        edit(folder / name, lambda notebook: change(notebook, line))
        return name

    return plant


def code_cell(**parts: object) -> dict:
    return {
        "cell_type": "code",
        "id": "x",
        "metadata": {},
        "source": "",
        "outputs": [],
        "execution_count": None,
        **parts,
    }


def add_code(source: str) -> Callable[[dict], None]:
    return lambda notebook: notebook["cells"].append(code_cell(source=source))


def add_output(**data: str) -> dict:
    output = {"output_type": "display_data", "metadata": {}, "data": {k.replace("_", "/"): v for k, v in data.items()}}
    return code_cell(outputs=[output])


def base64_text(data: bytes) -> str:
    return base64.b64encode(data).decode()


IN_NOTEBOOKS: dict[str, Plant] = {
    "a code cell": in_notebook(lambda n, line: add_code(line)(n)),
    "a source kept as a list": in_notebook(lambda n, line: add_code([line[:20], line[20:]])(n)),
    "a comment in Markdown": in_notebook(lambda n, line: n["cells"][0].update(source=f"# Tea\n<!-- {line} -->")),
    "a printed output": in_notebook(
        lambda n, line: n["cells"].append(
            code_cell(outputs=[{"output_type": "stream", "name": "stdout", "text": line}])
        )
    ),
    "an output as HTML": in_notebook(lambda n, line: n["cells"].append(add_output(text_html=html.escape(line)))),
    "an output as image": in_notebook(
        lambda n, line: n["cells"].append(add_output(image_png=base64_text(b"\x89PNG\r\n" + line.encode())))
    ),
    "a cell's metadata": in_notebook(lambda n, line: n["cells"][1]["metadata"].update(note=line)),
    "a cell's tags": in_notebook(lambda n, line: n["cells"][1]["metadata"].update(tags=[line])),
    "a key of metadata": in_notebook(lambda n, line: n["cells"][1]["metadata"].update({line: 1})),
    "the notebook's metadata": in_notebook(lambda n, line: n["metadata"].update(deep=[{"er": line}])),
    "an attachment": in_notebook(
        lambda n, line: n["cells"][0].update(attachments={"cup.png": {"image/png": base64_text(line.encode())}})
    ),
    "a cell id": in_notebook(lambda n, line: n["cells"][0].update(id=line.encode().hex())),
    "the release": in_notebook(lambda n, line: add_code(line)(n), RELEASE),
    "a grade cell of the release": in_notebook(
        lambda n, line: n["cells"][4].update(source=[*n["cells"][4]["source"], "\n" + line]), RELEASE
    ),
}

# --- how a line can be written in a text ---


def in_text(write: Callable[[str], str]) -> Plant:
    def plant(folder: Path, line: str) -> str:
        (folder / "notes.md").write_text(f"Some words before.\n\n{write(line)}\n\nSome after.\n", encoding="utf-8")
        return "notes.md"

    return plant


def in_pieces(line: str) -> str:
    return " + ".join(json.dumps(line[i : i + 7]) for i in range(0, len(line), 7))


def encoded_in_pieces(line: str) -> str:
    return in_pieces(base64_text(line.encode()))


IN_TEXTS: dict[str, Plant] = {
    "as it is": in_text(lambda line: line),
    "with other quotes and spaces": in_text(lambda line: line.replace('"', "'").replace(" ", "   ").replace("(", "( ")),
    "without spaces, in capitals": in_text(lambda line: line.replace(" ", "").upper()),
    "with a comment": in_text(lambda line: f"{line}  # do not tell"),
    "as a comment": in_text(lambda line: f"# {line}"),
    "split across lines": in_text(lambda line: "\n".join(line[i : i + 11] for i in range(0, len(line), 11))),
    "as pieces of a literal": in_text(in_pieces),
    "escaped twice as JSON": in_text(lambda line: json.dumps(json.dumps(line))),
    "as code points": in_text(lambda line: "".join(f"\\u{ord(c):04x}" for c in line)),
    "as backslash x": in_text(lambda line: "".join(f"\\x{ord(c):02x}" for c in line)),
    "as base64": in_text(lambda line: base64_text(line.encode())),
    "as base64 after a word": in_text(lambda line: f"abc{base64_text(line.encode())}"),
    "as base64 in lines": in_text(lambda line: base64.encodebytes(line.encode() * 2).decode()),
    "as base64 in pieces": in_text(encoded_in_pieces),
    "as base64 twice": in_text(lambda line: base64_text(base64.b64encode(line.encode()))),
    "as URL-safe base64": in_text(lambda line: base64.urlsafe_b64encode(line.encode()).decode()),
    "as base32": in_text(lambda line: base64.b32encode(line.encode()).decode()),
    "as base85": in_text(lambda line: f'"{base64.b85encode(line.encode()).decode()}"'),
    "as ASCII85": in_text(lambda line: base64.a85encode(line.encode()).decode()),
    "as Adobe's ASCII85": in_text(lambda line: base64.a85encode(line.encode(), adobe=True).decode()),
    "as hexadecimal": in_text(lambda line: line.encode().hex()),
    "as hexadecimal with spaces": in_text(lambda line: line.encode().hex(" ")),
    "as character codes": in_text(lambda line: str(list(line.encode()))),
    "as zlib in base64": in_text(lambda line: base64_text(zlib.compress(line.encode()))),
    "as gzip in base64": in_text(lambda line: base64_text(gzip.compress(line.encode()))),
    "as zlib in hexadecimal": in_text(lambda line: zlib.compress(line.encode()).hex()),
    "URL-encoded": in_text(urllib.parse.quote),
    "URL-encoded throughout": in_text(lambda line: "".join(f"%{byte:02x}" for byte in line.encode())),
    "as HTML entities": in_text(lambda line: "".join(f"&#{ord(c)};" for c in line)),
    "quoted-printable": in_text(lambda line: quopri.encodestring(line.encode(), quotetabs=True).decode()),
    "in rot13": in_text(lambda line: codecs.encode(line, "rot13")),
    "backwards": in_text(lambda line: line[::-1]),
}

# --- in which file ---


def in_file(name: str, pack: Callable[[str], bytes]) -> Plant:
    def plant(folder: Path, line: str) -> str:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(pack(line))
        return name

    return plant


def zipped(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.bin", content)
    return buffer.getvalue()


def tarred(line: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        member = tarfile.TarInfo("inner.txt")
        member.size = len(line.encode())
        archive.addfile(member, io.BytesIO(line.encode()))
    return buffer.getvalue()


def in_database(folder: Path, line: str) -> str:
    with closing(sqlite3.connect(folder / "data.db")) as database:
        database.execute("CREATE TABLE notes (body TEXT, packed BLOB)")
        database.execute("INSERT INTO notes VALUES ('nothing', ?)", (zlib.compress(line.encode()),))
        database.commit()
    return "data.db"


def in_a_name(folder: Path, line: str) -> str:
    name = line.replace("/", "").replace('"', "").replace("<", "")[:60]
    (folder / name).write_bytes(b"")
    return name


IN_FILES: dict[str, Plant] = {
    "a script": in_file("helper.py", lambda line: f"def helper():\n    {line}\n".encode()),
    "a JSON file": in_file("state.json", lambda line: json.dumps({"a": [1, {"b": line}]}).encode()),
    "a CSV": in_file("table.csv", lambda line: f"a,b\n1,{line}\n".encode()),
    "a hidden file": in_file(".cache/notes", str.encode),
    "a file of unknown kind": in_file("data.bin", lambda line: b"\x00\xff\xfe\x01" + line.encode() + b"\x00"),
    "UTF-16": in_file("notes.txt", lambda line: line.encode("utf-16")),
    "a zip": in_file("more.zip", lambda line: zipped(line.encode())),
    "a zip in a zip": in_file("more.zip", lambda line: zipped(zipped(line.encode()))),
    "a zip with another name": in_file("picture.png", lambda line: zipped(line.encode())),
    "a gzip": in_file("table.csv.gz", lambda line: gzip.compress(line.encode())),
    "a bzip2": in_file("table.bz2", lambda line: bz2.compress(line.encode())),
    "an xz": in_file("table.xz", lambda line: lzma.compress(line.encode())),
    "a tar": in_file("more.tar.gz", tarred),
    "a PNG's compressed text": in_file(
        "cup.png",
        lambda line: b"\x89PNG\r\n\x1a\n\0\0\0\0zTXtnote\0\0" + zlib.compress(line.encode()) + b"\0\0\0\0IEND",
    ),
    "a pickle": in_file("state.pickle", lambda line: pickle.dumps({"answer": [line]})),
    "compiled Python": in_file("helper.pyc", lambda line: b"\xa7\r\r\n" + bytes(12) + marshal.dumps((line,))),
    "an SQLite database": in_database,
    "a file's name": in_a_name,
}

PLACES = {
    **{f"notebook: {name}": plant for name, plant in IN_NOTEBOOKS.items()},
    **{f"text: {name}": plant for name, plant in IN_TEXTS.items()},
    **{f"file: {name}": plant for name, plant in IN_FILES.items()},
}


def test_a_clean_release_passes(released: Path) -> None:
    assert found(released) == []


@pytest.mark.parametrize(
    ("line", "kind", "cell"), [(SOLUTION, "solution", "cell q1"), (HIDDEN_TEST, "hidden test", "cell q1-check")]
)
@pytest.mark.parametrize("place", PLACES)
def test_a_planted_line_is_found_and_named(released: Path, place: str, line: str, kind: str, cell: str) -> None:
    file = PLACES[place](released, line)
    telling = [leak for leak in found(released) if leak.file.as_posix() == file and leak.what.startswith(f"{kind}:")]
    assert telling, f"nothing found in {file}"
    assert telling[0].origin == f"course/exercises/1-tea/1-tea.py, {cell}"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("return round(leaves * 2.73121 + 0.5)", "solution"),
        ("cups = round(leaves*2.73121 + 0.5)", "solution"),
        ("total = sum(times) / len(times)", "solution"),
        ("abs(steeping_minutes-3.0) < 1e-9", "hidden test"),
        ("the factor is 2.73121 cups", "solution"),
        ("somebody likes lapsang souchong", "solution"),
        (
            "Marking: two points for steam rising above the rim of the cup, two for a saucer!",
            "mark scheme",
        ),
        (
            "A *model answer* names the leaf, the water\nand the time, and says which of them was measured",
            "model answer",
        ),
        ("hidden: the mean of the three times", "hidden test"),
    ],
)
def test_parts_of_a_secret_are_found(released: Path, text: str, kind: str) -> None:
    (released / "notes.md").write_text(text, encoding="utf-8")
    assert any(leak.what.startswith(f"{kind}:") for leak in found(released))


@pytest.mark.parametrize(
    "text",
    [
        "times = [2, 3, 4]",
        "Set `steeping_minutes` to the mean of the steeping times.",
        "steeping_minutes = None",
        "def brew(leaves):",
        "assert brew(1) == 3",
        "A model answer names what was measured. The cup, the saucer, the hidden test.",
    ],
)
def test_public_words_are_no_leak(released: Path, text: str) -> None:
    (released / "notes.md").write_text(text, encoding="utf-8")
    assert found(released) == []


def test_a_short_answer_is_found_where_the_question_names_it(course: Path) -> None:
    script = course / "course/exercises/1-tea/1-tea.py"
    text = script.read_text(encoding="utf-8").replace("times = [2, 3, 4]", "times = [2, 3, 4]\ncups = None")
    script.write_text(text.replace("### END SOLUTION", "cups = 7\n### END SOLUTION", 1), encoding="utf-8")
    build(course)
    assert leaks.find(course / "notebooks", course / "course") == []
    (course / "notebooks/notes.md").write_text("so `cups  =  7`, as it should", encoding="utf-8")
    assert [leak.what for leak in leaks.find(course / "notebooks", course / "course")] == ["solution: 'cups = 7'"]
    (course / "notebooks/notes.md").write_text("so `teacups = 7` or cups = 70", encoding="utf-8")
    assert leaks.find(course / "notebooks", course / "course") == []


def test_the_package_may_work_out_what_an_answer_works_out_but_not_hold_its_line(released: Path) -> None:
    """Figures compute the same things as exercises do; a piece of a line is no sign of copying there."""
    bundle = released.parent / "bundle"
    (bundle / "src").mkdir(parents=True)
    module = bundle / "src" / "figures.py"
    module.write_text("mean = sum(times) / len(times)\n", encoding="utf-8")
    assert leaks.find(bundle, released.parent / "course") == []
    module.write_text(f"def check():\n    {HIDDEN_TEST}, 'hidden: the mean of the three times'\n", encoding="utf-8")
    assert {leak.what.partition(":")[0] for leak in leaks.find(bundle, released.parent / "course")} == {"hidden test"}


# --- rules about what a released file may be ---


def solution_cell(notebook: dict) -> dict:
    return next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == "q1")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda n: n["cells"][3].update(execution_count=3), "execution count"),
        (
            lambda n: n["cells"][3].update(outputs=[{"output_type": "stream", "name": "stdout", "text": "3"}]),
            "an output",
        ),
        (lambda n: n["metadata"].update(jupytext={"formats": "ipynb,py"}), "jupytext metadata"),
        (lambda n: n["cells"][0]["metadata"].update(jupytext={}), "jupytext metadata"),
        (lambda n: n["cells"][0].update(source="### BEGIN SOLUTION"), "mark of a solution"),
        (lambda n: n["cells"][0].update(source="### END HIDDEN TESTS"), "mark of a hidden test"),
        (lambda n: n["cells"][0].update(source="### BEGIN MARK SCHEME"), "mark of a mark scheme"),
        (lambda n: solution_cell(n).update(source="times = [2, 3, 4]\nx = 3"), "'q1' is not the public part"),
        (lambda n: solution_cell(n)["metadata"]["nbgrader"].update(grade_id="q9"), "'q9', which is in no exercise"),
        (lambda n: n.pop("cells"), "can't be read as one"),
    ],
)
def test_a_release_that_breaks_a_rule_is_named(released: Path, change: Callable[[dict], object], named: str) -> None:
    edit(released / RELEASE, change)
    assert any(named in str(leak) and leak.file.as_posix() == RELEASE for leak in found(released))


@pytest.mark.parametrize("name", ["lessons/1-tea.py", "exercises/1-tea/1-tea.py", "source/1-tea/1-tea.ipynb"])
def test_an_authors_file_is_named_wherever_it_lies(released: Path, name: str) -> None:
    shutil.copy(released.parent / "course" / name, released / "renamed.txt")
    origins = {leak.origin for leak in found(released) if leak.what == "an author's file"}
    assert origins == {f"course/{name}"}


def locked_zip(folder: Path) -> None:
    data = bytearray(zipped(b"text"))
    for header in (b"PK\x03\x04", b"PK\x01\x02"):
        data[data.index(header) + (6 if header.endswith(b"\x04") else 8)] |= 1  # says: encrypted
    (folder / "locked.zip").write_bytes(data)


@pytest.mark.parametrize(
    "plant",
    [
        locked_zip,
        lambda folder: (folder / "a.7z").write_bytes(b"7z\xbc\xaf\x27\x1c..."),
        lambda folder: (folder / "a.gz").write_bytes(gzip.compress(b"text" * 100)[:-12]),
        lambda folder: (folder / "a.sqlite").write_bytes(b"SQLite format 3\0 and nothing else"),
    ],
)
def test_what_cannot_be_read_is_a_leak(released: Path, plant: Callable[[Path], object]) -> None:
    plant(released)
    assert [leak.what for leak in found(released)] == ["can't be read, so nothing can be promised about it"]


def test_a_link_is_a_leak(released: Path) -> None:
    (released / "link").symlink_to(released.parent / "course")
    assert "a link" in str(found(released)[0])


def test_a_missing_folder_is_an_error_and_not_a_pass(released: Path) -> None:
    with pytest.raises(ChipgapError, match="nowhere"):
        leaks.find(released / "nowhere", released.parent / "course")
    with pytest.raises(ChipgapError, match="nocourse"):
        leaks.find(released, released.parent / "nocourse")


# --- outputs: what the model answers print ---


@pytest.mark.parametrize("text", ["leaves drawn from [('lapsang souchong', 2)]", "[('lapsang souchong', 2)]"])
def test_what_a_model_answer_prints_or_holds_is_found(released: Path, text: str) -> None:
    (released / "notes.csv").write_text(f"x\n{text}\n", encoding="utf-8")
    course = released.parent / "course"
    kinds = {leak.what.partition(":")[0] for leak in leaks.find(released, course, execute=True)}
    assert "output" in kinds


def test_a_clean_release_passes_with_execution_too(released: Path) -> None:
    assert leaks.find(released, released.parent / "course", execute=True) == []


def test_a_model_answer_that_fails_its_own_test_stops_the_check(released: Path) -> None:
    script = released.parent / "course/exercises/1-tea/1-tea.py"
    text = script.read_text(encoding="utf-8").replace("sum(times) / len(times)", "max(times)")
    script.write_text(text, encoding="utf-8")
    with pytest.raises(ChipgapError, match=r"q1-check: fails with its own model answers: hidden: the mean"):
        leaks.find(released, released.parent / "course", execute=True)


# --- the real course ---


def test_real_notebooks_hold_no_secret() -> None:
    start = time.perf_counter()
    assert [str(leak) for leak in leaks.find(REPOSITORY / "notebooks", REPOSITORY / "course")] == []
    assert time.perf_counter() - start < 10


def test_real_notebooks_hold_no_output_of_a_model_answer() -> None:
    assert [str(leak) for leak in leaks.find(REPOSITORY / "notebooks", REPOSITORY / "course", execute=True)] == []
