// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InstallationId, ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {
    Determination,
    IEmissionsOracle,
    RecordWord,
    ReportStatus,
    ReportWord
} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {InstallationStatus, InstallationWord} from "../../interfaces/types/InstallationTypes.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IReporterSource, IReportRuleSource} from "../../interfaces/rules/IReportSources.sol";
import {Period, Powers} from "../../interfaces/rules/ISchemes.sol";
import {OracleConfig} from "./OracleConfig.sol";

/// @title OracleRecords
/// @notice The part of the EmissionsOracle that keeps what was reported: disputes, determinations, and what is final.
/// @dev One slot a report (see {RecordWord}), keyed by the low 48 bits of its word: installation and year.
abstract contract OracleRecords is OracleConfig {
    uint256 internal constant MAX_BATCH = 200;
    uint256 private constant MAX_VIEW = 500;

    uint256 internal constant REVISION_SHIFT = 120;
    uint256 internal constant STATUS_SHIFT = 128;
    uint256 internal constant SUBMITTED_SHIFT = 136;
    uint256 internal constant FINAL_SHIFT = 168;
    uint256 internal constant CONFIG_SHIFT = 200;
    uint256 internal constant BODY_SHIFT = 216;
    uint256 internal constant BODIES_SHIFT = 240;
    /// @dev Emissions, power and heat.
    uint256 internal constant AMOUNTS = (1 << 120) - 1;

    mapping(uint256 key => RecordWord) internal _records;
    mapping(uint256 key => address) private _disputedBy;
    /// @dev The last report that fell, as it stood: a restatement leaves nothing of it in `_records`.
    mapping(uint256 key => RecordWord) private _fallen;

    constructor(IReporterSource participants, IReportRuleSource schemes) OracleConfig(participants, schemes) {}

    /* DISPUTE AND DETERMINE */

    /// @inheritdoc IEmissionsOracle
    function dispute(InstallationId installation, uint16 year, bytes32 reasonHash) external {
        uint256 key = _key(installation, year);
        RecordWord standing = _records[key];
        _requireStatus(installation, year, standing, ReportStatus.Reported);
        if (block.timestamp >= standing.recordFinalAt()) {
            revert EmissionsDisputeTooLate(installation, year, standing.recordFinalAt());
        }
        _requireStanding(installation);

        _records[key] = _withStatus(standing, ReportStatus.Disputed);
        _disputedBy[key] = msg.sender;
        emit ReportDisputed(installation, year, msg.sender, standing.recordRevision(), reasonHash);
    }

    /// @inheritdoc IEmissionsOracle
    function resolve(InstallationId installation, uint16 year, bool upheld, bytes32 reasonHash) external {
        uint256 key = _key(installation, year);
        RecordWord standing = _records[key];
        _requireStatus(installation, year, standing, ReportStatus.Disputed);
        InstallationWord plant = PARTICIPANTS.installation(installation);
        SCHEMES.checkPower(msg.sender, plant.schemeOf(), plant.jurisdictionOf(), Powers.DISPUTE);
        if (_disputedBy[key] == msg.sender) revert EmissionsOwnDispute(msg.sender);

        delete _disputedBy[key];
        if (upheld) {
            standing = _withStatus(standing, ReportStatus.Annulled);
            _records[key] = standing;
            _fallen[key] = standing;
        } else {
            _records[key] = _finalNow(_withStatus(standing, ReportStatus.Reported));
        }
        emit DisputeResolved(installation, year, msg.sender, standing.recordRevision(), upheld, reasonHash);
    }

    /// @inheritdoc IEmissionsOracle
    function determine(SchemeId scheme, uint16 periodId, Determination[] calldata determinations) external {
        if (determinations.length == 0 || determinations.length > MAX_BATCH) {
            revert EmissionsTooMany(determinations.length, MAX_BATCH);
        }
        Period memory period = SCHEMES.period(scheme, periodId);
        if (block.timestamp < period.determinationFrom) {
            revert EmissionsDeterminationTooEarly(period.determinationFrom);
        }

        for (uint256 i; i < determinations.length; ++i) {
            _determine(scheme, period, determinations[i]);
        }
    }

    function _determine(SchemeId scheme, Period memory period, Determination calldata d) private {
        InstallationWord plant = PARTICIPANTS.installation(d.installation);
        if (plant.statusOf() == InstallationStatus.None) revert EmissionsUnknownInstallation(d.installation);
        if (plant.schemeOf() != scheme) revert EmissionsWrongScheme(d.installation, plant.schemeOf(), scheme);
        SCHEMES.checkPower(msg.sender, scheme, plant.jurisdictionOf(), Powers.DETERMINE);
        if (d.year < period.firstYear || d.year > period.lastYear) {
            revert EmissionsYearNotInPeriod(d.year, period.firstYear, period.lastYear);
        }
        uint256 key = _key(d.installation, d.year);
        RecordWord standing = _records[key];
        if (_isFinal(standing)) revert EmissionsFinal(d.installation, d.year);

        delete _disputedBy[key];
        // Times fit 32 bits until 2106; the revision stays, so that no old report fits again.
        _records[key] = _finalNow(
            RecordWord.wrap(
                uint256(d.emissionsT) | uint256(d.powerMwh) << 40 | uint256(d.heatGj) << 80
                    | uint256(standing.recordRevision()) << REVISION_SHIFT | uint256(ReportStatus.Determined)
                    << STATUS_SHIFT | block.timestamp << SUBMITTED_SHIFT
            )
        );
        emit EmissionsDetermined(
            d.installation,
            d.year,
            plant.operatorOf(),
            d.emissionsT,
            d.powerMwh,
            d.heatGj,
            standing.recordRevision(),
            msg.sender,
            d.reasonHash
        );
    }

    function _requireStanding(InstallationId installation) private view {
        (InstallationWord plant, uint8 rights) = PARTICIPANTS.reporterOf(installation, msg.sender);
        if (rights & (WalletRights.REPORT | WalletRights.MANAGE) != 0) return;
        if (!SCHEMES.hasPower(msg.sender, plant.schemeOf(), plant.jurisdictionOf(), Powers.DISPUTE)) {
            revert EmissionsNoStanding(msg.sender, installation);
        }
    }

    function _requireStatus(InstallationId installation, uint16 year, RecordWord standing, ReportStatus needed)
        private
        pure
    {
        if (standing.recordStatus() != needed) {
            revert EmissionsWrongStatus(installation, year, standing.recordStatus());
        }
    }

    function _withStatus(RecordWord w, ReportStatus status) private pure returns (RecordWord) {
        uint256 cleared = RecordWord.unwrap(w) & ~(uint256(type(uint8).max) << STATUS_SHIFT);
        return RecordWord.wrap(cleared | uint256(status) << STATUS_SHIFT);
    }

    function _finalNow(RecordWord w) private view returns (RecordWord) {
        uint256 cleared = RecordWord.unwrap(w) & ~(uint256(type(uint32).max) << FINAL_SHIFT);
        return RecordWord.wrap(cleared | block.timestamp << FINAL_SHIFT); // 32 bits until 2106
    }

    /* VIEWS */

    /// @inheritdoc IEmissionsOracle
    function finalReport(InstallationId installation, uint16 year)
        external
        view
        returns (bool isFinal, uint256 emissionsT, uint256 powerMwh, uint256 heatGj)
    {
        RecordWord w = _records[_key(installation, year)];
        if (!_isFinal(w)) return (false, 0, 0, 0);
        return (true, w.recordEmissions(), w.recordPower(), w.recordHeat());
    }

    /// @inheritdoc IEmissionsOracle
    function record(InstallationId installation, uint16 year) external view returns (RecordWord) {
        return _records[_key(installation, year)];
    }

    /// @inheritdoc IEmissionsOracle
    function records(InstallationId[] calldata installations, uint16 year)
        external
        view
        returns (RecordWord[] memory words)
    {
        if (installations.length > MAX_VIEW) revert EmissionsTooMany(installations.length, MAX_VIEW);
        words = new RecordWord[](installations.length);
        for (uint256 i; i < words.length; ++i) {
            words[i] = _records[_key(installations[i], year)];
        }
    }

    /// @inheritdoc IEmissionsOracle
    function fallenReport(InstallationId installation, uint16 year) external view returns (RecordWord) {
        return _fallen[_key(installation, year)];
    }

    /// @inheritdoc IEmissionsOracle
    function disputedBy(InstallationId installation, uint16 year) external view returns (address) {
        return _disputedBy[_key(installation, year)];
    }

    function _isFinal(RecordWord w) private view returns (bool) {
        ReportStatus status = w.recordStatus();
        return
            status == ReportStatus.Determined
                || (status == ReportStatus.Reported && block.timestamp >= w.recordFinalAt());
    }

    /// @dev `year << 32 | installation`.
    function _key(InstallationId installation, uint16 year) private pure returns (uint256) {
        return uint256(year) << 32 | InstallationId.unwrap(installation);
    }

    function _keyOf(ReportWord report) internal pure returns (uint256) {
        return uint48(ReportWord.unwrap(report)); // exactly installation and year
    }
}
