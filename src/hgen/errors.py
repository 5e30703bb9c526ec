"""What can go wrong, by what it costs: a record, a shard, or the run."""


class Skip(Exception):  # noqa: N818 - not an error: a normal way for a record to end
    """This record yields nothing; it becomes a ``Reject``.

    ``reason`` is a short word that can be counted; ``detail`` says what was found. hgen's own reasons are those of
    ``hgen.reject_reasons``; families and sources of other packages may have more.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class MachineError(Exception):
    """The machine broke, not the record: the shard is undone, no verdict is given, and a rerun takes it up again."""


class NetworkError(MachineError):
    """A server could not be reached or answered nonsense; says nothing about the repository asked for."""


class SandboxError(MachineError):
    """The container engine is missing, broke, or does not hold its limits."""


class ShardError(Exception):
    """A shard on disk is damaged or stale; the message says which file."""


class ConfigError(Exception):
    """The user must change the configuration or the command line; one line, exit status 2."""
