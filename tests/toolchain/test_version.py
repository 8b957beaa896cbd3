"""The version in `pyproject.toml` is the one of the command line, the changelog and the documents."""

from __future__ import annotations

import json
import re

import pytest

from tests.toolchain.test_dependencies import project
from tonne.cli.core.version import version
from tools import figures

ROOT = figures.ROOT

#: Lines that a user reads of one version; the commits have the rest.
MOST_LINES = 80


def releases() -> dict[str, str]:
    """Sections of the changelog after the version policy, by heading."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    sections = dict(zip(found[1::2], found[2::2], strict=True))
    del sections["Version policy"]
    return sections


def test_the_changelog_has_the_version_below_unreleased_changes():
    headings = list(releases())
    assert headings[0] == "Unreleased"
    assert re.fullmatch(r"(\S+) - \d{4}-\d\d-\d\d", headings[1])[1] == project()["version"]


def test_each_version_fits_on_a_page():
    lengths = {heading: text.strip().count("\n") + 1 for heading, text in releases().items()}
    assert {heading: n for heading, n in lengths.items() if n > MOST_LINES} == {}


@pytest.mark.parametrize("folder", [".", "web"])
def test_manifests_of_npm_have_the_version(folder):
    manifest, lock = (
        json.loads((ROOT / folder / name).read_text(encoding="utf-8"))
        for name in ("package.json", "package-lock.json")
    )
    versions = {manifest["version"], lock["version"], lock["packages"][""]["version"]}
    assert versions == {project()["version"]}


def test_the_command_line_and_the_integrators_guide_have_the_version():
    assert version() == project()["version"]
    guide = (ROOT / "docs" / "guides" / "integrator.md").read_text(encoding="utf-8")
    assert set(re.findall(r"tonne-(\d+\.\d+\.\d+)", guide)) == {project()["version"]}
