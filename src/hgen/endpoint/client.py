"""One model behind an endpoint: requests in the protocol of chat completions, by the official client."""

import hashlib
import json
import logging
import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

from hgen.config import EndpointConfig
from hgen.endpoint.budget import Budget
from hgen.endpoint.replies import Called, Kept, Replies, Reply
from hgen.endpoint.slots import Slots
from hgen.endpoint.usage import Usage
from hgen.errors import ConfigError, NetworkError
from hgen.passwords import without_passwords
from hgen.records import add_up

Request = Mapping[str, Any]
"""The body of a chat completion but for the model: ``messages``, and what else the protocol has (``tools``, …)."""

KEY = "OPENAI_API_KEY"
"""The variable of the environment that holds the key; the client reads it, and ``OPENAI_BASE_URL``."""

_LOGGERS = ("openai", "httpx", "httpx2", "httpcore", "httpcore2")
_OF_THIS_PROMPT = ("context_length", "context length", "content_filter", "content_policy", "maximum context")
"""What an endpoint says that refuses one prompt and not all of them."""
_MESSAGE_TOKENS = 16
"""Of a message, beyond its text; a token of text is a byte at least."""


class Unanswered(Exception):  # noqa: N818 - says something of the prompt, not of the endpoint
    """The endpoint works, and has no answer to this prompt: it is too long, or filtered."""


class Endpoint:
    """Asks the configuration's model; may be used by several threads. Use it in a ``with`` block.

    ``folder`` holds the replies, what they have cost, and locks: requests of all processes that share it are bounded,
    and paid, together.
    """

    def __init__(self, config: EndpointConfig, folder: Path, *, base_url: str = "") -> None:
        """``base_url`` is the endpoint's address; without one the client takes that of the environment."""
        # Takes seconds to import, and need not be installed.
        import openai  # noqa: PLC0415

        for name in _LOGGERS:
            # They log addresses, which may hold passwords.
            logging.getLogger(name).setLevel(logging.WARNING)
        self.config = config
        self._openai = openai
        self._client = openai.OpenAI(base_url=base_url or None, max_retries=config.attempts - 1, timeout=config.timeout)
        self._replies = Replies(folder)
        self._budget = Budget(config, folder)
        self._slots = Slots(folder, config.concurrency)
        self._counts: dict[str, float] = {}
        self._counting = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def whole(self, request: Request) -> dict[str, Any]:
        """The request as it is sent."""
        return {"model": self.config.model, "max_completion_tokens": self.config.max_reply_tokens, **request}

    def ask(self, request: Request, *, salt: str = "") -> Reply:
        """The reply to a request, which is sent only if no run before has had one; with another ``salt``, another one.

        Raises ``Unanswered``, ``OverBudget`` if it might cost more than is left, and ``NetworkError`` if the endpoint
        does not work after all attempts.
        """
        body = self.whole(request)
        digest = digest_of({**body, "salt": salt} if salt else body)
        kept = self._replies.get(digest)
        if kept is None:
            with self._slots.one(), self._budget.reserved(_most(body, self.config.max_reply_tokens)) as settle:
                reply = self._send(body)
                settle(reply.usage)
            kept = self._replies.keep(digest, Kept(request=body, reply=reply))
            self._count(requests=1)
        usage = kept.reply.usage
        self._count(
            replies=1,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cost=usage.cost(self.config),
        )
        return kept.reply

    def digest(self, request: Request) -> str:
        """What names the reply to a request in the folder."""
        return digest_of(self.whole(request))

    def counts(self) -> dict[str, float]:
        """What has been used here: replies with their tokens and cost, whenever they were paid, and requests sent."""
        with self._counting:
            return dict(self._counts)

    def _count(self, **numbers: float) -> None:
        with self._counting:
            add_up(self._counts, numbers)

    def _send(self, body: dict[str, Any]) -> Reply:
        openai = self._openai
        try:
            completion = self._client.chat.completions.create(**body)
            return self._reply(completion, body)
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            said = self._hidden(str(error))
            if any(word in said.lower() for word in _OF_THIS_PROMPT):
                raise Unanswered(said) from None
            raise NetworkError(f"the endpoint takes no such requests: {said}") from None
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            raise NetworkError(f"the endpoint refuses the key in {KEY}: {self._hidden(str(error))}") from None
        except (openai.OpenAIError, ValueError) as error:
            # From nothing: what is below may hold the key.
            raise NetworkError(f"the endpoint does not answer: {self._hidden(str(error))}") from None

    def _reply(self, completion: Any, body: dict[str, Any]) -> Reply:
        """What a completion says; ``ValueError`` if it is none."""
        try:
            choice = completion.choices[0]
            message = choice.message
        except (AttributeError, IndexError, TypeError):
            raise ValueError("what it sends is no chat completion") from None
        text, refusal = self._hidden(message.content or ""), self._hidden(message.refusal or "")
        told = completion.usage
        usage = (
            _most(body, len(text.encode()))
            if told is None
            else Usage(input_tokens=told.prompt_tokens, output_tokens=told.completion_tokens)
        )
        return Reply(
            text=text,
            refusal=refusal,
            reasoning=self._hidden(str(getattr(message, "reasoning_content", None) or "")),
            calls=tuple(
                Called(id=call.id or "", name=call.function.name or "", arguments=call.function.arguments or "")
                for call in message.tool_calls or ()
                if getattr(call, "function", None) is not None
            ),
            finish=choice.finish_reason or "",
            usage=usage,
        )

    def _hidden(self, text: str) -> str:
        """A text of the endpoint's without the key, which some repeat."""
        return without_passwords(text.replace(self._client.api_key, "***"))


def require_usable(config: EndpointConfig) -> None:
    """Raise ``ConfigError`` unless a model is named, the client is installed and a key is there."""
    if not config.model:
        raise ConfigError("a language model is asked for, and none is named: set endpoint.model")
    if find_spec("openai") is None:
        raise ConfigError("a language model is asked for, and the client is missing: pip install 'hgen[llm]'")
    if not os.environ.get(KEY):
        raise ConfigError(f"a language model is asked for, and there is no key: set {KEY} (anything if none is needed)")
    if config.max_cost is not None and not (config.input_price or config.output_price):
        raise ConfigError("endpoint.max_cost needs prices: set endpoint.input_price and endpoint.output_price")


def digest_of(body: Mapping[str, Any]) -> str:
    """The SHA-256 of a request, model included."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def _most(body: Mapping[str, Any], output_tokens: int) -> Usage:
    """What a request may use at most."""
    sent = len(json.dumps(body, ensure_ascii=False).encode()) + _MESSAGE_TOKENS * len(body["messages"])
    return Usage(input_tokens=sent, output_tokens=output_tokens)
