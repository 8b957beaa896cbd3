"""Rule packs as commands find them: by name or path, or as the scheme's own."""

from __future__ import annotations

from tonne.errors import TonneError
from tonne.rules import pack as rule_packs
from tonne.rules.pack import RulePack


def find(scheme: int, name: str | None) -> RulePack | None:
    """The named pack, else the scheme's own from `schemes/`, if any.

    Raises PACK_OF_ANOTHER_SCHEME where the named one is another scheme's.
    """
    known = (
        [rule_packs.load(name)] if name else [rule_packs.load(each) for each in rule_packs.names()]
    )
    found = [pack for pack in known if pack.scheme.number == scheme]
    if found or not name:
        return found[0] if found else None
    raise _of_another(scheme, name)


def name_of(scheme: int) -> str | None:
    """Name of the scheme's own pack, by which commands find it; None without one."""
    named = (name for name in rule_packs.names() if rule_packs.load(name).scheme.number == scheme)
    return next(named, None)


def pack_for(scheme: int, name: str | None) -> RulePack:
    """The named pack, else the scheme's own; raises PACK_OF_ANOTHER_SCHEME without any."""
    pack = find(scheme, name)
    if pack is None:
        raise _of_another(scheme, name)
    return pack


def _of_another(scheme: int, name: str | None) -> TonneError:
    return TonneError(
        "PACK_OF_ANOTHER_SCHEME",
        f"{'This pack is not' if name else 'No pack here is'} of scheme {scheme}.",
        field="pack",
        value=name or ", ".join(rule_packs.names()),
        remedy="Name the scheme's pack by --pack, or another scheme by --scheme.",
    )
