// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IAllocation} from "../../interfaces/IAllocation.sol";
import {ComplianceKeys, ICompliance, ObligationState, Penalty, PenaltyState} from "../../interfaces/ICompliance.sol";
import {IExchange} from "../../interfaces/IExchange.sol";
import {InstallationId, MarketId, ParticipantId, SchemeId} from "../../interfaces/Ids.sol";
import {ParamKeys} from "../../interfaces/ISchemes.sol";
import {Lanes} from "../lib/Lanes.sol";
import {ComplianceStore} from "./ComplianceStore.sol";
import {LedgerReceiver} from "./LedgerReceiver.sol";

/// @title Penalties
/// @notice The second half of {ICompliance}: notice, decision, payment, deduction.
/// @dev Assumes that a scheme's currency does not call back.
abstract contract Penalties is ComplianceStore, LedgerReceiver, AccessManaged {
    using SafeERC20 for IERC20;

    /// @dev The Exchange's ledger counts in 0.0001, its token in 0.01.
    uint256 private constant LEDGER_PER_CENT = 100;

    IAllocation public immutable ALLOCATION;

    struct Treasury {
        address currency;
        //
        address payee;
    }

    mapping(SchemeId scheme => Treasury) private _treasuries;

    constructor(address authority_, IExchange exchange, IAllocation allocation)
        LedgerReceiver(exchange)
        AccessManaged(authority_)
    {
        ALLOCATION = allocation;
    }

    /* NOTICE AND DECISION */

    /// @inheritdoc ICompliance
    function notify(uint16 periodId, InstallationId[] calldata installations) external {
        _checkCount(installations.length, MAX_ITEMS);
        for (uint256 i = 0; i < installations.length; ++i) {
            _notify(_caseOf(installations[i], periodId));
        }
    }

    function _notify(Case memory c) private {
        Position memory p = _positionOf(c);
        if (p.state == ObligationState.None) revert ComplianceWrongState(c.installation, c.periodId, p.state);
        uint256 deadline = c.period.surrenderDeadline;
        if (block.timestamp <= deadline) revert ComplianceBeforeDeadline(c.installation, deadline);
        Penalty memory penalty = _penalties[c.ref];
        _checkPenalty(c, penalty, PenaltyState.None);
        uint256 shortfall = p.open + p.given.late;
        if (shortfall == 0) revert ComplianceNoShortfall(c.installation, c.periodId);

        penalty.shortfall = uint40(shortfall); // at most `due`
        penalty.noticedAt = uint40(block.timestamp); // 40 bits of seconds last 34,000 years
        penalty.state = PenaltyState.Noticed;
        _penalties[c.ref] = penalty;
        emit ShortfallNoticed(
            c.scheme, c.periodId, c.installation, c.word.operatorOf(), shortfall, _hearingUntil(c, penalty)
        );
    }

    /// @inheritdoc ICompliance
    function decide(InstallationId installation, uint16 periodId, uint256 fineCents, bytes32 reasonHash) external {
        Case memory c = _officersCase(installation, periodId);
        Penalty memory penalty = _penalties[c.ref];
        _checkPenalty(c, penalty, PenaltyState.Noticed);
        _checkTime(installation, _hearingUntil(c, penalty));
        if (reasonHash == 0) revert ComplianceReasonMissing();
        (uint256 minCents, uint256 maxCents) = _fineBounds(c.scheme, c.period.surrenderDeadline, penalty.shortfall);
        if (fineCents < minCents || fineCents > maxCents) {
            revert ComplianceFineOutOfBounds(fineCents, minCents, maxCents);
        }
        if (fineCents > type(uint56).max) revert ComplianceTooLarge(installation, fineCents);

        penalty.fineCents = uint56(fineCents); // compared above
        penalty.decidedAt = uint40(block.timestamp); // as above
        penalty.state = fineCents == 0 ? PenaltyState.Paid : PenaltyState.Decided;
        _penalties[c.ref] = penalty;
        emit PenaltyDecided(
            c.scheme, periodId, installation, msg.sender, fineCents, reasonHash, _payableUntil(c, penalty)
        );
    }

    /* PAYMENT */

    /// @inheritdoc ICompliance
    function payPenalty(InstallationId installation, uint16 periodId, uint256 cents) external {
        Case memory c = _caseOf(installation, periodId);
        Treasury memory treasury = _treasury(c.scheme);
        if (cents == 0) revert ComplianceZeroAmount();
        uint256 paidCents = _pay(c, cents);
        emit PenaltyPaid(c.scheme, periodId, installation, msg.sender, cents, paidCents);

        IERC20(treasury.currency).safeTransferFrom(msg.sender, treasury.payee, cents);
    }

    /// @inheritdoc ICompliance
    function debitPenalty(InstallationId installation, uint16 periodId, MarketId market) external {
        Case memory c = _officersCase(installation, periodId);
        Treasury memory treasury = _treasury(c.scheme);
        Penalty memory penalty = _penalties[c.ref];
        _checkPenalty(c, penalty, PenaltyState.Decided);
        _checkTime(installation, _payableUntil(c, penalty));
        address currency = EXCHANGE.marketAssets(market).currency;
        if (currency != treasury.currency) revert ComplianceWrongCurrency(market, currency, treasury.currency);

        // The effect has to follow the call here: only the ledger knows how far the money goes.
        ParticipantId operator = c.word.operatorOf();
        uint256 asked = uint256(penalty.fineCents) - penalty.paidCents;
        uint256 cents = EXCHANGE.debitCash(operator, market, asked * LEDGER_PER_CENT, treasury.payee) / LEDGER_PER_CENT;
        if (cents == 0) revert ComplianceNothingDebited(installation, market);
        uint256 paidCents = _pay(c, cents);
        emit PenaltyDebited(c.scheme, periodId, installation, operator, market, msg.sender, cents, paidCents);
    }

    /// @dev Counts a payment; never more than the fine.
    function _pay(Case memory c, uint256 cents) private returns (uint256 paidCents) {
        Penalty memory penalty = _penalties[c.ref];
        _checkPenalty(c, penalty, PenaltyState.Decided);
        uint256 dueCents = uint256(penalty.fineCents) - penalty.paidCents;
        if (cents > dueCents) revert ComplianceOverpaid(c.installation, cents, dueCents);

        penalty.paidCents += uint56(cents); // at most the fine
        if (cents == dueCents) penalty.state = PenaltyState.Paid;
        _penalties[c.ref] = penalty;
        return penalty.paidCents;
    }

    /* CLOSING */

    /// @inheritdoc ICompliance
    function deduct(InstallationId installation, uint16 periodId) external {
        Case memory c = _officersCase(installation, periodId);
        Position memory p = _openPosition(c);
        PenaltyState penalty = _penalties[c.ref].state;
        if (penalty != PenaltyState.Decided && penalty != PenaltyState.Paid) {
            revert CompliancePenaltyState(installation, periodId, penalty);
        }
        uint256 deadline = c.period.surrenderDeadline;
        _checkTime(installation, deadline + _days(c, ComplianceKeys.PENALTY_CLOSING_DAYS));

        uint256 factor = SCHEMES.paramOr(c.scheme, ParamKeys.PENALTY_DEDUCTION_PPM, deadline, 0);
        uint256 deducted = (p.open * factor + PPM - 1) / PPM;
        if (deducted > Lanes.MAX_VALUE) revert ComplianceTooLarge(installation, deducted);
        p.given.deducted = uint40(deducted); // compared above
        p.given.closed = true;
        _surrendered[c.ref] = p.given;
        emit ShortfallDeducted(c.scheme, periodId, installation, msg.sender, p.open, deducted);

        if (deducted != 0) ALLOCATION.addDebt(installation, deducted, c.ref);
    }

    /* TREASURY */

    /// @inheritdoc ICompliance
    function setTreasury(SchemeId scheme, address currency, address treasury) external restricted {
        if (currency == address(0) || treasury == address(0)) revert ComplianceNoTreasury(scheme);
        Treasury memory old = _treasuries[scheme];
        _treasuries[scheme] = Treasury({currency: currency, payee: treasury});
        emit TreasurySet(scheme, old.currency, old.payee, currency, treasury);
    }

    /// @inheritdoc ICompliance
    function treasuryOf(SchemeId scheme) external view returns (address currency, address treasury) {
        return (_treasuries[scheme].currency, _treasuries[scheme].payee);
    }

    function _treasury(SchemeId scheme) private view returns (Treasury memory treasury) {
        treasury = _treasuries[scheme];
        if (treasury.payee == address(0)) revert ComplianceNoTreasury(scheme);
    }

    function _checkPenalty(Case memory c, Penalty memory penalty, PenaltyState needed) private pure {
        if (penalty.state != needed) revert CompliancePenaltyState(c.installation, c.periodId, penalty.state);
    }

    /// @dev `notBefore` itself is early enough.
    function _checkTime(InstallationId installation, uint256 notBefore) private view {
        if (block.timestamp < notBefore) revert ComplianceTooEarly(installation, notBefore);
    }
}
