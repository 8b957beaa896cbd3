"""Words that anybody may have written."""

from xml.etree import ElementTree

from tonne.text import harmless, lines, xml

HOSTILE = "</text><script>alert('x')</script>&\"\x1b[31m\u202e\ud800\x00"


def test_harmless_keeps_every_script():
    names = "Åse Ørsted, Ελλάς, Россия, 中国石油, かな, 🌲, العربية"
    assert harmless(names) == names


def test_harmless_replaces_what_hides_or_turns_what_stands_beside():
    assert harmless("a\x00\x1b\x7f\x85b") == "a����b"
    assert harmless("a\u061c\u200e\u200f\u2028\u202e\u2066\u2069b") == "a�������b"
    assert harmless("a\udcff\ufffe\uffff\U0001fffeb") == "a����b"


def test_xml_keeps_hostile_words_words():
    document = ElementTree.fromstring(f'<a b="{xml(HOSTILE)}">{xml(HOSTILE)}</a>')
    assert document.text == document.attrib["b"] == harmless(HOSTILE)
    assert not list(document)


def test_lines_break_at_a_space_near_the_end_or_hard():
    assert lines("Business travel of all offices, by rail and by air", 40) == [
        "Business travel of all offices,",
        "by rail and by air",
    ]
    assert lines("中国石油天然气集团有限公司", 20) == ["中国石油天然气集团有", "限公司"]
    assert lines("", 20) == []
