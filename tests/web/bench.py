"""How long each view of a running page takes: `python -m tests.web.bench URL [VIEW …]`.

Clock: from asking for the view in a new page to all that it shows, beside all that works on the machine.
Page: processor time of the page's own thread, which other work changes little. `tonne period --serve` names
a page at 58,000 events, `tonne serve --page` one that has a data service.
"""

from __future__ import annotations

import sys
import tempfile
from typing import Final

from tests.web.conftest import Browser, chromium

VIEWS: Final = (
    "market/1", "register", "intensity", "schemes", "projects", "certificates", "energy", "powers",
    "audit/1", "auctions", "verify",
)  # fmt: skip


def main(url: str, *views: str) -> None:
    browser = Browser()
    with tempfile.TemporaryDirectory() as folder:
        task = {"url": url, "rpc": "", "keys": {}, "folder": folder, "chromium": chromium()}
        for view in views or VIEWS:
            facts = {"views": [view]}
            took = browser.run(task | {"scenario": "times", "facts": facts})[view]
            early = f"   book and trades {took['early']:5.2f} s" if took["early"] else ""
            told = f"clock {took['clock']:6.2f} s   page {took['thread']:5.2f} s{early}"
            print(f"{view:14}{told}", flush=True)
    browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
