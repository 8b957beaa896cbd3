// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IAllocation} from "../../interfaces/compliance/IAllocation.sol";
import {IBlockTrades} from "../../interfaces/market/IBlockTrades.sol";
import {ComplianceKeys, ICompliance, ObligationState} from "../../interfaces/compliance/ICompliance.sol";
import {ICumulativeCompliance} from "../../interfaces/compliance/ICumulativeCompliance.sol";
import {IExchange, MarketAssets} from "../../interfaces/market/IExchange.sol";
import {InstallationId, MarketId, ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {IInstallations} from "../../interfaces/parties/IInstallations.sol";
import {InstallationWord} from "../../interfaces/types/InstallationTypes.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IPenalties} from "../../interfaces/compliance/IPenalties.sol";
import {Appeal, AppealOutcome, Penalty, PenaltyState} from "../../interfaces/compliance/PenaltyTypes.sol";
import {ISchemes, ParamKeys} from "../../interfaces/rules/ISchemes.sol";
import {Lanes} from "../types/Lanes.sol";
import {PPM} from "../types/Ppm.sol";
import {ComplianceStore} from "./ComplianceStore.sol";
import {Fines} from "./Fines.sol";

/// @title Penalties
/// @notice Shortfalls: notice, decision, appeal, payment, publication, deduction; see {IPenalties}.
/// @dev The extension of {Compliance}, see {Extendable}; named for its part of the ABI, {IPenalties}.
contract Penalties is Fines {
    using SafeERC20 for IERC20;

    /// @dev The Exchange's ledger counts in 0.0001, its token in 0.01.
    uint256 private constant LEDGER_PER_CENT = 100;

    ICumulativeCompliance private immutable RUNNING;

    constructor(
        address authority_,
        ISchemes schemes,
        IInstallations installations,
        IExchange exchange,
        IAllocation allocation,
        IBlockTrades blocks,
        ICumulativeCompliance running
    ) ComplianceStore(authority_, schemes, installations, allocation) Fines(exchange, blocks) {
        RUNNING = running;
    }

    /* NOTICE AND DECISION */

    /// @inheritdoc IPenalties
    function notify(uint16 periodId, InstallationId[] calldata installations) external {
        _checkCount(installations.length, MAX_ITEMS);
        bool any = false;
        for (uint256 i = 0; i < installations.length; ++i) {
            Case memory c = _caseOf(installations[i], periodId);
            // A call of a stranger, sent ahead, does not undo a batch: what was noticed is passed over.
            if (_penalties[c.ref].state != PenaltyState.None && (any || i + 1 < installations.length)) continue;
            _notify(c);
            any = true;
        }
    }

    function _notify(Case memory c) private {
        Position memory p = _positionOf(c);
        // A period of running totals is not assessed but judged.
        uint256 shortfall =
            p.state == ObligationState.None ? RUNNING.shortfallOf(c.installation, c.periodId) : _shortfall(p);
        if (p.state == ObligationState.None && shortfall == 0) {
            revert ICompliance.ComplianceWrongState(c.installation, c.periodId, p.state);
        }
        uint256 deadline = _deadline(c.period);
        if (block.timestamp <= deadline) revert ComplianceBeforeDeadline(c.installation, deadline);
        Penalty memory penalty = _penaltyIn(c, PenaltyState.None);
        if (shortfall == 0) revert ComplianceNoShortfall(c.installation, c.periodId);

        if (shortfall > Lanes.MAX_VALUE) revert ICompliance.ComplianceTooLarge(c.installation, shortfall);
        penalty.shortfall = uint40(shortfall); // compared above
        penalty.noticedAt = uint40(block.timestamp); // 40 bits of seconds last 34,000 years
        penalty.state = PenaltyState.Noticed;
        _penalties[c.ref] = penalty;
        emit ShortfallNoticed(
            c.scheme, c.periodId, c.installation, c.word.operatorOf(), shortfall, _hearingUntil(c, penalty)
        );
    }

    /// @inheritdoc IPenalties
    function decide(
        InstallationId installation,
        uint16 periodId,
        uint256 fineCents,
        uint16 measures,
        bytes32 reasonHash
    ) external {
        Case memory c = _officersCase(installation, periodId);
        Penalty memory penalty = _penaltyIn(c, PenaltyState.Noticed);
        _checkTime(installation, _hearingUntil(c, penalty));
        _checkReason(reasonHash);
        _checkFine(c, penalty, fineCents);
        uint256 known = _ruleOf(c, ComplianceKeys.PENALTY_MEASURES);
        if (measures & ~known != 0) revert ComplianceMeasureUnknown(measures, known);

        penalty.fineCents = uint56(fineCents); // compared above
        penalty.measures = measures;
        penalty.decidedAt = uint40(block.timestamp); // as above
        penalty.state = _decided(penalty, _orderUnits(c, penalty.shortfall));
        _penalties[c.ref] = penalty;
        _appeals[c.ref].decidedBy = msg.sender;
        emit PenaltyDecided(
            c.scheme,
            periodId,
            installation,
            msg.sender,
            fineCents,
            measures,
            reasonHash,
            _payableUntil(c, penalty),
            _appealUntil(c, penalty)
        );
    }

    function _checkFine(Case memory c, Penalty memory penalty, uint256 fineCents) private view {
        (uint256 minCents, uint256 maxCents) =
            _boundsOf(c.scheme, c.periodId, c.period.surrenderDeadline, penalty.shortfall);
        if (fineCents < minCents || fineCents > maxCents) {
            revert ComplianceFineOutOfBounds(fineCents, minCents, maxCents);
        }
        if (fineCents > type(uint56).max) revert ICompliance.ComplianceTooLarge(c.installation, fineCents);
    }

    /// @dev Paid at once where there is no fine and nothing is ordered beside it.
    function _decided(Penalty memory penalty, uint256 units) private pure returns (PenaltyState) {
        bool nothing = penalty.fineCents == 0 && penalty.measures == 0 && units == 0;
        return nothing ? PenaltyState.Paid : PenaltyState.Decided;
    }

    /// @dev Rounds up: the operator bears it.
    /// @return units [t] ordered beside the missing ones
    function _orderUnits(Case memory c, uint256 shortfall) private returns (uint256 units) {
        uint256 factor = _ruleOf(c, ComplianceKeys.PENALTY_UNITS_PPM);
        if (factor <= PPM) return 0;
        units = (shortfall * (factor - PPM) + PPM - 1) / PPM;
        Position memory p = _positionOf(c);
        // Running totals keep what is missing due; there is no obligation of the period that units could be added to.
        if (p.state == ObligationState.None) revert ICompliance.ComplianceCumulative(c.scheme, c.periodId);
        // The amount due with them fits the bits of the units surrendered.
        uint256 due = p.due;
        if (due + units > Lanes.MAX_VALUE) revert ICompliance.ComplianceTooLarge(c.installation, due + units);

        emit UnitsOrdered(c.scheme, c.periodId, c.installation, shortfall, _surrendered[c.ref].added, units);
        _surrendered[c.ref].added = uint40(units); // compared above
    }

    /// @dev Those already surrendered stay surrendered.
    function _annulUnits(Case memory c) private {
        Position memory p = _positionOf(c);
        if (p.given.added == 0) return;
        uint256 given = uint256(p.given.allowances) + p.given.offsets;
        uint256 left = given > p.due ? given - p.due : 0;

        emit UnitsOrdered(c.scheme, c.periodId, c.installation, _penalties[c.ref].shortfall, p.given.added, left);
        _surrendered[c.ref].added = uint40(left); // at most the old value
    }

    /* APPEAL */

    /// @inheritdoc IPenalties
    function appeal(InstallationId installation, uint16 periodId, bytes32 groundsHash) external {
        (InstallationWord word, uint8 rights) = INSTALLATIONS.reporterOf(installation, msg.sender);
        if (rights & WalletRights.MANAGE == 0) {
            revert ICompliance.ComplianceNotOperator(msg.sender, installation, word.operatorOf());
        }
        Case memory c;
        _fill(c, installation, periodId, word);
        Penalty memory penalty = _penaltyIn(c, PenaltyState.Decided);
        AppealOutcome outcome = _appeals[c.ref].outcome;
        if (penalty.paidCents != 0 || outcome != AppealOutcome.None) {
            revert ComplianceFineAccepted(installation, penalty.paidCents, outcome);
        }
        uint256 until = _appealUntil(c, penalty);
        if (block.timestamp > until) revert ComplianceAppealTooLate(installation, until);
        _checkReason(groundsHash);

        _penalties[c.ref].state = PenaltyState.Appealed;
        _appeals[c.ref].appealedAt = uint40(block.timestamp); // as above
        emit PenaltyAppealed(c.scheme, periodId, installation, word.operatorOf(), msg.sender, groundsHash);
    }

    /// @inheritdoc IPenalties
    function decideAppeal(
        InstallationId installation,
        uint16 periodId,
        AppealOutcome outcome,
        uint256 fineCents,
        bytes32 reasonHash
    ) external {
        Case memory c = _officersCase(installation, periodId);
        Penalty memory penalty = _penaltyIn(c, PenaltyState.Appealed);
        if (_appeals[c.ref].decidedBy == msg.sender) revert ComplianceOwnDecision(msg.sender);
        _checkReason(reasonHash);
        uint256 old = penalty.fineCents;
        bool fits = outcome == AppealOutcome.Upheld
            ? fineCents == old
            : outcome == AppealOutcome.Reduced ? fineCents < old : outcome != AppealOutcome.None && fineCents == 0;
        if (!fits) revert ComplianceBadOutcome(outcome, old, fineCents);
        if (outcome == AppealOutcome.Reduced) _checkFine(c, penalty, fineCents);

        penalty.fineCents = uint56(fineCents); // at most the old one
        penalty.decidedAt = uint40(block.timestamp); // as above
        penalty.state = _decided(penalty, _surrendered[c.ref].added);
        if (outcome == AppealOutcome.Annulled) {
            (penalty.state, penalty.measures) = (PenaltyState.Annulled, 0);
            _annulUnits(c);
        }
        _penalties[c.ref] = penalty;
        _appeals[c.ref].outcome = outcome;
        emit PenaltyAppealDecided(
            c.scheme, periodId, installation, msg.sender, outcome, old, fineCents, reasonHash, _payableUntil(c, penalty)
        );
    }

    /* PUBLICATION */

    /// @inheritdoc IPenalties
    function publishPenalty(InstallationId installation, uint16 periodId, bytes32 textHash) external {
        Case memory c = _officersCase(installation, periodId);
        Penalty memory penalty = _penalties[c.ref];
        Appeal memory appeal_ = _appeals[c.ref];
        if (penalty.state == PenaltyState.Decided) {
            _checkTime(installation, _standsFrom(c, penalty, appeal_));
        } else if (penalty.state != PenaltyState.Paid && penalty.state != PenaltyState.Annulled) {
            revert CompliancePenaltyState(installation, periodId, penalty.state);
        }
        _checkReason(textHash);
        if (appeal_.publishedAt != 0) revert ComplianceAlreadyPublished(installation, appeal_.publishedAt);

        _appeals[c.ref].publishedAt = uint40(block.timestamp); // as above
        emit PenaltyPublished(
            c.scheme, periodId, installation, msg.sender, penalty.fineCents, penalty.measures, penalty.state, textHash
        );
    }

    /// @return time [s] from when a decided fine can no longer be appealed
    function _standsFrom(Case memory c, Penalty memory penalty, Appeal memory appeal_)
        private
        view
        returns (uint256 time)
    {
        if (appeal_.outcome != AppealOutcome.None) return 0;
        uint256 until = _appealUntil(c, penalty);
        return until == 0 ? 0 : until + 1; // `until` itself is in time
    }

    /* PAYMENT */

    /// @inheritdoc IPenalties
    function payPenalty(InstallationId installation, uint16 periodId, uint256 cents) external {
        Case memory c = _caseOf(installation, periodId);
        Treasury memory treasury = _treasury(c.scheme);
        if (cents == 0) revert ICompliance.ComplianceZeroAmount();
        _checkPayer(c);
        uint256 paidCents = _pay(c, cents);
        emit PenaltyPaid(c.scheme, periodId, installation, msg.sender, cents, paidCents);

        IERC20(treasury.currency).safeTransferFrom(msg.sender, treasury.payee, cents);
    }

    /// @inheritdoc IPenalties
    function debitPenalty(InstallationId installation, uint16 periodId, MarketId market) external {
        Case memory c = _officersCase(installation, periodId);
        Treasury memory treasury = _treasury(c.scheme);
        Penalty memory penalty = _penaltyIn(c, PenaltyState.Decided);
        _checkTime(installation, _payableUntil(c, penalty));
        _checkTime(installation, _standsFrom(c, penalty, _appeals[c.ref]));
        MarketAssets memory assets = EXCHANGE.marketAssets(market);
        // Cash in another scheme's market is beyond this scheme's officers.
        if (assets.scheme != c.scheme) revert ComplianceForeignMarket(market, assets.scheme, c.scheme);
        address currency = assets.currency;
        if (currency != treasury.currency) revert ComplianceWrongCurrency(market, currency, treasury.currency);

        ParticipantId operator = c.word.operatorOf();
        uint256 cents = EXCHANGE.account(operator, market).cash / LEDGER_PER_CENT;
        uint256 asked = uint256(penalty.fineCents) - penalty.paidCents;
        if (cents > asked) cents = asked;
        if (cents == 0) revert ComplianceNothingDebited(installation, market);
        uint256 paidCents = _pay(c, cents);
        emit PenaltyDebited(c.scheme, periodId, installation, operator, market, msg.sender, cents, paidCents);

        uint256 taken = EXCHANGE.debitCash(operator, market, cents * LEDGER_PER_CENT, treasury.payee);
        if (taken != cents * LEDGER_PER_CENT) revert ComplianceDebitShort(market, cents, taken);
    }

    /// @dev A payment accepts the fine: while it can be appealed, only a wallet that may appeal pays.
    function _checkPayer(Case memory c) private view {
        if (block.timestamp >= _standsFrom(c, _penaltyIn(c, PenaltyState.Decided), _appeals[c.ref])) return;
        (InstallationWord word, uint8 rights) = INSTALLATIONS.reporterOf(c.installation, msg.sender);
        if (rights & WalletRights.MANAGE == 0) {
            revert ICompliance.ComplianceNotOperator(msg.sender, c.installation, word.operatorOf());
        }
    }

    /// @dev Counts a payment; never more than the fine.
    function _pay(Case memory c, uint256 cents) private returns (uint256 paidCents) {
        Penalty memory penalty = _penaltyIn(c, PenaltyState.Decided);
        uint256 dueCents = uint256(penalty.fineCents) - penalty.paidCents;
        if (cents > dueCents) revert ComplianceOverpaid(c.installation, cents, dueCents);

        penalty.paidCents += uint56(cents); // at most the fine
        if (cents == dueCents) penalty.state = PenaltyState.Paid;
        _penalties[c.ref] = penalty;
        return penalty.paidCents;
    }

    /* CLOSING */

    /// @inheritdoc IPenalties
    function deduct(InstallationId installation, uint16 periodId) external {
        Case memory c = _officersCase(installation, periodId);
        Position memory p = _openPosition(c);
        PenaltyState penalty = _penalties[c.ref].state;
        bool decided = penalty == PenaltyState.Decided || penalty == PenaltyState.Paid;
        if (!decided && penalty != PenaltyState.Annulled) {
            revert CompliancePenaltyState(installation, periodId, penalty);
        }
        _checkTime(installation, _moved(c.period.surrenderDeadline + _days(c, ComplianceKeys.PENALTY_CLOSING_DAYS)));

        uint256 factor = _ruleOf(c, ParamKeys.PENALTY_DEDUCTION_PPM);
        uint256 deducted = (p.open * factor + PPM - 1) / PPM;
        if (deducted > Lanes.MAX_VALUE) revert ICompliance.ComplianceTooLarge(installation, deducted);
        p.given.deducted = uint40(deducted); // compared above
        p.given.closed = true;
        _surrendered[c.ref] = p.given;
        emit ShortfallDeducted(c.scheme, periodId, installation, msg.sender, p.open, deducted);

        if (deducted != 0) ALLOCATION.addDebt(installation, deducted, c.ref);
    }

    /* VIEWS */

    /// @inheritdoc IPenalties
    function penaltyOf(InstallationId installation, uint16 periodId) external view returns (Penalty memory) {
        return _penalties[_caseOf(installation, periodId).ref];
    }

    /// @inheritdoc IPenalties
    function appealOf(InstallationId installation, uint16 periodId) external view returns (Appeal memory) {
        return _appeals[_caseOf(installation, periodId).ref];
    }

    /* CHECKS */

    /// @dev For an officer who may penalise where the installation stands.
    function _officersCase(InstallationId installation, uint16 periodId) private view returns (Case memory c) {
        c = _caseOf(installation, periodId);
        _checkOfficer(c.scheme, c.word.jurisdictionOf());
    }

    /// @dev By reference: a copy returned would be paid for twice.
    function _penaltyIn(Case memory c, PenaltyState needed) private view returns (Penalty storage penalty) {
        penalty = _penalties[c.ref];
        if (penalty.state != needed) revert CompliancePenaltyState(c.installation, c.periodId, penalty.state);
    }

    /// @dev `notBefore` itself is early enough.
    function _checkTime(InstallationId installation, uint256 notBefore) private view {
        if (block.timestamp < notBefore) revert ComplianceTooEarly(installation, notBefore);
    }
}
