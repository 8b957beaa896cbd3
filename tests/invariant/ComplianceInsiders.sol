// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {AllocationState, IAllocation} from "../../interfaces/compliance/IAllocation.sol";
import {BookInsufficientCash, BookInsufficientLots, OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {IAllowances} from "../../interfaces/units/IAllowances.sol";
import {IBanking} from "../../interfaces/compliance/IBanking.sol";
import {ICompliance, Obligation, ObligationState} from "../../interfaces/compliance/ICompliance.sol";
import {IExchange} from "../../interfaces/market/IExchange.sol";
import {IExchangeBase} from "../../interfaces/market/IExchangeBase.sol";
import {IERC7943MultiToken} from "../../interfaces/standards/IERC7943MultiToken.sol";
import {InstallationId, MarketId, ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {IOffsetCredits} from "../../interfaces/units/IOffsetCredits.sol";
import {IParticipants, ParticipantStatus} from "../../interfaces/parties/IParticipants.sol";
import {IPenalties} from "../../interfaces/compliance/IPenalties.sol";
import {AppealOutcome, Penalty, PenaltyState} from "../../interfaces/compliance/PenaltyTypes.sol";
import {IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {HeldAccounts} from "../../interfaces/types/HeldAccounts.sol";
import {RefusingWallet} from "../attacks/RefusingWallet.sol";
import {CurrencyDouble, OracleDouble} from "../compliance/Mocks.sol";
import {Insiders} from "./Insiders.sol";

/// @dev The rooms, the emitters with two plants each, and the authorities.
struct Republic {
    SchemeId scheme;
    uint16 period;
    uint16 nextPeriod;
    IParticipants participants;
    IAllocation allocation;
    ICompliance compliance;
    IAllowances allowances;
    IOffsetCredits credits;
    IExchange exchange;
    IBanking banking;
    OracleDouble oracle;
    CurrencyDouble currency;
    address registrar;
    address bureau;
    address ministry;
    address[3] wallets; //     of the emitters
    ParticipantId[3] ids;
    InstallationId[6] plants; // of emitter i: 2i and 2i + 1
    UnitId[4] units; //        this vintage, the one before, the next; credits
    MarketId[2] markets; //    of the first two
    uint256[2] lotSizes;
    uint256 deadline;
}

/// @title ComplianceInsiders
/// @notice Emitters, bureau, ministry, registrar and strangers through a compliance period; books of what was due and paid.
contract ComplianceInsiders is Insiders {
    uint256 internal constant CEA = 0;
    uint256 internal constant CREDIT = 3;
    uint256 internal constant BANKING_BASE = 10_000;

    Republic private _w;
    uint256[4][3] private _unitsBefore;
    uint256[3] private _cashBefore;

    uint256[4] public bought; //        issued beside the allocation, by unit
    uint256 public banked; //           into the next vintage
    uint256 public fines; //            paid or debited [0.01 currency]
    mapping(uint256 who => int256) public netSold; // of both vintages [t]
    mapping(uint256 who => uint256) public bankedBy;
    mapping(uint256 plant => uint256) public due; // at assessment
    mapping(uint256 plant => uint256) public fineOf; // as decided first
    mapping(uint256 plant => address) public decidedBy;
    mapping(uint256 plant => bool) public noticed;
    mapping(uint256 plant => uint256[2]) private _given; // allowances and credits surrendered
    mapping(uint256 plant => uint256) private _reported;

    constructor(Republic memory w) {
        _w = w;
        _add("report", ComplianceInsiders.report.selector);
        _add("allocate", ComplianceInsiders.allocate.selector);
        _add("allocate the next", ComplianceInsiders.allocateNext.selector);
        _add("true up", ComplianceInsiders.trueUp.selector);
        _add("assess", ComplianceInsiders.assess.selector);
        _add("buy", ComplianceInsiders.buy.selector);
        _add("deposit", ComplianceInsiders.deposit.selector);
        _add("withdraw", ComplianceInsiders.withdraw.selector);
        _add("trade", ComplianceInsiders.trade.selector);
        _add("surrender", ComplianceInsiders.surrender.selector);
        _add("surrender from the ledger", ComplianceInsiders.surrenderFromLedger.selector);
        _add("bank", ComplianceInsiders.bank.selector);
        _add("expire", ComplianceInsiders.expire.selector);
        _add("notify", ComplianceInsiders.notify.selector);
        _add("decide", ComplianceInsiders.decide.selector);
        _add("appeal", ComplianceInsiders.appeal.selector);
        _add("decide an appeal", ComplianceInsiders.decideAppeal.selector);
        _add("pay", ComplianceInsiders.pay.selector);
        _add("debit", ComplianceInsiders.debit.selector);
        _add("publish", ComplianceInsiders.publish.selector);
        _add("deduct", ComplianceInsiders.deduct.selector);
        _add("suspend", ComplianceInsiders.suspend.selector);
        _add("freeze", ComplianceInsiders.freeze.selector);
        _add("refuse", ComplianceInsiders.refuse.selector);
        _add("claim", ComplianceInsiders.claim.selector);
        _add("pass", ComplianceInsiders.pass.selector);
        _expectRefusals();
    }

    function _expectRefusals() private {
        _mayRefuse(IAllocation.AllocationAlreadyMade.selector);
        _mayRefuse(ICompliance.ComplianceAllocationNotFinal.selector);
        _mayRefuse(ICompliance.ComplianceOffsetLimit.selector);
        _mayRefuse(ICompliance.ComplianceNotOperator.selector);
        _mayRefuse(ICompliance.ComplianceUnitRefused.selector);
        _mayRefuse(IPenalties.ComplianceTooEarly.selector);
        _mayRefuse(IPenalties.ComplianceAppealTooLate.selector);
        _mayRefuse(IPenalties.ComplianceAlreadyPublished.selector);
        _mayRefuse(IPenalties.ComplianceFineAccepted.selector);
        _mayRefuse(IPenalties.ComplianceNothingDebited.selector);
        _mayRefuse(IBanking.BankingRightMissing.selector);
        _mayRefuse(IUnit1155.UnitNotClaimant.selector);
        _mayRefuse(IERC1155Errors.ERC1155InvalidReceiver.selector);
        _mayRefuse(bytes4(keccak256("Error(string)"))); // of a refusing wallet, by a withdrawal
        _mayRefuse(IERC7943MultiToken.ERC7943CannotSend.selector);
        _mayRefuse(IERC7943MultiToken.ERC7943CannotReceive.selector);
        _mayRefuse(IERC7943MultiToken.ERC7943InsufficientUnfrozenBalance.selector);
        _mayRefuse(IERC7943MultiToken.ERC7943CannotTransfer.selector);
        _mayRefuse(IExchangeBase.ExchangeAccountFrozen.selector);
        _mayRefuse(IExchangeBase.ExchangeMarketClosed.selector);
        _mayRefuse(IExchangeBase.ExchangeDayNotOpened.selector);
        _mayRefuse(IExchangeBase.ExchangeParticipantNotActive.selector);
        _mayRefuse(BookInsufficientCash.selector);
        _mayRefuse(BookInsufficientLots.selector);
    }

    /* WHAT EACH HAS */

    /// @dev On the wallet, held for its participant, and in the ledger.
    function unitsOf(uint256 who, uint256 unit) public view returns (uint256 amount) {
        UnitId id = _w.units[unit];
        amount = _token(unit).balanceOf(_w.wallets[who], UnitId.unwrap(id));
        amount += _token(unit).balanceOf(HeldAccounts.accountOf(_w.ids[who]), UnitId.unwrap(id));
        if (unit < 2) amount += _w.exchange.account(_w.ids[who], _w.markets[unit]).lots * _w.lotSizes[unit];
    }

    function cashOf(uint256 who) public view returns (uint256 amount) {
        amount = 100 * _w.currency.balanceOf(_w.wallets[who]);
        for (uint256 i = 0; i < 2; ++i) {
            amount += _w.exchange.account(_w.ids[who], _w.markets[i]).cash;
        }
    }

    function givenOf(uint256 plant) external view returns (uint256 allowances, uint256 credits) {
        return (_given[plant][0], _given[plant][1]);
    }

    function _remember() private {
        for (uint256 who = 0; who < 3; ++who) {
            for (uint256 unit = 0; unit < 4; ++unit) {
                _unitsBefore[who][unit] = unitsOf(who, unit);
            }
            _cashBefore[who] = cashOf(who);
        }
    }

    /// @dev Promise: an act of another takes nothing, but for what this act decides.
    /// @param units by units of `who` that may have fallen; `cash` likewise [0.0001 currency]
    function _lostAtMost(uint256 who, uint256 units, uint256 cash) private view {
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 unit = 0; unit < 4; ++unit) {
                uint256 may = i == who && unit == CEA ? units : 0;
                assertGe(unitsOf(i, unit) + may, _unitsBefore[i][unit], "units fell by another's act");
            }
            assertGe(cashOf(i) + (i == who ? cash : 0), _cashBefore[i], "cash fell by another's act");
        }
    }

    function _token(uint256 unit) private view returns (IUnit1155) {
        return unit == CREDIT ? IUnit1155(_w.credits) : IUnit1155(_w.allowances);
    }

    /* EVIDENCE AND ALLOCATION */

    function report(uint256 plant, uint256 emissions, uint256 power) external counted {
        plant %= 6;
        _needs(_reported[plant] == 0);
        power = bound(power, 1_000, 100_000);
        _reported[plant] = 1 + bound(emissions, power / 2, 2 * power);
        _w.oracle.set(_w.plants[plant], 2020, _reported[plant] - 1, power, 0);
    }

    function allocate(uint256 plant, uint256 power) external counted {
        _allocate(_w.period, plant % 6, power);
    }

    function allocateNext(uint256 plant, uint256 power, uint256 chance) external counted {
        _needs(chance % 8 == 0);
        _allocate(_w.nextPeriod, plant % 6, power);
    }

    function _allocate(uint16 period, uint256 plant, uint256 power) private {
        _remember();
        bytes memory data = abi.encodeCall(
            IAllocation.preAllocate, (_w.scheme, period, _one(plant), _one64(bound(power, 1_000, 100_000)), _one64(0))
        );
        _as(_w.bureau, address(_w.allocation), data);
        _lostAtMost(3, 0, 0);
    }

    /// @dev By a stranger; what was allocated too much is taken back.
    function trueUp(uint256 plant) external counted {
        plant = _pick(plant, _isReported);
        trueUpOne(plant);
    }

    function trueUpOne(uint256 plant) public {
        (, uint256 old) = _w.allocation.allocationOf(_w.scheme, _w.period, _w.plants[plant]);
        _remember();
        _as(address(1), address(_w.allocation), abi.encodeCall(IAllocation.trueUp, (_w.scheme, _w.period, _one(plant))));
        (, uint256 amount) = _w.allocation.allocationOf(_w.scheme, _w.period, _w.plants[plant]);
        _lostAtMost(plant / 2, old > amount ? old - amount : 0, 0);
    }

    function assess(uint256 plant) external counted {
        assessOne(_pick(plant, _isAllocated));
    }

    function assessOne(uint256 plant) public {
        _remember();
        _as(address(1), address(_w.compliance), abi.encodeCall(ICompliance.assess, (_w.scheme, _w.period, _one(plant))));
        due[plant] = 1 + obligationOf(plant).due;
        bytes memory again = abi.encodeCall(ICompliance.assess, (_w.scheme, _w.period, _one(plant)));
        _refused(address(1), address(_w.compliance), again, "assessed twice");
        _lostAtMost(3, 0, 0);
    }

    /* EMITTERS */

    /// @dev Of this vintage or the one before, and credits.
    function buy(uint256 who, uint256 unit, uint256 amount, uint256 chance) external counted {
        _needs(chance % 8 == 0);
        (who, unit, amount) = (who % 3, unit % 2, bound(amount, 1, 30_000));
        bought[unit] += amount;
        bytes memory data = abi.encodeCall(IAllowances.issue, (_w.wallets[who], _w.units[unit], amount, bytes32(0)));
        _as(_w.registrar, address(_w.allowances), data);
    }

    function deposit(uint256 who, uint256 unit, uint256 amount, uint256 chance) external counted {
        _needs(chance % 2 == 0);
        (who, unit) = (who % 3, unit % 2);
        UnitId id = _w.units[unit];
        uint256 lots = _w.allowances.freeOf(_w.wallets[who], id) / _w.lotSizes[unit];
        _needs(lots != 0);
        amount = bound(amount, 1, lots) * _w.lotSizes[unit];
        _move(who, address(_w.exchange), id, amount);
    }

    function _move(uint256 who, address to, UnitId id, uint256 amount) private {
        bytes memory data =
            abi.encodeCall(_w.allowances.safeTransferFrom, (_w.wallets[who], to, UnitId.unwrap(id), amount, ""));
        _as(_w.wallets[who], address(_w.allowances), data);
    }

    function withdraw(uint256 who, uint256 unit, uint256 lots, uint256 chance) external counted {
        _needs(chance % 8 == 0);
        (who, unit) = (who % 3, unit % 2);
        uint256 free = _w.exchange.account(_w.ids[who], _w.markets[unit]).lotsFree;
        _needs(free != 0);
        bytes memory data =
            abi.encodeCall(_w.exchange.withdrawUnits, (_w.markets[unit], bound(lots, 1, free), _w.wallets[who]));
        _remember();
        _as(_w.wallets[who], address(_w.exchange), data);
        _lostAtMost(3, 0, 0);
    }

    /// @dev At 48.00; the seller pays no fee here.
    function trade(uint256 who, uint256 other, uint256 unit, uint256 lots, uint256 chance) external counted {
        _needs(chance % 4 == 0);
        (who, other, unit) = (who % 3, other % 3, unit % 2);
        uint256 free = _w.exchange.account(_w.ids[who], _w.markets[unit]).lotsFree;
        _needs(who != other && free != 0);
        lots = bound(lots, 1, free < 5_000 ? free : 5_000);
        uint256 word = lots | 4800 << 32 | uint256(MarketId.unwrap(_w.markets[unit])) << 48;
        _place(who, word | 1 << 64);
        _place(other, word | 1 << 65);
        netSold[who] += int256(lots * _w.lotSizes[unit]);
        netSold[other] -= int256(lots * _w.lotSizes[unit]);
    }

    function _place(uint256 who, uint256 word) private {
        _as(_w.wallets[who], address(_w.exchange), abi.encodeCall(_w.exchange.place, (OrderRequest.wrap(word))));
    }

    function surrender(uint256 plant, uint256 unit, uint256 amount, uint256 chance) external counted {
        _needs(chance % 2 == 0);
        plant = _pick(plant, _isOpen);
        unit = unit % 2 == 0 ? CREDIT : unit / 2 % 2;
        uint256 free = _token(unit).freeOf(_w.wallets[plant / 2], _w.units[unit]);
        amount = _bounded(plant, amount, free);
        if (unit == CREDIT) amount = _withinTheLimit(plant, amount, free);
        _surrender(plant, unit, amount, _surrendering(plant, unit, amount));
    }

    /// @dev Promise: credits count up to their limit, and not one more.
    function _withinTheLimit(uint256 plant, uint256 amount, uint256 free) private returns (uint256) {
        uint256 room = uint256(obligationOf(plant).due) * 50_000 / 1_000_000 - _given[plant][1];
        if (room < _openOf(plant) && room < free) {
            bytes memory data = _surrendering(plant, CREDIT, room + 1);
            _refused(_w.wallets[plant / 2], address(_w.compliance), data, "more credits than the limit");
        }
        _needs(room != 0);
        return amount < room ? amount : room;
    }

    function _surrendering(uint256 plant, uint256 unit, uint256 amount) private view returns (bytes memory) {
        return abi.encodeCall(ICompliance.surrender, (_w.plants[plant], _w.period, _unitOf(unit), _amountOf(amount)));
    }

    function surrenderFromLedger(uint256 plant, uint256 unit, uint256 amount, uint256 chance) external counted {
        _needs(chance % 2 == 0);
        (plant, unit) = (_pick(plant, _isOpen), unit % 2);
        uint256 lots = _w.exchange.account(_w.ids[plant / 2], _w.markets[unit]).lots;
        amount = _bounded(plant, amount, lots * _w.lotSizes[unit]) / _w.lotSizes[unit] * _w.lotSizes[unit];
        _needs(amount != 0);
        bytes memory data = abi.encodeCall(
            ICompliance.surrenderFromLedger, (_w.plants[plant], _w.period, _unitOf(unit), _amountOf(amount))
        );
        _surrender(plant, unit, amount, data);
    }

    function _bounded(uint256 plant, uint256 amount, uint256 free) private view returns (uint256) {
        uint256 open = _openOf(plant);
        uint256 most = open < free ? open : free;
        _needs(most != 0);
        return amount % 4 == 0 ? most : bound(amount, 1, most / 3 + 1);
    }

    function _surrender(uint256 plant, uint256 unit, uint256 amount, bytes memory data) private {
        _refused(_w.wallets[(plant / 2 + 1) % 3], address(_w.compliance), data, "surrendered for another's plant");
        _remember();
        _as(_w.wallets[plant / 2], address(_w.compliance), data);
        _given[plant][unit == CREDIT ? 1 : 0] += amount;
        assertEq(unitsOf(plant / 2, unit) + amount, _unitsBefore[plant / 2][unit], "surrendered units leave");
    }

    function bank(uint256 who, uint256 unit, uint256 amount, uint256 chance) external counted {
        _needs(chance % 4 == 0);
        (who, unit) = (who % 3, unit % 2);
        uint256 most = BANKING_BASE + (netSold[who] > 0 ? uint256(netSold[who]) * 3 / 2 : 0);
        uint256 free = _w.allowances.freeOf(_w.wallets[who], _w.units[unit]);
        _needs(bankedBy[who] < most && free != 0);
        most -= bankedBy[who];
        amount = amount % 4 == 0 && most < free ? most : bound(amount, 1, most < free ? most : free);
        bytes memory data = abi.encodeCall(IBanking.bank, (_w.scheme, _unitOf(unit), _amountOf(most + 1)));
        if (most < free) _refused(_w.wallets[who], address(_w.banking), data, "banked more than the rule admits");
        data = abi.encodeCall(IBanking.bank, (_w.scheme, _unitOf(unit), _amountOf(amount)));
        _remember();
        _as(_w.wallets[who], address(_w.banking), data);
        bankedBy[who] += amount;
        banked += amount;
        assertEq(unitsOf(who, 2), _unitsBefore[who][2] + amount, "banked units arrive");
    }

    /// @dev The third emitter's wallet refuses units, in one of the ways there are, or takes them again.
    function refuse(uint256 how, uint256 chance) external counted {
        _needs(chance % 8 == 0);
        RefusingWallet.Mood[4] memory moods = [
            RefusingWallet.Mood.Accept,
            RefusingWallet.Mood.Revert,
            RefusingWallet.Mood.Garbage,
            RefusingWallet.Mood.ShortAnswer
        ];
        RefusingWallet(_w.wallets[2]).set(moods[how % 4]);
    }

    /// @dev What is held for a participant is its own to take, and of no other.
    function claim(uint256 unit, uint256 amount) external counted {
        unit %= 3;
        UnitId id = _w.units[unit];
        uint256 held = _w.allowances.freeOf(HeldAccounts.accountOf(_w.ids[2]), id);
        _needs(held != 0);
        amount = bound(amount, 1, held);
        bytes memory data = abi.encodeCall(IUnit1155.claim, (id, amount, _w.wallets[2]));
        _refused(_w.wallets[0], address(_w.allowances), data, "another claimed held units");
        _remember();
        RefusingWallet(_w.wallets[2]).set(RefusingWallet.Mood.Accept);
        _as(_w.wallets[2], address(_w.allowances), data);
        assertEq(unitsOf(2, unit), _unitsBefore[2][unit], "claimed units arrive");
        _lostAtMost(3, 0, 0);
    }

    function appeal(uint256 plant) external counted {
        plant = _pick(plant, _isDecided);
        bytes memory data = abi.encodeCall(IPenalties.appeal, (_w.plants[plant], _w.period, bytes32("grounds")));
        _as(_w.wallets[plant / 2], address(_w.compliance), data);
    }

    function pay(uint256 plant, uint256 cents) external counted {
        _needs(cents / 8 % 4 == 0); // some wait until they are debited
        plant = _pick(plant, _isDecided);
        Penalty memory p = penaltyOf(plant);
        cents = cents % 2 == 0 ? p.fineCents - p.paidCents : bound(cents, 1, p.fineCents - p.paidCents);
        bytes memory data = abi.encodeCall(IPenalties.payPenalty, (_w.plants[plant], _w.period, cents));
        _remember();
        _as(_w.wallets[plant / 2], address(_w.compliance), data);
        fines += cents;
        _lostAtMost(plant / 2, 0, cents * 100);
    }

    /* AUTHORITIES */

    function notify(uint256 plant) external counted {
        notifyOne(_pick(plant, _isShort));
    }

    function notifyOne(uint256 plant) public {
        _as(address(1), address(_w.compliance), abi.encodeCall(IPenalties.notify, (_w.period, _one(plant))));
        noticed[plant] = true;
    }

    function decide(uint256 plant, uint256 cents, uint256 by) external counted {
        decideOne(_pick(plant, _isNoticed), bound(cents, 2_000_000, 3_000_000), by % 2 == 0);
    }

    function decideOne(uint256 plant, uint256 cents, bool byBureau) public {
        decidedBy[plant] = byBureau ? _w.bureau : _w.ministry;
        fineOf[plant] = cents;
        bytes memory data =
            abi.encodeCall(IPenalties.decide, (_w.plants[plant], _w.period, cents, uint16(0), bytes32("reason")));
        _as(decidedBy[plant], address(_w.compliance), data);
    }

    /// @dev Never by the officer whose decision it is.
    function decideAppeal(uint256 plant, uint256 outcome, uint256 cents) external counted {
        plant = _pick(plant, _isAppealed);
        outcome = outcome % 2 == 0 ? uint256(AppealOutcome.Annulled) : 1 + outcome / 2 % 3;
        uint256 old = penaltyOf(plant).fineCents;
        if (outcome == uint256(AppealOutcome.Upheld)) cents = old;
        else if (outcome == uint256(AppealOutcome.Annulled)) cents = 0;
        else if (old == 2_000_000) (outcome, cents) = (uint256(AppealOutcome.Upheld), old);
        else cents = bound(cents, 2_000_000, old - 1);
        decideAppealOne(plant, AppealOutcome(outcome), cents);
    }

    function decideAppealOne(uint256 plant, AppealOutcome outcome, uint256 cents) public {
        bytes memory data =
            abi.encodeCall(IPenalties.decideAppeal, (_w.plants[plant], _w.period, outcome, cents, bytes32("reason")));
        _refused(decidedBy[plant], address(_w.compliance), data, "an officer decided on its own decision");
        _as(decidedBy[plant] == _w.bureau ? _w.ministry : _w.bureau, address(_w.compliance), data);
    }

    function debit(uint256 plant, uint256 market) external counted {
        plant = _pick(plant, _isDecided);
        Penalty memory p = penaltyOf(plant);
        uint256 open = p.fineCents - p.paidCents;
        bytes memory data =
            abi.encodeCall(IPenalties.debitPenalty, (_w.plants[plant], _w.period, _w.markets[market % 2]));
        _remember();
        _as(_w.bureau, address(_w.compliance), data);
        fines += penaltyOf(plant).paidCents - p.paidCents;
        _lostAtMost(plant / 2, 0, open * 100);
    }

    function publish(uint256 plant) external counted {
        plant = _pick(plant, _isDecided);
        bytes memory data = abi.encodeCall(IPenalties.publishPenalty, (_w.plants[plant], _w.period, bytes32("text")));
        _as(_w.ministry, address(_w.compliance), data);
    }

    function deduct(uint256 plant) external counted {
        deductOne(_pick(plant, _isOpen));
    }

    /// @dev Promise: what is missing at the closing is owed to the next allocation, no more and no less.
    function deductOne(uint256 plant) public {
        PenaltyState state = penaltyOf(plant).state;
        _needs(state != PenaltyState.None && state != PenaltyState.Noticed && state != PenaltyState.Appealed);
        uint256 open = _openOf(plant);
        uint256 debt = _w.allocation.debtOf(_w.plants[plant]);
        _remember();
        bytes memory data = abi.encodeCall(IPenalties.deduct, (_w.plants[plant], _w.period));
        _as(_w.bureau, address(_w.compliance), data);
        assertEq(_w.allocation.debtOf(_w.plants[plant]), debt + open, "the missing units become a debt");
        _lostAtMost(3, 0, 0);
    }

    function expire(uint256 who, uint256 chance) external counted {
        _needs(chance % 4 == 0);
        who %= 3;
        _needs(_w.banking.hasExpired(_w.units[1]) && unitsOf(who, 1) != 0);
        address[] memory holders = new address[](2);
        (holders[0], holders[1]) = (_w.wallets[who], HeldAccounts.accountOf(_w.ids[who]));
        ParticipantId[] memory owners = new ParticipantId[](1);
        owners[0] = _w.ids[who];
        _as(address(1), address(_w.banking), abi.encodeCall(IBanking.expire, (_w.units[1], holders)));
        _as(address(1), address(_w.banking), abi.encodeCall(IBanking.expireFromLedger, (_w.units[1], owners)));
        assertEq(unitsOf(who, 1), 0, "expired units are gone");
    }

    function suspend(uint256 who, uint256 chance) external counted {
        who %= 3;
        (,, ParticipantStatus status) = _w.participants.walletOf(_w.wallets[who]);
        bool active = status == ParticipantStatus.Active;
        _needs(chance % (active ? 32 : 4) == 0);
        bytes memory data = active
            ? abi.encodeCall(IParticipants.suspend, (_w.ids[who], bytes32("reason")))
            : abi.encodeCall(IParticipants.reinstate, (_w.ids[who]));
        _remember();
        _as(_w.registrar, address(_w.participants), data);
        _lostAtMost(3, 0, 0);
    }

    /// @dev Of this vintage, on the wallet; lifted as often.
    function freeze(uint256 who, uint256 amount, uint256 chance) external counted {
        _needs(chance % 16 == 0);
        who %= 3;
        UnitId id = _w.units[CEA];
        amount =
            chance % 32 == 0 ? 0 : bound(amount, 0, 2 * _w.allowances.balanceOf(_w.wallets[who], UnitId.unwrap(id)));
        bytes memory data = abi.encodeCall(IUnit1155.freezeByOrder, (_w.wallets[who], id, amount, bytes32("order")));
        _remember();
        _as(_w.ministry, address(_w.allowances), data);
        _lostAtMost(3, 0, 0);
    }

    /// @dev Up to forty days, to ten in the morning.
    function pass(uint256 time, uint256 chance) external counted {
        _needs(chance % 6 == 0);
        vm.warp((block.timestamp / 1 days + bound(time, 1, 40)) * 1 days + 2 hours);
        for (uint256 i = 0; i < 2; ++i) {
            (bool opened,) = address(_w.exchange).call(abi.encodeCall(_w.exchange.openDay, (_w.markets[i])));
            opened; // open already, or a day without trading
        }
    }

    /* WHICH PLANTS */

    /// @dev One of the plants that fits; discards the act where none does.
    function _pick(uint256 plant, function(uint256) view returns (bool) fits) private view returns (uint256) {
        for (uint256 i = 0; i < 6; ++i) {
            if (fits((plant % 6 + i) % 6)) return (plant % 6 + i) % 6;
        }
        vm.assume(false);
        return 0;
    }

    function obligationOf(uint256 plant) public view returns (Obligation memory) {
        return _w.compliance.obligationOf(_w.plants[plant], _w.period);
    }

    function penaltyOf(uint256 plant) public view returns (Penalty memory) {
        return IPenalties(address(_w.compliance)).penaltyOf(_w.plants[plant], _w.period);
    }

    function stateOf(uint256 plant) public view returns (AllocationState state) {
        (state,) = _w.allocation.allocationOf(_w.scheme, _w.period, _w.plants[plant]);
    }

    function _openOf(uint256 plant) private view returns (uint256) {
        Obligation memory o = obligationOf(plant);
        return uint256(o.due) + o.added - o.allowances - o.offsets;
    }

    function isReported(uint256 plant) external view returns (bool) {
        return _reported[plant] != 0;
    }

    function _isReported(uint256 plant) private view returns (bool) {
        return _reported[plant] != 0 && stateOf(plant) != AllocationState.Final;
    }

    function _isAllocated(uint256 plant) private view returns (bool) {
        return stateOf(plant) == AllocationState.Final && due[plant] == 0;
    }

    function _isOpen(uint256 plant) private view returns (bool) {
        return obligationOf(plant).state == ObligationState.Open;
    }

    function _isShort(uint256 plant) private view returns (bool) {
        return _isOpen(plant) && !noticed[plant] && block.timestamp > _w.deadline;
    }

    function _isNoticed(uint256 plant) private view returns (bool) {
        return penaltyOf(plant).state == PenaltyState.Noticed;
    }

    function _isDecided(uint256 plant) private view returns (bool) {
        return penaltyOf(plant).state == PenaltyState.Decided && penaltyOf(plant).paidCents < penaltyOf(plant).fineCents;
    }

    function _isAppealed(uint256 plant) private view returns (bool) {
        return penaltyOf(plant).state == PenaltyState.Appealed;
    }

    /* SHORT FORMS */

    function _one(uint256 plant) private view returns (InstallationId[] memory list) {
        list = new InstallationId[](1);
        list[0] = _w.plants[plant];
    }

    function _one64(uint256 amount) private pure returns (uint64[] memory list) {
        list = new uint64[](1);
        list[0] = uint64(amount);
    }

    function _unitOf(uint256 unit) private view returns (UnitId[] memory list) {
        list = new UnitId[](1);
        list[0] = _w.units[unit];
    }

    function _amountOf(uint256 amount) private pure returns (uint256[] memory list) {
        list = new uint256[](1);
        list[0] = amount;
    }
}
