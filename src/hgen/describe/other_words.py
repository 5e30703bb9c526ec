"""A sentence in other words than its author's: another verb at its head, and no name of the class around it."""

import re
from collections.abc import Iterable

from hgen.describe.leaks import name_patterns

_VERBS = {
    "abort": "cancel", "add": "insert", "adjust": "adapt", "allow": "permit", "append": "add",
    "apply": "put to use", "assert": "make sure", "attach": "fasten", "begin": "start", "build": "assemble",
    "calculate": "work out", "call": "invoke", "cancel": "abort", "change": "alter", "check": "test",
    "choose": "select", "clear": "empty", "close": "shut", "collect": "gather", "combine": "merge",
    "compute": "work out", "configure": "set up", "construct": "assemble", "contain": "hold",
    "convert": "transform", "copy": "duplicate", "count": "tally", "create": "produce", "declare": "define",
    "decrement": "lower", "define": "declare", "delete": "remove", "detect": "notice", "determine": "find out",
    "disable": "switch off", "discard": "drop", "dispatch": "route", "display": "present", "draw": "paint",
    "drop": "discard", "emit": "send out", "enable": "switch on", "ensure": "make sure",
    "estimate": "approximate", "evaluate": "work out", "execute": "carry out", "expand": "unfold",
    "extract": "take out", "fetch": "obtain", "fill": "populate", "find": "locate", "flag": "mark",
    "format": "lay out", "gather": "collect", "generate": "produce", "get": "obtain", "handle": "deal with",
    "hold": "keep", "increment": "raise", "initialize": "prepare", "insert": "put", "install": "set up",
    "invoke": "call", "join": "combine", "launch": "start", "list": "enumerate", "load": "read in",
    "locate": "find", "make": "produce", "mark": "flag", "merge": "combine", "modify": "alter", "move": "shift",
    "notify": "inform", "obtain": "get", "parse": "interpret", "perform": "carry out", "pop": "take",
    "populate": "fill", "prepare": "set up", "print": "present", "process": "deal with", "produce": "generate",
    "provide": "offer", "publish": "send out", "push": "put", "raise": "throw", "read": "take in",
    "receive": "accept", "register": "record", "remove": "take away", "render": "draw", "replace": "substitute",
    "represent": "stand for", "reset": "set back", "resolve": "work out", "retrieve": "obtain",
    "return": "give", "run": "carry out", "save": "store", "select": "choose", "send": "transmit",
    "set": "assign", "shift": "move", "show": "present", "sort": "order", "spawn": "start", "split": "divide",
    "start": "begin", "stop": "halt", "store": "keep", "strip": "cut off", "switch": "change", "toggle": "flip",
    "transform": "convert", "trigger": "set off", "trim": "cut", "truncate": "cut", "try": "attempt",
    "update": "refresh", "validate": "verify", "verify": "check", "wrap": "enclose", "write": "put out",
    "yield": "produce",
}  # fmt: skip
"""Verbs that stand at the head of docstrings, each with another that takes the same objects."""
_ENDINGS = (("ies", "y"), ("es", "e"), ("es", ""), ("s", ""))
_ONE = re.compile(r"\b(?:an?|the|this|that|each|every) $", re.IGNORECASE)
_ENDS = re.compile(r"[.,;:)]|$| (?:and|as|at|by|for|from|if|in|into|is|of|on|or|that|this|to|when|which|with)\b")
"""What follows a noun that no other noun follows."""
_LONGEST_ARTICLE = 8
_ARTICLE = re.compile(r"\b(an?)(?= object\b)", re.IGNORECASE)


def other_verb(sentence: str) -> str:
    """The sentence with another verb at its head, in the same form; as it is if it begins with no verb that is known.

    "Parses the stream" becomes "Interprets the stream".
    """
    head, space, rest = sentence.partition(" ")
    word = head.lower()
    if word in _VERBS:
        verb = _VERBS[word]
    else:
        bases = [word.removesuffix(ending) + base for ending, base in _ENDINGS if word.endswith(ending)]
        base = next((base for base in bases if base in _VERBS), None)
        if base is None:
            return sentence
        verb = _third_person(_VERBS[base])
    return verb[:1].upper() + verb[1:] + space + rest


def without_owners(sentence: str, owners: Iterable[str]) -> str:
    """The sentence with "object" in the place of names of the classes that its subject is defined in.

    Only where such a name stands for one of them: "rows of the table" becomes "rows of the object", and "table rows"
    stays, as "object rows" would be something else.
    """
    for owner in owners:
        for pattern in name_patterns(owner):
            sentence = _replaced(sentence, pattern)
    return _ARTICLE.sub(lambda article: "An" if article[1][0] == "A" else "an", sentence)


def _replaced(sentence: str, pattern: re.Pattern[str]) -> str:
    kept, last = [], 0
    for found in pattern.finditer(sentence):
        quoted = sentence[found.start() - 1 : found.start()] == "`" == sentence[found.end() : found.end() + 1]
        first, end = found.start() - quoted, found.end() + quoted
        if _ONE.search(sentence[max(first - _LONGEST_ARTICLE, 0) : first]) and _ENDS.match(sentence, end):
            kept += [sentence[last:first], "object"]
            last = end
    return "".join([*kept, sentence[last:]])


def _third_person(verb: str) -> str:
    head, space, rest = verb.partition(" ")
    if head.endswith("y") and head[-2] not in "aeiou":
        return head[:-1] + "ies" + space + rest
    return head + ("es" if head.endswith(("s", "sh", "ch", "x", "z")) else "s") + space + rest
