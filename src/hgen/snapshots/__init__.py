"""The snapshot store: source trees kept once, named by a digest of what is in them."""

from hgen.snapshots.snapshot import Snapshot, is_digest
from hgen.snapshots.store import Added, Store
from hgen.snapshots.tree import TreeLimits, read_tree

__all__ = ["Added", "Snapshot", "Store", "TreeLimits", "is_digest", "read_tree"]
