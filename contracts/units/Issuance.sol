// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICreditOrigin, Traits} from "../../interfaces/units/ICreditOrigin.sol";
import {ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {ExAnte, IIssuance, IssuanceKeys, Split} from "../../interfaces/units/IIssuance.sol";
import {BatchStatus, IOffsetCredits, Recipient} from "../../interfaces/units/IOffsetCredits.sol";
import {IParticipants} from "../../interfaces/parties/IParticipants.sol";
import {
    IProjects,
    Methodology,
    Monitoring,
    Project,
    ProjectId,
    ProjectStatus
} from "../../interfaces/evidence/IProjects.sol";
import {ISchemes, NO_VALUE, Powers} from "../../interfaces/rules/ISchemes.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {ReportingYear} from "../lib/ReportingYear.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";
import {BatchOffice} from "./BatchOffice.sol";
import {Reversals} from "./Reversals.sol";

/// @title Issuance
/// @notice Credits of this registry, from monitoring reports or ahead of them; see {IIssuance}.
/// @dev The one contract that OffsetCredits lets issue its own serial numbers. It has a controller's right to cancel there:
/// for overall mitigation out of its own hands, and for debts.
contract Issuance is Reversals {
    uint256 private constant PPM = 1_000_000;
    /// @dev Batch numbers of ex-ante batches begin here; reports are fewer.
    uint64 private constant EX_ANTE = 1 << 62;

    /// @dev A report counts once, whichever way.
    mapping(uint64 reportId => UnitId) private _batchOf;
    mapping(UnitId id => ExAnte) private _exAnte;
    mapping(SchemeId scheme => ParticipantId) private _proceedsTo;
    uint64 private _lastExAnte = EX_ANTE;

    constructor(IParticipants participants, ISchemes schemes, IProjects projects, IOffsetCredits credits)
        BatchOffice(participants, schemes, credits)
        Reversals(projects)
    {}

    /* ISSUE */

    /// @inheritdoc IIssuance
    function issueFromReport(uint64 reportId) external returns (UnitId id) {
        Monitoring memory m = _reportToIssue(reportId);
        id = _idOf(reportId, m);
        // Before anybody is called: a recipient with code could ask for the second issue within the first.
        _batchOf[reportId] = id;
        _issue(id, reportId, m, m.quantityT);
    }

    /// @inheritdoc IIssuance
    function issueExAnte(ProjectId project, uint16 vintage, uint64 quantityT, bytes32 documentHash)
        external
        returns (UnitId id)
    {
        Project memory p = PROJECTS.project(project);
        SchemeId scheme = PROJECTS.methodology(p.methodology).scheme;
        _checkPower(scheme, Powers.ISSUE);
        _checkDebt(p.developer);
        // The last moment that can be credited lies before the end.
        bool credited = vintage >= ReportingYear.yearOf(p.creditingFrom)
            && vintage <= ReportingYear.yearOf(uint256(p.creditingUntil) - 1);
        if (p.status != ProjectStatus.Validated || !credited) revert IssuanceProjectRefused(project, vintage);

        id = UnitIdLib.encode(UnitIdLib.OFFSET_CREDIT, scheme, vintage, ++_lastExAnte);
        address to = PARTICIPANTS.primaryWallet(p.developer);
        _exAnte[id] = ExAnte({holder: to, project: project, reportId: 0});
        Recipient[] memory recipients = new Recipient[](1);
        recipients[0] = Recipient(to, quantityT);
        CREDITS.issueOwn(id, recipients, 0, documentHash, BatchStatus.ExAnte);
        emit ExAnteIssued(id, project, to, quantityT, documentHash);
    }

    /// @inheritdoc IIssuance
    function verify(UnitId id, uint64 reportId) external {
        ExAnte memory promised = _exAnte[id];
        if (promised.holder == address(0)) revert IssuanceNotExAnte(id);
        Monitoring memory m = _reportToIssue(reportId);
        if (m.project != promised.project || m.vintage != UnitIdLib.vintageOf(id) || m.scheme != UnitIdLib.schemeOf(id))
        {
            revert IssuanceOtherReport(id, reportId);
        }
        _batchOf[reportId] = id;
        _exAnte[id].reportId = reportId;

        uint64 promisedT = uint64(CREDITS.issuedOf(id)); // what is issued of an id fits 64 bits
        uint64 achievedT = m.quantityT < promisedT ? m.quantityT : promisedT;
        Split memory s = _split(m.scheme, achievedT, m.bufferPpm);
        Recipient[] memory to = _recipients(m.scheme, promised.holder, s, false);
        CREDITS.verifyBatch(id, promised.holder, to, s.buffer, promisedT - achievedT, m.reportHash);
        _cancel(id, s.cancelled, m.reportHash);
        emit CreditsIssued(id, reportId, m.project, promised.holder, s);

        UnitId surplus;
        if (m.quantityT > achievedT) {
            surplus = _idOf(reportId, m);
            _issue(surplus, reportId, m, m.quantityT - achievedT);
        }
        emit ExAnteVerified(id, reportId, promisedT - achievedT, surplus);
    }

    /// @inheritdoc IIssuance
    function setProceedsAccount(SchemeId scheme, ParticipantId account) external {
        _checkPower(scheme, Powers.RULES);
        _proceedsTo[scheme] = account;
        emit ProceedsAccountSet(scheme, account, msg.sender);
    }

    /* VIEWS */

    /// @inheritdoc IIssuance
    function splitOf(SchemeId scheme, uint64 quantityT, uint24 bufferPpm) external view returns (Split memory) {
        return _split(scheme, quantityT, bufferPpm);
    }

    /// @inheritdoc IIssuance
    function batchOfReport(uint64 reportId) external view returns (UnitId) {
        return _batchOf[reportId];
    }

    /// @inheritdoc IIssuance
    function reportOf(UnitId id) public view returns (uint64) {
        (address issuer, uint64 number) = CREDITS.originOf(id);
        if (issuer != address(this)) revert IssuanceUnknownBatch(id);
        return number < EX_ANTE ? number : _exAnte[id].reportId;
    }

    /// @inheritdoc ICreditOrigin
    function projectOf(UnitId id) public view override returns (ProjectId) {
        uint64 reportId = reportOf(id);
        return reportId == 0 ? _exAnte[id].project : PROJECTS.monitoring(reportId).project;
    }

    /// @inheritdoc IIssuance
    function exAnte(UnitId id) external view returns (ExAnte memory) {
        return _exAnte[id];
    }

    /// @inheritdoc IIssuance
    function proceedsAccount(SchemeId scheme) external view returns (ParticipantId) {
        return _proceedsTo[scheme];
    }

    /// @inheritdoc ICreditOrigin
    function traitsOf(UnitId id) external view returns (Traits memory) {
        uint64 reportId = reportOf(id);
        if (reportId != 0) {
            Monitoring memory r = PROJECTS.monitoring(reportId);
            return Traits(r.activity, r.kind, r.hostCountry, r.methodology);
        }
        Project memory p = PROJECTS.project(_exAnte[id].project);
        Methodology memory m = PROJECTS.methodology(p.methodology);
        return Traits(m.activity, m.kind, p.hostCountry, p.methodology);
    }

    /* INSIDE */

    /// @dev A report that may be turned into credits now, by the caller.
    function _reportToIssue(uint64 reportId) private view returns (Monitoring memory m) {
        m = PROJECTS.monitoring(reportId);
        _checkPower(m.scheme, Powers.ISSUE);
        if (!PROJECTS.isFinal(reportId)) revert IssuanceReportNotFinal(reportId);
        if (m.quantityT == 0) revert IssuanceNothing(reportId);
        UnitId made = _batchOf[reportId];
        if (UnitId.unwrap(made) != 0) revert IssuanceAlreadyIssued(reportId, made);
        _checkDebt(m.developer);
    }

    /// @dev A batch of the report's number: `quantityT` is all of the report, or what an ex-ante batch left of it.
    function _issue(UnitId id, uint64 reportId, Monitoring memory m, uint64 quantityT) private {
        address to = PARTICIPANTS.primaryWallet(m.developer);
        Split memory s = _split(m.scheme, quantityT, m.bufferPpm);
        CREDITS.issueOwn(id, _recipients(m.scheme, to, s, true), s.buffer, m.reportHash, BatchStatus.Active);
        _cancel(id, s.cancelled, m.reportHash);
        emit CreditsIssued(id, reportId, m.project, to, s);
    }

    function _idOf(uint64 reportId, Monitoring memory m) private pure returns (UnitId) {
        return UnitIdLib.encode(UnitIdLib.OFFSET_CREDIT, m.scheme, m.vintage, reportId);
    }

    /// @dev Who gets what outside the buffer. The developer is left out where it holds its share already; what is to be
    /// cancelled comes here first.
    function _recipients(SchemeId scheme, address developer, Split memory s, bool withDeveloper)
        private
        view
        returns (Recipient[] memory to)
    {
        to = new Recipient[](3);
        uint256 count = 0;
        if (s.cancelled != 0) to[count++] = Recipient(address(this), s.cancelled);
        if (s.proceeds != 0) {
            ParticipantId account = _proceedsTo[scheme];
            if (ParticipantId.unwrap(account) == 0) revert IssuanceNoProceedsAccount(scheme);
            to[count++] = Recipient(PARTICIPANTS.primaryWallet(account), s.proceeds);
        }
        if (withDeveloper && s.developer != 0) to[count++] = Recipient(developer, s.developer);
        assembly ("memory-safe") {
            mstore(to, count) // shorter than it was made
        }
    }

    function _cancel(UnitId id, uint64 amount, bytes32 reportHash) private {
        if (amount != 0) CREDITS.exit(address(this), id, amount, Exit.Cancelled, reportHash);
    }

    /// @dev The shares are of what is left outside the buffer, by the rules of today.
    function _split(SchemeId scheme, uint64 quantityT, uint24 bufferPpm) private view returns (Split memory s) {
        bytes32[] memory keys = new bytes32[](2);
        keys[0] = IssuanceKeys.SHARE_OF_PROCEEDS_PPM;
        keys[1] = IssuanceKeys.OVERALL_MITIGATION_PPM;
        uint256[] memory shares = SCHEMES.paramsAt(scheme, keys, block.timestamp);
        for (uint256 i = 0; i < 2; ++i) {
            if (shares[i] == NO_VALUE) shares[i] = 0;
        }
        if (shares[0] > PPM || shares[1] > PPM - shares[0]) {
            revert IssuanceSharesTooLarge(scheme, shares[0], shares[1]);
        }
        // uint64 * a share fits, and no part is more than the whole.
        s.buffer = uint64((uint256(quantityT) * bufferPpm + PPM - 1) / PPM);
        uint256 outside = quantityT - s.buffer;
        s.proceeds = uint64(outside * shares[0] / PPM);
        s.cancelled = uint64(outside * shares[1] / PPM);
        s.developer = uint64(outside - s.proceeds - s.cancelled);
    }

    function _checkDebt(ParticipantId developer) private view {
        uint64 owed = owedBy(developer);
        if (owed != 0) revert IssuanceDeveloperOwes(developer, owed);
    }
}
