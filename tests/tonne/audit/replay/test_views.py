"""Every view of every deployed contract is compared with the events, or has a reason why not."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from functools import cache

from tests.conftest import ROOT
from tonne.audit.market_replay import MarketReplay
from tonne.audit.replay.contract_replay import ContractReplay
from tonne.deployment.plan import PLAN

#: Contract and view.
View = tuple[str, str]

#: Views of several contracts that are not compared, and why.
OF_SEVERAL = {
    "supportsInterface": "fixed by the code, which is compared",
    "onERC1155Received": "fixed by the code, which is compared",
    "onERC1155BatchReceived": "fixed by the code, which is compared",
    "eip712Domain": "name and version of the signature domain are constants",
    "isConsumingScheduledOp": "set within a transaction only",
    "uri": "a text of the renderer, made of views that are compared",
    "contractURI": "a text of the renderer, made of the class",
    "unitClass": "fixed by the code, which is compared",
    "custody": "fixed by the code, which is compared",
    "name": "fixed by the code, which is compared",
    "symbol": "fixed by the code, which is compared",
    "balanceOf": "`balanceOfBatch` is compared for every account and id",
    "freeOf": "balance less frozen units, both compared",
    "canReceive": "follows from the wallet's status and rights, compared at Participants",
    "canSend": "follows from the wallet's status and rights, compared at Participants",
    "canTransfer": "follows from status, rights, balance and frozen units, all compared",
    "fineBounds": "rule values, compared at Schemes, over its arguments",
}

#: The others, by contract.
OF_ONE: dict[str, dict[str, str]] = {
    "Allocation": {"amountFor": "rule values, compared at Schemes, over its arguments"},
    "Article6": {"identifierOf": "text of its arguments and of the outcome, which is compared"},
    "Auction": {
        "bidHash": "of its arguments and the domain alone",
        "reserveHash": "of its arguments and the domain alone",
        "limitOf": "share of the auction's lots, which are compared",
    },
    "Banking": {
        "hasExpired": "follows from the vintage's dates, compared at Schemes",
        "netSalesOf": "sum of the Exchange's `netSoldOf`, which is compared",
        "roomOf": "follows from net sales, banked units and the rules, all compared",
    },
    "BidLimits": {"check": "`termsOf` and `mostOf` are compared, over its arguments"},
    "BidProofs": {
        "weigh": "curves and margins, compared at PowerMarket, over its arguments",
        "acceptedAt": "curves and margins, compared at PowerMarket, over its arguments",
        "receiptDigest": "of its arguments and the domain alone",
    },
    "BlockTrades": {"ticketHash": "of its arguments and the domain alone"},
    "Compliance": {
        "dueFor": "rule values, compared at Schemes, over its arguments",
        "offsetLimitFor": "rule values, compared at Schemes, over its arguments",
        "publicStanding": "follows from `obligationOf`, which is compared",
        "standing": "follows from `obligationOf`, `penaltyOf` and `appealOf`, which are compared",
    },
    "CreditBills": {
        "invoiceDigest": "of its arguments and the domain alone",
        "sharesOf": "the tariff, which is compared, over its arguments",
    },
    "EmissionsOracle": {
        "configWords": "hashed in `configOf`, which is compared",
        "record": "`records` is compared for every plant and year",
        "signersOf": "hashed in `configOf`, which is compared",
    },
    "EnergyCertificates": {"idOf": "follows from the device, which is compared"},
    "EnergyCredits": {"hindrance": "follows from status, grants and frozen units, all compared"},
    "ExchangeGateway": {
        "cancelDigest": "of its arguments and the domain alone",
        "orderDigest": "of its arguments and the domain alone",
    },
    "ExchangeLens": {
        "best": "`depth` of the book is compared",
        "quote": "the book and the account, both compared, over its arguments",
        "lastDayOf": "follows from the order's id and the calendar, compared at Schemes",
        "nextSession": "follows from the calendar, compared at Schemes, and the hours, compared here",
        "priceOf": "follows from tick and band, which are compared",
        "tickOf": "follows from tick and band, which are compared",
    },
    "Exchange": {"LIMITS": "an immutable of its extension: compared with the code"},
    "FoundedManager": {
        "ADMIN_ROLE": "fixed by the code, which is compared",
        "PUBLIC_ROLE": "fixed by the code, which is compared",
        "canCall": "follows from roles, targets and the delay, all compared",
        "getAccess": "`hasRole` is compared for every role and account",
        "expiration": "fixed by the code, which is compared",
        "minSetback": "fixed by the code, which is compared",
        "hashOperation": "of its arguments alone",
    },
    "HoldingLimits": {
        "claimOf": "summed in `groupClaimsOf`, and used in `poolOf`; both are compared",
        "isLimited": "follows from the limits of its pools, `orderedOf`, which are compared",
    },
    "Immobilisation": {
        "projectOf": "follows from the batch's terms, which are compared",
        "traitsOf": "follows from the batch's terms, which are compared",
    },
    "Issuance": {
        "splitOf": "rule values, compared at Schemes, over its arguments",
        "traitsOf": "follows from the batch and its project, which are compared",
    },
    "Labels": {"isLabelled": "follows from `labelOf` and `programmeOf`, which are compared"},
    "Links": {"roomOf": "follows from `recognisedOf` and the rules, which are compared"},
    "MeterOracle": {
        "isAnswer": "of the challenge, which is compared, and its arguments",
        "keyIndexAt": "the dated keys of a meter are compared",
        "digestOf": "of its arguments and the domain alone",
        "requireLeaf": "the interval's root is compared",
    },
    "OffsetCredits": {
        "isActive": "follows from the batch's status, which is compared",
        "sellerOf": "follows from the batch's origin, which is compared",
    },
    "UnitRenderer": dict.fromkeys(
        ("uri", "contractURI", "picture"), "a text of views that are compared"
    ),
    "P256Verifier": {"isSigned": "of its arguments alone"},
    "Participants": {
        "groupOf": "a field of `participant`, which is compared",
        "primaryWallet": "a field of `participant`, which is compared",
        "walletsOf": "`walletOf` is compared for every wallet, the count in `participant`",
        "installation": "`installationWords` is compared for every installation",
        "readParties": "`walletOf` is compared for every wallet",
        "reporterOf": "follows from `installationWords` and `walletOf`, which are compared",
        "isArbiter": "follows from the powers of officers, compared at Schemes",
    },
    "PowerGrid": {
        "arcAt": "`checkArcs` and `gridAt` are compared",
        "nodesAt": "`gridAt` is compared",
    },
    "PowerLosses": {"shareOf": "the loss curve, which is compared, over its arguments"},
    "PowerMarket": {
        "acceptedOf": "price and margins, which are compared, over its arguments",
        "receiptDigest": "of its arguments and the domain alone",
        "resultOf": "fields of `roundOf`, which is compared",
        "LIMITS": "an immutable, read where limits are: compared with the code",
        "consentDigest": "of its arguments and the domain alone",
        "pricesOf": "`priceOf` is compared for every node",
        "seedOf": "of interval and domain; the hash that grows from it is compared in `roundOf`",
        "stageOf": "a field of `roundOf`, which is compared",
        "terms": "immutables: compared with the code",
    },
    "PowerTrades": {"digestOf": "of its arguments and the domain alone"},
    "ProceedsHolds": {"proceedsOf": "follows from marks, cash, flows and turnover, all compared"},
    "PowerSettlement": {
        "WINDOW": "fixed at deployment, in the code, which is compared",
        "LATE": "fixed at deployment, in the code, which is compared",
    },
    "Projects": {
        "checkIssuable": "follows from the report's state, which is compared",
        "claimBefore": "a place in the list of claims, which is compared",
        "placedAt": "`plantOf` after the checks of `nearPlantOf`, both compared",
        "termsOf": "the methodology is compared at its key",
    },
    "ReferencePrices": {"imbalancePrices": "`referenceOf` is compared, over its arguments"},
    "RetirementRegistry": {
        "getApproved": "zero by the code: certificates are locked",
        "isApprovedForAll": "false by the code: certificates are locked",
        "imageOf": "drawn from the certificate, which is compared",
        "tokenURI": "text of the certificate, which is compared",
        "isCancellationOf": "`isClaimOf` and `serialsOf` are compared",
        "approve": "reverts by the code: certificates are locked",
        "setApprovalForAll": "reverts by the code: certificates are locked",
        "transferFrom": "reverts by the code: certificates are locked",
        "safeTransferFrom": "reverts by the code: certificates are locked",
    },
    "Schemes": {
        "checkPower": "`officeOf` is compared for every officer",
        "hasPower": "`officeOf` is compared for every officer",
        "isTradingDay": "a bit of `tradingDayWord`, which is compared",
        "localDay": "follows from the offset in `schemeInfo`, which is compared",
        "param": "`paramOr` and `paramHistory` are compared for every value",
        "paramsAt": "`paramOr` and `paramHistory` are compared for every value",
        "requireDisclosed": "`disclosure` is compared for every vintage",
    },
    "SettlementCurrency": {
        "DOMAIN_SEPARATOR": "of constants, chain and address",
        "nonces": "a permit emits no nonce; it guards its owner's own signatures only",
        "decimals": "fixed by the code, which is compared",
    },
}

_FIXED = re.compile(r"\b(?:constant|immutable)\b[^;={]*?\b([A-Z][A-Z0-9_]+)\s*[=;]")


@cache
def _fixed() -> set[str]:
    """Names that contracts declare as constants or immutables: part of the code, which is compared."""
    sources = (ROOT / "contracts").rglob("*.sol")
    return {name for path in sources for name in _FIXED.findall(path.read_text("utf-8"))}


def _compared(replay: ContractReplay) -> Iterator[View]:
    """Contract and view of every `Check` in the class of a replay."""
    for cls in type(replay).__mro__:
        if cls.__module__.startswith("tonne."):
            tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
            methods = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
            for method in methods:
                yield from _of_method(method, replay.contract)


def _of_method(method: ast.FunctionDef, own: str) -> Iterator[View]:
    names = {n.value for n in ast.walk(method) if isinstance(n, ast.Constant)}
    for call in ast.walk(method):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "Check":
            contract, view = call.args[:2]
            of = contract.value if isinstance(contract, ast.Constant) else own
            if isinstance(view, ast.Constant):
                yield of, view.value
            else:  # it goes over several: those that the method names
                yield from ((of, name) for name in names if isinstance(name, str))


def test_every_view_is_compared_or_has_a_reason(deployed):
    chain = deployed.chain
    entries = {
        (name, entry["name"]): entry["stateMutability"]
        for name in PLAN
        for entry in chain[name].abi
        if entry["type"] == "function" and entry["stateMutability"] in ("view", "pure")
    }
    compared = {view for one in MarketReplay(chain).replays for view in _compared(one)}
    left = {
        (contract, name)
        for (contract, name), kind in entries.items()
        if (contract, name) not in compared and kind != "pure" and name not in _fixed()
    }
    reasons = {(contract, name) for contract, names in OF_ONE.items() for name in names}
    unexplained = {(c, n) for c, n in left if n not in OF_SEVERAL} - reasons
    assert unexplained == set(), "neither compared nor a reason"
    assert reasons & compared == set(), "compared, and a reason not to be"
    assert reasons - entries.keys() == set(), "no deployed contract has such a view"
    assert OF_SEVERAL.keys() - {name for _, name in entries} == set()
    assert len(compared & entries.keys()) > 290


def test_reasons_point_at_views_that_are_compared(deployed):
    """What a reason names in backquotes is a view, and is compared."""
    compared = {view for one in MarketReplay(deployed.chain).replays for _, view in _compared(one)}
    texts = [*OF_SEVERAL.values(), *(r for names in OF_ONE.values() for r in names.values())]
    named = {name for text in texts for name in re.findall(r"`(\w+)`", text)}
    assert named - compared == set()
