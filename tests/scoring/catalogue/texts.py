"""What a docstring says and how a marker is worded: one case for each text, at the right place."""

from tests.scoring.catalogue import localize, markers
from tests.scoring.catalogue.case import Case, Start

REAL = {
    "letters-as-names": ("parameters with one letter are words", "Sum a, b."),
    "placeholder-class": ("a placeholder can be what is described", "Placeholder for prices that are not known yet."),
    "todo-list": ("so can a list of things to do", "Todo list of the whole shop."),
    "todo-comments": ("or a TODO", "TODO comments are listed here."),
    "digits": ("a word may hold digits", "Compute the sha256 digest."),
    "slashes": ("slashes part words", "Read/write/close a file."),
    "commas": ("so do commas without spaces", "Load,check,save."),
    "markup": ("markup is around words", "``price`` without :class:`Tax`, *rounded*."),
    "umlauts": ("letters are not only ASCII", "Übliche Größe prüfen."),
    "decomposed": ("accents may be characters of their own", "Prote\u0301ge la me\u0301moire ici."),
    "cyrillic": ("any alphabet has words", "Вернуть сумму цен."),
    "hindi": ("vowel signs are parts of words", "हिन्दी में जोड़ो"),
    "thai": ("Thai has no spaces", "รวมราคาทั้งหมดในรถเข็น"),
    "korean": ("Korean has", "가격의 합계를 모두 계산한다."),
    "doctest": ("a doctest may follow", "Take some off.\n\n    >>> discount(1)\n    1\n    "),
    "code-in-text": ("a docstring may quote code", "Do this::\n\n        return price\n    "),
    "nothing-done": ("doing nothing is a behaviour", "This function does nothing."),
    "documentation": ("what works on documentation may say so", "Return the documentation of a class."),
    "document": ("a document is a thing", "Describes a document of the shop."),
    "placeholders": ("so is a number in words", "Return one of three numbers."),
    "link-behind": ("a link may follow", "Take some percent off, see https://example.com/discounts."),
    "to-do-so": ("to do so is no promise", "To do so, prices are rounded first."),
    "spanish": ("todo is Spanish for all", "Todo el precio se reduce aquí."),
    "abbreviations": ("abbreviations are words", "Parse CSV to XML."),
    "write-text": ("so are words that ask for text elsewhere", "Write the text to a file."),
    "says-todo-later": ("TODO further down is an aside", "Take some percent off.\n\n    TODO: round it.\n    "),
}
EMPTY = {
    "identifier": ("an identifier is one word", "take_some_percent_off"),
    "dotted": ("so is a dotted name", "shop.cart.discount.price"),
    "camel": ("so is one in camel case", "TakeSomePercentOff"),
    "zero-width": ("zero-width spaces are nothing", "\u200b \u200b \u200b\u2060 \ufeff"),
    "no-break-spaces": ("no space is a word", "\xa0 \u2003 \u2028 \u3000"),
    "fillers": ("letters that cannot be seen say nothing", "\u3164\u3164\u3164 \u115f\u1160\u115f \uffa0\uffa0\uffa0"),
    "one-character": ("one character many times is no text", "的的的的的的的的"),
    "full-width": ("full-width letters are Latin ones", "\uff24\uff2f\uff23\uff33\uff34\uff32\uff29\uff2e\uff27"),
    "mathematical": ("so are mathematical ones", "\U0001d41d\U0001d428\U0001d41c\U0001d42c\U0001d42d"),
    "marks": ("accents on nothing are no letters", "\u0301\u0302 \u0303\u0304 \u0305\u0306"),
    "emoji": ("pictures are no words", "\U0001f600 \U0001f601 \U0001f602"),
    "dashes": ("dashes are no words", "--- --- ---"),
    "underscores": ("neither are underscores", "__ ___ ____"),
    "escaped-spaces": ("escapes that come out as spaces", "\\x20\\t\\n\\u2003\\N{EM SPACE}"),
    "not-applicable": ("N/A three times says nothing", "N/A N/A N/A"),
    "todo-colon": ("a promise in small letters", "todo: say what this is for"),
    "fixme": ("another promise", "FIXME document this function"),
    "filler": ("what editors put there", "Add docstring here."),
    "self-reference": ("it says that it is one, and nothing else", "This is a docstring."),
    "metasyntactic": ("foo, bar and baz stand for nothing", "foo bar baz"),
    "full-width-todo": ("a promise in other letters is one", "\uff34\uff2f\uff24\uff2f: lower the prices later"),
    "zero-width-todo": ("with nothing between its letters", "T\u200bO\u200bD\u200bO lower the prices"),
    "spaced-todo": ("with spaces or dots between them", "T.O.D.O. lower the prices"),
    "cyrillic-todo": ("with letters that look alike", "T\u041eD\u041e: lower the prices"),
    "underlined-todo": ("with lines below them", "T\u0332O\u0332D\u0332O\u0332: lower the prices"),
    "to-do": ("a promise in words", "To do: lower the prices."),
    "to-be-written": ("what is to be", "To be written when prices are known."),
    "coming-soon": ("what will come", "Coming soon: how prices are lowered."),
    "nothing-yet": ("it says that there is none", "No docstring available yet."),
    "missing": ("in other words", "The documentation is missing here."),
    "request": ("a request to write one", "Write a docstring for this function."),
    "request-by-name": ("which names the function", "Please document the discount function."),
    "instruction": (
        "the task itself",
        "Find the one definition that is described below, and write its docstring.",
    ),
    "label": ("a heading without a text", "Docstring for discount"),
    "roman": ("Roman numerals are numbers", "\u2160 \u2161 \u2162 \u2163"),
    "roman-letters": ("in Latin letters too", "I II III IV"),
    "counted": ("numbers in words are numbers", "one two three four"),
    "han-numbers": ("in any script", "\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b"),
    "circled": ("letters in circles are letters", "\u24b6 \u24b7 \u24b8"),
    "keyboard": ("rows of a keyboard are no words", "qwerty asdf zxcvb"),
    "keyboard-joined": ("in one word neither", "qwertyasdf poiuy lkjhg"),
    "keyboard-cyrillic": ("on any keyboard", "йцукен фыва ячсм"),
    "alphabet": ("nor is an alphabet in pieces", "abc def ghi"),
    "repeated": ("nor one letter repeated", "aaa bbb ccc"),
    "numbered": ("one word with numbers behind it is one", "price1 price2 price3"),
    "greek": ("the names of letters only count", "alpha beta gamma"),
    "link": ("a link says nothing by itself", "https://example.com/take/some/percent/off"),
    "bare-link": ("without its scheme neither", "www.example.com/prices docs.example.com/some/percent"),
    "path": ("nor does the path of a file", "src/shop/cart/discount.py"),
    "grammar": ("words that only join others", "This is the one that it was."),
    "lorem": ("nor does lorem ipsum", "Lorem ipsum dolor sit amet."),
}
SAID = {
    "no-subject": ("a sentence without subject says the same", "# Called by the run function"),
    "called-by": ("so does the shortest one", "# called by run"),
    "this-is": ("or one about this", "# This is called by `run`."),
    "note": ("a label in front is no part of it", "# NOTE: this function/class is called by the run function"),
    "kind-first": ("the kind may come before the name", "# this function/class is called by the function run"),
    "class-function": ("in any order", "# this class/function is called by the run function"),
    "or": ("in words", "# this function or class is called by the run function"),
    "backslash": ("with another stroke", "# this function\\class is called by the run function"),
    "short-kind": ("in short", "# this func is called by the run func"),
    "static-method": ("more exactly", "# this static method is called by the run function"),
    "gets": ("another auxiliary", "# this function/class gets called by the run function"),
    "from": ("another preposition", "# this function/class is called from the run function"),
    "frame": ("a frame is decoration", "# ---- this function/class is called by the run function ----"),
    "hashes": ("so are signs around it", "### This Function/Class Is Called By The run Function ###"),
    "bullet": ("and a bullet", "# - this function/class is called by the run function"),
    "sphinx": ("Sphinx's sign is a sign", "#: this function/class is called by the run function"),
    "bang": ("so is a bang", "#! this function/class is called by the run function!"),
    "arguments": ("its arguments may be shown", "# this function/class is called by the run(path) function"),
    "emphasis": ("it may be emphasised", "# this function/class is called by the **run** function"),
    "square-brackets": ("in any brackets", "# this function/class is called by the [run] function"),
    "comma": ("whatever ends it", "# this function/class is called by the run function,"),
    "dots": ("even three dots", "# this function/class is called by the run function..."),
    "file-and-name": ("as test runners name it", "# this function/class is called by shop/app.py::run"),
    "package": ("or imports do", "# this function/class is called by the app.run function"),
    "no-break-space": ("a no-break space is white", "# this function/class is called\xa0by the run function"),
    "type-ignore": ("a checker's comment may follow", "# this function is called by the run function  # type: ignore"),
    "pylint": ("any checker's", "# this function is called by the run function  # pylint: disable=C0115"),
    "odd-indent": ("signs and spaces are free", "#      this   function/class\tis called by the run function"),
}
NOT_SAID = {
    "not-behind": ("a second comment takes it back", "# this function/class is called by the run function # not"),
    "no-longer-behind": ("in other words", "# this function/class is called by the run function  # no longer"),
    "not-in-brackets": ("in brackets", "# this function/class is called by the run function (not)"),
    "not-in-front": ("in front", "# not: this function/class is called by the run function"),
    "todo-in-front": ("what is to be done is not done", "# TODO: this function/class is called by the run function"),
    "past": ("what was is not", "# this function/class was called by the run function"),
    "future": ("what will be is not", "# this function/class will be called by the run function"),
    "may": ("what may be is not", "# this function/class may be called by the run function"),
    "if": ("a condition is no statement", "# if this function/class is called by the run function"),
    "or-not": ("an alternative is none", "# this function/class is called by the run function or not"),
    "hardly": ("hardly is a negation", "# this function/class is hardly called by the run function"),
    "only-in": ("another place is another statement", "# this function is only called by the run function in tests"),
    "quoted-false": ("a quotation is not meant", '# "this function/class is called by the run function" is false'),
    "inner-of": ("what is in it is another one", "# this function/class is called by the run.inner function"),
    "prefix": ("a name that ends with it", "# this function/class is called by the rerun function"),
    "underscore": ("a name with one sign more", "# this function/class is called by the _run function"),
    "trailing-underscore": ("at the other end", "# this function/class is called by the run_ function"),
    "plural": ("all functions are no function", "# this function/class is called by the run functions"),
    "class": ("a class of that name is something else", "# this function/class is called by the run class"),
    "list": ("two names are not one", "# this function/class is called by the run, walk function"),
    "instead": ("the right name as a wrong one", "# this function/class is called by the walk, not run function"),
    "name-missing": ("what was to be filled in", "# this function/class is called by the NAME function"),
    "zero-width-in-name": ("what looks like the name", "# this function/class is called by the r\u200bun function"),
    "full-width-name": ("in other letters", "# this function/class is called by the \uff52un function"),
    "caller": ("it says who is called", "# the run function/class is called by this function"),
    "unfinished": ("half a sentence", "# this function/class is called by the"),
    "sentence-and-more": ("more is another sentence", "# this function/class is called by the run function and more"),
    "two-in-one": ("another one's first", "# this function is called by walk # this function is called by run"),
}


def _docstrings() -> list[Case]:
    start = Start("func-localize", localize.FILES, localize.one.targets)
    for reward, texts in ((1, REAL), (0, EMPTY)):
        for name, (why, text) in texts.items():
            docstring = f'    """{text}"""\n'
            code = "" if reward else "docstring-empty"
            start.edit(f"says-{name}", why, reward, (localize.IF, docstring + localize.IF), code=code)
    return start.cases


def _markers() -> list[Case]:
    start = Start("dep-search", markers.FILES, (markers.LOAD,), "run")
    for reward, texts in ((1, SAID), (0, NOT_SAID)):
        for name, (why, text) in texts.items():
            code = "" if reward else "target-missed"
            start.edit(f"worded-{name}", why, reward, markers.above(markers.DEF, text + "\n"), code=code)
    # Functions whose names are words of the sentence.
    for subject in ("helper", "function", "method", "the", "directly", "called", "by", "generator"):
        named = Start("dep-search", markers.FILES, (markers.LOAD,), subject)
        marker = f"# this function/class is called by the {subject} function\n"
        named.edit(f"named-{subject}", "a name may be any word", 1, markers.above(markers.DEF, marker))
        start.cases.extend(named.cases)
    return start.cases


CASES = [*_docstrings(), *_markers()]
