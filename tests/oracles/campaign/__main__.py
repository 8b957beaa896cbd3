"""`make faults`: the campaign, and its table. `--seed` plays one again."""

from __future__ import annotations

import argparse
import logging
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.oracles.campaign.campaign import Campaign, Plan, Result
from tonne.sandbox import node

PLANS = {
    "short": Plan(60, kills=8, reorganisations=3, waiting=40, before=40, longest_s=300),
    "full": Plan(2_000, kills=60, reorganisations=20, waiting=1_000, before=200, longest_s=1_200),
    "night": Plan(
        10_000, kills=200, reorganisations=50, waiting=1_000, before=200, longest_s=4_200
    ),
}


def played(plan: Plan, seed: int, folder: Path, tell=print) -> Result:
    """One campaign on a chain of its own."""
    from tests.oracles.campaign.ground import PACK, PERIOD
    from tonne.rules import pack as rule_packs
    from tonne.sandbox import seed_market

    pack = rule_packs.load(PACK)
    begin = seed_market.start_time(pack, pack.period(PERIOD))
    with node.start(timestamp=begin, keep_states=256) as running:
        return Campaign(plan, seed, running.url, folder, tell).run()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--plan", choices=PLANS, default="full")
    parser.add_argument("--seed", type=int, default=None)
    asked = parser.parse_args()
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # amqtt, of daemons that were killed
    seed = asked.seed if asked.seed is not None else secrets.randbelow(2**32)
    print(f"seed {seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    begun = time.monotonic()

    def tell(text: str) -> None:
        print(f"{time.monotonic() - begun:6.0f} s  {text}", flush=True)

    try:
        result = played(PLANS[asked.plan], seed, folder, tell)
    except BaseException:
        print(f"It failed with seed {seed}; journals and logs are in {folder}.", file=sys.stderr)
        raise
    print(result.table())
    for what in (*result.lost, *result.twice, *result.refused.items(), *result.accepted):
        print(f"WRONG: {what}", file=sys.stderr)
    wrong = result.wrong()
    for sentence in wrong:
        print(f"seed {seed}: {sentence}", file=sys.stderr)
    if wrong:
        print(f"seed {seed}: journals and logs are in {folder}", file=sys.stderr)
    else:
        shutil.rmtree(folder)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
