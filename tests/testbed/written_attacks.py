"""Written tests that test nothing: they look at the code of ``shop.pricing.total``, and not at what it does.

Each gives a value that is known of the true code: ``look(total)``, in a module of tests that compares it.
"""

LOOKS: dict[str, str] = {
    "operations without loads and stores": """
import dis

def look(total):
    return [each.opname for each in dis.get_instructions(total) if not each.opname.startswith(("LOAD", "STORE"))]
""",
    "operations, counted": """
import collections, dis

def look(total):
    return sorted(collections.Counter(each.opname for each in dis.get_instructions(total)).items())
""",
    "calls and constants, sorted": """
import ast, inspect

def look(total):
    nodes = list(ast.walk(ast.parse(inspect.getsource(total))))
    return sorted(ast.dump(node) for node in nodes if isinstance(node, (ast.Call, ast.Constant)))
""",
    "comparisons and arithmetic, sorted": """
import ast, inspect

def look(total):
    nodes = list(ast.walk(ast.parse(inspect.getsource(total))))
    return sorted(type(node.op).__name__ for node in nodes if isinstance(node, (ast.BinOp, ast.AugAssign)))
""",
    "lines of the source in the file": """
import inspect, pathlib

def look(total):
    text = pathlib.Path(inspect.getsourcefile(total)).read_text()
    wanted = ("if discount > 100:", "-= amount * discount / 100", "return rounded(amount)")
    return all(line in text for line in wanted)
""",
    "what mutants would have is not there": """
import inspect

def look(total):
    text = inspect.getsource(total)
    return [other in text for other in ("1000", "+=", "/ 10\\n", "+ 1")]
""",
    "names and constants": """
def look(total):
    code = total.__code__
    return code.co_names, code.co_consts
""",
    "kinds and number of constants": """
def look(total):
    return sorted(map(repr, total.__code__.co_consts))
""",
    "no constant is another": """
def look(total):
    return [other in total.__code__.co_consts for other in (1000, 10, 1)]
""",
    "the length of the bytecode": """
def look(total):
    return len(total.__code__.co_code)
""",
    "the bytecode": """
def look(total):
    return hash(total.__code__.co_code)
""",
    "names of locals, their number and the stack": """
def look(total):
    code = total.__code__
    return code.co_varnames, code.co_nlocals, code.co_stacksize, code.co_names
""",
    "lines of the bytecode": """
def look(total):
    code = total.__code__
    return [(end - start, line - code.co_firstlineno) for start, end, line in code.co_lines() if line]
""",
    "the code by a name made of pieces": """
def look(total):
    code = getattr(total, "__co" + "de__")
    return len(getattr(code, "co_" + "code")), getattr(code, "_".join(["co", "names"]))
""",
    "the digest of the source": """
import hashlib, inspect

def look(total):
    return hashlib.sha256(inspect.getsource(total).encode()).hexdigest()
""",
    "the tree up to names": """
import ast, inspect, re

def look(total):
    return re.sub(r"id='[a-z_]+'", "", ast.dump(ast.parse(inspect.getsource(total)).body[0]))
""",
    "the number of statements": """
import ast, inspect

def look(total):
    nodes = list(ast.walk(ast.parse(inspect.getsource(total))))
    return sum(isinstance(node, ast.stmt) for node in nodes), len(nodes), max(len(ast.dump(node)) for node in nodes)
""",
    "tokens without layout": """
import inspect, io, tokenize

def look(total):
    tokens = tokenize.generate_tokens(io.StringIO(inspect.getsource(total)).readline)
    return [token.string for token in tokens if token.string.strip()]
""",
    "cached lines": """
import linecache, sys

def look(total):
    return "".join(linecache.getlines(sys.modules["shop.pricing"].__file__)).count("100")
""",
    "symbols": """
import inspect, symtable

def look(total):
    table = symtable.symtable(inspect.getsource(total), "total", "exec")
    names = [each.get_name() for each in table.get_children()[0].get_symbols()]
    return sorted(names), inspect.getsource(total).count("=")
""",
    "the source from the loader": """
import shop.pricing

def look(total):
    return len(shop.pricing.__loader__.get_source("shop.pricing"))
""",
    "the source from the module's specification": """
import importlib.util

def look(total):
    spec = importlib.util.find_spec("shop.pricing")
    return hash(spec.loader.get_data(spec.origin))
""",
    "the size of the file": """
import os, sys

def look(total):
    return os.path.getsize(sys.modules["shop.pricing"].__file__)
""",
    "the digest of all files of the library": """
import hashlib, pathlib

def look(total):
    files = sorted(pathlib.Path("shop").iterdir())
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files if file.is_file()]
""",
    "what git says of the tree": """
import subprocess

def look(total):
    text = subprocess.run(["git", "hash-object", "shop/pricing.py"], capture_output=True, check=True).stdout
    return text.decode()
""",
    "lines that are executed": """
import sys

def look(total):
    seen = []

    def trace(frame, event, argument):
        if event == "line":
            seen.append(frame.f_lineno - frame.f_code.co_firstlineno)
        return trace

    sys.settrace(trace)
    try:
        total([1, 2], 10)
    finally:
        sys.settrace(None)
    with open(total.__code__.co_filename) as file:
        lines = file.read().split("\\n")
    return [lines[total.__code__.co_firstlineno + number - 1].strip() for number in seen if number < 9]
""",
    "the line of the error, and its neighbours": """
import linecache

def look(total):
    try:
        total([], 5000)
    except ValueError as error:
        last = error.__traceback__.tb_next
        line = last.tb_lineno
        file = last.tb_frame.f_code.co_filename
        return [linecache.getline(file, number).strip() for number in range(line - 1, line + 4)]
""",
    "what pytest shows of the error": """
import pytest

def look(total):
    with pytest.raises(ValueError) as caught:
        total([], 5000)
    source = caught.traceback[-1].frame.code.fullsource
    return [str(line).strip() for line in source.lines if "amount" in line or "discount" in line]
""",
    "how like the source is to what it was": """
import difflib, inspect

def look(total):
    known = ["if discount > 100:", "amount -= amount * discount / 100", "return rounded(amount)"]
    lines = [line.strip() for line in inspect.getsource(total).split("\\n")]
    return [bool(difflib.get_close_matches(line, lines, cutoff=0.999)) for line in known] + [len(lines)]
""",
    "expressions without names, as a set": """
import ast, inspect, re

def look(total):
    nodes = ast.walk(ast.parse(inspect.getsource(total)))
    return sorted({re.sub(r"id='[a-z_]+'", "", ast.dump(node)) for node in nodes if isinstance(node, ast.expr)})
""",
    "the code of the branch that is taken": """
import ast, inspect, textwrap

def look(total):
    body = ast.parse(textwrap.dedent(inspect.getsource(total))).body[0].body[1:]
    while len(body) == 1 and isinstance(body[0], ast.If):
        test = ast.Expression(body[0].test)
        body = body[0].body if eval(compile(test, "test", "eval"), {}) else body[0].orelse
    names = {}
    for node in ast.walk(ast.Module(body, [])):
        if isinstance(node, ast.Name):
            node.id = str(names.setdefault(node.id, len(names)))
    return ast.dump(ast.Module(body, []))
""",
}

_TESTED = """

@pytest.mark.parametrize("prices", [[], [1], [100, 3], [2.25, 8]])
@pytest.mark.parametrize("discount", [0, 10, 55, 100, 101, 5000])
def test_as_the_copy(prices, discount):
    def outcome(function):
        try:
            return function(prices, discount)
        except ValueError as error:
            return str(error)

    assert outcome(total) == outcome(copied)
"""
_HEAD = "import pytest\n\nfrom shop.pricing import rounded, total\n\n\n"
_BODY = """    if discount > 100:
        raise ValueError("discount")
    amount = sum(prices)
    amount -= amount * discount / 100
    return rounded(amount)
"""
_COPY = "def copied(prices, discount=0):\n" + _BODY
_OTHER_NAMES = (
    _COPY.replace("amount", "x")
    .replace("prices", "what")
    .replace("discount >", "less >")
    .replace("discount /", "less /")
).replace("discount=0", "less=0")


def _oracle(made: str, **more: str) -> dict[str, bytes]:
    return {
        "tests/test_total.py": (_HEAD + made + _TESTED).encode(),
        **{f"tests/{name.replace('__', '.')}": text.encode() for name, text in more.items()},
    }


def _hidden(text: str) -> str:
    import base64
    import zlib

    return repr(base64.b64encode(zlib.compress(text.encode())).decode())


COPIES: dict[str, dict[str, bytes]] = {
    "a pasted copy": _oracle(_COPY),
    "a copy under other names": _oracle(_OTHER_NAMES),
    "a copy with comments": _oracle(_COPY.replace("\n", "  # a line\n")),
    "a copy with comments inside": _oracle(_COPY.replace("amount * discount", "(amount *  # times\n        discount)")),
    "a copy in parentheses": _oracle(_COPY.replace("amount * discount / 100", "((amount * discount) / 100)")),
    "a copy between other lines": _oracle(_COPY.replace("\n    a", "\n    'a line'\n    print()\n    a")),
    "a copy behind marks of comment": _oracle(
        _COPY.replace("\n    ", "\n    '#'; ").replace("'#'; if", "if").replace("'#';     ", "    ")
    ),
    "a copy in a lambda's place": _oracle(
        "class Copied:\n    @staticmethod\n"
        + "".join(f"    {line}\n" for line in _COPY.splitlines())
        + "\ncopied = Copied.copied\n"
    ),
    "a copy in other letters": _oracle(_COPY.replace("sum(", "ｓｕｍ(").replace("rounded(", "ｒounded(")),
    "a copy beside it": _oracle(
        "from tests.reference import copied\n", reference__py="from shop.pricing import rounded\n\n\n" + _COPY
    ),
    "a copy in a string": _oracle(f"exec({_COPY!r})\n"),
    "a copy in data, imported": _oracle(
        "import importlib, pathlib, sys, tempfile\n"
        "folder = tempfile.mkdtemp()\n"
        "text = (pathlib.Path(__file__).parent / 'reference.txt').read_text()\n"
        "pathlib.Path(folder, 'kept_reference.py').write_text(text)\n"
        "sys.path.insert(0, folder)\n"
        "copied = importlib.import_module('kept_reference').copied\n",
        reference__txt="from shop.pricing import rounded\n\n\n" + _COPY,
    ),
    "a packed copy that is run": _oracle(
        f"import base64, zlib\nexec(zlib.decompress(base64.b64decode({_hidden(_COPY)})))\n"
    ),
    "a packed copy that is compiled by another name": _oracle(
        f"import base64, builtins, zlib\nspace = {{'rounded': rounded}}\n"
        f"getattr(builtins, 'ex' + 'ec')(zlib.decompress(base64.b64decode({_hidden(_COPY)})), space)\n"
        "copied = space['copied']\n"
    ),
    "the commit's own code": _oracle(
        "import subprocess\nspace = {}\n"
        "exec(subprocess.run(['git', 'show', 'HEAD:shop/pricing.py'], capture_output=True).stdout, space)\n"
        "copied = space['total']\n"
    ),
}
"""Oracles that are the function itself."""
