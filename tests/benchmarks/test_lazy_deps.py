"""The bored engineer's script solves what takes names only, and its careful twin what takes bases and imports."""

from benchmarks.lazy_deps import Repository, bored, careful

FILES = {
    "shop/base.py": "class Base:\n    def price(self):\n        return 1\n\n    def weigh(self):\n        return 2\n",
    "shop/fruit.py": (
        "from shop.base import Base as Root\nfrom shop.tools import (\n    clean,  # names\n    other,\n)\n\n\n"
        "class Fruit(Root):\n    def price(self):\n        '''Calls weigh() and other().'''\n"
        "        return super().price() + self.weigh()  # not clean()\n\n"
        "    def name(self):\n        def weigh():\n            return clean('x')\n\n        return weigh()\n"
    ),
    "shop/tools.py": "def clean(text):\n    return text\n\n\ndef other():\n    return clean('y')\n",
}


def task(file: str, qualname: str, line: int) -> dict[str, object]:
    return {"subject": {"file": file, "qualname": qualname, "def_line": line}}


def test_a_name_is_followed_to_its_one_definition_else_class_file_and_import() -> None:
    repository = Repository(FILES)
    assert bored(repository, task("shop/tools.py", "other", 5)) == {("shop/tools.py", "clean")}
    twice = Repository(FILES | {"shop/more.py": "def clean(text): ...\n"})
    assert bored(twice, task("shop/tools.py", "other", 5)) == {("shop/tools.py", "clean")}
    assert ("shop/tools.py", "clean") in bored(twice, task("shop/fruit.py", "Fruit.name", 13))


def test_the_careful_one_asks_what_stands_before_the_dot() -> None:
    repository = Repository(FILES)
    price = task("shop/fruit.py", "Fruit.price", 9)
    assert careful(repository, price) == {("shop/base.py", "Base.price"), ("shop/base.py", "Base.weigh")}
    assert bored(repository, price) != careful(repository, price)
