"""`python -m tests.oracles.campaign.victim emissions|meters …`: a daemon, with one crash point set."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.oracles.campaign import crash_points


def main() -> None:
    daemon = sys.argv.pop(1)
    crash_points.arm()
    if daemon == "emissions":
        import oracles.emissions.__main__ as emissions

        emissions.run_app(emissions.app)
        return
    import oracles.meters.__main__ as meters

    meters.connect = _connect  # type: ignore[assignment]
    meters.run_app(meters.app)


def _connect(rpcs: Sequence[str], book: Path) -> tuple[object, object]:
    """At the meters' own contracts, which no deployments file lists."""
    from oracles.runtime.process import REQUEST_S
    from oracles.runtime.rpc_pool import RpcPool
    from tests.oracles.meters import ground
    from tonne.chain.client import Chain
    from tonne.chain.contract import Contract
    from tonne.chain.rpc import Rpc
    from tonne.deployment import compiler

    pool = RpcPool([Rpc(url, REQUEST_S) for url in rpcs])
    chain = Chain(pool.url, rpc=pool)
    parts = compiler.contracts(ground.PARTS)
    names = {"Participants": "OpenParticipants"}
    for name, address in json.loads(book.read_text()).items():
        if name in parts or name in names:
            chain.add(Contract(name, address, parts[names.get(name, name)].abi))
    return chain, pool


if __name__ == "__main__":
    main()
