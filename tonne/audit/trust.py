"""What an audit may rest on. Light to import: a result that is kept needs no replay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tonne.audit.store.schema import CHUNK

if TYPE_CHECKING:
    from tonne.audit.proofs.reader import Checkpoint
    from tonne.audit.store.database import Store
    from tonne.chain.rpc import Rpc


@dataclass(frozen=True, slots=True)
class Trust:
    """Sources of the history: by default proven, up to the checkpoint if there is one."""

    node: bool = False  # believe the node
    checkpoint: Checkpoint | None = None
    others: Sequence[Rpc] = ()  # nodes that must give the same hashes
    #: Hashes of code by contract, from the deployment's record.
    codes: Mapping[str, str] = field(default_factory=dict)
    genesis: str | None = None  # hash of block 0, from there too
    store: Store | None = None  # where what is proven is kept; None: it is read anew
    chunk: int = CHUNK  # blocks of one commit there
