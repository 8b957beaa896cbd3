"""`python -m tests.oracles.campaign.victim emissions|meters …`: a daemon, with one crash point set."""

from __future__ import annotations

import sys

from tests.oracles.campaign import crash_points


def main() -> None:
    daemon = sys.argv.pop(1)
    crash_points.arm()
    run(daemon)


def run(daemon: str) -> None:
    """The daemon's command line, the meters' one at the ground of these tests."""
    if daemon == "emissions":
        import oracles.emissions.__main__ as emissions

        emissions.run_app(emissions.app)
        return
    import oracles.meters.__main__ as meters
    import oracles.runtime.operating as operating
    from tests.oracles.meters import ground

    operating.connect = ground.connect
    meters.run_app(meters.app)


if __name__ == "__main__":
    main()
