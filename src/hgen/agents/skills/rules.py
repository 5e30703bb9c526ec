"""The rules: which component of a skill an action is."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from hgen.agents.actions import Action
from hgen.agents.commands import Command
from hgen.agents.conversation import SUBMIT
from hgen.agents.skills import python_code
from hgen.agents.skills.kinds import Use

_LIST = {"ls", "tree", "find", "fd", "pwd", "du", "file", "stat", "which", "type", "locate", "whereis", "exa", "test"}
_SEARCH = {"grep", "egrep", "fgrep", "rg", "ag", "ack", "zgrep", "ugrep"}
_READ = {
    "cat", "head", "tail", "less", "more", "nl", "bat", "sed", "awk", "gawk", "cut", "hexdump", "xxd", "strings", "jq",
    "column", "wc", "sort", "uniq", "man", "tac", "od", "md5sum", "sha256sum", "pydoc", "pydoc3",
}  # fmt: skip
_RUN_TESTS = {"pytest", "py.test", "tox", "nox", "nosetests", "nose2", "unittest", "trial", "stestr", "ctest"}
_LINT = {"flake8", "mypy", "ruff", "black", "pylint", "isort", "pyright", "pyflakes", "pycodestyle", "bandit"}
_EDITORS = {"ed", "ex", "vi", "vim", "nano", "emacs", "patch"}
_INSTALL = {"pip", "pip3", "uv", "apt", "apt-get", "conda", "mamba", "npm", "yarn", "poetry", "pipenv", "brew", "pdm"}
_NOTHING = {"cd", "export", "set", "true", "false", ":", "source", ".", "pushd", "popd", "unset", "alias", "sleep"}
_PRINT = {"echo", "printf"}
_FILTERS = _READ | _SEARCH | {"tee", "xargs", "tr", "rev", "fold", "fmt"}

_GIT = {
    "diff": "inspect", "status": "inspect", "log": "history", "show": "history", "blame": "history",
    "reflog": "history", "branch": "history", "tag": "history", "grep": "search", "ls-files": "list",
    "ls-tree": "list", "cat-file": "history", "rev-parse": "list", "checkout": "undo", "restore": "undo",
    "reset": "undo", "stash": "undo", "revert": "undo", "clean": "undo", "apply": "edit", "am": "edit", "mv": "edit",
    "rm": "edit",
}  # fmt: skip
_MODULES = {
    **dict.fromkeys(_RUN_TESTS | {"doctest", "coverage"}, "run tests"),
    **dict.fromkeys(_LINT, "lint"),
    **dict.fromkeys(("pip", "venv", "ensurepip", "virtualenv"), "install"),
    "pydoc": "read",
}
_COMPILERS = {"py_compile", "compileall", "tabnanny"}

_TOOLS = {
    "think": "think", "task_tracker": "think", "plan": "think", "todo": "think", "update_plan": "think",
    "finish": "submit", "submit": "submit", "exit_forfeit": "submit", "search_dir": "search", "search_file": "search",
    "grep": "search", "find_file": "list", "glob": "list", "open": "read", "goto": "read", "scroll_up": "read",
    "scroll_down": "read", "read": "read", "read_file": "read", "view": "read", "write": "edit", "write_file": "edit",
    "insert": "edit", "apply_patch": "edit", "undo_edit": "undo",
}  # fmt: skip
_EDITS = {"view": "read", "create": "create", "str_replace": "edit", "insert": "edit", "undo_edit": "undo"}

_WEIGHT = {
    component: weight
    for weight, components in enumerate(
        (
            ("think",),
            ("list",),
            ("history",),
            ("read",),
            ("search",),
            ("follow",),
            ("run",),
            ("install",),
            ("inspect",),
            ("lint",),
            ("create", "edit", "undo"),
            ("write test",),
            ("reproduce",),
            ("run tests",),
            ("submit",),
        )
    )
    for component in components
}
"""Of several commands in one line the heaviest says what the line is for."""

_DEFINITION = re.compile(r"^\W*(?:def|class|async def|import|from)\b|\b(?:def|class)(?:\\s|\s)")
_TEST_FILE = re.compile(r"(?:^|/)(?:tests?|testing)/|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py$")
_SCRATCH = re.compile(r"^/tmp/|(?:^|/)(?:repro|reproduce|debug|check|verify|try|demo|scratch|tmp)[^/]*\.(?:py|sh)$")
_OUTPUT = re.compile(r"^/dev/|\.(?:log|txt|out|diff|patch)$")
_NO_TESTS = re.compile(r"no tests ran|collected 0 items|Ran 0 tests")


@dataclass
class Reader:
    """Reads one trajectory's actions in order: what a command is for may depend on what was made before."""

    made: dict[str, str] = field(default_factory=dict)
    """The files that the agent has made, with their text."""
    changed: dict[str, None] = field(default_factory=dict)
    """The files of the repository that it has changed."""

    def use(self, action: Action) -> Use:
        """What the next action is."""
        if not action.tool:
            return Use("submit" if SUBMIT in action.message and "<" not in action.message else "think")
        if action.is_shell:
            return self._of_line(action)
        if action.tool == "execute_ipython_cell":
            return self._noting(python_code.use_of(str(action.arguments.get("code", ""))), "")
        if action.is_editor:
            return self._of_editor(action.arguments)
        return Use(_TOOLS.get(action.tool, "run"))

    def _of_editor(self, arguments: Mapping[str, object]) -> Use:
        path = str(arguments.get("path", arguments.get("file_path", "")))
        component = _EDITS.get(str(arguments.get("command", "")), "edit")
        if component == "read":
            return Use("read" if "." in PurePosixPath(path).name else "list")
        if component == "undo":
            return Use("undo")
        text = arguments.get("file_text") or arguments.get("new_str") or ""
        return self._written(path, str(text), is_new=component == "create")

    def _of_line(self, action: Action) -> Use:
        uses = [use for command in action.commands if (use := self._of_command(command)) is not None]
        if not uses:
            prints = all(command.name in _PRINT for command in action.commands)
            return Use("think" if prints else "run")
        use = max(uses, key=lambda use: (_WEIGHT[use.component], not use.fake))
        if use.component == "run tests" and not use.fake and _NO_TESTS.search(action.observation):
            return Use("run tests", "runs no tests")
        return use

    def _of_command(self, command: Command) -> Use | None:  # noqa: PLR0911
        """What one command is for; None if it does nothing by itself."""
        name = command.name
        if SUBMIT in command.words:
            return Use("submit")
        targets = [path for path in command.writes if not _OUTPUT.search(path)]
        if name == "tee":
            targets += [path for path in command.operands if not _OUTPUT.search(path)]
        if targets and (name in _PRINT | {"cat", "tee", ""} or not name):
            return self._written(targets[-1], command.given or " ".join(command.words[1:]), is_new=True)
        if name in _NOTHING | _PRINT or (command.piped and name in _FILTERS and not command.given):
            return None
        if name.startswith("python") or name in {"ipython", "ipython3"}:
            return self._of_python(command)
        if name in _RUN_TESTS or (
            name in {"make", "hatch", "just", "poe", "npm"} and {"test", "check", "tests"} & set(command.operands)
        ):
            return self._tests(command.operands)
        if name == "coverage":
            return Use("run tests")
        return self._of_tool(command)

    def _of_tool(self, command: Command) -> Use:  # noqa: PLR0911
        name, operands = command.name, command.operands
        if name == "git":
            component = _GIT.get(operands[0] if operands else "", "run")
            return self._noting(Use(component), "")
        if name in _SEARCH:
            pattern = operands[0] if operands else ""
            return Use("follow" if _DEFINITION.search(pattern) else "search")
        if name == "find" and {"-exec", "-delete"} & set(command.words):
            return Use("edit" if "-delete" in command.words else "search" if "grep" in command.words else "list")
        if name in _LIST:
            return Use("list")
        if name in {"sed", "perl", "awk", "gawk"} and command.has("-i", "--in-place", "-pi"):
            return self._written(operands[-1] if operands else "", "", is_new=False)
        if name in _READ:
            return Use("read")
        if name in {"diff", "cmp", "colordiff"}:
            return Use("inspect")
        if name in _LINT:
            return Use("lint")
        if name in _EDITORS or name in {"mv", "cp", "ln", "chmod"}:
            return self._noting(Use("edit"), operands[-1] if operands else "")
        if name in {"rm", "rmdir"}:
            return Use("undo" if all(path in self.made for path in operands) and operands else "edit")
        if name in {"mkdir", "touch"}:
            return Use("create")
        if name in _INSTALL:
            return Use("install")
        return Use("run")

    def _of_python(self, command: Command) -> Use:
        words = command.words[1:]
        if command.given and not command.operands:
            return self._noting(python_code.use_of(command.given), "")
        for place, word in enumerate(words):
            rest = words[place + 1 :]
            if word == "-c" and rest:
                return self._noting(python_code.use_of(rest[0]), "")
            if word == "-m" and rest:
                return self._of_module(rest[0], rest[1:])
            if not word.startswith("-"):
                return self._of_script(word, rest)
        return Use("run")

    def _of_module(self, module: str, rest: tuple[str, ...]) -> Use:
        top = module.partition(".")[0]
        if top in _COMPILERS:
            return Use("lint", "compiles, and tries nothing")
        component = _MODULES.get(top, "reproduce")
        return (
            self._tests([word for word in rest if not word.startswith("-")])
            if component == "run tests"
            else Use(component)
        )

    def _of_script(self, path: str, rest: tuple[str, ...]) -> Use:
        name = PurePosixPath(path).name
        if name == "setup.py":
            return Use("run tests" if "test" in rest else "install")
        if name == "manage.py":
            return Use("run tests" if rest[:1] == ("test",) else "run")
        if _TEST_FILE.search(path) or name in {"runtests.py", "run_tests.py"}:
            return self._tests([path])
        return Use("reproduce", self._untouched([path]))

    def _tests(self, operands: Iterable[str]) -> Use:
        return Use("run tests", self._untouched([word.partition("::")[0] for word in operands]))

    def _untouched(self, paths: list[str]) -> str:
        """Why running these files of the agent's own says nothing of what it has changed."""
        texts = [self.made[path] for path in paths if path in self.made]
        modules = {PurePosixPath(path).stem for path in self.changed}
        modules |= {PurePosixPath(path).parent.name for path in self.changed if path.endswith("__init__.py")}
        packages = {part for path in self.changed for part in PurePosixPath(path).parts[:-1] if part.isidentifier()}
        if not texts or len(texts) < len(paths) or not modules:
            return ""
        if any(name in text for text in texts for name in modules | packages):
            return ""
        return "does not import what was changed"

    def _written(self, path: str, text: str, *, is_new: bool) -> Use:
        clean = path.removeprefix("./")
        if _TEST_FILE.search(clean):
            self.made[clean] = text
            return Use("write test")
        if _SCRATCH.search(clean):
            self.made[clean] = text
            return Use("reproduce")
        return self._noting(Use("create" if is_new and clean not in self.changed else "edit"), clean, text)

    def _noting(self, use: Use, path: str, text: str = "") -> Use:
        """Keep in mind what an action changes."""
        if use.skill == "implementation" and path:
            self.changed[path] = None
            if use.component == "create":
                self.made.setdefault(path, text)
        return use
