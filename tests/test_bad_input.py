"""Bad input is a clear error or a counted reject, and nothing else is lost."""

import json
import resource
import subprocess
from pathlib import Path

import pytest

from hgen.records import Codebase, Reject, Task, Validated
from hgen.runner import done_shards
from hgen.shards import read_shard
from tests.command import HGEN, environment, hgen

LICENSE = (Path(__file__).parent.parent / "LICENSE").read_text(encoding="utf-8")
NOUNS = [
    "apple", "bridge", "candle", "dragon", "engine", "forest", "garden", "hammer", "island",
    "jacket", "kettle", "ladder", "mirror", "needle", "orange", "pencil", "quartz", "ribbon",
    "saddle", "tunnel", "umbrella", "violin", "window", "yogurt", "zipper",
]  # fmt: skip


def good_function(number: int, noun: str) -> str:
    return f'''
def {noun}_{number}(left, right):
    """Weigh the {noun} crate number {number} against its {NOUNS[-number]} twin and tell which is heavier."""
    difference = {number} * left - right
    if difference > {number}:
        return helper_{noun}(difference)
    return right


def helper_{noun}(value):
    return value + {number}
'''


BAD_FILES: dict[str, bytes] = {
    "latin.py": b'def caf\xe9():\n    """Not UTF-8 and without a cookie."""\n',
    "cookie.py": '# -*- coding: latin-1 -*-\ndef café():\n    """Declared as Latin-1."""\n    return 1\n'.encode(
        "latin-1"
    ),
    "bom.py": b'\xef\xbb\xbfdef marked():\n    """After a byte order mark."""\n    return 1\n',
    "crlf.py": b'def carriage():\r\n    """Returns and newlines."""\r\n    return 1\r\n',
    "feed.py": b'\x0cdef fed():\n    """After a form feed."""\n\x0c\n    return 1\n',
    "null.py": b"def nothing():\n    return '\0'\n",
    "returns.py": b"def old_mac():\r    return 1\r",
    "python2.py": b"def talk():\n    print 'hello'\n",
    "broken.py": b"def broken(:\n    pass\n",
    "long.py": b"def line_%d(): return %d\n" % (0, 0) + b"x = 1\n" * 100_000,
    "wide.py": b"WIDE = [" + b"1," * 500_000 + b"]\n\ndef after(): return WIDE\n",
    "deep.py": b"DEEP = " + b"(" * 5_000 + b"1" + b")" * 5_000 + b"\n\ndef under(): return DEEP\n",
    "empty.py": b"",
    "binary.dat": bytes(range(256)),
}


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds good code among everything that can be wrong."""
    root = tmp_path_factory.mktemp("nasty") / "project"
    package = root / "nasty"
    package.mkdir(parents=True)
    (root / "LICENSE").write_text(LICENSE, encoding="utf-8")
    for number, noun in enumerate(NOUNS, 1):
        (package / f"good_{noun}.py").write_text(good_function(number, noun), encoding="utf-8")
    for name, content in BAD_FILES.items():
        (package / name).write_bytes(content)
    (package / "outside.py").symlink_to("/etc/passwd")
    (package / "circle").symlink_to("../nasty")
    (package / "loop.py").symlink_to("loop.py")
    return root


def settings(nasty: Path) -> list[str]:
    """Its tasks are easy, as it is small."""
    return ["--set", f"mine.sources=[{nasty}]", "--set", "synth.max_lazy=1"]


@pytest.fixture(scope="module")
def out(nasty: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nasty-out") / "out"
    done = hgen("run", "-o", folder, *settings(nasty), "-j", "1")
    assert done.returncode == 0, done.stderr
    return folder


def records(out: Path, stage: str, kind: type) -> list:  # type: ignore[type-arg]
    return [record for shard in done_shards(out, stage) for record in read_shard(shard, kind)]


def test_every_bad_file_is_counted_and_every_good_one_is_parsed(out: Path) -> None:
    (codebase,) = records(out, "parse", Codebase)
    rejects = [
        record
        for shard in done_shards(out, "parse")
        for record in read_shard(shard.with_suffix(".rejects.jsonl"), Reject)
    ]
    broken = {found.source.removeprefix("local:project nasty/"): found.reason for found in rejects}
    assert {"latin.py", "null.py", "returns.py", "python2.py", "broken.py"} <= set(broken)
    parsed = {symbol.file.removeprefix("nasty/") for symbol in codebase.symbols}
    assert {"cookie.py", "bom.py", "crlf.py", "feed.py", "long.py"} <= parsed
    assert {f"good_{noun}.py" for noun in NOUNS} <= parsed
    assert not {"outside.py", "loop.py"} & (parsed | set(broken))
    assert set(BAD_FILES) - {"empty.py", "binary.dat"} <= parsed | set(broken)


def test_good_code_among_bad_files_still_gives_sound_tasks(out: Path) -> None:
    sound = records(out, "validate", Validated)
    assert len(sound) >= 10
    assert len(sound) == len(records(out, "synth", Task))


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["run", "--set", "synth.sed=1"], 2, "unknown configuration key synth.sed; did you mean synth.seed?"),
        (["run", "--set", "synth.options.dep-search.capp=1"], 2, "did you mean synth.options.dep-search.cap?"),
        (["run", "--set", "synth.options.dep-serch.cap=1"], 2, "unknown families dep-serch in synth.options"),
        (["synth", "--task", "dep-serch"], 2, "unknown families dep-serch; known: func-localize, dep-search"),
        (["mine"], 2, "nothing to mine"),
        (["mine", "no/such/path/at all"], 2, "is neither a path that exists nor"),
        (["mine", "installed:rich", "--set", "mine.decontaminate=[no-such-list]"], 2, "no-such-list"),
        (["mine", "https://me:secret@example.org/x.git"], 2, "holds a password"),
        (["run", "-c", "no-such-file.yaml"], 2, "cannot read the configuration no-such-file.yaml"),
        (["parse"], 1, "is no out folder yet; run `hgen mine` first"),
        (["mine", "--jobs", "x"], 2, "Invalid value for '-j'"),
        (["frobnicate"], 2, "No such command 'frobnicate'"),
        (["show"], 2, ""),
        (["score", "/dev/null", "."], 2, "cannot read /dev/null: it is no regular file"),
        (["score", "/dev/null", "/dev/null", "--rewards", "/"], 2, "cannot read /dev/null: it is no regular file"),
        (["mine", "https://[::1/a/b"], 2, "'https://[::1/a/b' is no URL"),
        (["run", "--set", "synth.seed=2024-13-45"], 2, "--set 'synth.seed=2024-13-45'"),
        (["run", "--set", "synth.options.func-localize.variants=[]"], 2, "func-localize.variants: Tuple should have"),
        (["export", "--format", "nonsense"], 2, "unknown format 'nonsense'"),
    ],
)
def test_a_users_mistake_is_one_line_and_exit_2(arguments: list[str], status: int, said: str, tmp_path: Path) -> None:
    out = ["-o", str(tmp_path / "out")] if arguments[0] != "frobnicate" else []
    done = hgen(*arguments, *out)
    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr
    assert done.stderr.startswith("hgen: ")
    assert done.stderr.count("\n") == 1
    assert "secret" not in done.stderr


def test_what_cannot_be_mined_is_a_reject_with_its_reason(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    bare = tmp_path / "unlicensed"
    bare.mkdir()
    for number in range(5):
        (bare / f"m{number}.py").write_text("x = 1\n", encoding="utf-8")
    done = hgen("mine", empty, bare, "installed:no-such-package", "-o", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    (stage,) = json.loads(done.stdout)
    assert (stage["in"], stage["out"], sum(stage["rejects"].values())) == (3, 0, 3)
    assert "no-license" in stage["rejects"]


def test_a_full_disk_leaves_the_shard_undone_and_says_so(nasty: Path, out: Path, tmp_path: Path) -> None:
    """A limit on the size of files stands in for the disk's end: writing fails in the middle of a shard."""
    command = [*HGEN, "run", "-o", str(tmp_path / "out"), *settings(nasty), "-j", "1"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (16_384, resource.RLIM_INFINITY)),
    )
    assert done.returncode == 1
    assert "is undone: [Errno 27] File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert subprocess.run(command, capture_output=True, check=False, env=environment()).returncode == 0
    for stage in ("mine", "parse", "synth", "validate"):
        shard = f"{stage}/00000.jsonl"
        assert (tmp_path / "out" / shard).read_bytes() == (out / shard).read_bytes()


def test_a_second_hgen_keeps_off_a_folder_that_is_in_use(tmp_path: Path) -> None:
    import fcntl

    (tmp_path / "out").mkdir()
    with (tmp_path / "out" / ".hgen").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = hgen("mine", "installed:rich", "-o", tmp_path / "out")
    assert done.returncode == 2
    assert "another hgen is working in" in done.stderr


def test_help_shows_what_is_in_square_brackets() -> None:
    said = hgen("mine", "--help").stdout
    for piece in ("URL[@rev]", "owner/name[@rev]", "pypi:NAME[==VERSION]", "hf:DATASET[:SPLIT]"):
        assert piece in said


def test_help_has_examples_for_every_stage() -> None:
    commands = "mine parse synth validate export run score deps show stats doctor"
    for command in commands.split():
        said = hgen(command, "--help").stdout
        assert f"hgen {command}" in said.split("Example", 1)[1], command


def test_doctor_finds_an_index_at_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://[::1/simple")
    done = hgen("doctor", "--json")
    assert "Traceback" not in done.stderr
    assert "cannot be reached (Invalid IPv6 URL)" in done.stdout
