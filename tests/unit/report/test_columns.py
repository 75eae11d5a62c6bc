"""Texts in the columns of a terminal, for narrow and wide characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstay.report.columns import cut, width, wrapped
from support.examples import times

WORDS = st.lists(st.text("abc機械\u00e9\u0301", min_size=1, max_size=9), min_size=1, max_size=30)
LINES = st.text("ab cd機械\u00e9\u0301", min_size=1, max_size=300)


@pytest.mark.parametrize(
    ("text", "columns"),
    [("abc", 3), ("機械", 4), ("\u00e9", 1), ("e\u0301", 1), ("\x1b[31mred\x1b[0m", 3), ("🙂", 2), ("", 0)],
)
def test_width(text, columns):
    """Wide ones take two columns, marks on top of others and colours none."""
    assert width(text) == columns


@given(WORDS, st.integers(40, 120))
@times(1)
def test_wrapped_lines_fit_and_lose_nothing(words, limit):
    """As words are shorter than a line, each line fits; together they are the sentence."""
    lines = wrapped("  = why: ", " ".join(words), limit, 10)
    assert all(width(line) <= limit for line in lines)
    assert " ".join(line.strip() for line in lines).split() == ["=", "why:", *words]
    assert all(line.startswith(" " * 10) for line in lines[1:])


def test_a_word_that_is_longer_than_a_line_stays_whole():
    """It may be something to copy."""
    assert wrapped("  = help: ", "write " + "x" * 50, 40, 10) == ["  = help: write", " " * 10 + "x" * 50]


def test_what_is_quoted_stays_on_one_line_where_it_fits():
    """A command that is broken over lines cannot be copied."""
    text = "write 20s (safe, and made for you by `backstay check --fix`), or `not "
    assert wrapped("  = fix: ", text + "closed", 50, 10) == [
        "  = fix: write 20s (safe, and made for you by",
        "          `backstay check --fix`), or `not closed",
    ]
    assert wrapped("", "`" + "word " * 20 + "`", 40, 0)[1].startswith("word")


def test_nothing_is_wrapped_without_a_terminal():
    """Other programs read lines."""
    assert wrapped("a: ", "b " * 200, 0, 10) == ["a: " + "b " * 200]


@given(LINES, st.data(), st.integers(20, 160))
@times(2)
def test_a_cut_line_fits_and_shows_its_mark(text, data, limit):
    """The character that is meant stands in the column that is told, and the line is no wider than there is room."""
    mark = data.draw(st.integers(0, len(text) - 1))
    shown, column = cut(text, mark, limit)
    assert width(shown) <= limit
    before = next(end for end in range(len(shown) + 1) if width(shown[:end]) >= column)
    assert width(shown[:before]) == column
    assert shown[before:].lstrip("\u0301")[:1] == text[mark:].lstrip("\u0301")[:1]
    assert shown.strip("…") in text


def test_a_line_that_fits_is_shown_whole():
    """There is nothing to cut."""
    assert cut("a: 機械 # b", 8, 20) == ("a: 機械 # b", 10)


def test_a_cut_wastes_no_room():
    """A mark near the end leaves the room behind it to what is before it."""
    shown, column = cut("x" * 100 + "mark", 100, 40)
    assert (width(shown), column) == (40, 36)
