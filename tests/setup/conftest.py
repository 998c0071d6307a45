"""Fixtures of the set-up's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.setup.tiny_course import Course, SlowIndex, make_course


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return make_course(tmp_path)


@pytest.fixture(scope="session")
def ready_course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Set up one tiny project for all tests that leave it set up."""
    course = make_course(tmp_path_factory.mktemp("ready"))
    status, printed = course.start("lab")
    assert status == 0, printed
    return course


@pytest.fixture
def slow_index(course: Course) -> Iterator[SlowIndex]:
    index = SlowIndex(course.wheels)
    course.settings |= index.settings
    yield index
    index.go_on.set()
    index.server.shutdown()
    index.server.server_close()
