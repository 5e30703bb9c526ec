"""A masked description is given only to what nothing else can be taken for."""

from hgen.describe.corpus import Corpus
from hgen.describe.rivals import by_code, by_name, near, related, undocumented_twin
from hgen.resolve import resolve

_BODY = """
    queue = [start]
    seen = {start}
    while queue:
        node = queue.pop(0)
        for neighbour in graph[node]:
            if neighbour not in seen:
                seen.add(neighbour)
                queue.append(neighbour)
    return seen
"""
_SOURCE = f"""
def reach(graph, start):
    '''Everything that can be reached from a place.'''{_BODY}

def reach_fast(graph, start):
    limit = 7{_BODY}

def spread(graph, start):
    '''What an infection gets to.'''
    limit = 7{_BODY}

def compute(number):
    '''Square a number.'''
    total = number * number
    print(total)
    return total

class Left:
    def close(self):
        '''Give the handle back.'''
        self.handle.release()

class Right:
    def close(self):
        for client in waiting_clients():
            client.answer("gone", code=3)
"""


def _rival(source: str, qualname: str, *, library: bool = True) -> tuple[str, str]:
    files = {"a.py": source.encode()}
    symbols, _ = resolve(files)
    corpus = Corpus(files, tuple(symbols))
    position = next(place for place, symbol in enumerate(symbols) if symbol.qualname == qualname)
    places = frozenset(range(len(symbols))) if library else frozenset()
    found = (by_name(corpus, position, places), by_code(corpus, position, places))
    return tuple(rival.qualname if rival else "" for rival in found)  # type: ignore[return-value]


def test_code_like_that_of_an_undocumented_function() -> None:
    assert _rival(_SOURCE, "reach") == ("", "reach_fast")


def test_the_same_code_under_another_docstring() -> None:
    without_copy = _SOURCE[: _SOURCE.index("def reach_fast")] + _SOURCE[_SOURCE.index("def spread") :]
    assert _rival(without_copy, "spread") == ("", "reach")


def test_a_method_of_another_class_with_the_same_name() -> None:
    assert _rival(_SOURCE, "Left.close") == ("Right.close", "")


def test_nothing_is_like_it() -> None:
    assert _rival(_SOURCE, "compute") == ("", "")


def test_what_is_no_library_code_is_no_rival() -> None:
    assert _rival(_SOURCE, "Left.close", library=False) == ("", "")
    assert _rival(_SOURCE, "reach", library=False) == ("", "")


def test_what_has_a_docstring_is_a_twin_once_it_has_lost_it() -> None:
    files = {"a.py": _SOURCE.encode()}
    symbols, _ = resolve(files)
    corpus = Corpus(files, tuple(symbols))
    places = {symbol.qualname: place for place, symbol in enumerate(symbols)}
    assert undocumented_twin(corpus, places["reach"], places["spread"])
    assert not undocumented_twin(corpus, places["reach"], places["compute"])
    assert not undocumented_twin(corpus, places["Left"], places["Right"])
    assert places["spread"] in near(corpus, places["reach"], frozenset(places.values()))
    assert near(corpus, places["Left"], frozenset(places.values())) == []


_CLASSES = """
class Store(abc.ABC):
    def forget(self): ...

class Disk(Store):
    def forget(self): ...

class Memory(base.Store, Generic[T]):
    def forget(self): ...

class Mind(Generic[T], metaclass=ABCMeta):
    def forget(self): ...

class Outer:
    class Disk(base.Disk): ...
    class Memory(Other): ...

def forget(): ...
"""


def test_methods_of_one_hierarchy_are_related() -> None:
    files = {"a.py": _CLASSES.encode()}
    symbols, _ = resolve(files)
    corpus = Corpus(files, tuple(symbols))
    places = {symbol.qualname: place for place, symbol in enumerate(symbols)}
    pairs = [("Store", "Disk", True), ("Disk", "Memory", True), ("Memory", "Store", True), ("Mind", "Memory", False)]
    for one, other, expected in pairs:
        assert related(corpus, places[f"{one}.forget"], places[f"{other}.forget"]) == expected, (one, other)
    assert not related(corpus, places["forget"], places["Mind.forget"])
    assert related(corpus, places["Disk"], places["Outer.Disk"])
    assert not related(corpus, places["Memory"], places["Outer.Memory"])
