"""A changed cell does not pass unseen: by the recorded hash, and by what the figures say of each other.

The hash of each file notices every change. So that the tables do not rest on it alone (an author who
changes a cell records a new hash with one command), a second run records the new hash and asks whether
the other checks notice: rules of the columns, links between tables, recomputed values, statistics,
pins and control totals. What they cannot notice is prose (notes, paraphrases, titles, addresses):
no figure contradicts a sentence.
"""

import shutil
from pathlib import Path

import pytest
from tests.data.mutations import Case, Mutation, Watch, apply, cases, draw, rules_hold

from chipgap.data import DataError, load
from chipgap.data.reading import fingerprint
from chipgap.data.schema import table
from chipgap.paths import project_root

CELLS = 200
SEED = 20250422
SHARE = 0.95


@pytest.fixture(scope="module")
def drawn() -> list[Mutation]:
    return draw(CELLS, SEED)


def test_the_sample_is_broad(drawn: list[Mutation]) -> None:
    assert len({mutation.name for mutation in drawn}) > 10
    assert all(mutation.new != mutation.old for mutation in drawn)


def test_the_recorded_hash_notices_every_change(drawn: list[Mutation], copied_datasets: Path) -> None:
    for mutation in drawn:
        path = copied_datasets / f"{mutation.name}.csv"
        published = path.read_bytes()
        apply(mutation, copied_datasets, with_hash=False)
        assert fingerprint(path.read_bytes()) != table(mutation.name).sha256
        path.write_bytes(published)
    # What notices it there is what a student meets: the loader (its slow way, so not 200 times).
    for mutation in drawn[:10]:
        apply(mutation, copied_datasets, with_hash=False)
        with pytest.raises(DataError, match=rf"{mutation.name}\.csv"):
            load(mutation.name)


def _notices(checks: list[tuple[Case, set[str]]], name: str) -> bool:
    for case, reads in checks:
        if name in reads:
            try:
                case()
            except (AssertionError, DataError, ArithmeticError, LookupError, TypeError, ValueError):
                return True
    return not rules_hold(name)


def test_other_checks_notice_too(
    drawn: list[Mutation], copied_datasets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    watch = Watch()
    checks = [(case, watch.during(case)) for case in cases()]
    assert len(checks) > 100
    unseen = []
    for mutation in drawn:
        apply(mutation, copied_datasets, with_hash=True)
        if not _notices(checks, mutation.name):
            unseen.append(mutation)
        for file in (f"{mutation.name}.csv", "datapackage.json"):
            shutil.copy(project_root() / "datasets" / file, copied_datasets / file)
    figures = [mutation for mutation in drawn if not mutation.is_prose]
    missed = [mutation for mutation in unseen if not mutation.is_prose]
    with capsys.disabled():
        print(
            f"\nmutations: {len(drawn)} cells, hash notices all; without it {len(drawn) - len(unseen)}; "
            f"of {len(figures)} that are no prose {len(figures) - len(missed)}"
        )
        for m in unseen:
            reason = "prose" if m.is_prose else "no other figure contradicts it"
            print(f"  unseen without the hash ({reason}): {m.name}, row {m.row}, {m.field.name}")
    assert len(missed) <= (1 - SHARE) * len(figures), [(m.name, m.row, m.field.name, m.old, m.new) for m in missed]
