"""Errors are rows: each code has one, each site fills its placeholders, no bad argument hides an error."""

from __future__ import annotations

import ast
import pickle
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from tonne import errors
from tonne.errors import TonneError, refused
from tools import syntax_trees

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("zh",)
#: Sites with a written-out sentence: it comes from elsewhere, or one code has several. It may fall.
WRITTEN_OUT = 257
CLASSES = ("TonneError", "EvidenceError", "SignatureError", "TypedDataError", "RpcUnreachable")


def calls() -> Iterator[tuple[str, ast.Call]]:
    for top in ("tonne", "oracles"):
        for path in sorted((ROOT / top).rglob("*.py")):
            if path != ROOT / "tonne" / "errors.py":
                for node in ast.walk(syntax_trees.tree(path)):
                    if isinstance(node, ast.Call):
                        yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def sites() -> Iterator[tuple[str, str, set[str]]]:
    """(place, code, names of arguments) of each error that is a row."""
    for place, call in calls():
        function = call.func
        isRow = isinstance(function, ast.Name) and function.id == "refused"
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            isRow = function.attr == "of" and function.value.id in CLASSES
        if isRow and call.args and isinstance(call.args[0], ast.Constant):
            yield place, call.args[0].value, {str(word.arg) for word in call.keywords}


def placeholders(row: errors.Row) -> set[str]:
    texts = [row.get(part, "") for part in ("says", "field", "remedy")]
    named = {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}
    return named | ({row["value"]} if "value" in row else set())


def test_each_site_fills_the_placeholders_of_its_row():
    rows = errors.rows()
    wrong = [
        (place, code, sorted(names ^ placeholders(rows.get(code, {}))))
        for place, code, names in sites()
        if code not in rows or names != placeholders(rows[code])
    ]
    assert wrong == []


def test_each_row_has_a_site():
    used = {code for _, code, _ in sites()} | {"NUMBER_OUT_OF_RANGE"}
    assert sorted(errors.rows().keys() - used) == []


def test_no_further_site_writes_its_sentence_itself():
    written = [
        place
        for place, call in calls()
        if isinstance(call.func, ast.Name) and call.func.id in CLASSES and call.args
    ]
    assert len(written) == WRITTEN_OUT


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_codes_and_placeholders_of_the_english_rows(language):
    english, other = errors.rows(), errors.rows(language)
    assert other
    wrong = [
        code
        for code, row in other.items()
        if code not in english
        or placeholders(row) - placeholders(english[code])
        or placeholders({**english[code], **row}) != placeholders(english[code])
        or ("remedy" in row) != ("remedy" in english[code])
    ]
    assert wrong == []


def test_a_row_is_filled():
    error = refused("AUDIT_STATE_GONE", start=17_000)
    assert (
        error.message == "The node dropped the state of block 17,000 before all of it was compared."
    )
    assert (error.field, error.value, error.arguments) == ("block", 17_000, {"start": 17_000})


def test_a_field_that_is_not_there_stays_none():
    assert refused("FILE_REFUSED", file=None, reason="no space left on device").field == "file"
    error = refused("NUMBER_OUT_OF_RANGE", field=None, given="1", least=0, most=0)
    assert error.field is None


@pytest.mark.parametrize("arguments", [{}, {"start": "seventeen"}, {"start": None}])
def test_a_missing_or_wrong_argument_hides_no_error(arguments):
    assert refused("AUDIT_STATE_GONE", **arguments).code == "AUDIT_STATE_GONE"


def test_text_of_a_stranger_fills_no_placeholder():
    assert "{path}" in refused("FILE_REFUSED", file=None, reason="{path} {0} {x.__class__}").message


def test_an_error_crosses_processes():
    error = refused("AUDIT_STATE_GONE", start=17)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.arguments) == (str(error), {"start": 17})


@pytest.mark.parametrize("language", ["", "xx", "../en", "e n"])
def test_a_language_that_there_is_not_leaves_english(language):
    error = refused("AUDIT_STATE_GONE", start=17)
    assert error.translated(language) is error


def test_an_error_without_a_row_is_not_translated():
    error = TonneError("X", "said elsewhere")
    assert error.translated("zh") is error
    with pytest.raises(KeyError):
        refused("NO_SUCH_CODE")


def test_an_error_without_arguments_is_translated_too():
    code = next(code for code, row in errors.rows("zh").items() if not placeholders(row))
    assert refused(code).translated("zh").message == errors.rows("zh")[code]["says"]
