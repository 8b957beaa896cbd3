"""The view of powers: every act of an office or a role is in it, or has a reason why not."""

from __future__ import annotations

import re

from tests.tonne.audit.store.test_breaches import Planter
from tests.tonne.deployment import guards
from tonne.audit.store import views
from tonne.deployment.plan import PLAN

#: Arguments of events that name the officer who acted, or who got the power to act.
OFFICERS = {"officer", "registrar", "arbiter", "keeper"}

#: Events of acts that are no use of power, and why.
NO_POWER = {
    **dict.fromkeys(
        ("ParticipantApproved", "ParticipantGrouped"),
        "an entry of the register, in the view `participants`",
    ),
    **dict.fromkeys(
        ("InstallationRegistered", "InstallationChanged", "InstallationClosed", "InstallationSold"),
        "an entry of the register, beside `installations`",
    ),
    **dict.fromkeys(
        ("PlantLinked", "PlantSited", "MeterBound"),
        "where a plant of `installations` stands, and its meters",
    ),
    **dict.fromkeys(
        ("MeterRegistered", "MeterExchanged", "MeterKeyRotated", "MeterClosed"),
        "a device and its key, whose readings `meter_intervals` has",
    ),
    **dict.fromkeys(
        ("LineRegistered", "LineWithdrawn", "LineClosed", "NodeAdded"),
        "an entry of the grid, beside `power_nodes`; the shares of loss are a rule",
    ),
    **dict.fromkeys(
        ("DeviceRegistered", "DeviceClosed", "SeriesOpened"), "a unit's series, whose `issues` tell"
    ),
    **dict.fromkeys(
        ("NameTaken", "SourceClaimed", "SourceReleased"), "follows from `project_steps`"
    ),
    **dict.fromkeys(
        ("CollateralRecorded", "CollateralWithdrawn", "IssuedAgainst"),
        "an issuer's own account of what its `issues` rest on",
    ),
    **dict.fromkeys(
        ("UnitsIssued", "AuctionShareIssued", "CreditsIssued", "ExAnteIssued", "ExAnteVerified"),
        "an issue by rule, in the view `issues`",
    ),
    "AllowancesPreAllocated": "an issue by rule, in the view `allocations`",
    **dict.fromkeys(
        ("BatchOpened", "BlockImmobilised", "BlockUsedElsewhere", "SeriesNumbered"),
        "units brought from another registry, in the view `issues`",
    ),
    "UnitsReleased": "units given back to another registry as their holder asked, in `exits`",
    "UnsoldCarried": "follows from the terms of `auctions`",
    "TransferSingle": "the movement beside `ForcedTransfer`",
    **dict.fromkeys(
        ("UnitsHeld", "HeldUnitsClaimed"), "where units went whose receiver may not have them yet"
    ),
    "OrdersVoided": "the account's own orders, beside `AccountFrozen`",
    "PayoutCredited": "the money beside `ImmobilisationReverted` and `PledgedCreditsReleased`",
    "DebtIncurred": "follows from `ReserveSet`",
    **dict.fromkeys(("PresenceCounted", "QuotesEnded"), "follows from `MarketMakerDismissed`"),
    "ProceedsMarkSet": "the sums beside `ProceedsHeld`",
    "StatusActed": "carries out `ParticipantSuspended`, order by order",
    "RoleLabel": "a name of the role that `RoleGranted` gives",
    "WalletLost": "beside `WalletRecovered`",
}


def test_every_act_of_an_office_or_role_is_a_power_or_has_a_reason(deployed):
    """By the sources of the contracts, and by the arguments of their events."""
    entries = {
        entry["name"]: {part["name"] for part in entry["inputs"]}
        for name in PLAN
        for entry in deployed.chain[name].abi
        if entry["type"] == "event"
    }
    by_source = {event for _, event in guards.told()}
    assert len(by_source) > 150
    acts = by_source | {name for name, inputs in entries.items() if OFFICERS & inputs}
    listed = {name for name in views.events_of("powers") if name in entries}
    assert acts - listed - NO_POWER.keys() == set(), "neither a power nor a reason"
    assert NO_POWER.keys() & listed == set(), "a power, and a reason not to be"
    assert NO_POWER.keys() - acts == set(), "no act of an office"
    assert views.events_of("powers") == listed, "no contract emits it"


def test_reasons_point_at_views_and_powers():
    known = {view.name for view in views.VIEWS} | views.events_of("powers")
    named = {name for text in NO_POWER.values() for name in re.findall(r"`(\w+)`", text)}
    assert named - known == set()


def test_a_power_has_its_kind_actor_and_reason(town, asked):
    """Of each kind one; where the event names only who got the power, nobody is said to have acted."""
    who, reason = "0x" + "12" * 20, "0x" + "07" * 32
    planter = Planter(asked, town)
    acts = {
        "InterestSet": ({"by": who}, "rule", who, None),
        "ProceedsHeld": ({"officer": who, "reason": reason}, "freeze", who, reason),
        "EmissionsDetermined": (
            {"officer": who, "reasonHash": reason}, "decision", who, reason,
        ),
        "UnitsExited": ({"kind": 4, "ref": reason}, "forced", None, reason),
        "OperationScheduled": ({"caller": who}, "waiting act", who, None),
        "MarketBarred": ({"barred": True}, "halt", None, None),
        "RecoveryUpheld": ({"arbiter": who}, "decision", who, None),
        "ArbiterSet": ({"arbiter": who}, "grant", None, None),
        "ControllerSet": ({"controller": who}, "grant", None, None),
    }  # fmt: skip
    for name, (args, *_) in acts.items():
        planter.event("Any", name, args)
    planter.event("Any", "UnitsExited", {"kind": 1, "ref": reason})  # surrendered by its holder
    found = asked.rows(
        "SELECT act, kind, actor, reason FROM powers WHERE contract = 'Any' ORDER BY block"
    )
    assert [tuple(row.values()) for row in found] == [
        (name, *told) for name, (_, *told) in acts.items()
    ]
