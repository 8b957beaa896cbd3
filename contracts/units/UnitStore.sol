// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {IParticipants, ParticipantStatus} from "../../interfaces/parties/IParticipants.sol";
import {ISchemes} from "../../interfaces/rules/ISchemes.sol";
import {Custody, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {PackedHolding} from "../types/PackedHolding.sol";

/// @title UnitStore
/// @notice What every class of units keeps: holdings, totals by way of exit, and who may do what.
/// @dev Balance and freeze share a word, four totals another.
abstract contract UnitStore is IUnit1155, IERC1155Errors, AccessManaged {
    /// @dev Rights of a controller.
    uint256 internal constant ISSUE = 1;
    uint256 internal constant EXIT = 2;
    uint256 internal constant FORCE = 4;
    /// @dev Bit `8 + kind` of a controller's rights: the kinds its exits are narrowed to.
    uint256 internal constant KINDS_SHIFT = 8;

    /// @dev Most items in one call.
    uint256 internal constant MAX_ITEMS = 200;

    IParticipants internal immutable PARTICIPANTS;
    ISchemes internal immutable SCHEMES;
    uint8 internal immutable CLASS;
    Custody internal immutable CUSTODY;
    /// @dev Whether participants may give to each other: CUSTODY as the question every transfer asks.
    bool internal immutable BETWEEN_PARTICIPANTS;

    mapping(UnitId id => Row) internal _rows;
    /// @dev Four totals of 64 bits in a word; total number 0 is what was issued, number `kind` what left by that kind.
    mapping(UnitId id => mapping(uint256 word => uint256)) internal _totals;
    mapping(address account => mapping(address operator => bool)) internal _approved;
    mapping(address controller => uint256 rights) internal _rights;
    address internal _venue;

    /// @dev A holding behind a pointer, so that its place is computed once.
    struct Slot {
        PackedHolding holding;
    }

    /// @dev All of one id, found by one hash: what its class keeps in a word, and the holdings.
    struct Row {
        uint256 word;
        mapping(address account => Slot) slots;
        mapping(uint256 number => Slot) shared; // where a class has several holdings in a slot
    }

    constructor(address authority_, IParticipants participants, ISchemes schemes, uint8 class, Custody custody_)
        AccessManaged(authority_)
    {
        PARTICIPANTS = participants;
        SCHEMES = schemes;
        CLASS = class;
        CUSTODY = custody_;
        BETWEEN_PARTICIPANTS = custody_ != Custody.OwnWallets;
    }

    /// @dev Whether units move without a question to {_mayMove}: asked first by every transfer, of the row it has.
    function _isFree(Row storage) internal view virtual returns (bool) {
        return true;
    }

    /// @dev Whether units of `id` that are not free may move from one to the other; classes with batches say no while one
    /// is locked.
    function _mayMove(address, address, UnitId) internal view virtual returns (bool) {
        return true;
    }

    function _total(UnitId id, uint256 number) internal view returns (uint256) {
        return uint64(_totals[id][number / 4] >> 64 * (number % 4));
    }

    /// @dev No carry into the next total: what leaves never exceeds what was issued, which stays within 64 bits.
    function _count(UnitId id, uint256 number, uint256 amount) internal {
        _totals[id][number / 4] += amount << 64 * (number % 4);
    }

    /* PLACES: a class may keep holdings elsewhere than each in a slot of its own */

    /// @dev The seat of an account in the register, where the class asks for it.
    function _seatOf(address) internal view virtual returns (uint256) {
        return 0;
    }

    /// @dev What an account holds, and where: a slot, and the lane in it (0: all of it).
    function _find(Row storage row, address account, uint256)
        internal
        view
        virtual
        returns (Slot storage slot, uint256 lane, PackedHolding held)
    {
        slot = row.slots[account];
        return (slot, 0, slot.holding);
    }

    /// @dev Writes what an account holds where {_find} found it.
    function _write(Slot storage slot, uint256, PackedHolding held) internal virtual {
        slot.holding = held;
    }

    /// @dev Comes before the first freeze of an id, and before all others.
    function _begin(UnitId id) internal virtual {}

    /// @dev The most units of one id, and the most that is frozen in one account.
    function _most() internal pure virtual returns (uint256) {
        return type(uint64).max;
    }

    function _find(UnitId id, address account)
        internal
        view
        returns (Slot storage slot, uint256 lane, PackedHolding held)
    {
        return _find(_rows[id], account, _seatOf(account));
    }

    function _holdingOf(UnitId id, address account) internal view returns (PackedHolding held) {
        (,, held) = _find(id, account);
    }

    /// @dev Lowers the freeze so that `amount` becomes free; the caller writes it with what it takes. Assumes
    /// `free < amount <= balance`.
    function _thaw(address account, UnitId id, uint256 amount, PackedHolding held)
        internal
        returns (PackedHolding thawed)
    {
        unchecked {
            thawed = held.withFrozen(held.balance() - amount); // amount <= balance
        }
        emit Frozen(account, UnitId.unwrap(id), thawed.frozen());
    }

    function _mayForce() internal view returns (bool) {
        return _rights[msg.sender] & FORCE != 0;
    }

    function _checkMovable(address from, address to, UnitId id, uint256 amount) internal view {
        if (!_mayMove(from, to, id)) revert ERC7943CannotTransfer(from, to, UnitId.unwrap(id), amount);
    }

    function _checkController(uint256 right) internal view {
        if (_rights[msg.sender] & right == 0) revert UnitNotController(msg.sender, right);
    }

    /// @dev Orders and exits never name the venue, whose ledger knows the owners, nor the buffer.
    function _checkUnprotected(address account) internal view virtual {
        if (account == _venue || account == address(this)) revert UnitVenueProtected(account);
    }

    function _isActive(address wallet) internal view returns (bool) {
        (,, ParticipantStatus status) = PARTICIPANTS.walletOf(wallet);
        return status == ParticipantStatus.Active;
    }

    function _checkItems(uint256 count) internal pure {
        if (count > MAX_ITEMS) revert UnitTooManyItems(count, MAX_ITEMS);
    }

    function _isSomebody(ParticipantId id) internal pure returns (bool) {
        return ParticipantId.unwrap(id) != 0;
    }
}
