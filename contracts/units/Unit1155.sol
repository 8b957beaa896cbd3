// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC1155MetadataURI} from "@openzeppelin/contracts/token/ERC1155/extensions/IERC1155MetadataURI.sol";
import {ERC1155Utils} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Utils.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {IERC7943MultiToken} from "../../interfaces/standards/IERC7943MultiToken.sol";
import {IParticipants, ParticipantStatus, WalletRights, WalletWord} from "../../interfaces/parties/IParticipants.sol";
import {ISchemes} from "../../interfaces/rules/ISchemes.sol";
import {Custody, Exit, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {PackedHolding} from "../types/PackedHolding.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";
import {UnitMetadata} from "../lib/UnitMetadata.sol";
import {UnitOrders} from "./UnitOrders.sol";
import {UnitStore} from "./UnitStore.sol";

/// @title Unit1155
/// @notice The one base of every class of units; see {IUnit1155}.
/// @dev Its own ERC-1155 core over {UnitStore}; freezes and forced transfers are in {UnitOrders}.
/// @dev Assumes that Participants and Schemes are this project's own and do not call back.
abstract contract Unit1155 is UnitOrders {
    /// @dev Why a transfer is refused.
    enum Refusal {
        None,
        CannotSend,
        CannotReceive,
        OwnWalletsOnly,
        TradeRight
    }

    constructor(address authority_, IParticipants participants, ISchemes schemes, uint8 class, Custody custody_)
        UnitStore(authority_, participants, schemes, class, custody_)
    {}

    /* TRANSFERS */

    /// @inheritdoc IERC1155
    function safeTransferFrom(address from, address to, uint256 id, uint256 value, bytes calldata data) external {
        _checkOperator(from);
        _give(from, to, UnitId.wrap(id), value);
        emit TransferSingle(msg.sender, from, to, id, value);

        // The helper would copy `data` before it looks for code.
        if (to.code.length != 0) ERC1155Utils.checkOnERC1155Received(msg.sender, from, to, id, value, data);
    }

    /// @inheritdoc IERC1155
    function safeBatchTransferFrom(
        address from,
        address to,
        uint256[] calldata ids,
        uint256[] calldata values,
        bytes calldata data
    ) external {
        if (ids.length != values.length) {
            revert ERC1155InvalidArrayLength(ids.length, values.length);
        }
        _checkItems(ids.length);
        _checkOperator(from);
        _giveAll(from, to, ids, values);
        emit TransferBatch(msg.sender, from, to, ids, values);

        ERC1155Utils.checkOnERC1155BatchReceived(msg.sender, from, to, ids, values, data);
    }

    /// @inheritdoc IERC1155
    function setApprovalForAll(address operator, bool approved) external {
        if (operator == address(0)) revert ERC1155InvalidOperator(operator);
        _approved[msg.sender][operator] = approved;
        emit ApprovalForAll(msg.sender, operator, approved);
    }

    /* EXITS */

    /// @inheritdoc IUnit1155
    function exit(address from, UnitId id, uint256 amount, Exit kind, bytes32 ref) external virtual {
        _checkExit(from, id, kind);
        _exit(from, id, amount, kind, ref, _mayForce());
    }

    /* WIRING */

    /// @inheritdoc IUnit1155
    function setController(address controller, uint256 rights) external restricted {
        emit ControllerSet(controller, _rights[controller], rights);
        _rights[controller] = rights;
    }

    /// @inheritdoc IUnit1155
    function setVenue(address venue_) external restricted {
        (ParticipantId owner,,) = PARTICIPANTS.walletOf(venue_);
        if (_venue != address(0) || venue_ == address(0) || _isSomebody(owner)) {
            revert UnitVenueRefused(_venue, venue_);
        }
        _venue = venue_;
        emit VenueSet(venue_);
    }

    /* VIEWS */

    /// @inheritdoc IERC1155
    function balanceOf(address account, uint256 id) public view returns (uint256) {
        return _holdingOf(UnitId.wrap(id), account).balance();
    }

    /// @inheritdoc IERC1155
    function balanceOfBatch(address[] calldata accounts, uint256[] calldata ids)
        external
        view
        returns (uint256[] memory balances)
    {
        if (accounts.length != ids.length) revert ERC1155InvalidArrayLength(ids.length, accounts.length);
        balances = new uint256[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            balances[i] = balanceOf(accounts[i], ids[i]);
        }
    }

    /// @inheritdoc IERC1155
    function isApprovedForAll(address account, address operator) public view returns (bool) {
        return _approved[account][operator];
    }

    /// @inheritdoc IERC7943MultiToken
    function canSend(address account) external view returns (bool) {
        (ParticipantId owner,, ParticipantStatus status) = PARTICIPANTS.walletOf(account);
        if (_isSomebody(owner)) return status == ParticipantStatus.Active;
        if (account == address(0) || account == address(this)) return false;
        return account == _venue || CUSTODY == Custody.Free;
    }

    /// @inheritdoc IERC7943MultiToken
    function canReceive(address account) external view returns (bool) {
        (ParticipantId owner,, ParticipantStatus status) = PARTICIPANTS.walletOf(account);
        if (_isSomebody(owner)) return status == ParticipantStatus.Active;
        if (account == address(0) || account == address(this)) return false;
        return account == _venue || CUSTODY == Custody.Free || _rights[account] & EXIT != 0;
    }

    /// @inheritdoc IERC7943MultiToken
    function canTransfer(address from, address to, uint256 tokenId, uint256 amount) external view returns (bool) {
        if (from == address(0) || to == address(0)) return false;
        (WalletWord sender, WalletWord receiver) = _readParties(from, to);
        if (!_mayGive(sender, receiver) && _refusal(from, to, sender, receiver) != Refusal.None) return false;
        if (!_isFree(_rows[UnitId.wrap(tokenId)]) && !_mayMove(from, to, UnitId.wrap(tokenId))) return false;
        PackedHolding held = _holdingOf(UnitId.wrap(tokenId), from);
        return held.frozen() == 0 || amount <= held.free();
    }

    /// @inheritdoc IERC7943MultiToken
    function getFrozenTokens(address account, uint256 tokenId) external view returns (uint256) {
        return _holdingOf(UnitId.wrap(tokenId), account).frozen();
    }

    /// @inheritdoc IUnit1155
    function freeOf(address account, UnitId id) external view returns (uint256) {
        return _holdingOf(id, account).free();
    }

    /// @inheritdoc IUnit1155
    function issuedOf(UnitId id) public view returns (uint256) {
        return _total(id, 0);
    }

    /// @inheritdoc IUnit1155
    function exitedOf(UnitId id, Exit kind) external view returns (uint256) {
        return kind == Exit.None ? 0 : _total(id, uint256(kind));
    }

    /// @inheritdoc IUnit1155
    function totalSupply(UnitId id) public view returns (uint256 supply) {
        supply = issuedOf(id);
        for (uint256 kind = 1; kind <= uint256(type(Exit).max); ++kind) {
            supply -= _total(id, kind);
        }
    }

    /// @inheritdoc IUnit1155
    function rightsOf(address controller) external view returns (uint256) {
        return _rights[controller];
    }

    /// @inheritdoc IUnit1155
    function venue() external view returns (address) {
        return _venue;
    }

    /// @inheritdoc IUnit1155
    function unitClass() external view returns (uint8) {
        return CLASS;
    }

    /// @inheritdoc IUnit1155
    function custody() external view returns (Custody) {
        return CUSTODY;
    }

    /// @inheritdoc IERC1155MetadataURI
    function uri(uint256 id) external view returns (string memory) {
        if (!UnitIdLib.isOfClass(UnitId.wrap(id), CLASS)) revert UnitWrongClass(UnitId.wrap(id), CLASS);
        return UnitMetadata.uri(UnitId.wrap(id));
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IERC1155).interfaceId
            || interfaceId == type(IERC1155MetadataURI).interfaceId
            || interfaceId == type(IERC7943MultiToken).interfaceId;
    }

    /* INSIDE */

    /// @dev Whether this is the way out of the venue's ledger: to a controller that exits.
    function _isWayOut(address from, address to) internal view returns (bool) {
        return from == _venue && _rights[to] & EXIT != 0;
    }

    /// @dev Brings `amount` of `id` to `to`. Event and hook are the caller's.
    function _credit(address to, UnitId id, uint256 amount) internal {
        if (to == address(0)) revert ERC1155InvalidReceiver(to);
        // The caller checks the id's new total, which bounds every balance.
        (Slot storage slot, uint256 lane, PackedHolding held) = _find(id, to);
        _write(slot, lane, held.add(amount));
        emit TransferSingle(msg.sender, address(0), to, UnitId.unwrap(id), amount);
    }

    /// @dev Adds to what was issued of `id`, which must be of this class and stay within {_most}.
    function _countIssue(UnitId id, uint256 amount) internal {
        if (!UnitIdLib.isOfClass(id, CLASS)) revert UnitWrongClass(id, CLASS);
        if (amount == 0) revert UnitZeroAmount(id);
        if (amount > _most() - issuedOf(id)) revert UnitAmountTooLarge(id, amount);
        _count(id, 0, amount);
    }

    /// @dev Takes `amount` of `id` out for good. The caller has checked the right.
    /// @param mayThaw Whether an exit that rules impose may take frozen units too.
    function _exit(address from, UnitId id, uint256 amount, Exit kind, bytes32 ref, bool mayThaw) internal {
        if (amount == 0) revert UnitZeroAmount(id);
        (Slot storage slot, uint256 lane, PackedHolding held) = _find(id, from);
        _exitAt(slot, lane, held, from, id, amount, kind, ref, mayThaw);
    }

    /// @dev The same where it is known what `from` holds.
    function _exitAt(
        Slot storage slot,
        uint256 lane,
        PackedHolding held,
        address from,
        UnitId id,
        uint256 amount,
        Exit kind,
        bytes32 ref,
        bool mayThaw
    ) internal {
        if (amount > held.balance()) {
            revert ERC1155InsufficientBalance(from, held.balance(), amount, UnitId.unwrap(id));
        }

        bool forced = _isForced(kind);
        if (amount > held.free()) {
            if (!forced || !mayThaw) _revertFrozen(from, id, amount, held);
            held = _thaw(from, id, amount, held);
        }
        // A suspended participant keeps its duties (surrender) and loses its freedoms (retire, cancel).
        if (!forced && kind != Exit.Surrendered && from != msg.sender && !_isActive(from)) {
            revert ERC7943CannotSend(from);
        }

        _write(slot, lane, held.take(amount));
        _count(id, uint256(kind), amount);
        emit TransferSingle(msg.sender, from, address(0), UnitId.unwrap(id), amount);
        emit UnitsExited(id, from, kind, amount, ref);
    }

    /// @dev The caller must be a controller that may exit, for this kind if its kinds are narrowed. What the venue's
    /// ledger and the buffer hold leaves by their own ways.
    function _checkExit(address from, UnitId id, Exit kind) internal view {
        if (kind == Exit.None) revert UnitExitKindMissing(id);
        _checkUnprotected(from);
        uint256 rights = _rights[msg.sender];
        uint256 kinds = rights >> KINDS_SHIFT;
        if (rights & EXIT == 0 || (kinds != 0 && (kinds >> uint256(kind)) & 1 == 0)) {
            revert UnitNotController(msg.sender, EXIT);
        }
    }

    /// @dev Kinds that rules impose on a holder, in contrast to what a holder does.
    function _isForced(Exit kind) internal pure returns (bool) {
        return kind == Exit.ClawedBack || kind == Exit.Expired || kind == Exit.Invalidated || kind == Exit.Reversed;
    }

    function _checkOperator(address from) private view {
        if (msg.sender != from && !_approved[from][msg.sender]) {
            revert ERC1155MissingApprovalForAll(msg.sender, from);
        }
    }

    function _checkParties(address from, address to) private view {
        (WalletWord sender, WalletWord receiver) = _readParties(from, to);
        _checkWords(from, to, sender, receiver);
    }

    function _checkWords(address from, address to, WalletWord sender, WalletWord receiver) internal view {
        // The usual case first; it reads nothing else. The zero address is nobody's wallet and never gets past it.
        if (_mayGive(sender, receiver)) return;
        if (to == address(0)) revert ERC1155InvalidReceiver(to);
        if (from == address(0)) revert ERC1155InvalidSender(from);
        Refusal refusal = _refusal(from, to, sender, receiver);
        if (refusal == Refusal.None) return;
        if (refusal == Refusal.CannotSend) revert ERC7943CannotSend(from);
        if (refusal == Refusal.CannotReceive) revert ERC7943CannotReceive(to);
        if (refusal == Refusal.OwnWalletsOnly) revert UnitOwnWalletsOnly(from, to);
        revert UnitTradeRightMissing(from);
    }

    /// @dev {IParticipants-readParties} without the compiler's checks of what comes back, which cost a transfer 250 gas.
    /// Assumes that PARTICIPANTS is this project's own contract.
    function _readParties(address from, address to) internal view returns (WalletWord sender, WalletWord receiver) {
        address participants = address(PARTICIPANTS);
        bytes4 selector = IParticipants.readParties.selector;
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, selector)
            mstore(add(input, 0x04), from)
            mstore(add(input, 0x24), to)
            // Arguments are evaluated from the right: the call comes before the question how much it returned.
            if or(lt(returndatasize(), 0x40), iszero(staticcall(gas(), participants, input, 0x44, 0x00, 0x40))) {
                revert(0x00, 0x00)
            }
            sender := mload(0x00)
            receiver := mload(0x20)
        }
    }

    /// @dev Whether two active participants' wallets may deal, or two wallets of one participant.
    function _mayGive(WalletWord sender, WalletWord receiver) private view returns (bool) {
        if (!sender.areActive(receiver)) return false;
        return sender.areOneParty(receiver) || (BETWEEN_PARTICIPANTS && sender.may(WalletRights.TRADE));
    }

    /// @dev Why `from` may not give to `to`, where {_mayGive} said no.
    function _refusal(address from, address to, WalletWord sender, WalletWord receiver) private view returns (Refusal) {
        bool sends = sender.isSomebody();
        bool receives = receiver.isSomebody();
        if (sends && !sender.isActive()) return Refusal.CannotSend;
        if (receives && !receiver.isActive()) return Refusal.CannotReceive;
        if (sends && receives) return CUSTODY == Custody.OwnWallets ? Refusal.OwnWalletsOnly : Refusal.TradeRight;

        if (from == address(this)) return Refusal.CannotSend;
        if (to == address(this)) return Refusal.CannotReceive;
        if (CUSTODY == Custody.Free) return Refusal.None;
        // A controller that exits may be handed units out of the ledger, to end them.
        if (from == _venue) return receives || _isWayOut(from, to) ? Refusal.None : Refusal.CannotReceive;
        if (!sends) return Refusal.CannotSend;
        // To the venue, or to a controller that ends units or gives them back.
        return to == _venue || _rights[to] & EXIT != 0 ? Refusal.None : Refusal.CannotReceive;
    }

    /// @dev One transfer, if both sides may.
    function _give(address from, address to, UnitId id, uint256 amount) internal virtual {
        _checkParties(from, to);
        _move(from, to, id, amount);
    }

    function _giveAll(address from, address to, uint256[] calldata ids, uint256[] calldata values) internal virtual {
        _checkParties(from, to);
        for (uint256 i = 0; i < ids.length; ++i) {
            _move(from, to, UnitId.wrap(ids[i]), values[i]);
        }
    }

    /// @dev Moves free units; permission of both sides was checked.
    function _move(address from, address to, UnitId id, uint256 amount) private {
        Row storage row = _rows[id];
        if (!_isFree(row)) _checkMovable(from, to, id, amount);
        Slot storage giver = row.slots[from];
        PackedHolding held = giver.holding;
        if (amount > held.free()) _revertShort(from, id, amount, held);

        giver.holding = held.take(amount);
        // Read after the write: `from` and `to` may be one.
        Slot storage taker = row.slots[to];
        taker.holding = taker.holding.add(amount);
    }

    /// @dev Says whether the balance or the freeze is in the way.
    function _revertShort(address account, UnitId id, uint256 amount, PackedHolding held) internal pure {
        if (amount > held.balance()) {
            revert ERC1155InsufficientBalance(account, held.balance(), amount, UnitId.unwrap(id));
        }
        _revertFrozen(account, id, amount, held);
    }

    function _revertFrozen(address account, UnitId id, uint256 amount, PackedHolding held) private pure {
        revert ERC7943InsufficientUnfrozenBalance(account, UnitId.unwrap(id), amount, held.free());
    }
}
