"""Conditions whose truth is known to who writes them: made of numbers and texts alone, no two alike."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def predicate(coin: random.Random, truth: bool) -> ast.expr:
    """An expression that is true or false, as is wanted; it calls nothing and names nothing."""
    text = coin.choice((_remainder, _letter, _member, _order))(coin, truth)
    return ast.parse(text, mode="eval").body


def _remainder(coin: random.Random, truth: bool) -> str:
    left, right, by = coin.randrange(12, 999), coin.randrange(12, 999), coin.randrange(5, 97)
    rest = left * right % by
    return f"{left} * {right} % {by} == {rest if truth else (rest + coin.randrange(1, by)) % by}"


def _letter(coin: random.Random, truth: bool) -> str:
    text = "".join(coin.sample(_LETTERS, 7))
    place = coin.randrange(7)
    letter = text[place] if truth else coin.choice([other for other in text if other != text[place]])
    return f"{text!r}[{place}] == {letter!r}"


def _member(coin: random.Random, truth: bool) -> str:
    numbers = coin.sample(range(3, 999), 5)
    return f"{coin.choice(numbers[:4]) if truth else numbers[4]} in ({', '.join(map(str, numbers[:4]))})"


def _order(coin: random.Random, truth: bool) -> str:
    left, mask = coin.randrange(16, 4096), coin.randrange(16, 4096)
    value = left ^ mask
    bound = value + coin.randrange(1, 99) if truth else value - coin.randrange(0, 9)
    return f"{left} ^ {mask} < {bound}" if coin.random() < 0.5 else f"{bound} > {left} ^ {mask}"
