"""A sentence in other words than its author's: another verb at its head, and no name of the class around it."""

import re
from collections.abc import Iterable

from hgen.describe.leaks import name_patterns

_VERBS = {
    "append": "add", "apply": "put to use", "begin": "start", "build": "assemble", "calculate": "work out",
    "call": "invoke", "check": "test", "choose": "select", "clear": "empty", "close": "shut", "combine": "merge",
    "compute": "work out", "configure": "set up", "construct": "assemble", "convert": "transform", "copy": "duplicate",
    "count": "tally", "create": "produce", "declare": "define", "define": "declare", "delete": "remove",
    "determine": "find out", "disable": "switch off", "dispatch": "route", "display": "present", "draw": "paint",
    "enable": "switch on", "ensure": "make sure", "evaluate": "work out", "execute": "carry out", "expand": "unfold",
    "extract": "take out", "fetch": "obtain", "find": "locate", "format": "lay out", "generate": "produce",
    "get": "obtain", "handle": "deal with", "initialize": "prepare", "insert": "put", "invoke": "call",
    "join": "combine", "list": "enumerate", "load": "read in", "locate": "find", "make": "produce", "merge": "combine",
    "move": "shift", "notify": "inform", "obtain": "get", "parse": "interpret", "perform": "carry out",
    "prepare": "set up", "print": "present", "process": "deal with", "produce": "generate", "publish": "send out",
    "read": "take in", "receive": "accept", "register": "record", "remove": "take away", "render": "draw",
    "replace": "substitute", "retrieve": "obtain", "return": "give", "run": "carry out", "save": "store",
    "select": "choose", "send": "transmit", "set": "assign", "shift": "move", "show": "present", "sort": "order",
    "split": "divide", "start": "begin", "stop": "halt", "store": "keep", "transform": "convert", "update": "refresh",
    "validate": "verify", "verify": "check", "wrap": "enclose", "write": "put out",
}  # fmt: skip
"""Verbs that stand at the head of docstrings, each with another that takes the same objects."""
_ENDINGS = (("ies", "y"), ("es", "e"), ("es", ""), ("s", ""))
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
    """The sentence with "object" in the place of names of the classes that its subject is defined in."""
    for owner in owners:
        for pattern in name_patterns(owner):
            sentence = pattern.sub("object", sentence)
    return _ARTICLE.sub(lambda article: "An" if article[1][0] == "A" else "an", sentence)


def _third_person(verb: str) -> str:
    head, space, rest = verb.partition(" ")
    if head.endswith("y") and head[-2] not in "aeiou":
        return head[:-1] + "ies" + space + rest
    return head + ("es" if head.endswith(("s", "sh", "ch", "x", "z")) else "s") + space + rest
