"""Each guide, followed literally from first to last line on a market that its first command starts."""

from __future__ import annotations

import pytest

from tests.guides.guide import blocks_in
from tests.guides.play import ROOT, GuideFailure

GUIDES = sorted((ROOT / "docs" / "guides").glob("*.md"))


@pytest.mark.long
@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_a_guide_works_as_written(guide, player):
    text = guide.read_text(encoding="utf-8")
    assert next(blocks_in(text)).commands[0].text.startswith("tonne up")
    fault = ""
    try:
        player(guide.relative_to(ROOT).as_posix()).play(text)
    except GuideFailure as failure:
        fault = str(failure)
    if fault:
        pytest.fail(fault, pytrace=False)
