"""A meter oracle's journal and leaves, saved before the last root and put back: no root is posted twice, and
what is asked for can be shown."""

from __future__ import annotations

import shutil

from oracles.runtime import backup
from tests.oracles.meters.ground import QUARTER, T0, answer_of, challenge
from tonne.meters import leaves


def lose_and_restore(desk, archive):
    """The disk is lost after the backup; what the daemon has on it comes back from there."""
    desk.journal.close()
    desk.journal = None
    for path in desk.folder.iterdir():
        if path != archive:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    backup.restore(archive, desk.folder / "journal.sqlite", desk.folder)
    desk.start()


def test_roots_posted_after_the_backup_are_posted_once_and_their_leaves_can_be_shown(desk):
    desk.at(QUARTER + 10)
    desk.send(0)
    desk.send(1)
    desk.run()
    archive = desk.folder / "b.tar"
    secret = desk.journal.secret
    backup.save(archive, desk.folder / "journal.sqlite", desk.folder, ("leaves", "inbox"))
    desk.at(2 * QUARTER + 10)
    desk.send(2)
    desk.run()
    assert [desk.state(quarter).run for quarter in (0, 1)] == [1, 1]

    lose_and_restore(desk, archive)
    assert desk.journal.secret == secret
    desk.send(3, [0])  # the gap that the next record of each meter shows is asked for
    desk.at(3 * QUARTER + 10)
    desk.send(3)
    desk.run()
    assert (3, 3) in {gap[1:] for gap in desk.wire.requested}
    desk.send(2)
    desk.run(4)

    assert [desk.state(quarter).run for quarter in (0, 1, 2)] == [1, 1, 1]
    assert len(desk.chain.logs("MeterOracle", "IntervalPosted")) == 3
    assert leaves.path_of(desk.folder / "leaves", 1, T0 + QUARTER, 1).exists()
    event = desk.posted()[1, 1]
    key = challenge(desk.chain, event, 2)
    desk.run(4)
    opened = answer_of(desk.chain, 1, key)
    assert opened.commitment == desk.state(1).commitment
