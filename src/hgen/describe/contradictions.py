"""What a text says of a definition that its code shows to be otherwise."""

import re

from hgen.describe.facts import Facts

_NUMBERS = {"no": 0, "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
_PARAMETERS = re.compile(
    r"\b(?:takes?|accepts?|expects?|receives?|has) (?:exactly )?"
    r"(no|zero|one|two|three|four|five|six|seven|eight|\d{1,3}) (?:parameters?|arguments?)\b",
    re.IGNORECASE,
)
_RETURNS_NOTHING = re.compile(
    r"\b(?:returns? (?:nothing|none)|(?:does not|doesn't|never) returns? (?:anything|a (?:value|result))|"
    r"has no (?:return value|result))\b(?! (?:if|when|unless|where|for|in case|otherwise|or)\b)",
    re.IGNORECASE,
)
_RETURNS = re.compile(
    r"\b(?:and|it|then|which|that) returns (?:an?|the|its|all|each|every|what|whether)\b", re.IGNORECASE
)
_YIELDS = re.compile(
    r"\b(?:yields (?:each|every|one|an?|the|them)|(?:is a|as a) generator\b|lazily yields)", re.IGNORECASE
)
_ASYNCHRONOUS = re.compile(r"\b(?:is (?:a coroutine|asynchronous)|asynchronously|awaits)\b", re.IGNORECASE)
_BUILT_IN = re.compile(r"\b(?:raises|throws)(?: an?| the)? ((?:[A-Z][a-z]++)+(?:Error|Exception|Iteration))\b")


def contradictions(text: str, facts: Facts) -> list[str]:
    """What is said against the facts, in words, each once."""
    if facts.kind == "class":
        return []
    found = []
    for said in _PARAMETERS.findall(text):
        number = _NUMBERS.get(said.lower(), int(said) if said.isdigit() else -1)
        if number != facts.parameters:
            found.append(f"it takes {facts.parameters} parameters, not {said}")
    if _RETURNS_NOTHING.search(text) and (facts.returns or facts.yields):
        found.append("it does give something back")
    if _RETURNS.search(text) and not (facts.returns or facts.yields):
        found.append("it returns nothing")
    if _YIELDS.search(text) and not (facts.yields or facts.returns):
        found.append("it is no generator, and returns none")
    if _ASYNCHRONOUS.search(text) and not (facts.asynchronous or facts.returns):
        found.append("it is not asynchronous")
    found += [f"it raises no {name} itself" for name in _BUILT_IN.findall(text) if name not in facts.raises]
    return list(dict.fromkeys(found))
