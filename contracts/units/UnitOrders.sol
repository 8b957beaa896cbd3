// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ERC1155Utils} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Utils.sol";

import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {IERC7943MultiToken} from "../../interfaces/standards/IERC7943MultiToken.sol";
import {Powers} from "../../interfaces/rules/ISchemes.sol";
import {IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {PackedHolding} from "../types/PackedHolding.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";
import {UnitStore} from "./UnitStore.sol";

/// @title UnitOrders
/// @notice Freezes and forced transfers: what an officer or a controller orders over a holder's head.
abstract contract UnitOrders is UnitStore {
    /// @inheritdoc IERC7943MultiToken
    function setFrozenTokens(address account, uint256 tokenId, uint256 amount) external returns (bool) {
        _freeze(account, UnitId.wrap(tokenId), amount);
        return true;
    }

    /// @inheritdoc IUnit1155
    function freezeByOrder(address account, UnitId id, uint256 amount, bytes32 reason) external {
        _freeze(account, id, amount);
        emit FreezeOrdered(account, id, msg.sender, amount, reason);
    }

    /// @inheritdoc IERC7943MultiToken
    function forcedTransfer(address from, address to, uint256 tokenId, uint256 amount) external returns (bool) {
        _force(from, to, UnitId.wrap(tokenId), amount);
        _offer(from, to, UnitId.wrap(tokenId), amount);
        return true;
    }

    /// @inheritdoc IUnit1155
    function forcedTransferByOrder(address from, address to, UnitId id, uint256 amount, bytes32 reason) external {
        _force(from, to, id, amount);
        emit TransferOrdered(from, to, id, amount, msg.sender, reason);
        _offer(from, to, id, amount);
    }

    function _freeze(address account, UnitId id, uint256 amount) private {
        _checkOrder(account, account, id);
        if (amount > _most()) revert UnitAmountTooLarge(id, amount);
        _begin(id);
        (Slot storage slot, uint256 lane, PackedHolding held) = _find(id, account);
        _write(slot, lane, held.withFrozen(amount));
        emit Frozen(account, UnitId.unwrap(id), amount);
    }

    function _force(address from, address to, UnitId id, uint256 amount) private {
        _checkOrder(from, to, id);
        if (to == address(0)) revert ERC1155InvalidReceiver(to);
        if (!_isActive(to)) revert ERC7943CannotReceive(to);
        if (!_isFree(_rows[id])) _checkMovable(from, to, id, amount);
        _shift(from, to, id, amount);
    }

    /// @dev Moves units over the holder's head, frozen ones too. Who may was checked; the hook is the caller's.
    function _shift(address from, address to, UnitId id, uint256 amount) internal {
        (Slot storage slot, uint256 lane, PackedHolding held) = _find(id, from);
        if (amount > held.balance()) {
            revert ERC1155InsufficientBalance(from, held.balance(), amount, UnitId.unwrap(id));
        }

        if (amount > held.free()) held = _thaw(from, id, amount, held);
        _write(slot, lane, held.take(amount));
        // Read after the write: `from` and `to` may be one.
        (slot, lane, held) = _find(id, to);
        _write(slot, lane, held.add(amount));
        emit TransferSingle(msg.sender, from, to, UnitId.unwrap(id), amount);
        emit ForcedTransfer(from, to, UnitId.unwrap(id), amount);
    }

    /// @dev An order about `account` (for a forced transfer to `to`): by a controller that may force, by a controller that
    /// exits and gives back what it holds itself, or by an officer with the power to freeze in the unit's scheme and the
    /// jurisdiction of the account, or of `to` where the account is a wallet no longer.
    function _checkOrder(address account, address to, UnitId id) private view {
        _checkUnprotected(account);
        if (_mayForce() || (account == msg.sender && _rights[account] & EXIT != 0)) return;
        (ParticipantId owner,,) = PARTICIPANTS.walletOf(account);
        if (!_isSomebody(owner)) (owner,,) = PARTICIPANTS.walletOf(to);
        if (!_isSomebody(owner)) revert UnitUnknownWallet(account);
        uint16 jurisdiction = PARTICIPANTS.participant(owner).jurisdiction;
        SCHEMES.checkPower(msg.sender, UnitIdLib.schemeOf(id), jurisdiction, Powers.FREEZE);
    }

    /// @dev Offers what has already arrived to a recipient that is a contract.
    function _offer(address from, address to, UnitId id, uint256 amount) internal {
        ERC1155Utils.checkOnERC1155Received(msg.sender, from, to, UnitId.unwrap(id), amount, "");
    }
}
