"""How many tokens a text is, as the user's own tokenizer counts them."""

from collections.abc import Callable
from pathlib import Path

from hgen.errors import ConfigError, NetworkError


def counter(name: str) -> Callable[[str], int]:
    """Counts by a ``tokenizer.json``, a folder with one, or a model on the Hub.

    Raises ``ConfigError`` if it is none or the package ``tokenizers`` is missing, ``NetworkError`` if the Hub fails.
    """
    try:
        # Need not be installed.
        from tokenizers import Tokenizer  # noqa: PLC0415
    except ImportError:
        raise ConfigError("counting tokens needs the package tokenizers: pip install 'hgen[sft]'") from None
    path = Path(name)
    file = path / "tokenizer.json" if path.is_dir() else path
    try:
        found = Tokenizer.from_file(str(file)) if path.exists() else Tokenizer.from_pretrained(name)
    except Exception as error:  # noqa: BLE001 - that package raises nothing more particular
        problem = ConfigError if path.exists() else NetworkError
        raise problem(f"the tokenizer {name} cannot be loaded: {error}") from None
    return lambda text: len(found.encode(text).ids)
