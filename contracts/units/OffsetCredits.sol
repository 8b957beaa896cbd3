// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SchemeId, UnitId} from "../../interfaces/Ids.sol";
import {Batch, BatchStatus, IOffsetCredits, SerialBlock} from "../../interfaces/IOffsetCredits.sol";
import {IParticipants} from "../../interfaces/IParticipants.sol";
import {IProjects, Monitoring} from "../../interfaces/IProjects.sol";
import {ISchemes, Powers} from "../../interfaces/ISchemes.sol";
import {Custody, Exit, IUnit1155} from "../../interfaces/IUnit1155.sol";
import {BatchWord, BatchWords} from "../lib/BatchWords.sol";
import {UnitIds} from "../lib/UnitIds.sol";
import {Unit1155} from "./Unit1155.sol";

/// @title OffsetCredits
/// @notice Tonnes reduced or removed, each issuance a batch with serial numbers of its own; see {IOffsetCredits}.
contract OffsetCredits is Unit1155, IOffsetCredits {
    /// @dev Number of this registry in serial blocks.
    uint32 private constant THIS_REGISTRY = 1;
    uint256 private constant PPM = 1_000_000;

    IProjects private immutable PROJECTS;

    /// @dev What never changes about a batch; the rest is the word of its row, a {BatchWord}.
    struct Origin {
        uint64 reportId;
        uint64 series;
        uint64 buffer; //   [t]
        uint40 issuedAt; // [s]
    }

    mapping(UnitId id => Origin) private _origins;
    /// @dev One counter for the whole registry, so that two blocks cannot overlap.
    uint64 private _nextSerial = 1;

    constructor(address authority_, IParticipants participants, ISchemes schemes, IProjects projects)
        Unit1155(authority_, participants, schemes, UnitIds.OFFSET_CREDIT, Custody.Participants)
    {
        PROJECTS = projects;
    }

    /* ISSUE AND EXIT */

    /// @inheritdoc IOffsetCredits
    function issueFromReport(uint64 reportId) external returns (UnitId id) {
        Monitoring memory m = PROJECTS.monitoring(reportId);
        _checkPower(m.scheme, Powers.ISSUE);
        if (!PROJECTS.isFinal(reportId)) revert OffsetReportNotFinal(reportId);
        if (m.quantityT == 0) revert OffsetNothingToIssue(reportId);
        id = _idOf(reportId, m);
        if (_statusOf(id) != BatchStatus.None) revert OffsetAlreadyIssued(reportId, id);
        address to = PARTICIPANTS.primaryWallet(m.developer);
        if (!_isActive(to)) revert ERC7943CannotReceive(to);

        uint64 buffer = uint64(_bufferUp(m.quantityT, m.bufferPpm)); // no more than the quantity
        uint64 amount = m.quantityT - buffer;
        uint64 first = _nextSerial;
        uint64 last = first + m.quantityT - 1;
        _nextSerial = last + 1;
        _rows[id].word = BatchWord.unwrap(BatchWords.pack(THIS_REGISTRY, first, last, uint8(BatchStatus.Active)));
        _origins[id] = Origin({
            reportId: reportId,
            series: 0,
            buffer: buffer,
            issuedAt: uint40(block.timestamp) // 40 bits of seconds last 34,000 years
        });
        _countIssue(id, m.quantityT);
        if (amount != 0) _credit(to, id, amount);
        if (buffer != 0) _credit(address(this), id, buffer);
        emit UnitsIssued(id, m.reportHash, m.quantityT, buffer == 0 || amount == 0 ? 1 : 2);
        emit BatchIssued(id, reportId, m.project, to, amount, buffer, first, last);

        if (amount != 0) {
            _offer(address(0), to, id, amount);
        }
    }

    /// @inheritdoc IUnit1155
    function exit(address from, UnitId id, uint256 amount, Exit kind, bytes32 ref)
        external
        override(Unit1155, IUnit1155)
    {
        _checkExit(from, id, kind);
        _exitFirst(from, id, amount, kind, ref, _mayForce());
    }

    /// @inheritdoc IOffsetCredits
    function exitWithSerials(address from, UnitId id, uint256 amount, Exit kind, bytes32 ref)
        external
        returns (SerialBlock[] memory blocks)
    {
        _checkExit(from, id, kind);
        return _exitFirst(from, id, amount, kind, ref, _mayForce());
    }

    /* STATUS */

    /// @inheritdoc IOffsetCredits
    function setLocked(UnitId id, bool locked, bytes32 reason) external {
        _checkPower(UnitIds.schemeOf(id), Powers.FREEZE);
        if (locked) _setStatus(id, BatchStatus.Active, BatchStatus.Locked, reason);
        else _setStatus(id, BatchStatus.Locked, BatchStatus.Active, reason);
    }

    /// @inheritdoc IOffsetCredits
    function invalidateBatch(UnitId id, bytes32 reason) external {
        _checkPower(UnitIds.schemeOf(id), Powers.ISSUE);
        _setStatus(id, BatchStatus.Locked, BatchStatus.Invalidated, reason);
    }

    /// @inheritdoc IOffsetCredits
    function clearInvalidated(UnitId id, address[] calldata holders) external {
        _checkItems(holders.length);
        for (uint256 i = 0; i < holders.length; ++i) {
            if (holders[i] == _venue) revert UnitVenueProtected(_venue);
            uint256 amount = balanceOf(holders[i], UnitId.unwrap(id));
            if (amount != 0) _exitFirst(holders[i], id, amount, Exit.Invalidated, 0, true);
        }
    }

    /// @inheritdoc IOffsetCredits
    function reverseFromBuffer(UnitId id, uint256 amount, bytes32 reason) external {
        _checkPower(UnitIds.schemeOf(id), Powers.ISSUE);
        _exitFirst(address(this), id, amount, Exit.Reversed, reason, false);
    }

    /* VIEWS */

    /// @inheritdoc IOffsetCredits
    function batch(UnitId id) external view returns (Batch memory) {
        _checkKnown(id);
        BatchWord word = _wordOf(id);
        Origin memory o = _origins[id];
        return Batch({
            first: word.first(),
            last: word.last(),
            next: word.next(),
            registry: word.registry(),
            status: BatchStatus(word.status()),
            reportId: o.reportId,
            series: o.series,
            buffer: o.buffer,
            issuedAt: o.issuedAt
        });
    }

    /// @inheritdoc IOffsetCredits
    function batchOfReport(uint64 reportId) external view returns (UnitId id) {
        id = _idOf(reportId, PROJECTS.monitoring(reportId));
        if (_statusOf(id) == BatchStatus.None) id = UnitId.wrap(0);
    }

    /// @inheritdoc IOffsetCredits
    function nextSerial() external view returns (uint64) {
        return _nextSerial;
    }

    /* INSIDE */

    /// @dev Nothing moves while a batch is locked; what is invalid moves only out of the venue's ledger, to its end.
    function _mayMove(address from, address to, Row storage row) internal view override returns (bool) {
        uint8 status = BatchWord.wrap(row.word).status();
        if (status == uint8(BatchStatus.Active)) return true;
        return status == uint8(BatchStatus.Invalidated) && _isWayOut(from, to);
    }

    /// @dev Exit with the next serial numbers of the batch, first in first out.
    function _exitFirst(address from, UnitId id, uint256 amount, Exit kind, bytes32 ref, bool mayThaw)
        private
        returns (SerialBlock[] memory blocks)
    {
        BatchWord word = _wordOf(id);
        BatchStatus status = BatchStatus(word.status());
        _checkKnown(id);
        if (!_mayLeave(status, kind)) revert OffsetBatchStatus(id, status);
        _exit(from, id, amount, kind, ref, mayThaw);

        // `last` is never passed: a batch has as many serial numbers as units were issued.
        uint64 first = word.next();
        _rows[id].word = BatchWord.unwrap(word.used(amount));
        blocks = new SerialBlock[](1);
        // No overflow, for the same reason.
        blocks[0] = SerialBlock({registry: word.registry(), series: 0, first: first, last: first + uint64(amount) - 1});
        emit SerialsAttached(id, from, ref, kind, blocks);
    }

    function _setStatus(UnitId id, BatchStatus needed, BatchStatus status, bytes32 reason) private {
        _checkKnown(id);
        BatchStatus previous = _statusOf(id);
        if (previous != needed) revert OffsetBatchStatus(id, previous);
        _rows[id].word = BatchWord.unwrap(_wordOf(id).withStatus(uint8(status)));
        emit BatchStatusChanged(id, previous, status, msg.sender, reason);
    }

    function _wordOf(UnitId id) private view returns (BatchWord) {
        return BatchWord.wrap(_rows[id].word);
    }

    function _statusOf(UnitId id) private view returns (BatchStatus) {
        return BatchStatus(_wordOf(id).status());
    }

    /// @dev The caller must hold the power in all of the scheme: a batch is not of one jurisdiction.
    function _checkPower(SchemeId scheme, uint32 power) private view {
        SCHEMES.checkPower(msg.sender, scheme, 0, power);
    }

    function _checkKnown(UnitId id) private view {
        if (_statusOf(id) == BatchStatus.None) revert OffsetBatchUnknown(id);
    }

    /// @dev A report's batch has the report's number.
    function _idOf(uint64 reportId, Monitoring memory m) private pure returns (UnitId) {
        return UnitIds.encode(UnitIds.OFFSET_CREDIT, m.scheme, m.vintage, reportId);
    }

    /// @dev An invalid batch leaves as invalidated only; a locked one can still be reversed, which is nobody's choice.
    function _mayLeave(BatchStatus status, Exit kind) private pure returns (bool) {
        if (kind == Exit.Invalidated) return status == BatchStatus.Invalidated;
        if (kind == Exit.Reversed) return status != BatchStatus.Invalidated;
        return status == BatchStatus.Active;
    }

    /// @dev The buffer's share, rounded up: the commons before the seller.
    function _bufferUp(uint256 quantity, uint256 ppm) private pure returns (uint256) {
        return (quantity * ppm + PPM - 1) / PPM; // uint64 * uint24 fits
    }
}
