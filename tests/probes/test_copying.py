"""What a lazy agent copies in place of a body."""

from hgen.probes.copying import copied_answers
from hgen.probes.ground import Ground
from hgen.scoring import diffs
from hgen.scoring.tasks import SymbolRef

SHOP = b"""class Base:
    def price(self, count=1):
        return count


class Shop(Base):
    def price(self, count=1, *more, tax, **rest):
        \"\"\"What it costs.\"\"\"
        raise NotImplementedError

    def prices(self, count, tax):
        \"\"\"What all cost.\"\"\"
        one = count * tax

        return [one]


def priced(count):
    raise NotImplementedError


def pricing(count):
    return count + 1


def stub(): ...
"""


def copied(qualname: str, line: int) -> dict[str, str]:
    kind = "method" if "." in qualname else "function"
    ground = Ground((SymbolRef("shop.py", qualname, kind, line),), {"shop.py": SHOP})
    after = {one.name: diffs.apply(one.patch, {"shop.py": SHOP})["shop.py"] or b"" for one in copied_answers(ground)}
    for content in after.values():
        compile(content, "shop.py", "exec")
    return {name: content.decode() for name, content in after.items()}


def test_the_same_name_comes_first_and_the_base_class_is_called() -> None:
    found = copied("Shop.price", 7)
    assert set(found) == {"copied-neighbour", "base-class"}
    assert '        """What it costs."""\n        return count\n' in found["copied-neighbour"]
    assert "        return super().price(count, *more, tax=tax, **rest)\n" in found["base-class"]


def test_else_the_most_similar_header_is_copied() -> None:
    assert "def priced(count):\n    return count + 1\n" in copied("priced", 18)["copied-neighbour"]
    assert set(copied("priced", 18)) == {"copied-neighbour"}


def test_of_a_longer_body_all_lines_are_copied_at_their_depth() -> None:
    text = SHOP.replace(b"def price(self, count=1)", b"def other(self, count=1)")
    ground = Ground((SymbolRef("shop.py", "Shop.price", "method", 7),), {"shop.py": text})
    answer = next(iter(copied_answers(ground))).patch
    assert "+        one = count * tax\n+\n+        return [one]\n" in answer
