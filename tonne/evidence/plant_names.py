"""Names of plants and forests, made comparable: script, case, numerals and generic words taken away.

A name has up to two readings: by the look of its letters (a Cyrillic а is a Latin a) and by their sound.
The rest is the core, which says which plant it is; its numbers and sides; and the kinds of plant it
speaks of.
"""

from __future__ import annotations

import functools
import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

from anyascii import anyascii
from rapidfuzz.distance import OSA

#: Likeness of two names: the same but for spelling; with an owner's name in one; with other words in one;
#: and where each has a word of its own, or one has and little else is shared.
SAME: Final = 1.0
WITH_OWNER: Final = 0.9
WITH_MORE: Final = 0.8
TWO_PLANTS: Final = 0.3

_CAPACITY: Final = re.compile(r"\d+(?:[.,]\d+)?\s*(?:[mkg]wh?p?|兆瓦|万千瓦|ha|hectares?)\b", re.I)
_YEAR: Final = re.compile(r"\b(?:19|20)\d\d\b")
_ORDINAL: Final = re.compile(r"\b(\d+)(?:st|nd|rd|th|[ªº])\b")
_HAN_NUMBER: Final = re.compile(r"([一二三四五六七八九十]|\d+)\s*(?:期|号|號|#)")
_SOUND_NUMBERS: Final = {
    sound: str(number)
    for number, sound in enumerate("yi er san si wu liu qi ba jiu shi".split(), start=1)
}
_SOUND_NUMBER: Final = re.compile(rf"\b(?:di )?({'|'.join(_SOUND_NUMBERS)}|\d+) ?(?:qi|hao)\b")
_TOKEN: Final = re.compile(r"\d+|[a-z]+")
_DIGIT_WITHIN: Final = re.compile(r"(?<=[a-z])([013458])(?=[a-z]{2})")
_LETTER_OF_DIGIT: Final = {"0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "8": "b"}


@dataclass(frozen=True, slots=True)
class NameReading:
    """One reading of a name."""

    letters: str  # all of it
    core: tuple[str, ...]
    numbers: tuple[int, ...]
    sides: frozenset[str]
    kinds: frozenset[str]


@functools.lru_cache(maxsize=100_000)
def readings(name: str) -> frozenset[NameReading]:
    """The name by the look and by the sound of its letters; most names have one reading."""
    plain = _plain(name)
    return frozenset(_reading(text) for text in (plain, plain.translate(_words().looks)))


def likeness(one: str, other: str) -> float:
    """How far two names can be of one plant: 0 to 1; 0 where number, side or kind contradict each other."""
    return max(_likeness(a, b) for a in readings(one) for b in readings(other))


@dataclass(frozen=True, slots=True)
class _Words:
    """The table of words, turned for reading."""

    kinds: Mapping[str, str]
    sides: Mapping[str, str]
    numbers: Mapping[str, int]
    generic: frozenset[str]
    owners: frozenset[str]
    signs: Sequence[tuple[str, str]]  # within words of other scripts: text and its reading
    sounds: Sequence[tuple[re.Pattern[str], str]]  # of Chinese words: pattern and its reading
    looks: Mapping[int, str]


@functools.cache
def _words() -> _Words:
    text = resources.files("tonne").joinpath("data/plant_words.toml").read_text(encoding="utf-8")
    table: dict[str, Any] = tomllib.loads(text)
    kinds = {word: kind for kind, words in table["kinds"].items() for word in words}
    signs = [(word, f" {kind} ") for word, kind in kinds.items() if not word.isascii()]
    signs += [(sign, " ") for sign in table["generic"]["signs"]]
    sounds = [(word, kind) for kind, words in table["pinyin"].items() for word in words]
    return _Words(
        kinds=kinds,
        sides={word: side for side, words in table["sides"].items() for word in words},
        numbers={word: int(n) for n, words in table["numbers"].items() for word in words},
        generic=frozenset(table["generic"]["words"]),
        owners=frozenset(table["owners"]["words"]),
        signs=sorted(signs, key=lambda pair: -len(pair[0])),
        sounds=[
            (
                re.compile(rf"\b{word.replace('-', ' ?')}\b"),
                " " if kind == "generic" else f" {kind} ",
            )
            for word, kind in sorted(sounds, key=lambda pair: -len(pair[0]))
        ],
        looks={ord(a): b for a, b in table["looks"]["pairs"].split()},
    )


def _plain(name: str) -> str:
    """Small letters without width, accents and invisible signs; scripts as they are."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    seen = (c for c in text if unicodedata.category(c) not in ("Cf", "Mn", "Me"))
    return unicodedata.normalize("NFKC", "".join(seen))


def _reading(text: str) -> NameReading:
    words = _words()
    text = _CAPACITY.sub(" ", text)
    text = _HAN_NUMBER.sub(lambda m: f" {words.numbers.get(m[1], m[1])} ", text)
    for sign, read in words.signs:
        text = text.replace(sign, read)
    text = _YEAR.sub(" ", _ORDINAL.sub(r" \1 ", anyascii(text).lower().replace("'", "")))
    text = _SOUND_NUMBER.sub(lambda m: f" {_SOUND_NUMBERS.get(m[1], m[1])} ", text)
    for sound, read in words.sounds:
        text = sound.sub(read, text)
    text = _DIGIT_WITHIN.sub(lambda m: _LETTER_OF_DIGIT[m[1]], text)
    core: list[str] = []
    numbers: list[int] = []
    sides, kinds = set(), set()
    for token in _TOKEN.findall(text):
        if token.isdigit():
            numbers.append(int(token))
        elif token in words.numbers:
            numbers.append(words.numbers[token])
        elif token in words.kinds:
            kinds.add(words.kinds[token])
        elif token in words.sides:
            sides.add(words.sides[token])
        elif token not in words.generic:
            core.append(token)
    letters = "".join(_TOKEN.findall(text))
    return NameReading(letters, tuple(core), tuple(numbers), frozenset(sides), frozenset(kinds))


def _likeness(a: NameReading, b: NameReading) -> float:
    first_alone = {a.numbers, b.numbers} == {
        (),
        (1,),
    }  # a first phase is often told without its number
    if (a.numbers != b.numbers and not first_alone) or a.sides != b.sides:
        return 0.0
    if a.kinds and b.kinds and not a.kinds & b.kinds:
        return 0.0
    if a.letters == b.letters or _one_text(a.core, b.core):
        return SAME
    left_a, left_b, shared = _aligned(a.core, b.core)
    if not shared:
        return SAME if not a.core and not b.core and a.kinds == b.kinds else 0.0
    if left_a and left_b:
        return TWO_PLANTS
    owners = _words().owners
    strange = [word for word in (*left_a, *left_b) if word not in owners]
    telling = len(shared) > 1 or (
        a.numbers == b.numbers != () and a.kinds == b.kinds != frozenset()
    )
    if not strange:
        return SAME if not left_a and not left_b else WITH_OWNER
    return WITH_MORE if telling else TWO_PLANTS


def _one_text(a: Sequence[str], b: Sequence[str]) -> bool:
    """Whether two cores are one when their words are written together."""
    one, other = "".join(a), "".join(b)
    whole_words = all(len(word) > 2 for word in (*a, *b))  # the C of Hengyun-C is no slip
    return min(len(one), len(other)) > 3 and _edits(one, other) <= whole_words


def _aligned(a: Sequence[str], b: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """Words that only the one core has, that only the other has, and that both have."""
    left, others, shared = [], list(b), []
    for word in a:
        same = next((other for other in others if _same(word, other)), None)
        if same is None:
            left.append(word)
        else:
            others.remove(same)
            shared.append(word)
    return left, others, shared


def _same(word: str, other: str) -> bool:
    """Whether two words are one: but for slips of the pen, or one cut short to three or four letters."""
    short, long = sorted((word, other), key=len)
    cut = 3 <= len(short) <= 4 and len(long) > 5 and long.startswith(short)
    return cut or _edits(word, other) <= _slips(short)


def _edits(one: str, other: str) -> int:
    return OSA.distance(one, other)


def _slips(text: str) -> int:
    """Letters that may be wrong, missing, too many or turned in a text of this length."""
    return 0 if len(text) < 4 else 1 if len(text) < 9 else 2
