// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IBidProofs, ShownBid, ShownBook} from "../../interfaces/power/IBidProofs.sol";
import {PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {
    ISettlementBook,
    IntervalState,
    LineAsk,
    RunTotals,
    SettlementParts,
    ShownLine
} from "../../interfaces/power/IPowerSettlement.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {AccountLine} from "../lib/AccountLine.sol";
import {Extendable} from "../lib/Extendable.sol";
import {PackedCurveLib} from "../types/PackedCurve.sol";
import {SettlementAsks} from "./SettlementAsks.sol";
import {PowerSettlementEnds} from "./PowerSettlementEnds.sol";
import {SettlementStore} from "./SettlementStore.sol";

/// @title PowerSettlementExtension
/// @notice Extension of the {PowerSettlement}: disputes, and what follows from the bids of a clearing; see {ISettlementBook}. The ends
/// of days are in its own extension, {PowerSettlementEnds}.
/// @dev That a line has too little is shown by bids; that it has too much is said, and the poster shows the bids it counted. A
/// poster answers only for bids that it signed to have: what it was not given stays on the bidder's own account. See {Extendable}. It
/// is deployed ahead of the contract that it runs for, whose creation code has no room for it.
contract PowerSettlementExtension is SettlementAsks, Extendable, ISettlementBook {
    ParticipantId private constant NONE = ParticipantId.wrap(0);
    /// @dev Places of energy sold and bought in a line, see {AccountLine}.
    uint256 private constant SOLD = 80;
    uint256 private constant BOUGHT = 128;
    /// @notice Digest of the parts and terms that it was made with, which are those of the {PowerSettlement} that it runs for.
    bytes32 public immutable PARTS;

    constructor(SettlementParts memory p) SettlementStore(p) Extendable(address(new PowerSettlementEnds(p))) {
        PARTS = keccak256(abi.encode(p));
    }

    // ------------------------------------------------------------------ too little

    /// @inheritdoc ISettlementBook
    function disputeContracts(
        uint8 node,
        ShownLine calldata shown,
        ShownBid[] calldata bids,
        uint256[] calldata margins
    ) external {
        AccountLine memory line = _lineOf(node, shown);
        PowerAccountId account = PowerAccountId.wrap(line.account());
        ParticipantId poster = _intervals[node][shown.interval].poster;
        (bool isEnough,) = _weigh(line, node, shown.interval, poster, shown.totals.cleared, bids, margins);
        _requireFalse(isEnough);
        _failAndKeep(node, shown.interval, shown.totals, account);
    }

    /// @dev The reward is paid in a call of its own, so that this one fits a limit; it stands in the place of the run that fell.
    function _failAndKeep(uint8 node, uint32 interval, RunTotals calldata t, PowerAccountId wronged) private {
        uint96 reward = _takeOff(node, interval, t, wronged) / 2;
        if (PowerAccountId.unwrap(wronged) == 0) return;
        uint256 kept = uint256(PowerAccountId.unwrap(wronged)) << 96 | reward;
        _intervals[node][interval] = IntervalState(0, NONE, uint176(kept)); // of 128 bits
        emit RewardKept(node, interval, wronged, reward);
    }

    /// @param price of the node in the clearing: a run states it, and was compared with it
    function _weigh(
        AccountLine memory line,
        uint8 node,
        uint32 interval,
        ParticipantId receiver,
        uint32 price,
        ShownBid[] calldata bids,
        uint256[] calldata margins
    ) private view returns (bool isEnough, bool isProved) {
        uint256 bidsAt;
        uint256 marginsAt;
        assembly ("memory-safe") {
            bidsAt := add(sub(bids.offset, 0x24), 0x120)
            marginsAt := add(sub(margins.offset, 0x24), 0x120)
        }
        bytes memory head = abi.encodeWithSelector(
            IBidProofs.weigh.selector,
            line.account(),
            node,
            interval,
            receiver,
            line.soldWh(),
            line.boughtWh(),
            price,
            bidsAt,
            marginsAt
        );
        return abi.decode(_askProofs(head), (bool, bool));
    }

    /// @dev Asks {IBidProofs} about what is shown in this call: behind the head stands the call's data as it came, into which
    /// the head's offsets point.
    function _askProofs(bytes memory head) private view returns (bytes memory) {
        (bool done, bytes memory said) = address(PROOFS).staticcall(bytes.concat(head, msg.data[4:]));
        if (!done) {
            assembly ("memory-safe") {
                revert(add(said, 0x20), mload(said))
            }
        }
        return said;
    }

    // ------------------------------------------------------------------ too much

    /// @inheritdoc ISettlementBook
    function doubt(uint8 node, ShownLine calldata shown) external {
        uint32 interval = shown.interval;
        PowerAccountId account = PowerAccountId.wrap(_lineOf(node, shown).account());
        _requireOwner(account);
        LineAsk storage request = _asks[_doubtOf(node, interval, account)];
        uint40 deadline = _asked(request, node, interval, account, WINDOW_ * 3 / 4, WINDOW_ / 8);
        emit LineDoubted(node, interval, account, deadline);
    }

    /// @inheritdoc ISettlementBook
    function prove(uint8 node, ShownLine calldata shown, ShownBid[] calldata bids, uint256[] calldata margins)
        external
    {
        AccountLine memory line = _lineOf(node, shown);
        PowerAccountId account = PowerAccountId.wrap(line.account());
        LineAsk storage request = _requireDoubted(node, shown.interval, account);
        if (block.timestamp > request.deadline) revert SettlementWindow(request.deadline);
        (, bool isProved) = _weigh(line, node, shown.interval, NONE, shown.totals.cleared, bids, margins);
        if (!isProved) revert SettlementNotProved(node, shown.interval, account);
        request.answer = bytes32(uint256(1));
        emit LineProved(node, shown.interval, account);
    }

    /// @inheritdoc ISettlementBook
    function disputeDoubt(uint8 node, uint32 interval, PowerAccountId account, RunTotals calldata totals) external {
        _failSilent(_requireDoubted(node, interval, account), node, interval, account, totals);
    }

    /// @inheritdoc ISettlementBook
    function doubtOf(uint8 node, uint32 interval, PowerAccountId account) external view returns (LineAsk memory) {
        return _asks[_doubtOf(node, interval, account)];
    }

    /// @dev A doubt of the present list whose bids are not shown.
    function _requireDoubted(uint8 node, uint32 interval, PowerAccountId account)
        private
        view
        returns (LineAsk storage)
    {
        return _requirePresent(_doubtOf(node, interval, account), node, interval, account, true);
    }

    /// @dev Beside the requests of lines, see {_request}.
    function _doubtOf(uint8 node, uint32 interval, PowerAccountId account) private pure returns (bytes32) {
        return ~_request(node, interval, account);
    }

    // ------------------------------------------------------------------ totals and members

    /// @inheritdoc ISettlementBook
    function disputeTotals(uint8 node, uint32 interval, RunTotals calldata totals, ShownBook calldata book) external {
        _requireTotals(node, interval, totals);
        uint256 bookAt;
        assembly ("memory-safe") {
            bookAt := add(sub(book, 4), 0x60)
        }
        bytes memory head = abi.encodeWithSelector(IBidProofs.acceptedAt.selector, node, interval, bookAt);
        uint256[2] memory accepted = abi.decode(_askProofs(head), (uint256[2]));
        _requireFalse(
            totals.soldWh == accepted[PackedCurveLib.OFFER] && totals.boughtWh == accepted[PackedCurveLib.BID]
        );
        _failRun(node, interval, totals, PowerAccountId.wrap(0));
    }

    /// @inheritdoc ISettlementBook
    function enrol(
        uint8 node,
        uint32 interval,
        PowerAccountId account,
        ShownBid[] calldata bids,
        uint256[] calldata margins
    ) external {
        (uint32 day, uint256 number) = (_dayOf(interval), PowerAccountId.unwrap(account));
        ParticipantId receiver = _receiverOf(node, day);
        AccountLine memory line; // without energy it has less than was accepted
        line.energy = number;
        (uint32 price,) = MARKET_.priceOf(interval, node);
        (bool isEnough,) = _weigh(line, node, interval, receiver, price, bids, margins);
        // Rounding may have given it a watt-hour that no proof shows: who settles knows of that.
        for (uint256 at = SOLD; isEnough && receiver == NONE && at <= BOUGHT; at += BOUGHT - SOLD) {
            line.energy = number | 1 << at;
            (, bool mayBe) = _weigh(line, node, interval, receiver, price, bids, margins);
            isEnough = !mayBe;
        }
        bool stays = isEnough && _tradedOf(uint32(number), node, interval) == 0; // an account
        uint256 first = _firstLineOf(node, day, number);
        if (stays || (first != 0 && first <= interval)) revert SettlementNoMember(node, account, first);
        _enrolled[node][day][number] = interval;
        emit AccountEnrolled(node, interval, account);
    }

    /// @dev Whose receipts bids need: who settles the day could have no line for a bid that it was not given, but knows what it has.
    function _receiverOf(uint8 node, uint32 day) private view returns (ParticipantId settler) {
        settler = _settlerOf(node, day);
        (ParticipantId caller, uint8 rights,) = PARTICIPANTS.walletOf(msg.sender);
        if (caller == settler && rights & WalletRights.REPORT != 0) return NONE;
    }

    /// @inheritdoc ISettlementBook
    function firstLineOf(uint8 node, uint32 day, PowerAccountId account) external view returns (uint256 interval) {
        return _firstLineOf(node, day, PowerAccountId.unwrap(account));
    }
}
