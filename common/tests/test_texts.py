"""Values in texts for a student: filled in, short, and nothing that a terminal obeys."""

import pytest

from common.grading.texts import shown, text


def test_values_of_any_kind_are_filled_in():
    message = text("{n} of {total:.1f} in '{file}'", n=2, total=3.25, file="a.csv")
    assert message == "2 of 3.2 in 'a.csv'"


def test_text_without_values_keeps_its_braces():
    assert text("print {metric}") == "print {metric}"


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("a\x00b\x07", "a\\x00b\\x07"),
        ("one\ntwo\r\n", "one\\ntwo"),
        ("abc\u202edcb\u2066", "abc\\u202edcb\\u2066"),
        ("half \ud83d", "half \\ud83d"),
        ("\x9b31mred", "\\x9b31mred"),
        ("Точность: 0.91", "Точность: 0.91"),
        (None, "None"),
    ],
)
def test_nothing_that_a_terminal_obeys_is_left(written, seen):
    assert shown(written) == seen
    assert shown(shown(written)) == seen
    assert text("{value}", value=written) == seen


def test_long_value_loses_its_middle():
    assert shown("a" * 30 + "b" * 30, limit=20) == "aaaaaaaaaa ... bbbbb"
    assert len(shown("\x00" * 5_000_000)) == 160
