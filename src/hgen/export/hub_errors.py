"""What the Hugging Face Hub and its client refuse when something is uploaded, as errors that say what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, OfflineModeIsEnabled

from hgen.errors import ConfigError, NetworkError
from hgen.passwords import harmless, message_of, without_passwords, without_secrets

_REFUSED_CARD = "Invalid metadata in README.md"
"""What the client says, in an error of no class of its own, when the hub finds a fault in the card."""

# The HTTP library's own base class, whichever library this version of the client uses.
_TransportError: type[BaseException] = HfHubHTTPError.__mro__[1]


@contextmanager
def explained(name: str, endpoint: str) -> Iterator[None]:
    """Turn what the hub's client raises into one line that says what to do and holds no secret."""
    shown = without_passwords(endpoint)
    try:
        yield
    except OfflineModeIsEnabled:
        raise NetworkError("HF_HUB_OFFLINE is set, so nothing was uploaded; unset it and push again") from None
    except HfHubHTTPError as error:
        raise _refused(error, name, shown) from harmless(error)
    except (_TransportError, EntryNotFoundError) as error:
        reason = message_of(error) or type(error).__name__
        raise NetworkError(f"cannot reach {shown}: {reason}; push again later") from harmless(error)
    except RuntimeError as error:
        # What the client raises, with its cause, when a large file does not go through.
        reason = message_of(error.__cause__ or error)
        raise NetworkError(f"the upload to {shown} broke off: {reason}; push again") from harmless(error)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        if str(error).startswith(_REFUSED_CARD):
            raise ConfigError(f"{shown} does not take this dataset: {message_of(error)}") from harmless(error)
        # The client reads answers without looking whether they are what they should be.
        reason = f"{type(error).__name__}: {message_of(error)}"
        raise NetworkError(
            f"{shown} answers in a way that the hub does not ({reason}), as a proxy's or login page would; "
            "push again later"
        ) from harmless(error)


def _refused(error: HfHubHTTPError, name: str, endpoint: str) -> ConfigError | NetworkError:
    status = error.response.status_code if error.response is not None else 0
    said = f" ({without_secrets(' '.join(error.server_message.split()))})" if error.server_message else ""
    match status:
        case 401:
            return ConfigError(f"{endpoint} does not know your token{said}; run `hf auth login` or set HF_TOKEN anew")
        case 403:
            return ConfigError(f"your token may not write to {name} on {endpoint}{said}; it needs write access there")
        case 409 | 412:
            return NetworkError(f"{name} was changed by someone else during the upload{said}; push again")
        case _ if 400 <= status < 500 and status not in {408, 429}:
            return ConfigError(f"{endpoint} does not take this dataset: status {status}{said}")
        case _:
            return NetworkError(f"{endpoint} failed: status {status}{said}; push again later")
