"""Where the variables of a contract lie, by the compiler: a change of the layout is followed."""

from __future__ import annotations

from functools import cache

import solcx

from tonne.deployment import compiler, sources


@cache
def slots(name: str) -> dict[str, int]:
    """Slot of each variable of a contract, by name."""
    request = sources.standard_json(name)
    source = sources.deployable()[name]
    request["settings"]["outputSelection"] = {source: {name: ["storageLayout"]}}
    answer = solcx.compile_standard(request, solc_binary=compiler.SOLC)
    layout = answer["contracts"][source][name]["storageLayout"]["storage"]
    return {entry["label"]: int(entry["slot"]) for entry in layout}
