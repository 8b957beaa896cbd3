// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AllocationState, IAllocation, obligationRef, rulesTime} from "../../interfaces/compliance/IAllocation.sol";
import {IBlockTrades} from "../../interfaces/market/IBlockTrades.sol";
import {
    ComplianceKeys,
    ICompliance,
    Obligation,
    ObligationFlags,
    ObligationState,
    PublicStanding,
    Standing
} from "../../interfaces/compliance/ICompliance.sol";
import {CumulativeKeys, ICumulativeCompliance} from "../../interfaces/compliance/ICumulativeCompliance.sol";
import {IEmissionsOracle} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {IExchange} from "../../interfaces/market/IExchange.sol";
import {ILotSource} from "../../interfaces/market/ILotSource.sol";
import {InstallationId, MarketId, ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {IInstallations} from "../../interfaces/parties/IInstallations.sol";
import {InstallationWord} from "../../interfaces/types/InstallationTypes.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {AppealOutcome, Penalty, PenaltyState} from "../../interfaces/compliance/PenaltyTypes.sol";
import {ISchemes, NO_VALUE, ParamKeys, Period} from "../../interfaces/rules/ISchemes.sol";
import {MethodologyId} from "../../interfaces/evidence/IProjects.sol";
import {ICreditOrigin, Traits} from "../../interfaces/units/ICreditOrigin.sol";
import {IOffsetCredits} from "../../interfaces/units/IOffsetCredits.sol";
import {IOutcomeBatches, Outcome, OutcomeUse} from "../../interfaces/units/IOutcomeBatches.sol";
import {Exit, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {Pausable} from "../rules/Pausable.sol";
import {Extendable} from "../lib/Extendable.sol";
import {BatchNumbers} from "../types/BatchNumbers.sol";
import {Lanes} from "../types/Lanes.sol";
import {PPM} from "../types/Ppm.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";
import {ComplianceStore} from "./ComplianceStore.sol";
import {LedgerReceiver} from "./LedgerReceiver.sol";
import {Penalties} from "./Penalties.sol";

/// @title Compliance
/// @notice Obligation and surrender; see {ICompliance}. Its extension {Penalties} handles shortfalls.
/// @dev Assumes that the contracts below are this project's own.
contract Compliance is ComplianceStore, LedgerReceiver, Extendable, Pausable, ICompliance {
    /// @dev Most units in a surrender.
    uint256 private constant MAX_UNITS = 32;
    uint8 private constant GAS_CLASS = 4;

    /// @dev How a period's obligations are worked out.
    struct Duty {
        uint256 capPpm; //  NO_VALUE where the pack has none
        bool gasExempt;
        uint256 partPpm; // 0: not a part of a longer period
    }

    IEmissionsOracle private immutable ORACLE;
    IUnit1155 private immutable ALLOWANCES;
    IUnit1155 private immutable OFFSET_CREDITS;

    constructor(
        address authority_,
        IInstallations installations,
        ISchemes schemes,
        IEmissionsOracle oracle,
        IUnit1155 allowances,
        IUnit1155 offsetCredits,
        IExchange exchange,
        IAllocation allocation,
        IBlockTrades blocks,
        ICumulativeCompliance running
    )
        ComplianceStore(authority_, schemes, installations, allocation)
        LedgerReceiver(exchange)
        Extendable(address(new Penalties(authority_, schemes, installations, exchange, allocation, blocks, running)))
    {
        ORACLE = oracle;
        ALLOWANCES = allowances;
        OFFSET_CREDITS = offsetCredits;
    }

    /* OBLIGATION */

    /// @inheritdoc ICompliance
    function assess(SchemeId scheme, uint16 periodId, InstallationId[] calldata installations) public {
        _checkCount(installations.length, MAX_ITEMS);
        Period memory period = _periodOf(scheme, periodId);
        Duty memory duty = _duty(scheme, periodId, period);

        bool any = false;
        for (uint256 i = 0; i < installations.length; ++i) {
            InstallationId installation = installations[i];
            // A call of a stranger, sent ahead, does not undo a batch: what was assessed is passed over.
            if (_isAssessed(scheme, periodId, installation) && (any || i + 1 < installations.length)) continue;
            any = true;
            InstallationWord word = INSTALLATIONS.installation(installation);
            if (word.schemeOf() != scheme) revert ComplianceWrongScheme(installation, scheme, word.schemeOf());

            _assess(scheme, periodId, period, duty, installation, word);
        }
    }

    /// @inheritdoc ICompliance
    function trueUpAndAssess(SchemeId scheme, uint16 periodId, InstallationId[] calldata installations) external {
        ALLOCATION.trueUp(scheme, periodId, installations);
        assess(scheme, periodId, installations);
    }

    function _assess(
        SchemeId scheme,
        uint16 periodId,
        Period memory period,
        Duty memory duty,
        InstallationId installation,
        InstallationWord word
    ) private {
        uint256 emissionsT = _verifiedEmissions(installation, period);
        uint256 freeT;
        uint256 due;
        bool capped;
        if (duty.partPpm != 0) {
            due = (emissionsT * duty.partPpm + PPM - 1) / PPM; // never less than the pack's share
        } else {
            freeT = _finalAllocation(scheme, periodId, installation);
            (due, capped) = _dueFor(emissionsT, freeT, duty.capPpm, duty.gasExempt && word.classOf() == GAS_CLASS);
            if (period.lastYear != period.firstYear) {
                (uint256 counted, uint256 carried) = _countParts(scheme, periodId, period, installation);
                due = carried + (due > counted ? due - counted : 0);
            }
        }
        _fixDue(scheme, periodId, installation, due, capped);
        emit ObligationAssessed(scheme, periodId, installation, word.operatorOf(), emissionsT, freeT, due, capped);
        if (due == 0) emit ObligationMet(scheme, periodId, installation, false);
    }

    /// @dev Closes the parts of a period; as many years as its true-up has summed up, less one.
    /// @return counted [t] surrendered for their due amounts, or deducted
    /// @return carried [t] ordered in place of missing units, and not surrendered
    function _countParts(SchemeId scheme, uint16 periodId, Period memory period, InstallationId installation)
        private
        returns (uint256 counted, uint256 carried)
    {
        for (uint256 year = period.firstYear; year < period.lastYear; ++year) {
            // A year of a period fits 16 bits.
            uint256 partId = SCHEMES.paramOr(scheme, ComplianceKeys.PART_PERIOD, rulesTime(uint16(year)), NO_VALUE);
            if (partId > type(uint16).max) continue;
            Case memory c = _caseOf(installation, uint16(partId)); // compared above
            Position memory p = _positionOf(c);
            if (p.state == ObligationState.None) revert ComplianceWrongState(installation, c.periodId, p.state);
            _requireSettled(c, p);
            uint256 given = uint256(p.given.allowances) + p.given.offsets;
            uint256 toward = given < p.due ? given : p.due;
            uint256 extra = p.given.added - (given - toward);
            // Closed by a deduction: all that was missing is owed to the next allocation.
            if (p.given.deducted != 0) (toward, extra) = (p.due, 0);
            counted += toward;
            carried += extra;
            p.given.closed = true;
            _surrendered[c.ref] = p.given;
            emit PartCounted(scheme, periodId, installation, c.periodId, toward, extra);
        }
    }

    /// @dev Reverts while the penalty for a part's shortfall can still change.
    function _requireSettled(Case memory c, Position memory p) private view {
        if (_shortfall(p) == 0) return;
        Penalty memory penalty = _penalties[c.ref];
        if (penalty.state == PenaltyState.Paid || penalty.state == PenaltyState.Annulled) return;
        if (penalty.state == PenaltyState.Decided) {
            if (_appeals[c.ref].outcome != AppealOutcome.None || block.timestamp > _appealUntil(c, penalty)) return;
        }
        revert CompliancePartUnsettled(c.installation, c.periodId, penalty.state);
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
        if (state < AllocationState.Final) revert ComplianceAllocationNotFinal(installation, periodId);
        return amount;
    }

    function _duty(SchemeId scheme, uint16 periodId, Period memory period) private view returns (Duty memory duty) {
        bytes32[] memory keys = new bytes32[](5);
        keys[0] = ParamKeys.CAP_OVER_FREE_PPM;
        keys[1] = ParamKeys.GAS_DEFICIT_EXEMPT;
        keys[2] = ComplianceKeys.PART_PERIOD;
        keys[3] = ComplianceKeys.PART_SURRENDER_PPM;
        keys[4] = CumulativeKeys.CUMULATIVE_FROM;
        uint256[] memory v = SCHEMES.paramsAt(scheme, keys, rulesTime(period.lastYear));
        if (v[4] != NO_VALUE) revert ComplianceCumulative(scheme, periodId);
        duty.capPpm = v[0];
        duty.gasExempt = v[1] == 1;
        bool part = v[2] == periodId && period.firstYear == period.lastYear && v[3] != NO_VALUE;
        if (part) duty.partPpm = v[3];
    }

    function _dueFor(uint256 emissionsT, uint256 freeT, uint256 capPpm, bool exempt)
        private
        pure
        returns (uint256 due, bool capped)
    {
        due = emissionsT;
        if (exempt) {
            if (due > freeT) due = freeT;
        } else if (capPpm != NO_VALUE) {
            uint256 most = freeT + emissionsT * capPpm / PPM;
            if (due > most) due = most;
        }
        return (due, due < emissionsT);
    }

    function _isAssessed(SchemeId scheme, uint16 periodId, InstallationId installation) private view returns (bool) {
        uint256 index = InstallationId.unwrap(installation);
        bytes32 scope = obligationRef(scheme, periodId, InstallationId.wrap(0));
        (, uint256 marks) = Lanes.get(_due[scope][Lanes.wordOf(index)], index);
        return marks != 0;
    }

    function _fixDue(SchemeId scheme, uint16 periodId, InstallationId installation, uint256 due, bool capped) private {
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
    function surrender(InstallationId installation, uint16 periodId, UnitId[] calldata ids, uint256[] calldata amounts)
        external
    {
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
        (,, uint256 lotSize) = ILotSource(address(EXCHANGE)).marketAssets(market);
        if (amount % lotSize != 0) revert ComplianceNotWholeLots(id, amount, lotSize);
        uint256 taken = EXCHANGE.debitUnits(operator, market, amount / lotSize, address(this)) * lotSize;
        if (taken != amount) revert ComplianceLedgerShort(operator, id, amount, taken);
    }

    function _surrender(
        InstallationId installation,
        uint16 periodId,
        UnitId[] calldata ids,
        uint256[] calldata amounts,
        bool fromLedger
    ) private {
        _requireUnpaused();
        _checkCount(ids.length, MAX_UNITS);
        if (ids.length != amounts.length) revert ComplianceLengthMismatch(ids.length, amounts.length);
        Case memory c = _operatorsCase(installation, periodId);

        (uint256 allowances, uint256 offsets, uint256 borrowed) = _sort(c, ids, amounts);
        bool late = block.timestamp > _deadline(c.period);
        bool met = _book(c, allowances, offsets, borrowed, late);
        emit UnitsSurrendered(
            c.scheme, periodId, installation, c.word.operatorOf(), msg.sender, allowances, offsets, late, fromLedger
        );
        if (met) emit ObligationMet(c.scheme, periodId, installation, late);

        for (uint256 i = 0; i < ids.length; ++i) {
            if (fromLedger) _drawFromLedger(c.word.operatorOf(), ids[i], amounts[i]);
            _contractOf(ids[i])
                .exit(fromLedger ? address(this) : msg.sender, ids[i], amounts[i], Exit.Surrendered, c.ref);
        }
    }

    /// @dev Sums by class; refuses units that the period does not admit.
    function _sort(Case memory c, UnitId[] calldata ids, uint256[] calldata amounts)
        private
        view
        returns (uint256 allowances, uint256 offsets, uint256 borrowed)
    {
        for (uint256 i = 0; i < ids.length; ++i) {
            if (amounts[i] == 0) revert ComplianceZeroAmount();
            if (_isAdmittedAllowance(c, ids[i])) {
                allowances += amounts[i];
                if (UnitIdLib.vintageOf(ids[i]) > c.period.vintage) borrowed += amounts[i];
            } else if (_isAdmittedOffset(c, ids[i], IOffsetCredits(address(OFFSET_CREDITS)))) {
                offsets += amounts[i];
            } else {
                revert ComplianceUnitRefused(ids[i], c.periodId);
            }
        }
    }

    /// @dev Adds to the surrendered units; never more than is due, never more offsets or later vintages than their
    /// limits.
    /// @param borrowed part of the allowances
    /// @return met whether the obligation is met
    function _book(Case memory c, uint256 allowances, uint256 offsets, uint256 borrowed, bool late)
        private
        returns (bool met)
    {
        Position memory p = _openPosition(c);
        Surrendered memory given = p.given;
        if (allowances + offsets > p.open) revert ComplianceMoreThanDue(c.installation, allowances + offsets, p.open);
        if (offsets != 0) {
            uint256 room = _offsetRoom(c, p);
            if (offsets > room) revert ComplianceOffsetLimit(c.installation, offsets, room);
        }

        if (borrowed != 0) {
            uint256 room = _borrowRoom(c, p);
            if (borrowed > room) revert ComplianceBorrowLimit(c.installation, borrowed, room);
            given.borrowed += uint40(borrowed); // as below
        }

        // All stay within the due amount and the units ordered beside it, 40 bits each; so does their sum by {decide}.
        given.allowances += uint40(allowances);
        given.offsets += uint40(offsets);
        if (late) given.late += uint40(allowances + offsets);
        _surrendered[c.ref] = given;
        return allowances + offsets == p.open;
    }

    function _offsetLimit(SchemeId scheme, uint256 deadline, uint256 due) private view returns (uint256) {
        return due * _rule(scheme, ParamKeys.OFFSET_LIMIT_PPM, deadline) / PPM;
    }

    /// @dev Units that offsets may still cover [t]; 0 where the limit fell below those surrendered.
    function _offsetRoom(Case memory c, Position memory p) private view returns (uint256) {
        uint256 limit = _offsetLimit(c.scheme, c.period.surrenderDeadline, p.due);
        return limit > p.given.offsets ? limit - p.given.offsets : 0;
    }

    /// @dev Units that allowances of later vintages may still cover [t].
    function _borrowRoom(Case memory c, Position memory p) private view returns (uint256) {
        uint256 ppm = SCHEMES.paramOr(c.scheme, ComplianceKeys.BORROW_LIMIT_PPM, rulesTime(c.period.lastYear), NO_VALUE);
        if (ppm == NO_VALUE) return type(uint256).max;
        uint256 limit = p.due * ppm / PPM;
        return limit > p.given.borrowed ? limit - p.given.borrowed : 0;
    }

    /// @dev For a wallet of the operator that may surrender.
    function _operatorsCase(InstallationId installation, uint16 periodId) private view returns (Case memory c) {
        (InstallationWord word, uint8 rights) = INSTALLATIONS.reporterOf(installation, msg.sender);
        if (rights & WalletRights.SURRENDER == 0) {
            revert ComplianceNotOperator(msg.sender, installation, word.operatorOf());
        }
        _fill(c, installation, periodId, word);
    }

    function _contractOf(UnitId id) private view returns (IUnit1155) {
        return UnitIdLib.classOf(id) == UnitIdLib.ALLOWANCE ? ALLOWANCES : OFFSET_CREDITS;
    }

    /* WHICH UNITS ARE ADMITTED */

    function _isAdmittedAllowance(Case memory c, UnitId id) private view returns (bool) {
        if (!UnitIdLib.isOfClass(id, UnitIdLib.ALLOWANCE) || UnitIdLib.schemeOf(id) != c.scheme) return false;
        uint256 vintage = UnitIdLib.vintageOf(id);
        uint256 own = c.period.vintage;
        if (vintage == own) return true; // the usual case reads no rule
        bool older = vintage < own;
        bytes32 key = older ? ComplianceKeys.CARRY_VINTAGES : ComplianceKeys.BORROW_VINTAGES;
        uint256 reach = SCHEMES.paramOr(c.scheme, key, rulesTime(c.period.lastYear), older ? own : 0);
        return (older ? own - vintage : vintage - own) <= reach;
    }

    /// @dev Whether the pack admits a batch at the deadline: its scheme and vintage, then the traits its issuer gives.
    function _isAdmittedOffset(Case memory c, UnitId id, IOffsetCredits credits) private view returns (bool) {
        if (!UnitIdLib.isOfClass(id, UnitIdLib.OFFSET_CREDIT)) return false;
        if (BatchNumbers.isAuthorised(id) && !_isAcquired(c, id, credits)) return false;
        bytes32[] memory keys = new bytes32[](7);
        keys[0] = ComplianceKeys.OFFSET_CREDIT_SCHEME;
        keys[1] = ComplianceKeys.OFFSET_OLDEST_VINTAGE;
        keys[2] = ComplianceKeys.OFFSET_NEWEST_VINTAGE;
        keys[3] = ComplianceKeys.OFFSET_HOST_COUNTRY;
        keys[4] = ComplianceKeys.OFFSET_ACTIVITIES;
        keys[5] = ComplianceKeys.OFFSET_KINDS;
        keys[6] = ComplianceKeys.OFFSET_METHODOLOGIES;
        uint256[] memory v = SCHEMES.paramsAt(c.scheme, keys, c.period.surrenderDeadline);
        uint256 admitted = v[0] == NO_VALUE ? SchemeId.unwrap(c.scheme) : v[0];
        uint256 vintage = UnitIdLib.vintageOf(id);
        // No vintage is above the newest where there is none: NO_VALUE is larger than any.
        if (SchemeId.unwrap(UnitIdLib.schemeOf(id)) != admitted || vintage > v[2]) return false;
        if (v[1] != NO_VALUE && vintage < v[1]) return false;
        bool any = v[3] == NO_VALUE && v[4] == NO_VALUE && v[5] == NO_VALUE && v[6] == NO_VALUE;
        return any || _hasTraits(id, credits, v);
    }

    /// @dev Of units authorised for use abroad, those that the scheme's own Party acquired, or whose authorisation has lapsed.
    function _isAcquired(Case memory c, UnitId id, IOffsetCredits credits) private view returns (bool) {
        (address issuer,) = credits.originOf(id);
        Outcome memory o = IOutcomeBatches(issuer).outcomeOf(id);
        if (o.use == OutcomeUse.Free) return true;
        uint256 own = _ruleOf(c, ComplianceKeys.OFFSET_ACQUIRING_PARTY);
        return own != 0 && o.party == own && o.use == OutcomeUse.Marked;
    }

    /// @dev `v[3]` country, `v[4]` activities, `v[5]` kinds, `v[6]` methodologies; all bits of NO_VALUE are set.
    function _hasTraits(UnitId id, IOffsetCredits credits, uint256[] memory v) private view returns (bool) {
        (address issuer,) = credits.originOf(id);
        Traits memory t = ICreditOrigin(issuer).traitsOf(id);
        if (v[3] != NO_VALUE && t.hostCountry != v[3]) return false;
        // A methodology that is none of Projects' has number 0, which no set admits, and any number where there is no set.
        uint256 methodology = MethodologyId.unwrap(t.methodology);
        if (v[6] != NO_VALUE && v[6] >> methodology & 1 == 0) return false;
        return v[4] >> uint256(t.activity) & 1 == 1 && v[5] >> uint256(t.kind) & 1 == 1;
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
            added: p.given.added,
            borrowed: p.given.borrowed,
            state: p.state,
            flags: (p.capped ? ObligationFlags.CAPPED : 0) | (p.given.late != 0 ? ObligationFlags.LATE : 0)
        });
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
            shortfallT: _shortfall(p),
            offsetRoomT: room < p.open ? room : p.open,
            fineDueCents: uint256(penalty.fineCents) - penalty.paidCents,
            deadline: _deadline(c.period)
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
        if (block.timestamp > _deadline(c.period)) shortfall = _shortfall(p);
        return (_public(p, _penalties[c.ref].state, shortfall), shortfall);
    }

    function _public(Position memory p, PenaltyState penalty, uint256 shortfall) private pure returns (PublicStanding) {
        if (p.state == ObligationState.None) return PublicStanding.NotAssessed;
        if (p.state == ObligationState.Closed) return PublicStanding.Closed;
        if (p.state == ObligationState.Met) return p.given.late == 0 ? PublicStanding.Met : PublicStanding.MetLate;
        if (penalty == PenaltyState.Noticed) return PublicStanding.Noticed;
        if (penalty == PenaltyState.Decided) return PublicStanding.Fined;
        if (penalty == PenaltyState.Appealed) return PublicStanding.Appealed;
        if (penalty == PenaltyState.Paid) return PublicStanding.FinePaid;
        return shortfall == 0 ? PublicStanding.Open : PublicStanding.Short;
    }

    /// @inheritdoc ICompliance
    function dueFor(SchemeId scheme, uint16 periodId, uint8 benchmarkClass, uint256 emissionsT, uint256 freeT)
        external
        view
        returns (uint256 due, bool capped)
    {
        Duty memory duty = _duty(scheme, periodId, _periodOf(scheme, periodId));
        return _dueFor(emissionsT, freeT, duty.capPpm, duty.gasExempt && benchmarkClass == GAS_CLASS);
    }

    /// @inheritdoc ICompliance
    function offsetLimitFor(SchemeId scheme, uint16 periodId, uint256 due) external view returns (uint256) {
        return _offsetLimit(scheme, _periodOf(scheme, periodId).surrenderDeadline, due);
    }

    function _manager() internal view override returns (address) {
        return authority();
    }
}
