"""Text of any script: which font, in which order, broken where."""

from __future__ import annotations

import pytest

from tonne.units.page_text import TextPage, clusters, font_of, runs


@pytest.mark.parametrize(
    "text, expected",
    [
        ("ab", ("a", "b")),
        ("e\u0301x", ("e\u0301", "x")),  #                    a letter with its accent
        ("👩\u200d🚀!", ("👩\u200d🚀", "!")),  #               joined emoji
        ("👍🏽👍", ("👍🏽", "👍")),  #                           a skin tone
        ("🇨🇳🇯🇵", ("🇨🇳", "🇯🇵")),  #                          flags in a row
        ("नमस्ते", ("न", "म", "स्ते")),  #                         a conjunct consonant
        ("น้ำใจ", ("น้ำ", "ใ", "จ")),  #                          marks and sara am
    ],
)
def test_what_is_read_as_one_is_never_divided(text, expected):
    assert clusters(text) == expected


@pytest.mark.parametrize(
    "text, order",
    [
        ("abc", "abc"),
        ("abc שלום", "abc |שלום"),
        ("שלום abc", "abc| |שלום"),
        ("abc שלום 123 עולם", "abc |עולם| |123| |שלום"),
    ],
)
def test_runs_are_in_visual_order(text, order):
    """Letters inside a run stay in reading order: the shaper turns them."""
    assert "|".join(run.text for run in runs(text)) == order


def test_a_cluster_is_in_one_font():
    assert font_of("中") == "NotoSansSC" and font_of("中", bold=True) == "NotoSansSC"
    assert font_of("a", bold=True) == "NotoSans-Bold"
    assert font_of("❤\ufe0f") == "NotoEmoji"
    assert font_of("\U00012000") is None


def test_joined_letters_are_narrower_than_single_ones():
    page = TextPage(500, 500)
    joined = page.width_of("بببب", 20)
    assert joined < 0.9 * 4 * page.width_of("ب", 20), "Arabic is shaped"


@pytest.mark.parametrize(
    "text", ["a b c d e f g h i j k l m n", "界" * 40, "👩\u200d🚀" * 20, "น้ำ" * 30, "W" * 256]
)
def test_lines_fit_and_lose_nothing_but_the_spaces_between(text):
    page = TextPage(500, 500)
    lines = page.broken(text, 10, 60)
    assert all(page.width_of(line, 10) <= 60 for line in lines) and len(lines) > 1
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
