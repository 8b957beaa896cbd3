"""The language of errors: an option, the program's variable, then the locale; English by default."""

from __future__ import annotations

import json

import pytest

from tonne import cli
from tonne.cli.core import output

ENGLISH = "KEYSTORE_MISSING: There is no such keystore (keystore: none.json)."
CHINESE = "KEYSTORE_MISSING: 没有此密钥文件（keystore：none.json）。"


@pytest.fixture
def refusal(monkeypatch, capsys, tmp_path):
    """Prints of a refused command, in an environment without a language."""
    for name in ("TONNE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(output, "_language", "en")
    monkeypatch.chdir(tmp_path)

    def run(*words, **environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            cli.main([*words])
        assert ended.value.code == 1
        read = capsys.readouterr()
        return read.out or read.err.replace("\n", "")

    return run


@pytest.mark.parametrize(
    ("words", "environment", "said"),
    [
        ((), {}, ENGLISH),
        (("--lang", "zh"), {}, CHINESE),
        (("--lang=zh",), {"TONNE_LANG": "en"}, CHINESE),
        ((), {"TONNE_LANG": "zh"}, CHINESE),
        ((), {"LANG": "zh_CN.UTF-8"}, CHINESE),
        ((), {"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, ENGLISH),
        (("--lang", "en"), {"LANG": "zh_CN.UTF-8"}, ENGLISH),
        ((), {"LANG": "C.UTF-8"}, ENGLISH),
        ((), {"LANG": "de_DE.UTF-8"}, ENGLISH),
    ],
)
def test_errors_are_in_the_chosen_language(refusal, words, environment, said):
    assert said in refusal(*words, "keystore", "address", "none.json", **environment)


def test_programs_get_the_same_code_in_each_language(refusal):
    words = ("keystore", "address", "none.json", "--json")
    english, chinese = (
        json.loads(refusal("--lang", language, *words))["error"] for language in ("en", "zh")
    )
    assert english["code"] == chinese["code"] == "KEYSTORE_MISSING"
    assert english["message"] != chinese["message"] and english["value"] == chinese["value"]


@pytest.mark.parametrize("words", [("--lang", "xx"), ("--lang=",), ("--lang",)])
def test_an_unknown_language_is_refused_with_those_that_there_are(refusal, words):
    said = refusal(*words, "keystore", "address", "none.json")
    assert "LANGUAGE_UNKNOWN" in said and "en,zh" in said.replace(" ", "")
