// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

import {ICreditOrigin, Traits} from "../../interfaces/units/ICreditOrigin.sol";
import {HeldAccounts} from "../../interfaces/types/HeldAccounts.sol";
import {InstallationId, ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {Debt, ExAnte, IIssuance, IssuanceKeys, Split} from "../../interfaces/units/IIssuance.sol";
import {IOutcomeBatches, Outcome, OutcomeUse} from "../../interfaces/units/IOutcomeBatches.sol";
import {BatchStatus, IOffsetCredits, Recipient, SerialBlock} from "../../interfaces/units/IOffsetCredits.sol";
import {IParticipants, ParticipantStatus, WalletRights} from "../../interfaces/parties/IParticipants.sol";
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
import {Pausable} from "../rules/Pausable.sol";
import {ReportingYear} from "../lib/ReportingYear.sol";
import {BatchNumbers} from "../types/BatchNumbers.sol";
import {ControllerRights} from "../types/ControllerRights.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";

/// @title Issuance
/// @notice Issues this registry's credits, from monitoring reports or ex ante; see {IIssuance}.
/// @dev The only issuer of this registry's serial numbers in OffsetCredits. It is a controller there with the right to cancel:
/// units it holds for overall mitigation, and units paid for debts.
contract Issuance is IIssuance, Pausable {
    uint256 private constant PPM = 1_000_000;
    /// @dev Batches set apart from one, which the desk reaches in one act.
    uint256 private constant MAX_APART = 128;

    IParticipants private immutable PARTICIPANTS;
    ISchemes private immutable SCHEMES;
    IProjects private immutable PROJECTS;
    IOffsetCredits private immutable CREDITS;

    /// @dev {Outcome} as stored: one slot.
    struct Mark {
        uint104 source; // {UnitIdLib} uses 104 bits
        uint16 party;
        OutcomeUse use;
    }

    mapping(UnitId id => uint64) private _reversedT;
    mapping(ParticipantId developer => uint64) private _owedT;
    mapping(uint64 debt => Debt) private _debts;
    uint64 private _lastDebt;

    /// @dev Each report is used once, for an issue or for a verification.
    mapping(uint64 reportId => UnitId) private _batchOf;
    mapping(UnitId id => ExAnte) private _exAnte;
    /// @inheritdoc IIssuance
    mapping(ProjectId project => mapping(uint16 vintage => uint64)) public expectedOf;
    /// @dev Promises that an invalidation ended.
    mapping(UnitId id => bool) private _ended;
    /// @dev In the order of issue: a suspension of the project reaches all of them.
    mapping(ProjectId project => UnitId[]) private _batchesOf;
    mapping(SchemeId scheme => ParticipantId) private _proceedsTo;
    uint64 private _lastExAnte = BatchNumbers.EX_ANTE;
    uint64 private _lastApart = BatchNumbers.AUTHORISED;
    /// @dev Batches that were set apart.
    mapping(UnitId id => Mark) private _outcomes;
    /// @dev Their numbers by the batch they came from, four a slot: scheme and vintage are the same.
    mapping(UnitId source => uint64[]) private _apartFrom;

    constructor(IParticipants participants, ISchemes schemes, IProjects projects, IOffsetCredits credits) {
        (PARTICIPANTS, SCHEMES, PROJECTS, CREDITS) = (participants, schemes, projects, credits);
    }

    /* ISSUE */

    /// @inheritdoc IIssuance
    function issueFromReport(uint64 reportId) external returns (UnitId id) {
        Monitoring memory m = _reportToIssue(reportId);
        id = _idOf(reportId, m);
        // Before any call: a recipient with code could reenter to issue a second time.
        _batchOf[reportId] = id;
        _issue(id, reportId, m, m.quantityT);
    }

    /// @inheritdoc IIssuance
    function issueExAnte(ProjectId project, uint16 vintage, uint64 quantityT, bytes32 documentHash)
        external
        returns (UnitId id)
    {
        Project memory p = PROJECTS.project(project);
        Methodology memory m = PROJECTS.termsOf(project);
        SchemeId scheme = m.scheme;
        _checkPower(scheme, Powers.ISSUE);
        _checkDebt(p.developer);
        uint256 capT = _capOf(p, vintage, SCHEMES.schemeInfo(scheme).utcOffset);
        if (p.status != ProjectStatus.Validated || !m.active || capT == 0) {
            revert IssuanceProjectRefused(project, vintage);
        }
        capT = _creditable(project, scheme, capT);
        uint256 expectedT = expectedOf[project][vintage];
        if (expectedT + quantityT > capT) {
            revert IssuanceBeyondCap(project, vintage, quantityT, capT > expectedT ? capT - expectedT : 0);
        }
        expectedOf[project][vintage] += quantityT;

        _requireUnpaused();
        id = UnitIdLib.encode(UnitIdLib.OFFSET_CREDIT, scheme, vintage, ++_lastExAnte);
        address to = PARTICIPANTS.primaryWallet(p.developer);
        _exAnte[id] = ExAnte({holder: to, project: project, reportId: 0});
        _batchesOf[project].push(id);
        Recipient[] memory recipients = new Recipient[](1);
        recipients[0] = Recipient(to, quantityT);
        CREDITS.issueOwn(id, recipients, 0, documentHash, BatchStatus.ExAnte, 0);
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

        uint64 promisedT = uint64(CREDITS.issuedOf(id)); // a total issued fits 64 bits
        uint64 achievedT = m.quantityT < promisedT ? m.quantityT : promisedT;
        expectedOf[m.project][m.vintage] -= promisedT - achievedT;
        Split memory s = _split(m.scheme, achievedT, m.bufferPpm);
        Recipient[] memory to = _recipients(m.scheme, promised.holder, s, false);
        // All of it stands in one account: ex-ante credits do not move, unless the wallet refused them.
        address holder = promised.holder;
        if (CREDITS.balanceOf(holder, UnitId.unwrap(id)) == 0) holder = HeldAccounts.accountOf(m.developer);
        CREDITS.verifyBatch(id, holder, to, s.buffer, promisedT - achievedT, m.reportHash);
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

    /* USE ABROAD */

    /// @inheritdoc IOutcomeBatches
    function setApart(address from, UnitId id, uint64 amountT, OutcomeUse use, bytes32 ref)
        external
        returns (UnitId into, uint64 first)
    {
        _checkSettingApart();
        _requireUnpaused();
        (address issuer,) = CREDITS.originOf(id);
        if (issuer != address(this) || BatchNumbers.isAuthorised(id)) revert IssuanceNotApart(id);
        if (_apartFrom[id].length == MAX_APART) revert IssuanceTooManyApart(id, MAX_APART);

        // A batch of this registry has one block.
        SerialBlock[] memory blocks = CREDITS.exitWithSerials(from, id, amountT, Exit.SetApart, ref);
        first = blocks[0].first;
        into = _apart(id, ++_lastApart);
        _apartFrom[id].push(_lastApart);
        _outcomes[into] = Mark({source: uint104(UnitId.unwrap(id)), party: 0, use: use});
        Recipient[] memory to = new Recipient[](1);
        to[0] = Recipient(from, amountT);
        CREDITS.issueOwn(into, to, 0, ref, BatchStatus.Active, first);
        _batchesOf[projectOf(id)].push(into); // a suspension reaches it, too
        emit BatchSetApart(into, id, from, first, blocks[0].last, ref);
        emit OutcomeUseSet(into, 0, use);
    }

    /// @inheritdoc IOutcomeBatches
    function setUse(UnitId id, uint16 party, OutcomeUse use) external {
        _checkSettingApart();
        if (_outcomes[id].source == 0) revert IssuanceNotApart(id);
        (_outcomes[id].party, _outcomes[id].use) = (party, use);
        emit OutcomeUseSet(id, party, use);
    }

    /* STATUS */

    /// @inheritdoc IIssuance
    function endPromise(UnitId id) external {
        ExAnte memory promised = _exAnte[id];
        if (promised.holder == address(0) || promised.reportId != 0 || _ended[id]) return;
        if (CREDITS.batch(id).status != BatchStatus.Invalidated) return;
        _ended[id] = true;
        // A total issued fits 64 bits.
        expectedOf[promised.project][UnitIdLib.vintageOf(id)] -= uint64(CREDITS.issuedOf(id));
    }

    /// @inheritdoc IIssuance
    function setRetireOnly(UnitId id) external {
        (ParticipantId seller, uint8 rights, ParticipantStatus status) = PARTICIPANTS.walletOf(msg.sender);
        uint256 held = CREDITS.balanceOf(msg.sender, UnitId.unwrap(id));
        uint256 outside = CREDITS.totalSupply(id) - CREDITS.balanceOf(address(CREDITS), UnitId.unwrap(id));
        bool may = status == ParticipantStatus.Active && rights & WalletRights.MANAGE != 0;
        if (!may || held == 0 || held != outside) revert IssuanceNotSeller(id, msg.sender, held, outside);

        CREDITS.setRetireOnly(id, seller);
    }

    /* REVERSALS */

    /// @inheritdoc IIssuance
    function reverseUnavoidable(UnitId id, UnitId paidFrom, uint64 amountT, bytes32 reason) external {
        if (UnitIdLib.schemeOf(paidFrom) != UnitIdLib.schemeOf(id)) revert IssuanceOtherScheme(id, paidFrom);
        _countReversal(id, amountT);
        projectOf(id); // reverts for what was not issued here

        CREDITS.reverse(paidFrom, address(CREDITS), amountT, reason);
        emit ReversedUnavoidably(id, paidFrom, amountT, msg.sender, reason);
    }

    /// @inheritdoc IIssuance
    function reverseAvoidable(UnitId id, uint64 amountT, bytes32 reason) external returns (uint64 debt) {
        _countReversal(id, amountT);
        ParticipantId developer = PROJECTS.project(projectOf(id)).developer;

        uint64 owed = _takeFrom(developer, id, amountT, reason);
        if (owed != 0) {
            debt = ++_lastDebt;
            _debts[debt] = Debt({developer: developer, scheme: UnitIdLib.schemeOf(id), owedT: owed, paidT: 0});
            _owedT[developer] += owed;
        }
        emit ReversedAvoidably(id, developer, debt, amountT - owed, owed, msg.sender, reason);
    }

    /// @inheritdoc IIssuance
    function payDebt(uint64 debt, UnitId id, uint64 amountT) external {
        Debt storage d = _debts[debt];
        bool fits = amountT != 0 && amountT <= d.owedT;
        if (!fits || UnitIdLib.schemeOf(id) != d.scheme || BatchNumbers.isAuthorised(id)) {
            revert IssuancePaymentRefused(debt, id, amountT);
        }
        (, uint8 rights, ParticipantStatus status) = PARTICIPANTS.walletOf(msg.sender);
        if (status != ParticipantStatus.Active || rights & WalletRights.SURRENDER == 0) {
            revert IssuanceNotPayer(msg.sender);
        }

        d.owedT -= amountT;
        d.paidT += amountT;
        _owedT[d.developer] -= amountT;
        CREDITS.exit(msg.sender, id, amountT, Exit.Cancelled, _referenceOf(debt));
        emit DebtPaid(debt, id, msg.sender, amountT, d.owedT);
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
        UnitId source = _sourceOf(id);
        (address issuer, uint64 number) = CREDITS.originOf(source);
        if (issuer != address(this)) revert IssuanceUnknownBatch(id);
        return number < BatchNumbers.EX_ANTE ? number : _exAnte[source].reportId;
    }

    /// @inheritdoc ICreditOrigin
    function projectOf(UnitId id) public view returns (ProjectId) {
        uint64 reportId = reportOf(id);
        return reportId == 0 ? _exAnte[id].project : PROJECTS.monitoring(reportId).project;
    }

    /// @inheritdoc IIssuance
    function batchesOf(ProjectId project, uint256 from, uint256 most) external view returns (UnitId[] memory ids) {
        UnitId[] storage all = _batchesOf[project];
        uint256 left = from < all.length ? all.length - from : 0;
        ids = new UnitId[](left < most ? left : most);
        for (uint256 i = 0; i < ids.length; ++i) {
            ids[i] = all[from + i];
        }
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
        Methodology memory m = PROJECTS.termsOf(_exAnte[id].project);
        return Traits(m.activity, m.kind, p.hostCountry, p.methodology);
    }

    /// @inheritdoc IOutcomeBatches
    function apartFrom(UnitId id) external view returns (UnitId[] memory ids) {
        uint64[] storage numbers = _apartFrom[id];
        ids = new UnitId[](numbers.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            ids[i] = _apart(id, numbers[i]);
        }
    }

    /// @inheritdoc IOutcomeBatches
    function outcomeOf(UnitId id) external view returns (Outcome memory) {
        Mark memory mark = _outcomes[id];
        return Outcome(UnitId.wrap(mark.source), mark.party, mark.use);
    }

    /// @inheritdoc IIssuance
    function reversedOf(UnitId id) external view returns (uint64) {
        return _reversedT[id];
    }

    /// @inheritdoc IIssuance
    function debtOf(uint64 debt) external view returns (Debt memory) {
        return _debts[debt];
    }

    /// @inheritdoc IIssuance
    function owedBy(ParticipantId developer) public view returns (uint64) {
        return _owedT[developer];
    }

    /// @inheritdoc IIssuance
    function lastDebt() external view returns (uint64) {
        return _lastDebt;
    }

    /* INSIDE */

    /// @dev The batch whose report or promise stands behind a batch: itself, or the one it was set apart from.
    function _sourceOf(UnitId id) private view returns (UnitId) {
        return BatchNumbers.isAuthorised(id) ? UnitId.wrap(_outcomes[id].source) : id;
    }

    /// @dev The batch of a number that was set apart from `source`.
    function _apart(UnitId source, uint64 number) private pure returns (UnitId) {
        return
            UnitIdLib.encode(UnitIdLib.OFFSET_CREDIT, UnitIdLib.schemeOf(source), UnitIdLib.vintageOf(source), number);
    }

    /// @dev The right must be named: one to every exit is not enough.
    function _checkSettingApart() private view {
        uint256 rights = CREDITS.rightsOf(msg.sender);
        if (!ControllerRights.names(rights, uint256(Exit.SetApart))) revert IssuanceNotSettingApart(msg.sender);
    }

    /// @dev The caller must hold the power in all of the scheme: a batch is not of one jurisdiction.
    function _checkPower(SchemeId scheme, uint32 power) private view {
        SCHEMES.checkPower(msg.sender, scheme, 0, power);
    }

    /// @dev A report that the caller may issue from.
    function _reportToIssue(uint64 reportId) private view returns (Monitoring memory m) {
        m = PROJECTS.monitoring(reportId);
        _checkPower(m.scheme, Powers.ISSUE);
        if (!PROJECTS.isFinal(reportId)) revert IssuanceReportNotFinal(reportId);
        PROJECTS.checkIssuable(reportId);
        if (m.quantityT == 0) revert IssuanceNothing(reportId);
        UnitId made = _batchOf[reportId];
        if (UnitId.unwrap(made) != 0) revert IssuanceAlreadyIssued(reportId, made);
        _checkDebt(m.developer);
        m.quantityT = uint64(_creditable(m.project, m.scheme, m.quantityT)); // at most what it was
    }

    /// @dev A batch with the report's number: `quantityT` is all of the report, or its surplus over an ex-ante batch.
    function _issue(UnitId id, uint64 reportId, Monitoring memory m, uint64 quantityT) private {
        _requireUnpaused();
        expectedOf[m.project][m.vintage] += quantityT;
        address to = PARTICIPANTS.primaryWallet(m.developer);
        Split memory s = _split(m.scheme, quantityT, m.bufferPpm);
        _batchesOf[m.project].push(id);
        CREDITS.issueOwn(id, _recipients(m.scheme, to, s, true), s.buffer, m.reportHash, BatchStatus.Active, 0);
        _cancel(id, s.cancelled, m.reportHash);
        emit CreditsIssued(id, reportId, m.project, to, s);
    }

    /// @dev What may be credited of an amount: of a project at a plant under a cap, the pack's share, rounded down.
    function _creditable(ProjectId project, SchemeId scheme, uint256 amountT) private view returns (uint256 left) {
        InstallationId plant = PROJECTS.placedAt(project);
        if (InstallationId.unwrap(plant) == 0) return amountT;
        uint256 ppm = SCHEMES.paramOr(scheme, IssuanceKeys.CAPPED_PLANT_PPM, block.timestamp, 0);
        left = amountT * (ppm < PPM ? ppm : PPM) / PPM;
        if (left == 0) revert IssuanceAtCappedPlant(project, plant);
    }

    /// @dev The project's cap for the credited part of a year, rounded down; 0 where none of it is credited.
    function _capOf(Project memory p, uint16 vintage, int256 zone) private pure returns (uint256) {
        uint256 from = ReportingYear.start(vintage, zone);
        uint256 until = ReportingYear.start(uint256(vintage) + 1, zone);
        if (from < p.creditingFrom) from = p.creditingFrom;
        if (until > p.creditingUntil) until = p.creditingUntil;
        return from < until ? uint256(p.yearlyCapT) * (until - from) / 365 days : 0;
    }

    function _idOf(uint64 reportId, Monitoring memory m) private pure returns (UnitId) {
        return UnitIdLib.encode(UnitIdLib.OFFSET_CREDIT, m.scheme, m.vintage, reportId);
    }

    /// @dev Recipients of the shares outside the buffer. The developer is left out where it holds its share already; the share
    /// to be cancelled is credited to this contract.
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
            mstore(to, count) // shortens it
        }
    }

    function _cancel(UnitId id, uint64 amount, bytes32 reportHash) private {
        if (amount != 0) CREDITS.exit(address(this), id, amount, Exit.Cancelled, reportHash);
    }

    /// @dev Shares are of the quantity outside the buffer, by the rules in force now.
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

    /// @dev This contract's address and the debt's number: distinct from every other controller's references.
    function _referenceOf(uint64 debt) private view returns (bytes32) {
        return bytes32(uint256(uint160(address(this))) << 96 | debt);
    }

    /// @dev Reversals of a batch add up to at most the total issued, independent of who compensates and of retirements. An
    /// invalid or unverified batch cannot be reversed.
    function _countReversal(UnitId id, uint64 amountT) private {
        _checkPower(UnitIdLib.schemeOf(id), Powers.ISSUE);
        BatchStatus status = CREDITS.batch(id).status;
        bool valid = status == BatchStatus.Active || status == BatchStatus.Locked;
        if (!valid) revert IOffsetCredits.OffsetBatchStatus(id, status);
        // What was set apart is reversed there.
        uint256 ownT = CREDITS.issuedOf(id) - CREDITS.exitedOf(id, Exit.SetApart);
        uint256 most = ownT > _reversedT[id] ? ownT - _reversedT[id] : 0;
        if (amountT == 0 || amountT > most) revert IssuanceReversalRefused(id, amountT, most);
        _reversedT[id] += amountT;
    }

    /// @dev Reverses up to `amountT` of a batch in a participant's wallets, which are bounded in number, and held for it.
    /// @return owed [t] missing in all of them
    function _takeFrom(ParticipantId participant, UnitId id, uint64 amountT, bytes32 reason)
        private
        returns (uint64 owed)
    {
        owed = amountT;
        address[] memory wallets = PARTICIPANTS.walletsOf(participant);
        for (uint256 i = 0; i <= wallets.length && owed != 0; ++i) {
            address account = i < wallets.length ? wallets[i] : HeldAccounts.accountOf(participant);
            uint64 held = uint64(CREDITS.balanceOf(account, UnitId.unwrap(id))); // balances have 64 bits
            uint64 taken = held < owed ? held : owed;
            if (taken == 0) continue;
            CREDITS.reverse(id, account, taken, reason);
            owed -= taken;
        }
    }

    function _manager() internal view override returns (address) {
        return IAccessManaged(address(SCHEMES)).authority();
    }
}
