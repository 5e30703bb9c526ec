"""What a line for bash runs: its simple commands, taken from bash's own syntax tree."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import PurePosixPath

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

_MOST_BYTES = 32_000
"""Of a longer line only the beginning is read."""
_MOST_COMMANDS = 1_000
_DEEPEST = 4
"""How deeply ``bash -c`` is followed."""

_WRAPPERS = {
    "builtin": 0, "chronic": 0, "command": 0, "env": 0, "exec": 0, "ionice": 0, "nice": 0, "nohup": 0, "setsid": 0,
    "stdbuf": 0, "sudo": 0, "time": 0, "timeout": 1, "xargs": 0,
}  # fmt: skip
"""Commands that run another one, and how many words of their own they have before it beside options."""
_WITH_VALUE = {
    "nice": {"-n"}, "timeout": {"-s", "-k"}, "xargs": {"-I", "-n", "-P", "-d", "-L", "-a"}, "env": {"-u", "-C"},
    "sudo": {"-u", "-g"}, "ionice": {"-c", "-n"}, "stdbuf": {"-i", "-o", "-e"},
}  # fmt: skip
_SHELLS = {"bash", "sh", "dash", "zsh"}
_OUT = {">", ">>", ">|", "&>", "&>>"}


@dataclass(frozen=True)
class Command:
    """One simple command, without what only wraps it, such as ``timeout 10``."""

    words: tuple[str, ...]
    """Without quotes; what bash would put in their place, such as ``$x``, as written. Empty for a mere redirection."""
    writes: tuple[str, ...] = ()
    """Files that its output goes to."""
    given: str = ""
    """What stands in a here-document, or here-string, for it to read."""
    piped: bool = False
    """Whether it reads what another command prints."""

    @property
    def name(self) -> str:
        """The program, without its folder."""
        return PurePosixPath(self.words[0]).name if self.words else ""

    @property
    def operands(self) -> tuple[str, ...]:
        """The words after the program that are no options."""
        return tuple(word for word in self.words[1:] if not word.startswith("-"))

    def has(self, *options: str) -> bool:
        """Whether one of these options is given, short ones also among others, as in ``-rn``."""
        for word in self.words[1:]:
            if word in options or word.partition("=")[0] in options:
                return True
            short = word.startswith("-") and not word.startswith("--")
            if short and any(len(option) == 2 and option[1] in word[1:] for option in options):
                return True
        return False


def commands(line: str) -> tuple[Command, ...]:
    """The simple commands of a line, or of a script, in the order in which they stand; nothing runs."""
    return tuple(islice(_read(line, _DEEPEST), _MOST_COMMANDS))


@cache
def _language() -> Language:
    return Language(tree_sitter_bash.language())


def _read(line: str, depth: int) -> Iterator[Command]:
    source = line.encode("utf-8", "surrogateescape")[:_MOST_BYTES]
    # Nested scripts are read while others are: a parser each.
    tree = Parser(_language()).parse(source)
    pending: list[_Place] = [(tree.root_node, (), "", False)]
    while pending:
        node, writes, given, piped = pending.pop()
        if node.type == "redirected_statement":
            own_writes, own_given = _redirections(node)
            pending += reversed(_behind(node))
            body = node.child_by_field_name("body")
            if body is None:
                yield Command((), own_writes, own_given)
            else:
                pending.append((body, (*writes, *own_writes), own_given or given, piped))
            continue
        if node.type == "command":
            own_writes, own_given = _redirections(node)
            yield from _unwrapped(Command(_words(node), (*writes, *own_writes), own_given or given, piped), depth)
        elif node.type == "test_command":
            yield Command(("test", _text(node)), writes, given)
        elif node.type in {"declaration_command", "unset_command"}:
            yield Command(tuple(_raw(child) for child in node.children), writes, given)
        pending += reversed(_inside(node, writes, given, piped=piped))


_Place = tuple[Node, tuple[str, ...], str, bool]
"""A node with the redirections around it that are its own: files, text, and whether a pipe leads to it."""


def _behind(node: Node) -> list[_Place]:
    """What stands on the line behind the beginning of a here-document: the grammar has it inside that."""
    return [
        (child, (), "", each.type == "pipeline")
        for document in node.named_children
        if document.type == "heredoc_redirect"
        for each in document.named_children
        if not each.type.startswith("heredoc_") and each.type != "file_redirect"
        for child in ([each] if each.type != "pipeline" else each.named_children)
    ]


def _inside(node: Node, writes: tuple[str, ...], given: str, *, piped: bool) -> list[_Place]:
    """The nodes below. Of a pipeline what is written is the last one's, and a here-document the first one's."""
    children = node.named_children
    if node.type not in {"pipeline", "list"} or not children:
        return [(child, (), "", False) for child in children]
    reader = children[0] if node.type == "pipeline" else children[-1]
    return [
        (
            child,
            writes if child == children[-1] else (),
            given if child == reader else "",
            piped if child == children[0] else node.type == "pipeline",
        )
        for child in children
    ]


def _unwrapped(command: Command, depth: int) -> Iterator[Command]:
    """A command without its wrappers; of ``bash -c`` what that runs."""
    while (name := command.name) in _WRAPPERS:
        inner = _wrapped(name, command.words[1:])
        if not inner:
            break
        # What xargs reads becomes words.
        command = replace(command, words=inner, piped=command.piped and name != "xargs")
    words = command.words
    if command.name in _SHELLS and depth > 0:
        if len(words) > 2 and words[1].startswith("-") and words[1].endswith("c"):
            yield from _read(words[2], depth - 1)
            return
        if command.given and len(words) == 1:
            yield from _read(command.given, depth - 1)
            return
    yield command


def _wrapped(name: str, rest: tuple[str, ...]) -> tuple[str, ...]:
    own = _WRAPPERS[name]
    place = 0
    while place < len(rest):
        word = rest[place]
        if word.startswith("-"):
            place += 2 if word in _WITH_VALUE.get(name, ()) else 1
        elif name in {"env", "sudo"} and "=" in word:
            place += 1
        elif own:
            own -= 1
            place += 1
        else:
            break
    return rest[place:]


def _words(command: Node) -> tuple[str, ...]:
    return tuple(
        _text(child)
        for child in command.named_children
        if child.type not in {"variable_assignment", "comment"} and not child.type.endswith("redirect")
    )


def _redirections(node: Node) -> tuple[tuple[str, ...], str]:
    """The files that output goes to, and the text that is given as input."""
    writes: list[str] = []
    given = ""
    for child in node.named_children:
        inner = [child, *child.named_children] if child.type == "heredoc_redirect" else [child]
        for each in inner:
            if each.type == "file_redirect":
                operator = next((one.type for one in each.children if not one.is_named), "")
                target = each.child_by_field_name("destination")
                if operator in _OUT and target is not None:
                    writes.append(_text(target))
            elif each.type == "heredoc_body":
                given = _raw(each)
            elif each.type == "herestring_redirect" and each.named_children:
                given = _text(each.named_children[-1])
    return tuple(writes), given


def _text(node: Node) -> str:
    """What a word says, without its quotes."""
    if node.type == "command_name" and node.named_children:
        return _text(node.named_children[0])
    if node.type in {"raw_string", "ansi_c_string"}:
        return _raw(node).lstrip("$")[1:-1]
    if node.type == "string":
        return _raw(node)[1:-1].replace('\\"', '"')
    if node.type == "concatenation":
        return "".join(_text(child) for child in node.children)
    return _raw(node)


def _raw(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "surrogateescape")
