"""Python source, parsed by tree-sitter into compact values: symbols, scopes, imports and calls."""

from hgen.syntax.decode import Broken
from hgen.syntax.parser import parse_module

__all__ = ["Broken", "parse_module"]
