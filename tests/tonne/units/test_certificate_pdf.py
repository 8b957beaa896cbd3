"""A certificate on paper: what stands there, in letters that are embedded, shaped and in order."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pypdfium2
import pypdfium2.raw as raw
import pytest

from tests.tonne.units.retirements import HOSTILE
from tonne.errors import TonneError
from tonne.evidence.verification import EvidenceCheck
from tonne.units import certificate_pdf
from tonne.units.lineage import LineageNode

NAME = "eip155:31337/erc721:0x43b49CF17B336b35Ef3A527d3696644a99808968/1"
LINK = "https://registry.example/certificates/certificate-1.html"
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
    """A written page: its text, its fonts, and its picture."""

    def __init__(self, path: Path) -> None:
        self.pdf = pypdfium2.PdfDocument(path)
        self.page = self.pdf[0]
        self.text = self.page.get_textpage().get_text_range().replace("\r\n", "\n")
        self.words = " ".join(self.text.split())

    def fonts(self) -> dict[str, bool]:
        """Name of each font, and whether it is embedded."""
        found = {}
        for item in self.page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT]):
            font = raw.FPDFTextObj_GetFont(item.raw)
            name = ctypes.create_string_buffer(256)
            raw.FPDFFont_GetBaseFontName(font, name, 256)
            found[name.value.decode()] = raw.FPDFFont_GetIsEmbedded(font) == 1
        return found

    def ink(self) -> list[bool]:
        """Whether anything but the frame is in each of ten strips from the top down."""
        picture = self.page.render(scale=1).to_pil().convert("L")
        wide, high = picture.size
        edge = certificate_pdf.FRAME + 6
        inner = picture.crop((edge, edge, wide - edge, high - edge))
        strip = inner.height // 10
        return [
            inner.crop((0, n * strip, inner.width, (n + 1) * strip)).getextrema()[0] < 128
            for n in range(10)
        ]


@pytest.fixture
def page(tmp_path):
    def written(node: LineageNode, link: str = "") -> Paper:
        path = tmp_path / "certificate.pdf"
        certificate_pdf.write(path, node, NAME, "block 60", link)
        return Paper(path)

    return written


def test_a_page_says_what_the_chain_says(page):
    paper = page(_node())
    for said in ("Retirement certificate 1", "100 t", "Example Airlines", "1 to 1 (this registry)"):
        assert said in paper.words
    assert "Batch 1, vintage 2020, 60,000 t issued" in paper.words


def test_the_code_is_a_link_that_a_phone_opens(page, monkeypatch):
    codes: list[str] = []
    make = certificate_pdf.segno.make
    monkeypatch.setattr(
        certificate_pdf.segno, "make", lambda text, **how: codes.append(text) or make(text, **how)
    )
    page(_node(), LINK)
    page(_node())
    assert codes == [LINK, NAME]


def test_the_link_can_be_pressed(page):
    paper = page(_node(), LINK)
    link = raw.FPDFLink_GetLinkAtPoint(
        paper.page.raw,
        certificate_pdf.RIGHT - 20,
        certificate_pdf.HEIGHT - certificate_pdf.TOP - 20,
    )
    address = ctypes.create_string_buffer(256)
    raw.FPDFAction_GetURIPath(paper.pdf.raw, raw.FPDFLink_GetAction(link), address, 256)
    assert address.value.decode() == LINK


def test_a_page_is_one_page_and_the_same_each_time(tmp_path):
    for name in "ab":
        certificate_pdf.write(tmp_path / name, _node(), NAME, "block 60", LINK)
    first, second = ((tmp_path / name).read_bytes() for name in "ab")
    assert first == second and first.startswith(b"%PDF")
    assert len(Paper(tmp_path / "a").pdf) == 1 and len(first) < 200_000


def test_no_page_is_made_of_a_certificate_that_does_not_hold(tmp_path):
    with pytest.raises(TonneError) as refusal:
        certificate_pdf.write(tmp_path / "a.pdf", _node(passed=False), NAME, "block 60")
    assert refusal.value.code == "CERTIFICATE_UNSOUND"
    assert not (tmp_path / "a.pdf").exists()


def test_what_could_not_be_checked_is_counted(page):
    assert "0 checks passed, none failed, 1 not possible here; block 60" in page(_node(None)).words


@pytest.mark.parametrize(
    "name, font",
    [
        ("中国石油天然气股份有限公司", "NotoSansSC"),
        ("繁體中文", "NotoSansSC"),
        ("日本の会社", "NotoSansSC"),
        ("한국전력공사", "NotoSansKR"),
        ("شركة الطيران", "NotoSansArabic"),
        ("חברת תעופה", "NotoSansHebrew"),
        ("บริษัท การบินไทย", "NotoSansThai"),
        ("हिन्दी", "NotoSansDevanagari"),
        ("👩\u200d🚀🏳\ufe0f\u200d🌈", "NotoEmoji"),
    ],
)
def test_any_script_stands_in_letters_of_an_embedded_font(page, name, font):
    fonts = page(_node(beneficiary=name)).fonts()
    assert any(font in one for one in fonts), "the script has its own font"
    assert all(fonts.values()), "and no font is left to the reader"


def test_a_chinese_name_can_be_copied_from_the_page(page):
    assert "中国石油 & Söhne" in page(_node(beneficiary="中国石油 & Söhne")).words


def test_letters_without_a_font_stand_as_code_points(page):
    paper = page(_node(beneficiary="A \U00012000"))
    assert "A [U+12000]" in paper.words
    assert certificate_pdf.UNPRINTABLE in paper.words
    assert certificate_pdf.UNPRINTABLE not in page(_node()).words


def test_hostile_words_stay_words(page):
    words = page(_node(beneficiary=HOSTILE)).words
    assert "<script>" in words and "\x1b" not in words and "\u202e" not in words


@pytest.mark.parametrize("blocks", [1, 33])
def test_no_half_of_a_page_is_empty(page, blocks):
    assert all(page(_node(blocks=blocks)).ink()[:8])


@pytest.mark.long
@pytest.mark.nightly
def test_the_longest_certificate_stays_on_its_page(page):
    node = _node(blocks=33, beneficiary="界" * 42, purpose="W" * 256)
    batch = node.children[0].children[0]
    batch.children = [
        LineageNode("immobilised", f"Block {n} " + "8" * 70) for n in range(60)
    ]  # more than a page holds
    paper = page(node)
    assert "and 25 blocks more: tonne certificate show" in paper.words
    assert "lines more: tonne trace" in paper.words
    lowest = min(box.get_bounds()[1] for box in paper.page.get_objects([raw.FPDF_PAGEOBJ_TEXT]))
    assert lowest > certificate_pdf.FRAME + 10
