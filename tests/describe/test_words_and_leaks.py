"""Secrets are found in whatever spelling, and ordinary words are left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hgen.describe.leaks import echoes, gives_away, leaks, path_secrets, spelled
from hgen.describe.words import flat, parts, terms


@pytest.mark.parametrize(
    ("identifier", "words"),
    [
        ("parse_header", ["parse", "header"]),
        ("parseHTTPHeader2", ["parse", "http", "header", "2"]),
        ("__init__", ["init"]),
        ("HTMLParser", ["html", "parser"]),
        ("größe_ändern", ["größe", "ändern"]),
        ("_", []),
    ],
)
def test_identifiers_fall_into_words(identifier: str, words: list[str]) -> None:
    assert parts(identifier) == words


def test_search_terms_are_stems() -> None:
    assert terms("the classes' Boxes = class_box(items)") == ["the", "class", "box", "class", "box", "item"]
    assert terms("parsing parses parsed") == ["pars"] * 3


def test_flat_text_ignores_markup_wrapping_and_case() -> None:
    assert (
        flat("Return the ``Result``,\n    if any.")
        == flat("return *the* result -- IF any")
        == " return the result if any "
    )


@pytest.mark.parametrize(
    "text",
    [
        "see render_line()",
        "RENDER_LINE",
        "the RenderLine class",
        "a render line",
        "render-lines here",
        "it renderLines twice",
        "pkg.render_line.x",
        "`render_line`s",
        "use do_renderLine",
        "a MyRenderLineView",
    ],
)
def test_a_name_is_found_in_every_spelling(text: str) -> None:
    assert leaks(text, ["render_line"]) == ["render_line"]


@pytest.mark.parametrize("text", ["render the line", "prerendered lines", "surrender lineage", "rendering lines", ""])
def test_other_words_are_no_leak(text: str) -> None:
    assert leaks(text, ["render_line"]) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("in src/pkg/core.py there", True),
        ("see core.py", True),
        ("import pkg.core", True),
        ("the src.pkg.core module", True),
        ("the core of pkg", False),
        ("score.py", False),
        ("pkg.cores", False),
    ],
)
def test_a_file_is_found_by_path_module_and_name(text: str, found: bool) -> None:
    assert bool(leaks(text, path_secrets("src/pkg/core.py"))) is found


@given(st.lists(st.from_regex(r"[a-z]{2,8}", fullmatch=True), min_size=1, max_size=4), st.sampled_from("_ -."))
def test_every_joining_of_a_names_words_is_found(words: list[str], separator: str) -> None:
    name = "_".join(words)
    for spelling in (separator.join(words), "".join(word.capitalize() for word in words), name.upper(), name + "s"):
        assert leaks(f"x {spelling} y", [name]) == [name]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("as `format_histogram` does", True),
        ("see Stats.histogramCounts", True),
        ("format the histogram counts", False),
        ("a histogram", False),
        ("get_format_histogram", True),
        ("the reverse of parse_histogram_counts", True),
        ("format_table_counts", True),
        ("format_rows", False),
        ("max_counts", False),
    ],
)
def test_an_identifier_that_is_nearly_the_name_echoes_it(text: str, found: bool) -> None:
    assert bool(echoes(text, ["format_histogram_counts"])) is found


@pytest.mark.parametrize(
    ("text", "found"), [("as of get_data()", True), ("GetData", True), ("set_mode", False), ("data", False)]
)
def test_the_opposite_of_a_name_of_two_words_echoes_it(text: str, found: bool) -> None:
    assert bool(echoes(text, ["set_data"])) is found


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("scalar_dtypes", "any scalar dtype"),
        ("Spans", "a list of `Span` objects"),
        ("Spans", "kept in a SpanRecord"),
        ("list_entries", "one list entry"),
        ("list_entry", "all list entries"),
        ("base_classes", "the base class"),
        ("base_class", "its base classes"),
        ("has_access", "has access"),
    ],
)
def test_a_name_is_found_in_singular_and_plural(name: str, text: str) -> None:
    assert leaks(text, [name]) == [name]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("declare_native_delayed_exchanges", "Declare all native delayed delivery exchanges and queues."),
        ("parse_stream", "Parse a stream."),
        ("parse_stream", "The stream is split. Then it is parsed."),
        ("stream_parser", "Parsing of streams"),
        ("CT_Override", "The `<Override>` element of a part."),
        ("BaseParser", "Parses what it is given."),
        ("filename", "The name of a file name"),
        ("get_data", "Data is what one gets."),
        ("ensure_str", "Ensures that it is a string."),
        ("send_msg", "Send a message."),
        ("Logwrapped", "Wrap all methods, to log each call."),
    ],
)
def test_a_name_is_spelled_by_its_words_in_any_order_and_form(name: str, text: str) -> None:
    assert spelled(text, [name]) == [name]
    assert gives_away(text, [name]) == [name]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("parse_stream", "Parse what comes in."),
        ("filename", "A file has it"),
        ("pkg/parse.py", "Parse the pkg."),
        ("__", ""),
    ],
)
def test_a_part_of_a_name_spells_nothing(name: str, text: str) -> None:
    assert spelled(text, [name]) == []
