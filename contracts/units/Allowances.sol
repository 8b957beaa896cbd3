// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAllowances} from "../../interfaces/units/IAllowances.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {DeliveryWord, IParticipants, WalletWord} from "../../interfaces/parties/IParticipants.sol";
import {ISchemes} from "../../interfaces/rules/ISchemes.sol";
import {Custody, Exit} from "../../interfaces/units/IUnit1155.sol";
import {IUnitRenderer} from "../../interfaces/units/IUnitRenderer.sol";
import {Pausable} from "../rules/Pausable.sol";
import {ControllerRights} from "../types/ControllerRights.sol";
import {PackedHolding} from "../types/PackedHolding.sol";
import {SharedHoldings} from "./lib/SharedHoldings.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";
import {Unit1155} from "./Unit1155.sol";

/// @title Allowances
/// @notice Emission allowances of every scheme; see {IAllowances}.
/// @dev Places of holdings:
/// ```
/// _rows[id].shared   three neighbours a word, {SharedHoldings}   accounts with a seat in the register, by seat / 3
/// _rows[id].slots    one word an account, {Unit1155}             all others: further wallets, the venue's ledger,
///                                                                controllers, under Custody.Free any account
/// _rows[id].word     the next seat when the id opened: accounts with an earlier seat have no word of their own
/// ```
/// An account may get its seat while it has a holding. A holding in a word of its own stays there until its balance and freeze
/// are zero; only then is its lane used. So at most one of the two places is in use, and nothing is ever moved between them.
/// Assumes that the register never gives a seat to a second account.
contract Allowances is Unit1155, Pausable, IAllowances {
    /// @param custody_ Holders outside the venue; in China allowances change their owner at the venue only
    constructor(
        address authority_,
        IParticipants participants,
        ISchemes schemes,
        Custody custody_,
        IUnitRenderer renderer
    ) Unit1155(authority_, participants, schemes, custody_, renderer) {}

    /// @inheritdoc IAllowances
    function issue(address to, UnitId id, uint256 amount, bytes32 evidence) external {
        _checkIssue(id);
        _begin(id);
        _countIssue(id, amount);
        _credit(to, id, amount);
        emit UnitsIssued(id, evidence, amount, 1);

        _offer(address(0), to, id, amount);
    }

    /// @inheritdoc IAllowances
    function issueBatch(ParticipantId[] calldata to, UnitId id, uint256[] calldata amounts, bytes32 evidence) external {
        if (to.length != amounts.length) revert UnitLengthMismatch(to.length, amounts.length);
        _checkItems(to.length);
        _checkIssue(id);
        _begin(id);

        DeliveryWord[] memory deliveries = PARTICIPANTS.deliveriesOf(to);
        Row storage row = _rows[id];
        uint256 next = row.word;
        uint256 total = 0;
        uint256 recipients = 0;
        for (uint256 i = 0; i < to.length; ++i) {
            uint256 amount = amounts[i];
            if (amount == 0) continue;
            _creditDelivery(row, next, deliveries[i], id, amount);
            total += amount;
            ++recipients;
        }
        // Reverts where a lane has overflowed into its neighbour's, before any other call.
        _countIssue(id, total);
        emit UnitsIssued(id, evidence, total, recipients);

        // Hooks come last: a recipient that calls back sees the whole issue done.
        for (uint256 i = 0; i < to.length; ++i) {
            if (amounts[i] == 0) continue;
            _offer(address(0), deliveries[i].walletOf(), id, amounts[i]);
        }
    }

    /// @dev {_credit} to a participant's place of delivery.
    /// @param next the first seat that is not older than the id
    function _creditDelivery(Row storage row, uint256 next, DeliveryWord delivery, UnitId id, uint256 amount) private {
        (address to, uint256 seat) = (delivery.walletOf(), delivery.seatOf());
        if (to == address(0)) revert ERC1155InvalidReceiver(to);
        Slot storage slot;
        uint256 lane;
        if (seat != 0 && seat < next) (slot, lane) = _laneOf(row, seat);
        else (slot, lane,) = _find(row, to, seat);
        slot.holding = SharedHoldings.add(slot.holding, lane, amount);
        emit TransferSingle(msg.sender, address(0), to, UnitId.unwrap(id), amount);
    }

    /// @dev The caller must be a controller that may issue, and the vintage must have been disclosed.
    function _checkIssue(UnitId id) private view {
        _checkController(ControllerRights.ISSUE);
        // Banking, which ends on a stated day, issues only in the place of what leaves: a pause does not stop it. The right
        // must name it: one that may end units in any way is not banking.
        if (!ControllerRights.names(_rights[msg.sender], uint256(Exit.BankedAway))) _requireUnpaused();
        SCHEMES.requireDisclosed(UnitIdLib.schemeOf(id), UnitIdLib.vintageOf(id));
    }

    /// @inheritdoc IAllowances
    function exitFree(address from, UnitId id, uint256 most, Exit kind, bytes32 ref) external returns (uint256 taken) {
        _checkExit(from, id, kind);
        (Slot storage slot, uint256 lane, PackedHolding held) = _find(id, from);
        taken = held.free();
        if (taken > most) taken = most;
        if (taken != 0) _exitAt(slot, lane, held, from, id, taken, kind, ref);
    }

    /* TRANSFERS */

    function _transfer(address from, address to, UnitId id, uint256 amount) internal override {
        (WalletWord sender, WalletWord receiver) = _checkParties(from, to);
        _moveBetween(from, to, id, amount, sender.seatOf(), receiver.seatOf());
    }

    function _transferAll(address from, address to, uint256[] calldata ids, uint256[] calldata values)
        internal
        override
    {
        (WalletWord sender, WalletWord receiver) = _checkParties(from, to);
        for (uint256 i = 0; i < ids.length; ++i) {
            _moveBetween(from, to, UnitId.wrap(ids[i]), values[i], sender.seatOf(), receiver.seatOf());
        }
    }

    function _moveBetween(address from, address to, UnitId id, uint256 amount, uint256 giver, uint256 taker) private {
        Row storage row = _rows[id];
        (Slot storage slot, uint256 lane, PackedHolding held) = _find(row, from, giver);
        if (amount > held.free()) _revertShort(from, id, amount, held);

        _write(slot, lane, held.take(amount));
        // Read after the write: `from` and `to` may be one, or neighbours.
        (slot, lane, held) = _find(row, to, taker);
        _write(slot, lane, held.add(amount));
    }

    /* PLACES */

    /// @dev Before its first issue or freeze an id has no holdings, so that accounts which have their seat by then never get a
    /// word of their own, and {_creditDelivery} need not look for one.
    function _begin(UnitId id) internal override {
        if (issuedOf(id) == 0 && _rows[id].word == 0) _rows[id].word = PARTICIPANTS.participantCount() + 1;
    }

    function _seatOf(address account) internal view override returns (uint256) {
        return _walletOf(account).seatOf();
    }

    function _find(Row storage row, address account, uint256 seat)
        internal
        view
        override
        returns (Slot storage slot, uint256 lane, PackedHolding held)
    {
        if (seat == 0) return super._find(row, account, seat);
        (slot, lane) = _laneOf(row, seat);
        held = SharedHoldings.get(slot.holding, lane);
        if (_isEmpty(held) && !_isEmpty(row.slots[account].holding)) return super._find(row, account, seat);
    }

    function _laneOf(Row storage row, uint256 seat) private view returns (Slot storage slot, uint256 lane) {
        return (row.shared[SharedHoldings.wordOf(seat)], SharedHoldings.laneOf(seat));
    }

    function _write(Slot storage slot, uint256 lane, PackedHolding held) internal override {
        slot.holding = lane == 0 ? held : SharedHoldings.set(slot.holding, lane, held);
    }

    function _isEmpty(PackedHolding held) private pure returns (bool) {
        return PackedHolding.unwrap(held) == 0;
    }

    function _drawsHeld(Exit kind) internal pure override returns (bool) {
        return kind == Exit.Surrendered;
    }

    function _class() internal pure override returns (uint8) {
        return UnitIdLib.ALLOWANCE;
    }

    /// @dev Capacity of a lane.
    function _maxAmount() internal pure override returns (uint256) {
        return SharedHoldings.MAX_VALUE;
    }

    function _manager() internal view override returns (address) {
        return authority();
    }
}
