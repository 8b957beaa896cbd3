// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {AllocationState, IAllocation, obligationRef} from "../../interfaces/IAllocation.sol";
import {
    ComplianceKeys,
    ICompliance,
    Obligation,
    ObligationFlags,
    ObligationState,
    Penalty,
    PenaltyState,
    PublicStanding,
    Standing
} from "../../interfaces/ICompliance.sol";
import {IEmissionsOracle} from "../../interfaces/IEmissionsOracle.sol";
import {IExchange, MarketConfig} from "../../interfaces/IExchange.sol";
import {InstallationId, MarketId, ParticipantId, SchemeId, UnitId} from "../../interfaces/Ids.sol";
import {IInstallations, InstallationWord} from "../../interfaces/IInstallations.sol";
import {WalletRights} from "../../interfaces/IParticipants.sol";
import {ISchemes, ParamKeys, Period, Powers} from "../../interfaces/ISchemes.sol";
import {Exit, IUnit1155} from "../../interfaces/IUnit1155.sol";
import {Lanes} from "../lib/Lanes.sol";
import {UnitIds} from "../lib/UnitIds.sol";
import {ComplianceRules} from "./ComplianceRules.sol";
import {LedgerReceiver} from "./LedgerReceiver.sol";

/// @title Compliance
/// @notice Obligations, surrender, shortfall, penalty; see {ICompliance}.
/// @dev Assumes that the contracts below are this project's own, and that a scheme's currency does not call back.
contract Compliance is ICompliance, ComplianceRules, LedgerReceiver, AccessManaged {
    using SafeERC20 for IERC20;

    /// @dev Most installations in a call.
    uint256 private constant MAX_ITEMS = 200;
    /// @dev Most units in a surrender.
    uint256 private constant MAX_UNITS = 32;
    /// @dev The Exchange's ledger counts in 0.0001, its token in 0.01.
    uint256 private constant LEDGER_PER_CENT = 100;
    /// @dev Marks of a lane.
    uint256 private constant ASSESSED = 1;
    uint256 private constant CAPPED = 2;

    IInstallations public immutable INSTALLATIONS;
    IEmissionsOracle public immutable ORACLE;
    IUnit1155 public immutable ALLOWANCES;
    IUnit1155 public immutable OFFSET_CREDITS;
    IAllocation public immutable ALLOCATION;

    /// @dev What was given up: one slot.
    struct Surrendered {
        uint40 allowances;
        uint40 offsets;
        uint40 late; //     part of the two
        uint40 deducted; // at closing
        bool closed;
    }

    /// @dev An obligation as it stands.
    struct Position {
        uint256 due; //  [t]
        uint256 open; // [t]
        bool capped;
        ObligationState state;
        Surrendered given;
    }

    struct Treasury {
        address currency;
        //
        address payee;
    }

    mapping(bytes32 scope => mapping(uint256 word => uint256 lanes)) private _due;
    mapping(bytes32 ref => Surrendered) private _surrendered;
    mapping(bytes32 ref => Penalty) private _penalties;
    mapping(SchemeId scheme => Treasury) private _treasuries;

    constructor(
        address authority_,
        IInstallations installations,
        ISchemes schemes,
        IEmissionsOracle oracle,
        IUnit1155 allowances,
        IUnit1155 offsetCredits,
        IExchange exchange,
        IAllocation allocation
    ) AccessManaged(authority_) LedgerReceiver(exchange) ComplianceRules(schemes) {
        INSTALLATIONS = installations;
        ORACLE = oracle;
        ALLOWANCES = allowances;
        OFFSET_CREDITS = offsetCredits;
        ALLOCATION = allocation;
    }

    /* OBLIGATION */

    /// @inheritdoc ICompliance
    function assess(SchemeId scheme, uint16 periodId, InstallationId[] calldata installations) external {
        _checkCount(installations.length, MAX_ITEMS);
        Period memory period = SCHEMES.period(scheme, periodId);
        (uint256 capPpm, bool gasExempt) = _caps(scheme, period);

        for (uint256 i = 0; i < installations.length; ++i) {
            InstallationId installation = installations[i];
            InstallationWord word = INSTALLATIONS.installation(installation);
            if (word.schemeOf() != scheme) revert ComplianceWrongScheme(installation, scheme, word.schemeOf());

            uint256 emissionsT = _verifiedEmissions(installation, period);
            uint256 freeT = _finalAllocation(scheme, periodId, installation);
            (uint256 due, bool capped) = _dueFor(emissionsT, freeT, capPpm, gasExempt && word.classOf() == GAS_CLASS);
            _fixDue(scheme, periodId, installation, due, capped);
            emit ObligationAssessed(
                scheme, periodId, installation, word.operatorOf(), emissionsT, freeT, due, capped
            );
            if (due == 0) emit ObligationMet(scheme, periodId, installation, false);
        }
    }

    function _verifiedEmissions(InstallationId installation, Period memory period)
        private
        view
        returns (uint256 emissionsT)
    {
        // As many years as the true-up of the same period has summed up.
        for (uint256 year = period.firstYear; year <= period.lastYear; ++year) {
            // A year of a period fits 16 bits.
            (bool isFinal, uint256 tonnes,,) = ORACLE.finalReport(installation, uint16(year));
            if (!isFinal) revert ComplianceReportNotFinal(installation, uint16(year));
            emissionsT += tonnes;
        }
    }

    function _finalAllocation(SchemeId scheme, uint16 periodId, InstallationId installation)
        private
        view
        returns (uint256)
    {
        (AllocationState state, uint256 amount) = ALLOCATION.allocationOf(scheme, periodId, installation);
        if (state != AllocationState.Final) revert ComplianceAllocationNotFinal(installation, periodId);
        return amount;
    }

    function _fixDue(SchemeId scheme, uint16 periodId, InstallationId installation, uint256 due, bool capped)
        private
    {
        if (due > Lanes.MAX_VALUE) revert ComplianceTooLarge(installation, due);
        bytes32 scope = obligationRef(scheme, periodId, InstallationId.wrap(0));
        uint256 index = InstallationId.unwrap(installation);
        uint256 lanes = _due[scope][Lanes.wordOf(index)];
        (, uint256 marks) = Lanes.get(lanes, index);
        if (marks != 0) revert ComplianceAlreadyAssessed(installation, periodId);
        _due[scope][Lanes.wordOf(index)] = Lanes.set(lanes, index, due, capped ? ASSESSED | CAPPED : ASSESSED);
    }

    /* SURRENDER */

    /// @inheritdoc ICompliance
    function surrender(
        InstallationId installation,
        uint16 periodId,
        UnitId[] calldata ids,
        uint256[] calldata amounts
    ) external {
        _surrender(installation, periodId, ids, amounts, false);
    }

    /// @inheritdoc ICompliance
    function surrenderFromLedger(
        InstallationId installation,
        uint16 periodId,
        UnitId[] calldata ids,
        uint256[] calldata amounts
    ) external {
        _surrender(installation, periodId, ids, amounts, true);
    }

    function _drawFromLedger(ParticipantId operator, UnitId id, uint256 amount) private {
        MarketId market = EXCHANGE.marketOf(id);
        if (MarketId.unwrap(market) == 0) revert ComplianceLedgerShort(operator, id, amount, 0);
        (,,, MarketConfig memory config) = EXCHANGE.marketConfig(market);
        if (amount % config.lotSize != 0) revert ComplianceNotWholeLots(id, amount, config.lotSize);
        uint256 taken = EXCHANGE.debitUnits(operator, market, amount / config.lotSize, address(this)) * config.lotSize;
        if (taken != amount) revert ComplianceLedgerShort(operator, id, amount, taken);
    }

    function _surrender(
        InstallationId installation,
        uint16 periodId,
        UnitId[] calldata ids,
        uint256[] calldata amounts,
        bool fromLedger
    ) private {
        _checkCount(ids.length, MAX_UNITS);
        if (ids.length != amounts.length) revert ComplianceLengthMismatch(ids.length, amounts.length);
        Case memory c = _operatorsCase(installation, periodId);

        (uint256 allowances, uint256 offsets) = _sort(c, ids, amounts);
        bool late = block.timestamp > c.period.surrenderDeadline;
        bool met = _book(c, allowances, offsets, late);
        emit UnitsSurrendered(
            c.scheme, periodId, installation, c.word.operatorOf(), msg.sender, allowances, offsets, late, fromLedger
        );
        if (met) emit ObligationMet(c.scheme, periodId, installation, late);

        for (uint256 i = 0; i < ids.length; ++i) {
            if (fromLedger) _drawFromLedger(c.word.operatorOf(), ids[i], amounts[i]);
            _contractOf(ids[i]).exit(
                fromLedger ? address(this) : msg.sender, ids[i], amounts[i], Exit.Surrendered, c.ref
            );
        }
    }

    /// @dev Sums by class; refuses what the period does not admit.
    function _sort(Case memory c, UnitId[] calldata ids, uint256[] calldata amounts)
        private
        view
        returns (uint256 allowances, uint256 offsets)
    {
        for (uint256 i = 0; i < ids.length; ++i) {
            if (amounts[i] == 0) revert ComplianceZeroAmount();
            if (_isAdmittedAllowance(c, ids[i])) {
                allowances += amounts[i];
            } else if (_isAdmittedOffset(c, ids[i])) {
                offsets += amounts[i];
            } else {
                revert ComplianceUnitRefused(ids[i], c.periodId);
            }
        }
    }

    /// @dev Adds to what was given up; never more than is due, never more offsets than their limit.
    /// @return met whether nothing is due any more
    function _book(Case memory c, uint256 allowances, uint256 offsets, bool late) private returns (bool met) {
        Position memory p = _openPosition(c);
        Surrendered memory given = p.given;
        if (allowances + offsets > p.open) revert ComplianceMoreThanDue(c.installation, allowances + offsets, p.open);
        if (offsets != 0) {
            uint256 room = _offsetRoom(c, p);
            if (offsets > room) revert ComplianceOffsetLimit(c.installation, offsets, room);
        }

        // All three stay within what is due, which fits 40 bits.
        given.allowances += uint40(allowances);
        given.offsets += uint40(offsets);
        if (late) given.late += uint40(allowances + offsets);
        _surrendered[c.ref] = given;
        return allowances + offsets == p.open;
    }

    /* SHORTFALL */

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
        (, address currency,,) = EXCHANGE.marketConfig(market);
        if (currency != treasury.currency) revert ComplianceWrongCurrency(market, currency, treasury.currency);

        // The effect has to follow the call here: only the ledger knows how far the money goes.
        ParticipantId operator = c.word.operatorOf();
        uint256 asked = uint256(penalty.fineCents) - penalty.paidCents;
        uint256 cents =
            EXCHANGE.debitCash(operator, market, asked * LEDGER_PER_CENT, treasury.payee) / LEDGER_PER_CENT;
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

    /* WIRING */

    /// @inheritdoc ICompliance
    function setTreasury(SchemeId scheme, address currency, address treasury) external restricted {
        if (currency == address(0) || treasury == address(0)) revert ComplianceNoTreasury(scheme);
        Treasury memory old = _treasuries[scheme];
        _treasuries[scheme] = Treasury({currency: currency, payee: treasury});
        emit TreasurySet(scheme, old.currency, old.payee, currency, treasury);
    }

    /* VIEWS */

    /// @inheritdoc ICompliance
    function obligationOf(InstallationId installation, uint16 periodId) external view returns (Obligation memory) {
        Position memory p = _positionOf(_caseOf(installation, periodId));
        return Obligation({
            due: uint40(p.due), // a lane's value
            allowances: p.given.allowances,
            offsets: p.given.offsets,
            late: p.given.late,
            deducted: p.given.deducted,
            state: p.state,
            flags: (p.capped ? ObligationFlags.CAPPED : 0) | (p.given.late != 0 ? ObligationFlags.LATE : 0)
        });
    }

    /// @inheritdoc ICompliance
    function penaltyOf(InstallationId installation, uint16 periodId) external view returns (Penalty memory) {
        return _penalties[_caseOf(installation, periodId).ref];
    }

    /// @inheritdoc ICompliance
    function standing(InstallationId installation, uint16 periodId) external view returns (Standing memory) {
        Case memory c = _caseOf(installation, periodId);
        Position memory p = _positionOf(c);
        Penalty memory penalty = _penalties[c.ref];
        uint256 room = p.state == ObligationState.Open ? _offsetRoom(c, p) : 0;
        return Standing({
            scheme: c.scheme,
            operator: c.word.operatorOf(),
            state: p.state,
            penalty: penalty.state,
            openT: p.open,
            shortfallT: p.open + p.given.late,
            offsetRoomT: room < p.open ? room : p.open,
            fineDueCents: uint256(penalty.fineCents) - penalty.paidCents,
            deadline: c.period.surrenderDeadline
        });
    }

    /// @inheritdoc ICompliance
    function publicStanding(InstallationId installation, uint16 periodId)
        external
        view
        returns (PublicStanding, uint256 shortfall)
    {
        Case memory c = _caseOf(installation, periodId);
        Position memory p = _positionOf(c);
        if (block.timestamp > c.period.surrenderDeadline) shortfall = p.open + p.given.late;
        return (_public(p, _penalties[c.ref].state, shortfall), shortfall);
    }

    function _public(Position memory p, PenaltyState penalty, uint256 shortfall)
        private
        pure
        returns (PublicStanding)
    {
        if (p.state == ObligationState.None) return PublicStanding.NotAssessed;
        if (p.state == ObligationState.Closed) return PublicStanding.Closed;
        if (p.state == ObligationState.Met) return p.given.late == 0 ? PublicStanding.Met : PublicStanding.MetLate;
        if (penalty == PenaltyState.Noticed) return PublicStanding.Noticed;
        if (penalty == PenaltyState.Decided) return PublicStanding.Fined;
        if (penalty == PenaltyState.Paid) return PublicStanding.FinePaid;
        return shortfall == 0 ? PublicStanding.Open : PublicStanding.Short;
    }

    /// @inheritdoc ICompliance
    function dueFor(SchemeId scheme, uint16 periodId, uint8 benchmarkClass, uint256 emissionsT, uint256 freeT)
        external
        view
        returns (uint256 due, bool capped)
    {
        (uint256 capPpm, bool gasExempt) = _caps(scheme, SCHEMES.period(scheme, periodId));
        return _dueFor(emissionsT, freeT, capPpm, gasExempt && benchmarkClass == GAS_CLASS);
    }

    /// @inheritdoc ICompliance
    function offsetLimitFor(SchemeId scheme, uint16 periodId, uint256 due) external view returns (uint256) {
        return _offsetLimit(scheme, SCHEMES.period(scheme, periodId).surrenderDeadline, due);
    }

    /// @inheritdoc ICompliance
    function fineBounds(SchemeId scheme, uint16 periodId, uint256 shortfall)
        external
        view
        returns (uint256 minCents, uint256 maxCents)
    {
        return _fineBounds(scheme, SCHEMES.period(scheme, periodId).surrenderDeadline, shortfall);
    }

    /// @inheritdoc ICompliance
    function treasuryOf(SchemeId scheme) external view returns (address currency, address treasury) {
        return (_treasuries[scheme].currency, _treasuries[scheme].payee);
    }

    /* CASES */

    function _caseOf(InstallationId installation, uint16 periodId) private view returns (Case memory c) {
        _fill(c, installation, periodId, INSTALLATIONS.installation(installation));
    }

    /// @dev For an officer who may penalise where the installation stands.
    function _officersCase(InstallationId installation, uint16 periodId) private view returns (Case memory c) {
        c = _caseOf(installation, periodId);
        SCHEMES.checkPower(msg.sender, c.scheme, c.word.jurisdictionOf(), Powers.PENALISE);
    }

    /// @dev For a wallet of the operator that may surrender.
    function _operatorsCase(InstallationId installation, uint16 periodId) private view returns (Case memory c) {
        (InstallationWord word, uint8 rights) = INSTALLATIONS.reporterOf(installation, msg.sender);
        if (rights & WalletRights.SURRENDER == 0) {
            revert ComplianceNotOperator(msg.sender, installation, word.operatorOf());
        }
        _fill(c, installation, periodId, word);
    }

    /// @dev Reverts for an unknown installation: no scheme 0 has a period.
    function _fill(Case memory c, InstallationId installation, uint16 periodId, InstallationWord word) private view {
        c.installation = installation;
        c.periodId = periodId;
        c.word = word;
        c.scheme = word.schemeOf();
        c.ref = obligationRef(c.scheme, periodId, installation);
        c.period = SCHEMES.period(c.scheme, periodId);
    }

    function _positionOf(Case memory c) private view returns (Position memory p) {
        bytes32 scope = obligationRef(c.scheme, c.periodId, InstallationId.wrap(0));
        uint256 index = InstallationId.unwrap(c.installation);
        uint256 marks;
        (p.due, marks) = Lanes.get(_due[scope][Lanes.wordOf(index)], index);
        p.given = _surrendered[c.ref];
        p.capped = marks & CAPPED != 0;
        p.open = p.due - p.given.allowances - p.given.offsets;
        if (marks != 0) p.state = p.open == 0 ? ObligationState.Met : ObligationState.Open;
        if (p.given.closed) p.state = ObligationState.Closed;
    }

    function _openPosition(Case memory c) private view returns (Position memory p) {
        p = _positionOf(c);
        if (p.state != ObligationState.Open) revert ComplianceWrongState(c.installation, c.periodId, p.state);
    }

    /// @dev What offsets may still cover [t]; 0 where the limit fell below what was given.
    function _offsetRoom(Case memory c, Position memory p) private view returns (uint256) {
        uint256 limit = _offsetLimit(c.scheme, c.period.surrenderDeadline, p.due);
        return limit > p.given.offsets ? limit - p.given.offsets : 0;
    }

    function _treasury(SchemeId scheme) private view returns (Treasury memory treasury) {
        treasury = _treasuries[scheme];
        if (treasury.payee == address(0)) revert ComplianceNoTreasury(scheme);
    }

    function _contractOf(UnitId id) private view returns (IUnit1155) {
        return UnitIds.classOf(id) == UnitIds.ALLOWANCE ? ALLOWANCES : OFFSET_CREDITS;
    }

    function _checkPenalty(Case memory c, Penalty memory penalty, PenaltyState needed) private pure {
        if (penalty.state != needed) revert CompliancePenaltyState(c.installation, c.periodId, penalty.state);
    }

    /// @dev `notBefore` itself is early enough.
    function _checkTime(InstallationId installation, uint256 notBefore) private view {
        if (block.timestamp < notBefore) revert ComplianceTooEarly(installation, notBefore);
    }

    function _checkCount(uint256 count, uint256 limit) private pure {
        if (count == 0 || count > limit) revert ComplianceBadCount(count, limit);
    }
}
