"""The names that Moodle and Canvas give to files, and whose they are."""

from pathlib import Path

import pytest

from chipgap.grading.lms import Name, Person, Roster, match_notebook, read_name, read_worksheets

ANA = Person("ana", "12345", "Ana Lovelace", "ana@example.org")
SEAN = Person("sean", "777", "Seán O'Brien", "sean@example.org")
TWIN = Person("twin", "", "Seán O'Brien", "twin@example.org")


@pytest.mark.parametrize(
    ("path", "lms", "lms_id", "file", "label"),
    [
        ("all/Ana Lovelace_12345_assignsubmission_file_/1-claim.ipynb", "moodle", "12345", "1-claim.ipynb", None),
        ("all/Ana Lovelace_12345_assignsubmission_file/1-claim.ipynb", "moodle", "12345", "1-claim.ipynb", None),
        ("Seán O'Brien_7_assignsubmission_file_/my work/1-claim.ipynb", "moodle", "7", "1-claim.ipynb", None),
        (
            "Ana Lovelace_12345_assignsubmission_file_1-claim.ipynb",
            "moodle",
            "12345",
            "1-claim.ipynb",
            "Ana Lovelace_12345_assignsubmission_file_",
        ),
        ("lovelaceana_12345_67890_1-claim.ipynb", "canvas", "12345", "1-claim.ipynb", "lovelaceana_12345_67890"),
        ("x/obrienseán_LATE_777_67891_1-claim-2.ipynb", "canvas", "777", "1-claim-2.ipynb", None),
        ("mary_ann_5_6_my_1_2_work.ipynb", "canvas", "5", "my_1_2_work.ipynb", "mary_ann_5_6"),
    ],
)
def test_reads_the_names_of_both_systems(path: str, lms: str, lms_id: str, file: str, label: str | None) -> None:
    upload = read_name(Path(path))
    assert upload is not None
    assert (upload.lms, upload.lms_id, upload.file) == (lms, lms_id, file)
    assert upload.label == (label or upload.label)


def test_a_folder_goes_back_under_the_name_it_came_with() -> None:
    upload = read_name(Path("all/Ana Lovelace_12345_assignsubmission_file_/1-claim.ipynb"))
    assert upload is not None
    assert upload.label == "Ana Lovelace_12345_assignsubmission_file_"


@pytest.mark.parametrize(
    "path", ["1-claim.ipynb", "Ana Lovelace_12345_assignsubmission_onlinetext_/x.ipynb", "a_b_c.ipynb"]
)
def test_leaves_other_names_alone(path: str) -> None:
    assert read_name(Path(path)) is None


def test_canvas_says_late() -> None:
    late = read_name(Path("lovelaceana_LATE_12345_67890_1-claim.ipynb"))
    on_time = read_name(Path("lovelaceana_12345_67890_1-claim.ipynb"))
    assert late is not None
    assert on_time is not None
    assert (late.late, on_time.late) == (True, False)
    assert late.person == on_time.person == "lovelaceana"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("1-claim.ipynb", Name("1-claim", sure=True)),
        ("1-claim-1.ipynb", Name("1-claim", sure=True, revision=1)),
        ("1-claim (2).ipynb", Name("1-claim", sure=True, revision=2)),
        ("1-claim-Copy1.ipynb", Name("1-claim", sure=True, revision=1)),
        ("1_Claim.ipynb", Name("1-claim", sure=True)),
        ("meine Lösung.ipynb", Name("1-claim", sure=False)),
    ],
)
def test_finds_the_notebook_behind_a_file_name(file: str, name: Name) -> None:
    assert match_notebook(file, ["1-claim"]) == name


def test_a_name_that_ends_in_a_number_is_not_a_revision_of_another() -> None:
    assert match_notebook("lab-2.ipynb", ["lab-1", "lab-2"]) == Name("lab-2", sure=True)
    assert match_notebook("other.ipynb", ["lab-1", "lab-2"]) == Name("other", sure=False)


def find(path: str, *people: Person, participants: dict[str, str] | None = None) -> str | None:
    upload = read_name(Path(path))
    assert upload is not None
    return Roster(people, participants).find(upload)[0]


def test_moodle_numbers_are_per_assignment_so_the_name_must_agree() -> None:
    folder = "Seán O'Brien_12345_assignsubmission_file_/1-claim.ipynb"
    assert find(folder, ANA, SEAN) == "sean"
    assert find(folder, ANA) is None
    assert find(folder, ANA, SEAN, TWIN) is None
    assert find(folder, ANA, SEAN, TWIN, participants={"12345": "twin"}) == "twin"


def test_canvas_numbers_are_the_users_own() -> None:
    assert find("someoneelse_12345_1_1-claim.ipynb", ANA, SEAN) == "ana"
    assert find("someoneelse_99_1_1-claim.ipynb", ANA, SEAN) is None
    assert find("x_99_1_1-claim.ipynb", Person("99", "", "", "")) == "99"


def test_a_worksheet_in_any_language_tells_who_a_participant_is(tmp_path: Path) -> None:
    sheet = (
        '\ufeffKennung,"Vollständiger Name",E-Mail-Adresse\r\nTeilnehmer/in 12345,"O\'Brien, Seán",SEAN@example.org\r\n'
    )
    (tmp_path / "Bewertungen.csv").write_text(sheet, encoding="utf-8")
    assert read_worksheets([tmp_path], [ANA, SEAN]) == {"12345": "sean"}
