"""The built page: its weight, its texts in both languages, and the policy under which it is served."""

from __future__ import annotations

import gzip
import json
import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tonne.chain.revert_messages import PAGE_REMEDIES
from tonne.chain.reverts import remedy_for
from tonne.errors import TonneError
from tonne.sandbox import page_server
from tools import page
from tools.error_reference import errors as error_names

SOURCES = page.WEB / "src"

#: [bytes] gzipped, without the chart library.
MOST_FIRST, MOST_ALL = 90_000, 215_000


def _size(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9, mtime=0))


def _needed(manifest: dict, name: str, seen: set[str]) -> set[str]:
    """A chunk with all that it imports at once."""
    if name not in seen:
        seen.add(name)
        for other in manifest[name].get("imports", ()):
            _needed(manifest, other, seen)
    return seen


def test_the_page_keeps_its_weight(built):
    manifest = json.loads((built / ".vite" / "manifest.json").read_text())
    chart = {manifest[name]["file"] for name in manifest if name == "src/ui/Chart.tsx"}
    first: set[str] = set()
    for name in ("index.html", "src/views/Market.tsx", "src/views/Funds.tsx"):
        _needed(manifest, name, first)
    files = {manifest[name]["file"] for name in first}
    files |= {css for name in first for css in manifest[name].get("css", ())}
    assert len(chart) == 1
    assert not files & chart
    assert sum(_size(built / file) for file in files) + _size(built / "index.html") <= MOST_FIRST
    shipped = [p for p in built.rglob("*") if p.is_file() and ".vite" not in p.parts]
    rest = [p for p in shipped if p.relative_to(built).as_posix() not in chart]
    assert sum(map(_size, rest)) <= MOST_ALL


# Texts


def _texts(language: str) -> dict[str, str]:
    source = (SOURCES / "i18n" / f"{language}.ts").read_text(encoding="utf-8")
    found = re.findall(r'(\w+): ("(?:[^"\\]|\\.)*")', source)
    return {key: json.loads(value) for key, value in found}


def untranslated(english: dict[str, str], chinese: dict[str, str]) -> list[str]:
    """Keys without a Chinese text of their own, or with other values in it."""
    values = {key: sorted(re.findall(r"\{\w+\}", text)) for key, text in english.items()}
    return [
        key
        for key in english
        if not re.search(r"[\u4e00-\u9fff]", chinese.get(key, ""))
        or sorted(re.findall(r"\{\w+\}", chinese[key])) != values[key]
    ]


def test_every_text_is_there_in_both_languages():
    english, chinese = _texts("en"), _texts("zh")
    assert len(english) > 300
    assert set(chinese) == set(english)
    assert untranslated(english, chinese) == []


def test_a_text_left_in_english_or_without_its_value_is_seen():
    english = {"one": "Block {block}", "two": "Buy", "three": "Sell"}
    chinese = {"one": "区块", "two": "Buy", "three": "卖出"}
    assert untranslated(english, chinese) == ["one", "two"]


#: Contracts that refuse what the page proposes although no plan names them: the book's quote, the second
#: contract of units, and where banking looks a vintage up.
ASKED = {"ExchangeLens", "OffsetCredits"}
LOOKED_UP = {"SchemesNotDisclosed", "SchemesUnknown", "SchemesNoPeriod", "SchemesNoParam"}


def _refusals() -> dict[str, tuple[set[str], str]]:
    """By name of every error that a person may meet at the page: its values, and its English remedy."""
    plans = (SOURCES / "wallet" / "plans.ts").read_text(encoding="utf-8")
    acted = set(re.findall(r'from "\.\./generated/abi/(\w+)"', plans)) | ASKED
    assert len(acted) >= 11
    whole = page.abis()
    met = {e["name"] for c in acted for e in whole[c] if e["type"] == "error"} | LOOKED_UP
    found = {}
    for signature, _, remedy, _ in page.errors(whole):
        name, _, inputs = signature.partition("(")
        if name in met:
            found[name] = ({i.split()[-1] for i in inputs[:-1].split(",") if i}, remedy)
    return found


def unspoken(refusals: dict[str, tuple[set[str], str]], spoken: dict[str, list[str]]) -> list[str]:
    """Refusals without a Chinese sentence that says all their values, or without the remedy."""
    return [
        name
        for name, (values, remedy) in refusals.items()
        if not re.search(r"[\u4e00-\u9fff]", "".join(spoken.get(name, ())[:1]))
        or set(re.findall(r"\{(\w+)\}", spoken[name][0])) != values
        or (remedy and not re.search(r"[\u4e00-\u9fff]", spoken[name][1]))
    ]


def test_every_refusal_that_a_person_meets_is_said_in_chinese():
    source = (SOURCES / "i18n" / "refusals.zh.ts").read_text(encoding="utf-8")
    spoken = {n: json.loads(v) for n, v in re.findall(r"^  (\w+): (\[.*\]),$", source, re.M)}
    refusals = _refusals()
    assert len(refusals) > 250
    assert unspoken(refusals, spoken) == []
    assert set(spoken) <= set(refusals), "said of nothing that the page meets"


def of_command_line(text: str) -> bool:
    """Whether a text for the page names a command or an option."""
    return re.search(r"`?tonne [a-z]|--[a-z]|\bcommand\b", text) is not None


def test_no_remedy_on_the_page_is_a_command():
    rows = page.errors(page.abis())
    assert [row[0] for row in rows if of_command_line(row[2])] == []
    spoken = (SOURCES / "i18n" / "refusals.zh.ts").read_text(encoding="utf-8")
    assert [line for line in spoken.splitlines()[1:] if of_command_line(line)] == []
    assert of_command_line("Open it: `tonne market open`.") and of_command_line("Leave --gtc out.")


def test_every_refusal_with_a_remedy_at_the_command_line_has_one_on_the_page():
    without = [name for name, (_, remedy) in _refusals().items() if remedy_for(name) and not remedy]
    assert without == []
    acted = {name for name in error_names() if remedy_for(name, PAGE_REMEDIES)}
    idle = [e for e in PAGE_REMEDIES if not any(name.endswith(e) for name in acted)]
    assert idle == [], "of no error"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_text_of_the_page_names_a_command(language):
    texts = _texts(language)
    assert len(texts) > 300
    assert [key for key, text in texts.items() if of_command_line(text) or "`" in text] == []


def test_regions_schemes_and_classes_of_the_packs_have_chinese_names():
    source = (SOURCES / "i18n" / "names.zh.ts").read_text(encoding="utf-8")
    spoken = {
        kind: set(re.findall(r'"?([\d.]+)"?: "[^"]*[\u4e00-\u9fff]', part))
        for kind, part in re.findall(r"(\w+): \{([^}]*)\}", source)
    }
    named = page.names()
    classes = {f"{n}.{c}" for n, scheme in named["schemes"].items() for c in scheme["classes"]}
    assert spoken["region"] == set(map(str, named["regions"])) and len(spoken["region"]) > 30
    assert spoken["scheme"] == set(map(str, named["schemes"]))
    assert spoken["class"] == classes


def test_every_word_for_a_number_of_a_refusal_is_said_in_chinese():
    source = (SOURCES / "i18n" / "refusals.zh.ts").read_text(encoding="utf-8")
    spoken = dict(re.findall(r'^  "([^"]+)": "([^"]*[\u4e00-\u9fff][^"]*)",$', source, re.M))
    met = _refusals()
    forms = [
        form
        for signature, _, _, forms in page.errors(page.abis())
        if signature.partition("(")[0] in met
        for form in forms.values()
    ]
    words = {word for form in forms if isinstance(form, tuple) for word in form}
    assert {"announced, its lots not in yet", "suspended", "trade"} <= words
    assert words - set(spoken) == set(), "in English alone"
    assert set(spoken) - words == set(), "of no refusal that the page meets"
    assert {form for form in forms if isinstance(form, str)} == {"money", "cents", "steps", "hour"}


def test_a_refusal_left_in_english_without_a_value_or_remedy_is_seen():
    refusals = {
        "One": ({"room"}, ""),
        "Two": (set(), "Wait."),
        "Three": (set(), ""),
        "Four": (set(), ""),
    }
    spoken = {"One": ["不足", ""], "Two": ["休市", ""], "Three": ["Closed", ""]}
    assert unspoken(refusals, spoken) == ["One", "Two", "Three", "Four"]


def test_no_text_is_kept_that_nothing_shows():
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for path in SOURCES.rglob("*.ts*")
        if "generated" not in path.parts and path.parent.name != "i18n"
    )
    listed = set(re.findall(r'word\("(\w+?)"', code))
    idle = [
        key
        for key in _texts("en")
        if f'"{key}"' not in code
        and not any(re.fullmatch(rf"{name}(\d+|\w+)", key) for name in listed)
    ]
    assert idle == []


def test_no_entry_of_an_abi_is_kept_that_nothing_asks_for():
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for path in SOURCES.rglob("*.ts*")
        if path.parent.name not in ("i18n", "generated", "abi")
    )
    kept = json.loads((page.WEB / "abi.json").read_text(encoding="utf-8"))
    assert len(kept) > 15
    assert [f"{c}.{n}" for c, names in kept.items() for n in names if f'"{n}"' not in code] == []


# Serving


@pytest.fixture
def served(tmp_path):
    for name in ("index.html", "assets/app.js"):
        (tmp_path / "page" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "page" / name).write_text("x")
    record = tmp_path / "5.json"
    record.write_text("{}")
    (tmp_path / "secret.json").write_text("secret")
    source = page_server.PageSource(
        "http://user:word@node:8545", 5, record, tmp_path / "page", "v1"
    )
    with page_server.start(source, 0) as server:
        yield server.url


def test_code_and_connections_are_bound_to_this_origin_and_the_node(served):
    with urllib.request.urlopen(served) as answer:
        rules = answer.headers["Content-Security-Policy"].split("; ")
    assert "script-src 'self'" in rules
    assert "style-src 'self'" in rules
    assert "connect-src 'self' http://node:8545" in rules
    assert "require-trusted-types-for 'script'" in rules


def test_a_service_of_another_origin_may_be_asked_and_listened_to_and_no_other(tmp_path):
    record, folder = tmp_path / "record.json", tmp_path / "page"
    for service, origins in (
        ("https://u:p@data.example/v1/", " https://data.example wss://data.example"),
        ("http://127.0.0.1:8546/v1", " http://127.0.0.1:8546 ws://127.0.0.1:8546"),
        ("v1/", ""),
        (None, ""),
    ):
        page = page_server.PageSource("http://node:8545", 31_337, record, folder, service)
        rules = page.headers()["Content-Security-Policy"].split("; ")
        assert f"connect-src 'self' http://node:8545{origins}" in rules


@pytest.mark.parametrize(
    "path",
    ["../secret.json", "%2e%2e/secret.json", "deployments/6.json", "assets/../../secret.json"],
)
def test_no_other_file_is_served(served, path):
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(served + path)


def test_the_page_learns_its_node_and_deployment(served):
    with urllib.request.urlopen(served + "page.json") as answer:
        told = {"rpc": "http://user:word@node:8545", "chainId": 5, "service": "v1"}
        assert json.loads(answer.read()) == told
    with urllib.request.urlopen(served + "deployments/5.json") as answer:
        assert answer.read() == b"{}"


def test_a_page_that_was_not_built_and_a_taken_port_have_remedies(tmp_path, served):
    def start(folder, port):
        page_server.start(page_server.PageSource("http://n", 5, tmp_path / "5.json", folder), port)

    with pytest.raises(TonneError) as refused:
        start(tmp_path, 0)
    assert refused.value.code == "PAGE_NOT_BUILT"
    port = int(served.rstrip("/").rpartition(":")[2])
    with pytest.raises(TonneError) as refused:
        start(tmp_path / "page", port)
    assert refused.value.code == "PAGE_PORT_TAKEN"


def test_plants_are_asked_for_as_many_at_a_time_as_the_register_takes():
    asked = re.search(r"PLANTS_A_CALL = (\d+)", (SOURCES / "data" / "register.ts").read_text())
    register = page.WEB.parent / "contracts" / "parties" / "Participants.sol"
    taken = re.search(r"MAX_BATCH = (\d+)", register.read_text())
    assert int(asked[1]) <= int(taken[1])
