"""What a line for bash runs, read from bash's own syntax tree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hgen.agents.commands import Command, commands


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("cd x && grep -rn 'foo bar' src | head -5", [("cd", "x"), ("grep", "-rn", "foo bar", "src"), ("head", "-5")]),
        ("FOO=1 python3 -c \"print('a')\"", [("python3", "-c", "print('a')")]),
        ("timeout 10 env A=1 nice -n 5 pytest -q", [("pytest", "-q")]),
        ("timeout -s KILL 10 sudo -u me ls", [("ls",)]),
        ("bash -lc 'ls | wc -l; cat a'", [("ls",), ("wc", "-l"), ("cat", "a")]),
        ("for f in *.py; do cat $f; done", [("cat", "$f")]),
        ("if [ -f a ]; then rm -rf a; fi", [("test", "[ -f a ]"), ("rm", "-rf", "a")]),
        ("x=$(git log -1)", [("git", "log", "-1")]),
        ("find . | xargs -I{} grep -n foo {}", [("find", "."), ("grep", "-n", "foo", "{}")]),
        ("echo 'git log' # git log", [("echo", "git log")]),
        ("'my tool' a\"b\"c", [("my tool", "abc")]),
        ("xargs", [("xargs",)]),
        ("", []),
    ],
)
def test_simple_commands_come_without_quotes_and_wrappers(line: str, words: list[tuple[str, ...]]) -> None:
    assert [command.words for command in commands(line)] == words


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("cat <<'EOF' > f.py\nx = 1\nEOF", Command(("cat",), ("f.py",), "x = 1\n")),
        ("cat > f.py <<EOF\nx\nEOF", Command(("cat",), ("f.py",), "x\n")),
        ("python3 - <<'EOF'\nimport x\nEOF\n", Command(("python3",), (), "import x\n")),
        ("echo a &> log", Command(("echo", "a"), ("log",))),
        ("echo a 2>&1 >> 'b c'", Command(("echo", "a"), ("b c",))),
        ("> empty", Command((), ("empty",))),
        ("tr a b <<< 'x y'", Command(("tr", "a", "b"), (), "x y")),
    ],
)
def test_what_is_written_and_what_is_given_belong_to_their_command(line: str, expected: Command) -> None:
    assert commands(line) == (expected,)


def test_of_a_pipe_the_last_writes_and_the_first_reads_the_here_document() -> None:
    first, last = commands("cat <<E | git apply - > log\ndiff\nE")
    assert (first.given, first.writes, first.piped) == ("diff\n", (), False)
    assert (last.given, last.writes, last.piped) == ("", ("log",), True)


def test_short_options_are_found_among_others() -> None:
    (command,) = commands("sed -ni.bak --expression=x f")
    assert command.has("-i")
    assert command.has("--expression")
    assert not command.has("-e")


@given(st.text(alphabet=st.sampled_from("ab '\"$(){}<>|&;\n\\#`-=[]!~*\0é"), max_size=60))
def test_no_line_is_too_odd(line: str) -> None:
    for command in commands(line):
        assert isinstance(command.name, str)


def test_long_and_deep_lines_end() -> None:
    assert commands("(" * 100_000) is not None
    assert commands("a | " * 100_000 + "b")[0].words == ("a",)
    assert commands("bash -c \"bash -c 'bash -c ls'\"")
