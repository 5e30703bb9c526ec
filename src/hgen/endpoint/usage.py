"""What requests take: tokens, and money by the configuration's prices."""

from hgen.config import EndpointConfig
from hgen.records import Record

_PRICED = 1_000_000
"""Tokens that prices are for."""


class Usage(Record):
    """Tokens that were sent, and tokens of the reply."""

    input_tokens: int
    output_tokens: int

    @property
    def tokens(self) -> int:
        """All of them."""
        return self.input_tokens + self.output_tokens

    def cost(self, config: EndpointConfig) -> float:
        """Their price, in the unit of the configuration's prices."""
        return (self.input_tokens * config.input_price + self.output_tokens * config.output_price) / _PRICED
