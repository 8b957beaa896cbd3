// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

import {ComplianceKeys} from "../../interfaces/compliance/ICompliance.sol";
import {
    Correction,
    CumulativeKeys,
    ICumulativeCompliance,
    RunningAccount,
    runningRef,
    Verdict
} from "../../interfaces/compliance/ICumulativeCompliance.sol";
import {obligationRef, rulesTime} from "../../interfaces/compliance/IAllocation.sol";
import {IEmissionsOracle} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {IInstallations} from "../../interfaces/parties/IInstallations.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {ISchemes, NO_VALUE, Period, Powers} from "../../interfaces/rules/ISchemes.sol";
import {InstallationId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {InstallationWord} from "../../interfaces/types/InstallationTypes.sol";
import {Exit, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {Pausable} from "../rules/Pausable.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";

/// @title CumulativeCompliance
/// @notice Compliance by running totals; see {ICumulativeCompliance}.
/// @dev Assumes that the contracts below are this project's own.
contract CumulativeCompliance is Pausable, ICumulativeCompliance {
    /// @dev Most installations in a call, and most units in a surrender.
    uint256 private constant MAX_ITEMS = 200;
    uint256 private constant MAX_UNITS = 32;
    /// @dev Years of a phase: bits of a set.
    uint256 private constant MAX_YEARS = 32;
    /// @dev Verdicts of 4 bits in a word.
    uint256 private constant VERDICTS = 64;

    IInstallations public immutable INSTALLATIONS;
    ISchemes public immutable SCHEMES;
    IEmissionsOracle public immutable ORACLE;
    IUnit1155 public immutable ALLOWANCES;

    mapping(bytes32 phase => mapping(InstallationId installation => RunningAccount)) private _accounts;
    mapping(bytes32 scope => mapping(uint256 word => uint256 verdicts)) private _verdicts;
    mapping(bytes32 ref => uint256 tonnes) private _shortfalls;

    /// @dev A period and its phase, looked up once for each call.
    struct Phase {
        SchemeId scheme;
        uint16 periodId;
        uint16 from; //   first year of the phase
        bytes32 key; //   of its accounts
        Period period;
    }

    constructor(IInstallations installations, ISchemes schemes, IEmissionsOracle oracle, IUnit1155 allowances) {
        INSTALLATIONS = installations;
        SCHEMES = schemes;
        ORACLE = oracle;
        ALLOWANCES = allowances;
    }

    /* FIGURES */

    /// @inheritdoc ICumulativeCompliance
    function cover(
        SchemeId scheme,
        uint16 periodId,
        InstallationId[] calldata installations,
        bool covered,
        bytes32 reasonHash
    ) external {
        _checkCount(installations.length, MAX_ITEMS);
        uint256 checked = type(uint256).max; // no jurisdiction yet
        for (uint256 i = 0; i < installations.length; ++i) {
            checked = _checkOffice(scheme, installations[i], checked);
        }
        Phase memory phase = _openPhase(scheme, periodId);
        uint32 since = uint32(type(uint32).max << (phase.period.firstYear - phase.from)); // less than 32, see {_phase}
        for (uint256 i = 0; i < installations.length; ++i) {
            InstallationId installation = installations[i];
            RunningAccount memory account = _accounts[phase.key][installation];
            uint32 set = covered ? account.covered | since : account.covered & ~since;
            if (set == account.covered) revert CumulativeNothingChanges(installation, periodId);
            account.covered = set;
            _touch(phase, installation, account);
            _accounts[phase.key][installation] = account;
            emit CoverageSet(scheme, periodId, installation, phase.period.firstYear, covered, reasonHash);
        }
    }

    /// @inheritdoc ICumulativeCompliance
    function count(SchemeId scheme, uint16 periodId, uint16 year, InstallationId[] calldata installations) external {
        _checkCount(installations.length, MAX_ITEMS);
        Phase memory phase = _openPhase(scheme, periodId);
        if (year < phase.from || year > phase.period.lastYear) {
            revert CumulativeWrongYear(year, phase.from, phase.period.lastYear);
        }
        uint32 bit = uint32(1 << (year - phase.from)); // as in {cover}
        bool any = false;
        for (uint256 i = 0; i < installations.length; ++i) {
            InstallationId installation = installations[i];
            RunningAccount memory account = _accounts[phase.key][installation];
            if (account.counted & bit != 0) {
                // A call of a stranger, sent ahead, does not undo a batch.
                if (any || i + 1 < installations.length) continue;
                revert CumulativeAlreadyCounted(installation, year);
            }
            any = true;
            (bool isFinal, uint256 emissionsT,,) = ORACLE.finalReport(installation, year);
            if (!isFinal) revert CumulativeReportNotFinal(installation, year);
            _touch(phase, installation, account);
            account.counted |= bit;
            account.verifiedT = _sum(installation, account.verifiedT, int256(emissionsT)); // 64 bits
            _accounts[phase.key][installation] = account;
            emit VerifiedCounted(scheme, periodId, installation, year, emissionsT, account.verifiedT);
        }
    }

    /// @inheritdoc ICumulativeCompliance
    function correct(SchemeId scheme, uint16 periodId, Correction[] calldata corrections) external {
        _checkCount(corrections.length, MAX_ITEMS);
        uint256 checked = type(uint256).max; // no jurisdiction yet
        for (uint256 i = 0; i < corrections.length; ++i) {
            checked = _checkOffice(scheme, corrections[i].installation, checked);
        }
        Phase memory phase = _openPhase(scheme, periodId);
        for (uint256 i = 0; i < corrections.length; ++i) {
            Correction calldata c = corrections[i];
            if (c.verifiedT == 0 && c.surrenderedT == 0) revert CumulativeZeroAmount();
            RunningAccount memory account = _accounts[phase.key][c.installation];
            _touch(phase, c.installation, account);
            account.verifiedT = _sum(c.installation, account.verifiedT, c.verifiedT);
            _give(c.installation, account, c.surrenderedT);
            // What is no longer missing is no longer told: a figure that fell takes its part along.
            uint256 open = _open(account);
            if (account.toldT > open) account.toldT = uint56(open); // compared here
            _accounts[phase.key][c.installation] = account;
            _tellCorrection(phase, c, account);
        }
    }

    function _tellCorrection(Phase memory phase, Correction calldata c, RunningAccount memory account) private {
        emit FiguresCorrected(
            phase.scheme,
            phase.periodId,
            c.installation,
            msg.sender,
            c.verifiedT,
            c.surrenderedT,
            account.verifiedT,
            account.surrenderedT,
            _moved(phase.period.surrenderDeadline),
            c.reasonHash
        );
    }

    /* SURRENDER */

    /// @inheritdoc ICumulativeCompliance
    function surrender(InstallationId installation, uint16 periodId, UnitId[] calldata ids, uint256[] calldata amounts)
        external
    {
        _requireUnpaused();
        _checkCount(ids.length, MAX_UNITS);
        if (ids.length != amounts.length) revert CumulativeLengthMismatch(ids.length, amounts.length);
        (InstallationWord word, uint8 rights) = INSTALLATIONS.reporterOf(installation, msg.sender);
        if (rights & WalletRights.SURRENDER == 0) {
            revert CumulativeNotOperator(msg.sender, installation, word.operatorOf());
        }
        Phase memory phase = _openPhase(word.schemeOf(), periodId);
        uint256 total = 0;
        for (uint256 i = 0; i < ids.length; ++i) {
            if (amounts[i] == 0) revert CumulativeZeroAmount();
            if (!_isAdmitted(phase, ids[i])) revert CumulativeUnitRefused(ids[i], periodId);
            total += amounts[i];
        }
        RunningAccount memory account = _accounts[phase.key][installation];
        _touch(phase, installation, account);
        if (total > type(uint56).max) revert CumulativeOutOfRange(installation, type(int256).max);
        _give(installation, account, int256(total)); // compared above
        _accounts[phase.key][installation] = account;
        emit AllowancesSurrendered(
            phase.scheme, periodId, installation, word.operatorOf(), msg.sender, total, account.surrenderedT
        );

        bytes32 ref = runningRef(phase.scheme, periodId, installation);
        for (uint256 i = 0; i < ids.length; ++i) {
            ALLOWANCES.exit(msg.sender, ids[i], amounts[i], Exit.Surrendered, ref);
        }
    }

    /// @dev What is given up, or corrected upwards, goes to the missing tonnes told first.
    function _give(InstallationId installation, RunningAccount memory account, int256 by) private pure {
        account.surrenderedT = _sum(installation, account.surrenderedT, by);
        if (by <= 0 || account.toldT == 0) return;
        uint256 given = uint256(by); // above 0
        account.toldT = given < account.toldT ? account.toldT - uint56(given) : 0; // compared here
    }

    /// @dev As {Compliance} admits allowances.
    function _isAdmitted(Phase memory phase, UnitId id) private view returns (bool) {
        if (!UnitIdLib.isOfClass(id, UnitIdLib.ALLOWANCE) || UnitIdLib.schemeOf(id) != phase.scheme) return false;
        uint256 vintage = UnitIdLib.vintageOf(id);
        uint256 own = phase.period.vintage;
        if (vintage == own) return true; // the usual case reads no rule
        bool older = vintage < own;
        bytes32 key = older ? ComplianceKeys.CARRY_VINTAGES : ComplianceKeys.BORROW_VINTAGES;
        uint256 reach = SCHEMES.paramOr(phase.scheme, key, rulesTime(phase.period.lastYear), older ? own : 0);
        return (older ? own - vintage : vintage - own) <= reach;
    }

    /* VERDICT */

    /// @inheritdoc ICumulativeCompliance
    function judge(SchemeId scheme, uint16 periodId, InstallationId[] calldata installations) external {
        _checkCount(installations.length, MAX_ITEMS);
        Phase memory phase = _phase(scheme, periodId);
        uint256 deadline = _moved(phase.period.surrenderDeadline);
        if (block.timestamp <= deadline) revert CumulativeDeadlineAhead(periodId, deadline);
        bool any = false;
        for (uint256 i = 0; i < installations.length; ++i) {
            RunningAccount memory account = _accounts[phase.key][installations[i]];
            bool last = !any && i + 1 == installations.length;
            if (account.judged && account.periodId >= periodId && !last) continue;
            any = true;
            _judge(phase, installations[i], account);
        }
    }

    function _judge(Phase memory phase, InstallationId installation, RunningAccount memory account) private {
        _touch(phase, installation, account);
        account.judged = true;
        uint256 open = _open(account);
        uint256 shortfall = open - account.toldT; // never more than is missing: see {_give}, {correct}
        account.toldT = uint56(open); // at most what is verified
        _accounts[phase.key][installation] = account;

        // Years up to the period's last; both lie within the phase's 32.
        uint256 until = (2 << (phase.period.lastYear - phase.from)) - 1;
        Verdict verdict = Verdict.Complies;
        if (uint256(account.covered & ~account.counted) & until != 0) verdict = Verdict.Unverified;
        else if (account.surrenderedT < account.verifiedT) verdict = Verdict.Short;
        _setVerdict(phase, installation, verdict);
        emit ComplianceJudged(
            phase.scheme,
            phase.periodId,
            installation,
            INSTALLATIONS.installation(installation).operatorOf(),
            account.verifiedT,
            account.surrenderedT,
            account.covered >> (phase.period.lastYear - phase.from) & 1 == 1,
            verdict
        );
        if (shortfall == 0) return;
        _shortfalls[obligationRef(phase.scheme, phase.periodId, installation)] = shortfall;
        emit ShortfallJudged(phase.scheme, phase.periodId, installation, shortfall);
    }

    function _setVerdict(Phase memory phase, InstallationId installation, Verdict verdict) private {
        uint256 number = InstallationId.unwrap(installation);
        bytes32 scope = obligationRef(phase.scheme, phase.periodId, InstallationId.wrap(0));
        _verdicts[scope][number / VERDICTS] |= uint256(verdict) << (number % VERDICTS * 4); // once: see {_touch}
    }

    /* INSIDE */

    function _phase(SchemeId scheme, uint16 periodId) private view returns (Phase memory phase) {
        phase.period = SCHEMES.period(scheme, periodId);
        uint256 time = rulesTime(phase.period.lastYear);
        uint256 from = SCHEMES.paramOr(scheme, CumulativeKeys.CUMULATIVE_FROM, time, NO_VALUE);
        // NO_VALUE is above any year.
        if (from > phase.period.firstYear || phase.period.lastYear - from >= MAX_YEARS) {
            revert CumulativeNotRunning(scheme, periodId);
        }
        phase.scheme = scheme;
        phase.periodId = periodId;
        phase.from = uint16(from); // compared above
        phase.key = obligationRef(scheme, phase.from, InstallationId.wrap(0));
    }

    /// @dev For acts: the deadline is not over.
    function _openPhase(SchemeId scheme, uint16 periodId) private view returns (Phase memory phase) {
        phase = _phase(scheme, periodId);
        uint256 deadline = _moved(phase.period.surrenderDeadline);
        if (block.timestamp > deadline) revert CumulativeDeadlineOver(periodId, deadline);
    }

    /// @return jurisdiction of the installation, in which the caller may determine; `checked` is asked for no more
    function _checkOffice(SchemeId scheme, InstallationId installation, uint256 checked)
        private
        view
        returns (uint256 jurisdiction)
    {
        InstallationWord word = INSTALLATIONS.installation(installation);
        if (word.schemeOf() != scheme) revert CumulativeWrongScheme(installation, scheme, word.schemeOf());
        jurisdiction = word.jurisdictionOf();
        if (jurisdiction != checked) {
            SCHEMES.checkPower(msg.sender, scheme, word.jurisdictionOf(), Powers.DETERMINE);
        }
    }

    /// @dev Moves an account on to a period; reverts where an earlier one is not judged, or this one is.
    function _touch(Phase memory phase, InstallationId installation, RunningAccount memory account) private pure {
        if (account.covered == 0 && account.periodId == 0) revert CumulativeNotEntered(installation, phase.periodId);
        if (account.periodId > phase.periodId || (account.periodId == phase.periodId && account.judged)) {
            revert CumulativeJudged(installation, account.periodId);
        }
        if (account.periodId == phase.periodId) return;
        if (account.periodId != 0 && !account.judged) revert CumulativeUnjudged(installation, account.periodId);
        account.periodId = phase.periodId;
        account.judged = false;
    }

    function _sum(InstallationId installation, uint256 total, int256 by) private pure returns (uint56) {
        int256 sum = int256(total) + by; // 56 and at most 64 bits
        if (sum < 0 || sum > int256(uint256(type(uint56).max))) revert CumulativeOutOfRange(installation, sum);
        return uint56(uint256(sum)); // compared above
    }

    /// @return tonnes that are missing
    function _open(RunningAccount memory account) private pure returns (uint256 tonnes) {
        if (account.verifiedT > account.surrenderedT) tonnes = account.verifiedT - account.surrenderedT;
    }

    function _checkCount(uint256 given, uint256 limit) private pure {
        if (given == 0 || given > limit) revert CumulativeBadCount(given, limit);
    }

    /* VIEWS */

    /// @inheritdoc ICumulativeCompliance
    function accountOf(InstallationId installation, uint16 periodId) public view returns (RunningAccount memory) {
        SchemeId scheme = INSTALLATIONS.installation(installation).schemeOf();
        return _accounts[_phase(scheme, periodId).key][installation];
    }

    /// @inheritdoc ICumulativeCompliance
    function positionOf(InstallationId installation, uint16 periodId)
        external
        view
        returns (uint256 openT, uint256 creditT)
    {
        RunningAccount memory a = accountOf(installation, periodId);
        if (a.verifiedT > a.surrenderedT) openT = a.verifiedT - a.surrenderedT;
        else creditT = a.surrenderedT - a.verifiedT;
    }

    /// @inheritdoc ICumulativeCompliance
    function verdictOf(InstallationId installation, uint16 periodId) external view returns (Verdict) {
        SchemeId scheme = INSTALLATIONS.installation(installation).schemeOf();
        uint256 number = InstallationId.unwrap(installation);
        uint256 word = _verdicts[obligationRef(scheme, periodId, InstallationId.wrap(0))][number / VERDICTS];
        return Verdict(word >> (number % VERDICTS * 4) & 15);
    }

    /// @inheritdoc ICumulativeCompliance
    function shortfallOf(InstallationId installation, uint16 periodId) external view returns (uint256) {
        SchemeId scheme = INSTALLATIONS.installation(installation).schemeOf();
        return _shortfalls[obligationRef(scheme, periodId, installation)];
    }

    function _manager() internal view override returns (address) {
        return IAccessManaged(address(SCHEMES)).authority();
    }
}
