// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {HeldAccounts} from "../../interfaces/types/HeldAccounts.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {IBatchState, IRetireOnly} from "../../interfaces/rules/ILedgerSources.sol";
import {Batch, BatchStatus, IOffsetCredits, Recipient, SerialBlock} from "../../interfaces/units/IOffsetCredits.sol";
import {IParticipants, WalletWord} from "../../interfaces/parties/IParticipants.sol";
import {ISchemes} from "../../interfaces/rules/ISchemes.sol";
import {Custody, Exit, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {IUnitRenderer} from "../../interfaces/units/IUnitRenderer.sol";
import {BatchNumbers} from "../types/BatchNumbers.sol";
import {ControllerRights} from "../types/ControllerRights.sol";
import {PackedBatch, PackedBatchLib} from "../types/PackedBatch.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";
import {BlockPairs} from "./lib/BlockPairs.sol";
import {Unit1155} from "./Unit1155.sol";

/// @title OffsetCredits
/// @notice Offset credits in batches with serial numbers; see {IOffsetCredits}.
/// @dev Storage:
/// ```
/// _rows[id].word    {PackedBatch}: status, flags, block in use       read by every transfer, written by every exit
/// _rows[id].slots   holdings, one word an account                  {Unit1155}
/// _blocks[id]       {BlockPairs}, two blocks a slot                blocks of other registries only
/// sellerOf[id]      seller of a retire-only batch                  such batches only
/// _surrendered[h]   hash of the blocks of one surrender            serial numbers of this registry only
/// issuance 160 | next serial 64                                    one slot, read and written by every issue of this registry
/// ```
contract OffsetCredits is Unit1155, IOffsetCredits, IBatchState, IRetireOnly {
    using BlockPairs for BlockPairs.List;

    /// @dev Number of this registry in serial blocks.
    uint32 private constant THIS_REGISTRY = 1;
    uint256 private constant MAX_BLOCKS = 32;

    mapping(UnitId id => BlockPairs.List) private _blocks;
    /// @inheritdoc IRetireOnly
    mapping(UnitId id => ParticipantId) public sellerOf;
    address private _issuance;
    /// @dev One counter for the whole registry, so that blocks cannot overlap.
    uint64 private _nextSerial = 1;
    address private _immobilisation;
    address private _desk;
    mapping(bytes32 taken => bool) private _surrendered;

    constructor(address authority_, IParticipants participants, ISchemes schemes, IUnitRenderer renderer)
        Unit1155(authority_, participants, schemes, Custody.Participants, renderer)
    {}

    /* ISSUE */

    /// @inheritdoc IOffsetCredits
    function issueOwn(
        UnitId id,
        Recipient[] calldata to,
        uint64 buffer,
        bytes32 evidence,
        BatchStatus status,
        uint64 kept
    ) external returns (uint64 first) {
        _checkIssuer(_issuance);
        if (BatchNumbers.isImmobilised(id) || _statusOf(id) != BatchStatus.None) revert OffsetBatchRefused(id);
        if (status != BatchStatus.Active && status != BatchStatus.ExAnte) revert OffsetStatusRefused(status);
        uint64 quantity = _creditAll(id, to, buffer, evidence);
        first = kept == 0 ? _nextSerial : kept;
        uint64 last = first + quantity - 1;
        if (last >= _nextSerial) _nextSerial = last + 1;
        _setWord(id, PackedBatchLib.pack(THIS_REGISTRY, first, last, uint8(status)));
        emit BatchIssued(id, first, last, buffer, status);

        _offerAll(address(0), id, to);
    }

    /// @inheritdoc IOffsetCredits
    function issueBlock(UnitId id, Recipient[] calldata to, SerialBlock calldata block_, bytes32 evidence) external {
        _checkIssuer(_immobilisation);
        if (!BatchNumbers.isImmobilised(id)) revert OffsetBatchRefused(id);
        SerialBlock memory b = block_;
        PackedBatch word = _wordOf(id);
        bool whole = b.first <= b.last && b.last != type(uint64).max && BlockPairs.fits(b.series, b.first, b.last);
        bool foreign = b.registry > THIS_REGISTRY && (word.blocks() == 0 || b.registry == word.registry());
        if (!foreign || !whole || _creditAll(id, to, 0, evidence) != b.last - b.first + 1) {
            revert OffsetBlockRefused(b.registry, b.first, b.last);
        }

        _blocks[id].put(word.blocks(), b.series, b.first, b.last);
        if (word.blocks() == 0) {
            word = PackedBatchLib.pack(b.registry, b.first, b.last, uint8(BatchStatus.Active));
        } else {
            _checkStatus(id, word, BatchStatus.Active);
            if (word.isRetireOnly()) revert OffsetRetireOnly(id);
            if (word.blocks() == MAX_BLOCKS) revert OffsetTooManyBlocks(id, MAX_BLOCKS);
            word = word.withBlock();
        }
        _setWord(id, word);
        emit BlockIssued(id, b);

        _offerAll(address(0), id, to);
    }

    /// @inheritdoc IOffsetCredits
    function verifyBatch(
        UnitId id,
        address holder,
        Recipient[] calldata to,
        uint64 buffer,
        uint64 shortfall,
        bytes32 evidence
    ) external {
        _checkIssuer(_issuance);
        PackedBatch word = _wordOf(id);
        _checkStatus(id, word, BatchStatus.ExAnte);
        _setStatus(id, word, BatchStatus.Active, msg.sender, evidence);
        if (shortfall != 0) _exitWithSerials(ExitRequest(holder, id, shortfall, Exit.Invalidated, evidence));
        for (uint256 i = 0; i < to.length; ++i) {
            _shift(holder, _placeFor(id, to[i]), id, to[i].amount);
        }
        if (buffer != 0) _shift(holder, address(this), id, buffer);
        emit BatchVerified(id, holder, buffer, shortfall, evidence);

        _offerAll(holder, id, to);
    }

    /* EXIT */

    /// @inheritdoc IUnit1155
    function exit(address from, UnitId id, uint256 amount, Exit kind, bytes32 ref)
        external
        override(Unit1155, IUnit1155)
    {
        exitWithSerials(from, id, amount, kind, ref);
    }

    /// @inheritdoc IOffsetCredits
    function exitWithSerials(address from, UnitId id, uint256 amount, Exit kind, bytes32 ref)
        public
        returns (SerialBlock[] memory blocks)
    {
        _checkExit(from, id, kind);
        return _exitChecked(ExitRequest(from, id, amount, kind, ref));
    }

    /// @inheritdoc IOffsetCredits
    function reverse(UnitId id, address from, uint256 amount, bytes32 ref) external {
        _checkIssuer(_issuance);
        if (from == _venue) revert UnitVenueProtected(from);
        _exitChecked(ExitRequest(from, id, amount, Exit.Reversed, ref));
    }

    /* STATUS */

    /// @inheritdoc IOffsetCredits
    function setBatchStatus(UnitId id, BatchStatus status, address officer, bytes32 reason) external {
        _checkIssuer(_desk);
        PackedBatch word = _known(id);
        BatchStatus previous = BatchStatus(word.status());
        // An ex-ante batch was never transferred: it need not be locked first.
        bool may = previous == BatchStatus.Active
            ? status == BatchStatus.Locked
            : previous == BatchStatus.Locked
                ? status == BatchStatus.Active || status == BatchStatus.Invalidated
                : previous == BatchStatus.ExAnte && status == BatchStatus.Invalidated;
        if (!may) revert OffsetBatchStatus(id, previous);
        _setStatus(id, word, status, officer, reason);
    }

    /// @inheritdoc IOffsetCredits
    function setRetireOnly(UnitId id, ParticipantId seller) external {
        _checkIssuer(_issuance);
        PackedBatch word = _wordOf(id);
        _checkStatus(id, word, BatchStatus.Active);
        _setWord(id, word.retireOnly());
        sellerOf[id] = seller;
        emit BatchRetireOnly(id, seller);
    }

    /// @inheritdoc IOffsetCredits
    function clearInvalidated(UnitId id, address[] calldata holders) external {
        _checkItems(holders.length);
        for (uint256 i = 0; i < holders.length; ++i) {
            if (holders[i] == _venue) revert UnitVenueProtected(_venue);
            uint256 amount = balanceOf(holders[i], UnitId.unwrap(id));
            if (amount != 0) _exitChecked(ExitRequest(holders[i], id, amount, Exit.Invalidated, 0));
        }
    }

    /* WIRING */

    /// @inheritdoc IOffsetCredits
    function setIssuers(address issuance, address immobilisation, address desk) external restricted {
        if (_issuance != address(0) || issuance.code.length == 0) revert OffsetIssuersRefused(_issuance, issuance);
        _issuance = issuance;
        _immobilisation = immobilisation;
        _desk = desk;
        emit IssuersSet(issuance, immobilisation, desk);
    }

    /* VIEWS */

    /// @inheritdoc IOffsetCredits
    function batch(UnitId id) external view returns (Batch memory b) {
        PackedBatch word = _known(id);
        b.status = BatchStatus(word.status());
        b.retireOnly = word.isRetireOnly();
        b.seller = sellerOf[id];
        b.inUse = word.blockInUse();
        b.next = word.next();
        b.blocks = new SerialBlock[](word.blocks());
        for (uint256 i = 0; i < b.blocks.length; ++i) {
            (uint64 series, uint64 first, uint64 last) = _blocks[id].at(i);
            b.blocks[i] = SerialBlock(word.registry(), series, first, last);
        }
        // A block of this registry is in the word only.
        if (!BatchNumbers.isImmobilised(id)) b.blocks[0] = SerialBlock(THIS_REGISTRY, 0, word.first(), word.last());
    }

    /// @inheritdoc IBatchState
    function isActive(UnitId id) external view returns (bool) {
        return _statusOf(id) == BatchStatus.Active;
    }

    /// @inheritdoc IOffsetCredits
    function originOf(UnitId id) external view returns (address issuer, uint64 number) {
        _known(id);
        return (BatchNumbers.isImmobilised(id) ? _immobilisation : _issuance, UnitIdLib.batchOf(id));
    }

    /// @inheritdoc IOffsetCredits
    function wasSurrenderOf(UnitId id, SerialBlock[] calldata blocks, bytes32 ref) external view returns (bool) {
        return _surrendered[keccak256(abi.encode(id, ref, blocks))];
    }

    /// @inheritdoc IOffsetCredits
    function nextSerial() external view returns (uint64) {
        return _nextSerial;
    }

    /* INSIDE */

    /// @dev Counts and credits an issue; serial numbers and hooks are the caller's.
    function _creditAll(UnitId id, Recipient[] calldata to, uint64 buffer, bytes32 evidence)
        private
        returns (uint64 quantity)
    {
        quantity = buffer;
        for (uint256 i = 0; i < to.length; ++i) {
            _credit(_placeFor(id, to[i]), id, to[i].amount);
            quantity += to[i].amount;
        }
        if (buffer != 0) _credit(address(this), id, buffer);
        _countIssue(id, quantity);
        emit UnitsIssued(id, evidence, quantity, buffer == 0 ? to.length : to.length + 1);
    }

    /// @dev An active batch without a flag moves freely.
    function _isFree(Row storage row) internal view override returns (bool) {
        return PackedBatch.wrap(row.word).state() == uint16(uint8(BatchStatus.Active));
    }

    /// @dev Locked and ex-ante batches do not move; an invalid one moves only out of the venue's ledger, to exit. Units of a
    /// retire-only batch outside the venue are all its seller's.
    function _mayMove(address from, address to, UnitId id) internal view override returns (bool) {
        PackedBatch word = _wordOf(id);
        if (from == _venue && _rights[to] & ControllerRights.EXIT != 0) {
            return word.status() == uint8(BatchStatus.Invalidated) || word.status() == uint8(BatchStatus.Active);
        }
        if (word.status() != uint8(BatchStatus.Active)) return false;
        if (to == _venue) return true;
        return _walletOf(to).participantOf() == sellerOf[id];
    }

    /// @dev Exit in a status that allows this kind.
    function _exitChecked(ExitRequest memory request) private returns (SerialBlock[] memory blocks) {
        PackedBatch word = _known(request.id);
        BatchStatus status = BatchStatus(word.status());
        if (!_mayExit(status, request.kind)) revert OffsetBatchStatus(request.id, status);
        if (word.isRetireOnly() && request.kind != Exit.Retired && !_isForced(request.kind)) {
            revert OffsetRetireOnly(request.id);
        }
        return _exitWithSerials(request);
    }

    /// @dev Exit with the next serial numbers of the batch, first in first out.
    function _exitWithSerials(ExitRequest memory request) private returns (SerialBlock[] memory blocks) {
        _exit(request);
        blocks = _useSerials(request.id, request.amount);
        if (request.kind == Exit.Surrendered && !BatchNumbers.isImmobilised(request.id)) {
            _surrendered[keccak256(abi.encode(request.id, request.ref, blocks))] = true;
        }
        emit SerialsAttached(request.id, request.from, request.ref, request.kind, blocks);
    }

    /// @dev Frozen units too leave by an invalidation, and by a reversal that the issuance records.
    function _mayThaw(Exit kind) internal view override returns (bool) {
        bool reversed = kind == Exit.Reversed && msg.sender == _issuance;
        return kind == Exit.Invalidated || reversed || super._mayThaw(kind);
    }

    function _drawsHeld(Exit kind) internal pure override returns (bool) {
        return kind == Exit.Surrendered;
    }

    /// @dev Credits given back to an applicant that is not active are held for it.
    function _checkHeldAccount(address account, UnitId id, uint256 amount) internal override {
        ParticipantId owner = HeldAccounts.ownerOf(account);
        address wallet = PARTICIPANTS.primaryWallet(owner); // none of participant 0
        if (wallet == address(0)) revert ERC7943CannotReceive(account);
        emit UnitsHeld(owner, id, wallet, amount);
    }

    function _class() internal pure override returns (uint8) {
        return UnitIdLib.OFFSET_CREDIT;
    }

    /// @dev A batch has as many serial numbers left as units in circulation: the walk ends at its last block at most.
    function _useSerials(UnitId id, uint256 amount) private returns (SerialBlock[] memory blocks) {
        PackedBatch word = _wordOf(id);
        blocks = new SerialBlock[](word.blocks() - word.blockInUse());
        uint256 count = 0;
        while (true) {
            uint256 run = word.left();
            if (run > amount) run = amount;
            if (run != 0) {
                uint64 first = word.next();
                // No overflow: the run is within the block.
                blocks[count++] = SerialBlock(word.registry(), _seriesOf(id, word), first, first + uint64(run) - 1);
                word = word.used(run);
                amount -= run;
            }
            if (amount == 0) break;
            (, uint64 start, uint64 end) = _blocks[id].at(word.blockInUse() + 1);
            word = word.turnTo(word.registry(), start, end);
        }
        _setWord(id, word);
        assembly ("memory-safe") {
            mstore(blocks, count) // shortens it
        }
    }

    function _seriesOf(UnitId id, PackedBatch word) private view returns (uint64 series) {
        if (word.registry() != THIS_REGISTRY) (series,,) = _blocks[id].at(word.blockInUse());
    }

    function _setStatus(UnitId id, PackedBatch word, BatchStatus status, address officer, bytes32 reason) private {
        _setWord(id, word.withStatus(uint8(status)));
        emit BatchStatusChanged(id, BatchStatus(word.status()), status, officer, reason);
    }

    function _offerAll(address from, UnitId id, Recipient[] calldata to) private {
        for (uint256 i = 0; i < to.length; ++i) {
            // The issuer needs no hook for its own share.
            address wallet = to[i].to;
            if (wallet == msg.sender || wallet.code.length == 0 || !_isActive(wallet)) continue;
            _offer(from, wallet, id, to[i].amount);
        }
    }

    function _setWord(UnitId id, PackedBatch word) private {
        _rows[id].word = PackedBatch.unwrap(word);
    }

    function _wordOf(UnitId id) private view returns (PackedBatch) {
        return PackedBatch.wrap(_rows[id].word);
    }

    function _statusOf(UnitId id) private view returns (BatchStatus) {
        return BatchStatus(_wordOf(id).status());
    }

    function _known(UnitId id) private view returns (PackedBatch word) {
        word = _wordOf(id);
        if (word.status() == uint8(BatchStatus.None)) revert OffsetBatchUnknown(id);
    }

    function _checkStatus(UnitId id, PackedBatch word, BatchStatus needed) private pure {
        if (word.status() == uint8(BatchStatus.None)) revert OffsetBatchUnknown(id);
        if (word.status() != uint8(needed)) revert OffsetBatchStatus(id, BatchStatus(word.status()));
    }

    function _checkIssuer(address issuer) private view {
        if (msg.sender != issuer) revert OffsetNotIssuer(msg.sender);
    }

    /// @dev Account for a recipient's share: its participant's held account while that is not active.
    function _placeFor(UnitId id, Recipient calldata to) private returns (address) {
        if (to.to == msg.sender) return to.to;
        WalletWord wallet = _walletOf(to.to);
        if (wallet.isActive()) return to.to;
        if (!wallet.isSomebody()) revert ERC7943CannotReceive(to.to);
        emit UnitsHeld(wallet.participantOf(), id, to.to, to.amount);
        return HeldAccounts.accountOf(wallet.participantOf());
    }

    /// @dev An invalid batch exits as invalidated only; a locked one can still be reversed.
    function _mayExit(BatchStatus status, Exit kind) private pure returns (bool) {
        if (kind == Exit.Invalidated) return status == BatchStatus.Invalidated;
        if (kind == Exit.Reversed && status == BatchStatus.Locked) return true;
        return status == BatchStatus.Active;
    }
}
