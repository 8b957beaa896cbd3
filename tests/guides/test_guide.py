"""What the test of the guides refuses, and how it reads a page."""

from __future__ import annotations

import os
import signal

import pytest

from tests.guides.guide import blocks_in, command_lines_in
from tests.guides.play import GuideFailure, Player

PAGE = """# Role

```sh
echo 'first line'; echo 'order 7   of 10'
```

```text
order 7 of …
```
"""


@pytest.fixture
def player(tmp_path):
    return Player("role.md", tmp_path, dict(os.environ))


def page(*lines, expected=()):
    shown = ["```text", *expected, "```"] if expected else []
    return "\n".join(["# Role", "", "```sh", *lines, "```", "", *shown, ""])


def test_a_page_whose_output_is_as_shown_passes(player):
    player.play(PAGE)


def test_a_failing_command_is_refused_with_its_line_and_output(player):
    with pytest.raises(GuideFailure, match=r"role.md:5: .* status 3\n\$ echo why; exit 3\nwhy"):
        player.play(page("true", "echo why; exit 3"))


def test_a_file_that_no_earlier_command_made_is_refused(player):
    with pytest.raises(GuideFailure, match=r"role.md:4: (?s:.*)No such file"):
        player.play(page("cat report.json"))
    player.play(page("echo {} > report.json", "cat report.json"))


@pytest.mark.parametrize(
    ("shown", "lacks"),
    [
        (["order 8 of …"], "order 8 of …"),
        (["order 7 of"], "order 7 of"),
        (["order 7 of 10", "first line"], "first line"),
        (["first line", "first line"], "first line"),
    ],
    ids=["another figure", "half a line", "another order", "twice"],
)
def test_an_expected_line_that_is_not_there_is_refused(player, shown, lacks):
    with pytest.raises(GuideFailure, match=f"lacks this line, in its place: {lacks}"):
        player.play(PAGE.replace("order 7 of …", "\n".join(shown)))


def test_output_of_a_page_s_other_blocks_does_not_count(player):
    with pytest.raises(GuideFailure, match="lacks"):
        player.play(page("echo one") + page("echo two", expected=["one"]))


def test_what_a_command_exports_and_where_it_goes_holds_for_the_next(player):
    player.play(
        page(
            "export PRICE=48.50",
            "mkdir desk && cd desk",
            'echo "$PRICE in $(basename "$PWD")"',
            expected=["48.50 in desk"],
        )
    )


def test_a_program_in_another_terminal_runs_until_the_end_of_the_page(player, tmp_path):
    player.play(
        page(
            "sh -c 'echo $$ > pid; echo ready; exec sleep 1000'  # in another terminal",
            expected=["ready"],
        )
    )
    number = int((tmp_path / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(number, signal.SIG_DFL)


def test_output_of_a_program_in_another_terminal_is_waited_for(player):
    slow = "sh -c 'sleep 1; echo ready; exec sleep 1000'  # in another terminal"
    player.play(page(slow, expected=["ready"]))


def test_a_program_that_fails_in_another_terminal_is_refused(player):
    failing = "sh -c 'echo why; exit 4'  # in another terminal"
    with pytest.raises(GuideFailure, match=r"(?s)status 4.*why"):
        player.play(page(failing) + page("while [ ! -e done ]; do sleep 0.1; touch done; done"))


def test_a_market_that_does_not_start_is_refused(tmp_path):
    (tmp_path / "tonne").write_text("#!/bin/sh\necho no market; exit 1\n")
    (tmp_path / "tonne").chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    player = Player("role.md", tmp_path, {**os.environ, "PATH": path}, root=tmp_path)
    with pytest.raises(GuideFailure, match=r"(?s)status 1.*no market"):
        player.play(page("tonne up"))


def test_commands_are_read_whole():
    (block,) = blocks_in(
        page(
            "# a comment",
            "tonne market buy 1 \\",
            "  --price 48.50   # with a comment",
            "cat > orders.txt <<'END'",
            "buy 100 --price 48.20",
            "END",
            "for n in 1 2; do",
            "  echo $n",
            "done",
            "tonne up               # in another terminal",
            "tonne market watch --follow",
        )
    )
    texts = [(command.line, command.text.splitlines()[0]) for command in block.commands]
    assert texts == [
        (5, "tonne market buy 1 \\"),
        (7, "cat > orders.txt <<'END'"),
        (10, "for n in 1 2; do"),
        (13, "tonne up               # in another terminal"),
        (14, "tonne market watch --follow"),
    ]
    running = [command.runs_until_stopped for command in block.commands]
    assert running == [False, False, False, True, True]


def test_fences_of_other_languages_are_not_run():
    assert list(blocks_in("```console\n$ rm -r /\n```\n\n```text\nrm\n```\n")) == []


def test_command_lines_are_those_of_shell_fences():
    text = "```sh\nls\ntonne market buy \\\n  10 --price 1   # a comment\n```\n```python\ntonne x\n```\n"
    assert [" ".join(line.split()) for line in command_lines_in(text)] == [
        "tonne market buy 10 --price 1"
    ]
