"""Order and distribution of test files: the longest first, and the readers of all sources in one worker."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any, Final

import pytest
from xdist.scheduler import LoadFileScheduling

#: Key of the seconds of each test file in pytest's cache; `make test-changed` reads it, too.
SECONDS: Final = "tonne/seconds"

#: Test files that parse all Python sources: together they parse each once.
SOURCE_READERS: Final = frozenset(
    {
        *("tests/test_constants.py", "tests/test_floors.py", "tests/test_names.py"),
        *("tests/test_packed_words.py", "tests/test_slow_machines.py"),
        *("tests/tonne/cli/test_remedies.py", "tests/tools/test_plain_english.py"),
        "tests/tonne/test_errors.py",
        *("tests/toolchain/test_dependencies.py", "tests/toolchain/test_figures.py"),
    }
)


def file_of(nodeid: str) -> str:
    return nodeid.split("::", 1)[0]


def group_of(file: str) -> str:
    """The unit of distribution of a test file."""
    return "readers of sources" if file in SOURCE_READERS else file


class FileOrder:
    """Plugin: records the seconds of each test file; workers of pytest-xdist run the longest files first."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.seconds: defaultdict[str, float] = defaultdict(float)
        if hasattr(config.option, "loadscopereorder"):
            config.option.loadscopereorder = False  # by the number of tests

    @pytest.hookimpl(tryfirst=True, optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        return GroupScheduling(config, log) if config.getvalue("dist") == "loadfile" else None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        # Alone, a run keeps the order of files in folders: the same everywhere.
        if not self._is_worker:
            return
        known = self.config.cache.get(SECONDS, {})
        tests = Counter(group_of(file_of(item.nodeid)) for item in items)
        seconds: defaultdict[str, float] = defaultdict(float)
        for file in {file_of(item.nodeid) for item in items}:
            seconds[group_of(file)] += known.get(file, 0.0)

        def place(item: pytest.Item) -> tuple[float, int, str]:
            group = group_of(file_of(item.nodeid))
            return -seconds[group], -tests[group], group

        items.sort(key=place)

    @property
    def _is_worker(self) -> bool:
        return hasattr(self.config, "workerinput")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[file_of(report.nodeid)] += report.duration

    def pytest_sessionfinish(self) -> None:
        """Keeps the seconds of whole files; a part of a file says nothing of it."""
        whole = not self.config.option.keyword and "::" not in " ".join(self.config.args)
        if whole and not self._is_worker and self.seconds:
            known = self.config.cache.get(SECONDS, {})
            rounded = {file: round(found, 2) for file, found in self.seconds.items()}
            self.config.cache.set(SECONDS, known | rounded)


class GroupScheduling(LoadFileScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return group_of(file_of(nodeid))
