"""Checks a commit message for pre-commit: an imperative subject of at most 72 characters, the reason below.

usage: tools/commit_subject.py FILE. The mood is judged by the first word: endings, irregular past forms and
words that begin no command. gitlint and commitizen have no rule for it. The whole message is plain: it has no
construction of `tools.plain_english`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tools import plain_english

#: Length of a subject [characters]: longer ones are cut in logs and on hosts.
LONGEST: Final = 72

#: Subjects that Git writes, or that it melts into another commit.
_WRITTEN_BY_GIT: Final = re.compile(
    r"Merge (?:(?:remote-tracking )?branch(?:es)?|tag|commit|pull request) "
    r'|(?:Revert|Reapply) "|(?:fixup|squash|amend)! '
)

#: Lines of name and value at the end of a body, which give no reason.
_TRAILER: Final = re.compile(r"[A-Z][A-Za-z-]*: \S|\(cherry picked from commit ")

#: Below it `git commit --verbose` appends the change.
_SCISSORS: Final = re.compile(r"^# -+ >8 -+$", re.MULTILINE)

#: Base forms with the ending of another form.
_BASE_FORMS: Final = frozenset("alias bias canvas embed focus".split())

_IRREGULAR_PAST: Final = frozenset(
    """agreed became been began broke brought built came caught chose chosen decreed did done drew drove
    freed gave given gone got grew guaranteed had held hid kept knew known lost made meant met paid ran
    rewritten rewrote rose said sank saw sent shown sold spent spoke stood taken taught thought threw told
    took understood was went were won written wrote""".split()
)

_NO_VERB: Final = frozenset(
    """a all also an and any as at but by docs each every first for from he how i if in it its last more my
    no not now of on one only or our some that the their there these they this those three to two we what
    whatever when where which who whoever why wip with you your""".split()
)

#: Ending and the form that it marks. A base form has no vowel before -ed or -ing (shed, bring) and ends in
#: -eed or -ss (feed, pass).
_ENDINGS: Final = (
    (re.compile(r"(?=.*[aeiouy].*ed$).*[^e]ed"), "past tense"),
    (re.compile(r".*[aeiouy].*ing"), "a participle"),
    (re.compile(r".*['’]s?"), "possessive"),
    (re.compile(r".*[^s]s"), "third person or plural"),
)


def _lines(message: str) -> list[str]:
    """Lines that Git keeps: without comments and without the appended change."""
    kept = _SCISSORS.split(message)[0].splitlines()
    return [line.rstrip() for line in kept if not line.startswith("#")]


def _form(word: str) -> str | None:
    """The form of a word that is not imperative; None where no rule knows it."""
    if word in _BASE_FORMS:
        return None
    if word in _IRREGULAR_PAST:
        return "past tense or participle"
    if word in _NO_VERB:
        return "no verb"
    return next((form for ending, form in _ENDINGS if ending.fullmatch(word)), None)


def faults(message: str) -> Iterator[str]:
    """One sentence for each fault of a commit message, with the text that was found."""
    lines = _lines(message)
    while lines and not lines[0]:
        lines.pop(0)
    if not lines:
        yield "The message is empty."
        return
    subject = lines[0]
    if _WRITTEN_BY_GIT.match(subject):
        return
    if len(subject) > LONGEST:
        yield (
            f"The subject has {len(subject)} characters; {LONGEST} are allowed."
            f' Beyond the limit: "{subject[LONGEST:]}".'
        )
    if subject.endswith("."):
        yield f'The subject ends with a period: "{subject[-12:]}".'
    first = subject.split()[0]
    if not first[0].isupper():
        yield f'The subject begins without a capital letter: "{first}".'
    if first.endswith(":"):
        yield f'The subject begins with a label: "{first}".'
    elif form := _form(first.rstrip(",").lower()):
        yield f'The subject begins with "{first}", {form}; begin with an imperative, such as "Add".'
    if len(lines) > 1 and lines[1]:
        yield f'Line 2 must be blank: "{lines[1]}".'
    if not any(line and not _TRAILER.match(line) for line in lines[1:]):
        yield "The body is empty: give the reason for the change after a blank line."
    for construction, around in plain_english.found_in("\n".join(lines)):
        yield f'Write it plainly ({construction}): "{around}".'


def main(path: str) -> int:
    found = list(faults(Path(path).read_text(encoding="utf-8")))
    if found:
        print("Commit message refused:", *found, sep="\n  ", file=sys.stderr)
        print(f"The text is in {path}; CONTRIBUTING.md has the rules.", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: tools/commit_subject.py FILE")
    sys.exit(main(sys.argv[1]))
