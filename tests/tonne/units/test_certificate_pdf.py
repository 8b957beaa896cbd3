"""A certificate on paper: what stands there, in letters that are right or not at all."""

from __future__ import annotations

import pytest

from tests.tonne.units.retirements import HOSTILE
from tonne.errors import TonneError
from tonne.evidence.verification import EvidenceCheck
from tonne.units import certificate_pdf
from tonne.units.lineage import LineageNode

NAME = "eip155:31337/erc721:0x43b49CF17B336b35Ef3A527d3696644a99808968/1"
FACTS = {
    "beneficiary": "Example Airlines",
    "purpose": "flights of 2020",
    "amount": "100 t",
    "claimed for": "2020-01-01 to 2020-12-31",
    "country": "CN",
    "retired": "2021-07-16 01:30 UTC",
    "unit": "0x2000107e40000000000000001",
    "holder": "0x8ef20d27f9e162Ff200c508b12a08392933994f6",
    "claim hash": "0x" + "ab" * 32,
    "transaction": "0x" + "cd" * 32,
}


def _node(passed: bool | None = True, blocks: int = 1, **facts: str) -> LineageNode:
    batch = LineageNode("batch", "Batch 1", {"vintage": "2020", "issued": "60,000 t"})
    numbers = [
        LineageNode(
            "serial numbers",
            f"Serial numbers {i} to {i}",
            {"registry": "this registry"},
            [],
            [batch],
        )
        for i in range(1, blocks + 1)
    ]
    checks = [EvidenceCheck("it holds", passed)]
    return LineageNode("certificate", "Certificate 1", {**FACTS, **facts}, checks, numbers)


class Paper:
    """Takes what is put on a page, in order."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.heights: list[float] = []

    def drawString(self, x: float, y: float, text: str) -> None:
        self.words.append(text)
        self.heights.append(y)

    def __getattr__(self, name: str):
        return lambda *args, **kwargs: None


@pytest.fixture
def codes(monkeypatch):
    """What QR codes say."""
    found: list[str] = []
    draw = lambda drawing, *_: found.append(drawing.contents[0].value)  # noqa: E731
    monkeypatch.setattr(certificate_pdf.renderPDF, "draw", draw)
    return found


def _page(node: LineageNode) -> Paper:
    paper = Paper()
    certificate_pdf._fonts()
    certificate_pdf._Page(paper).certificate(node, NAME, "block 60")
    return paper


def _reader_without_fonts(monkeypatch):
    monkeypatch.setattr(certificate_pdf, "_fonts_here", dict)
    certificate_pdf._installed.cache_clear()
    certificate_pdf._font.cache_clear()


def test_a_page_says_what_the_chain_says(codes):
    words = _page(_node()).words
    for said in ("Retirement certificate 1", "100 t", "Example Airlines", "1 to 1 (this registry)"):
        assert said in words
    assert "Batch 1, vintage 2020, 60,000 t issued" in words
    assert codes == [NAME] and NAME in words


def test_a_page_is_one_page_and_the_same_each_time(tmp_path):
    for name in "ab":
        certificate_pdf.write(tmp_path / name, _node(), NAME, "block 60")
    first, second = ((tmp_path / name).read_bytes() for name in "ab")
    assert first == second and first.startswith(b"%PDF")
    assert first.count(b"/Type /Page\n") == 1 and len(first) < 200_000


def test_no_page_is_made_of_a_certificate_that_does_not_hold(tmp_path):
    with pytest.raises(TonneError) as refusal:
        certificate_pdf.write(tmp_path / "a.pdf", _node(passed=False), NAME, "block 60")
    assert refusal.value.code == "CERTIFICATE_UNSOUND"
    assert not (tmp_path / "a.pdf").exists()


def test_what_could_not_be_checked_is_counted(codes):
    assert "0 checks passed, none failed, 1 not possible here; block 60" in _page(_node(None)).words


def test_a_chinese_name_stands_in_chinese(codes, monkeypatch):
    _reader_without_fonts(monkeypatch)
    words = _page(_node(beneficiary="中国石油 & Söhne")).words
    assert "中国石油" in words and " & Söhne" in words
    assert certificate_pdf.BORROWED in words, "a reader without the font is told"
    assert certificate_pdf._font("中", certificate_pdf.PLAIN) == "STSong-Light"
    assert certificate_pdf._font("한", certificate_pdf.PLAIN) == "HYSMyeongJo-Medium"


@pytest.mark.parametrize(
    "name, shown",
    [
        ("हि", "[U+0939][U+093F]"),  #  needs its letters joined
        (
            "שלום",
            "[U+05E9][U+05DC][U+05D5][U+05DD]",
        ),  # from right to left, though there are letters
        ("\U00020000", "[U+20000]"),  # in none of the fonts
    ],
)
def test_letters_that_would_stand_wrong_stand_as_code_points(codes, monkeypatch, name, shown):
    _reader_without_fonts(monkeypatch)
    words = _page(_node(beneficiary=f"A {name}")).words
    assert f"A {shown}" in words
    assert certificate_pdf.UNPRINTABLE in words


def test_hostile_words_stay_words(codes, tmp_path):
    words = "".join(_page(_node(beneficiary=HOSTILE)).words)
    assert "<script>" in words and "\x1b" not in words and "\u202e" not in words
    certificate_pdf.write(tmp_path / "a.pdf", _node(beneficiary=HOSTILE), NAME, "block 60")


def test_the_longest_certificate_stays_on_its_page(codes):
    node = _node(blocks=33, beneficiary="界" * 42, purpose="W" * 256)
    paper = _page(node)
    assert "and 25 blocks more: tonne certificate show" in paper.words
    foot = paper.words.index(NAME)
    assert min(paper.heights[:foot]) > paper.heights[foot] + certificate_pdf.LINE
