"""The client of an endpoint against a server with faults; what is asked once is not asked again."""

import json
import re
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hgen.config import EndpointConfig
from hgen.endpoint.budget import LEDGER, Ledger, OverBudget
from hgen.endpoint.client import Endpoint, Unanswered, require_usable
from hgen.endpoint.replies import Kept, Replies, Reply
from hgen.endpoint.talks import held
from hgen.endpoint.usage import Usage
from hgen.errors import ConfigError, NetworkError, ShardError, Skip
from tests.endpoint.standin import KEY, Answer, Body, Cuts, Fails, Says, StandIn, endpoint

QUESTION = {"messages": [{"role": "user", "content": "What is this?"}]}


def question(text: str) -> Body:
    return {"messages": [{"role": "user", "content": text}]}


def in_turn(*answers: Answer) -> Callable[[Body], Answer]:
    """The answers one after the other, the last one for ever."""
    left = deque(answers)
    return lambda _: left.popleft() if len(left) > 1 else left[0]


@pytest.fixture
def asking(tmp_path, monkeypatch):
    """Opens an endpoint at a stand-in."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    def open_at(stand_in: StandIn, **settings: object) -> Endpoint:
        monkeypatch.setenv("OPENAI_BASE_URL", stand_in.address)
        return Endpoint(EndpointConfig.model_validate({"model": "m", **settings}), tmp_path / "replies")

    return open_at


def test_a_reply_says_what_the_model_said_and_what_it_took(asking) -> None:
    with endpoint(in_turn(Says("A thing of some use."))) as stand_in, asking(stand_in) as model:
        reply = model.ask(QUESTION)
    assert reply == Reply(
        text="A thing of some use.", refusal="", finish="stop", usage=Usage(input_tokens=3, output_tokens=5)
    )
    assert stand_in.bodies == [{"model": "m", "max_completion_tokens": 2000, **QUESTION}]
    assert stand_in.keys == {f"Bearer {KEY}"}


@pytest.mark.parametrize(
    "fault",
    [
        Fails(429, headers={"Retry-After": "0.01"}),
        Fails(500, headers={"Retry-After": "0.01"}),
        Fails(503, body="<html>busy</html>", headers={"Retry-After": "0.01"}),
        Cuts(),
        Cuts(after=5),
        Says("late", seconds=1.0),
    ],
    ids=str,
)
def test_a_busy_a_broken_and_a_slow_endpoint_is_asked_again(asking, fault) -> None:
    with endpoint(in_turn(fault, Says("Yes."))) as stand_in, asking(stand_in, attempts=2, timeout=0.5) as model:
        assert model.ask(QUESTION).text == "Yes."
        assert len(stand_in.bodies) == 2


def test_an_endpoint_that_says_when_to_come_again_is_not_asked_before(asking) -> None:
    times = []

    def answer(_: Body) -> Answer:
        import time

        times.append(time.monotonic())
        return Fails(429, headers={"Retry-After": "2"}) if len(times) == 1 else Says("Yes.")

    with endpoint(answer) as stand_in, asking(stand_in) as model:
        model.ask(QUESTION)
    # The client's own first back-off is below a second.
    assert times[1] - times[0] >= 2


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fails(500), "does not answer"),
        (Fails(401, '{"error": {"message": "Incorrect API key: ' + KEY + '"}}'), "refuses the key in OPENAI_API_KEY"),
        (Fails(400, '{"error": {"message": "unknown response_format"}}'), "takes no such requests"),
        (Fails(200, "{not JSON"), "does not answer"),
        (Fails(200, '"a text"'), "no chat completion"),
        (Fails(200, '{"choices": []}'), "no chat completion"),
    ],
    ids=str,
)
def test_an_endpoint_that_does_not_work_is_a_broken_machine_and_no_word_of_it_holds_the_key(
    asking, fault, words, tmp_path
) -> None:
    with endpoint(in_turn(fault)) as stand_in, asking(stand_in, attempts=1) as model:
        with pytest.raises(NetworkError, match=words) as raised:
            model.ask(QUESTION)
        assert KEY not in str(raised.value)
        assert raised.value.__cause__ is None
        assert raised.value.__suppress_context__
    spent = Ledger.model_validate_json((tmp_path / "replies" / LEDGER).read_bytes())
    assert (spent.tokens, spent.cost) == (0, 0)


def test_a_prompt_that_is_too_long_or_filtered_is_nothing_the_endpoint_is_to_blame_for(asking) -> None:
    told = '{"error": {"message": "maximum context length is 8", "code": "context_length_exceeded"}}'
    with (
        endpoint(in_turn(Fails(400, told))) as stand_in,
        asking(stand_in) as model,
        pytest.raises(Unanswered, match="maximum context"),
    ):
        model.ask(QUESTION)


def test_what_was_asked_is_not_asked_again_whichever_process_asked(asking) -> None:
    with endpoint(in_turn(Says("First."), Says("Second."))) as stand_in:
        with asking(stand_in) as model:
            first = model.ask(QUESTION)
        with asking(stand_in) as model:
            assert model.ask(QUESTION) == first
            assert "requests" not in model.counts()
            assert model.counts()["input_tokens"] == 3
        with asking(stand_in, model="other") as model:
            assert model.ask(QUESTION).text == "Second."
        assert len(stand_in.bodies) == 2


def test_of_two_replies_to_one_request_the_first_that_is_kept_counts(tmp_path) -> None:
    def kept(text: str) -> Kept:
        usage = Usage(input_tokens=1, output_tokens=1)
        return Kept(request=QUESTION, reply=Reply(text=text, refusal="", finish="stop", usage=usage))

    replies = Replies(tmp_path)
    assert replies.keep("ab", kept("first")).reply.text == "first"
    assert replies.keep("ab", kept("second")).reply.text == "first"
    (damaged,) = tmp_path.glob("ab/*.json")
    damaged.write_text("{", encoding="utf-8")
    with pytest.raises(ShardError, match=r"ab\.json is damaged"):
        replies.get("ab")


def test_no_more_requests_than_the_configuration_says_are_under_way_in_all_clients_together(asking) -> None:
    with endpoint(lambda _: Says("Yes.", seconds=0.05)) as stand_in:
        with (
            asking(stand_in, concurrency=2) as one,
            asking(stand_in, concurrency=2) as other,
            ThreadPoolExecutor(8) as at,
        ):
            list(at.map(lambda n: (one if n % 2 else other).ask(question(str(n))), range(12)))
        assert len(stand_in.bodies) == 12
        assert stand_in.most_at_once == 2


@pytest.mark.parametrize(
    "bound",
    [{"max_tokens": 800}, {"max_cost": 0.001, "input_price": 1.0, "output_price": 2.0}],
    ids=["tokens", "money"],
)
def test_a_budget_is_never_overspent_and_what_was_paid_is_kept(asking, tmp_path, bound) -> None:
    settings = {"max_reply_tokens": 50, **bound}

    def asked(model: Endpoint) -> list[int]:
        done = []
        for number in range(60):
            try:
                model.ask(question(f"{number} " + "word " * 20))
                done.append(number)
            except OverBudget:
                pass
        return done

    with endpoint(in_turn(Says("Some words for it."))) as stand_in:
        with asking(stand_in, **settings) as model:
            done = asked(model)
            counts = model.counts()
        assert 3 < len(done) == len(stand_in.bodies) < 60
        assert counts["input_tokens"] + counts["output_tokens"] <= settings.get("max_tokens", 10**9)
        assert counts["cost"] <= settings.get("max_cost", 0)
        # Another run sees the same, and one with a larger budget goes on.
        with asking(stand_in, **settings) as model:
            assert asked(model) == done
        assert len(stand_in.bodies) == len(done)
        more = {key: 10 * value if key.startswith("max_") else value for key, value in bound.items()}
        with asking(stand_in, **{**settings, **more}) as model:
            assert len(asked(model)) == 60
    spent = Ledger.model_validate_json((tmp_path / "replies" / LEDGER).read_bytes())
    assert spent.tokens == sum(
        Kept.model_validate_json(path.read_bytes()).reply.usage.tokens for path in tmp_path.glob("replies/*/*.json")
    )


def test_an_endpoint_that_counts_no_tokens_is_taken_for_as_dear_as_it_can_be(asking) -> None:
    with endpoint(in_turn(Says("Yes.", usage=False))) as stand_in, asking(stand_in) as model:
        usage = model.ask(QUESTION).usage
    assert usage.output_tokens == len("Yes.")
    assert usage.input_tokens > len(json.dumps(QUESTION))


def test_the_key_is_in_no_file_even_if_the_model_says_it(asking, tmp_path) -> None:
    with endpoint(in_turn(Says(f"Your key is {KEY}."))) as stand_in, asking(stand_in) as model:
        assert model.ask(QUESTION).text == "Your key is ***."
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("settings", "key", "words"),
    [
        ({}, KEY, "set endpoint.model"),
        ({"model": "m"}, "", "set OPENAI_API_KEY"),
        ({"model": "m", "max_cost": 1}, KEY, "needs prices"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_asked(monkeypatch, settings, key, words) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(ConfigError, match=re.escape(words)):
        require_usable(EndpointConfig.model_validate(settings))


def test_a_missing_client_is_said_with_what_to_install(monkeypatch) -> None:
    monkeypatch.setattr("hgen.endpoint.client.find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=re.escape("pip install 'hgen[llm]'")):
        require_usable(EndpointConfig(model="m"))


def test_talks_end_in_their_order_and_no_more_are_begun_than_are_wanted(asking) -> None:
    begun = []

    def talk(number: int):
        begun.append(number)
        first = yield question(f"{number} first")
        if number % 3 == 0:
            raise Skip("no", str(number))
        second = yield question(f"{number} then {first.text}")
        return number, second.text

    def answer(body: Body) -> Answer:
        text = body["messages"][0]["content"]
        # The sooner it is asked, the later it comes.
        return Says(text[::-1], seconds=0.02 * (5 - int(text.split()[0]) % 5))

    results: list[object] = []

    def wanted() -> int:
        return 7 - sum(not isinstance(result, Skip) for result in results)

    with endpoint(answer) as stand_in, asking(stand_in, concurrency=4) as model:
        results.extend(held(map(talk, range(100)), model, wanted))
        again = len(stand_in.bodies)
    got = [result[0] for result in results if not isinstance(result, Skip)]
    assert got == [1, 2, 4, 5, 7, 8, 10]
    assert begun == list(range(11))
    assert again == len(begun) + len(got)


def test_a_broken_endpoint_ends_talks_with_what_broke(asking, tmp_path) -> None:
    def talk():
        yield QUESTION

    with (
        endpoint(in_turn(Fails(500))) as stand_in,
        asking(stand_in, attempts=1) as model,
        pytest.raises(NetworkError),
    ):
        list(held((talk() for _ in range(5)), model, lambda: 5))
    assert not list(Path(tmp_path / "replies").glob("*/*.json"))
