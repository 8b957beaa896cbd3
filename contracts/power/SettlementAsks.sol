// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {
    DayList,
    EnteredMeter,
    ISettlementDisputes,
    LineAnswer,
    LineAsk,
    RunTotals,
    SealedAccount,
    ShownLine,
    ShownReading
} from "../../interfaces/power/IPowerSettlement.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {MeterId} from "../../interfaces/types/MeterTypes.sol";
import {AccountLine} from "../lib/AccountLine.sol";
import {LineTree} from "../lib/LineTree.sol";
import {SealedAnswers} from "../lib/SealedAnswers.sol";
import {SharedSecret} from "../lib/SharedSecret.sol";
import {SettlementDisputes} from "./SettlementDisputes.sol";

/// @title SettlementAsks
/// @notice Part of {PowerSettlementExtension}: lines that are asked for by the owner of an account, and accounts by the owner of a
/// meter, whose reading is on their line.
/// @dev An answer is for the asker's one-time key alone. Who is shown its own line alone would not know that its reading is on another's.
abstract contract SettlementAsks is SettlementDisputes {
    uint256 private constant LINE = 5; // words of an answer ahead of the proof
    uint256 private constant MOST_BLOCKS = LINE + 46; // 32 levels of 46 bytes

    // ------------------------------------------------------------------ an account's line

    /// @inheritdoc ISettlementDisputes
    function ask(uint8 node, uint32 interval, PowerAccountId account, bytes32 x, bytes32 y) external {
        uint32 day = _dayOf(interval);
        uint256 first = _firstLineOf(node, day, PowerAccountId.unwrap(account));
        if (first == 0 || interval < first) revert SettlementNotMember(node, day, PowerAccountId.unwrap(account));
        bool byKey = _requireOwner(account);
        uint40 deadline = _askFor(_lineOf(node, interval, account, byKey), node, interval, account, WINDOW_ / 2, x, y);
        emit LineAsked(node, interval, account, byKey, x, y, deadline, msg.sender);
    }

    /// @param part of the window in which it is asked; it is answered within an eighth
    function _askFor(
        bytes32 key,
        uint8 node,
        uint32 interval,
        PowerAccountId account,
        uint256 part,
        bytes32 x,
        bytes32 y
    ) private returns (uint40 deadline) {
        // To a key that is no point no honest operator could answer.
        if (!SealedAnswers.isPoint(x, y)) revert SettlementNoPoint(x, y);
        LineAsk storage request = _asks[key];
        deadline = _asked(request, node, interval, account, part, WINDOW_ / 8);
        request.key = SealedAnswers.addressOf(x, y);
    }

    /// @dev A number that rises with each complete list of a day, though all be of one block: one falls by a failure alone.
    function _listOf(uint8 node, uint32 interval) private view returns (uint40) {
        uint32 day = _dayOf(interval);
        return _lists[node][day].postedAt + _days[node][day].failures;
    }

    /// @dev A request in the first part of the window, once a list.
    function _asked(
        LineAsk storage request,
        uint8 node,
        uint32 interval,
        PowerAccountId account,
        uint256 part,
        uint256 time
    ) internal returns (uint40 deadline) {
        DayList storage p = _lists[node][_dayOf(interval)];
        uint256 until = p.postedAt + part;
        if (!p.complete || block.timestamp > until) revert SettlementWindow(until);
        uint40 list = _listOf(node, interval);
        if (request.listAt == list) revert SettlementNotAsked(node, interval, account);
        deadline = uint40(block.timestamp + time); // 34,000 years
        (request.deadline, request.listAt, request.answer) = (deadline, list, 0);
    }

    /// @return byKey whether it is the account's key, not a wallet of the participant or the sponsor
    function _requireOwner(PowerAccountId account) internal view returns (bool byKey) {
        byKey = PowerAccountId.unwrap(MARKET_.pseudonymOf(msg.sender)) == PowerAccountId.unwrap(account);
        bool its = byKey || _ownerOf(account) == _callerWith(WalletRights.TRADE);
        if (!its) revert SettlementNotOwner(msg.sender, account);
    }

    /// @inheritdoc ISettlementDisputes
    function answer(
        uint8 node,
        uint32 interval,
        PowerAccountId account,
        bool byKey,
        address key,
        LineAnswer calldata shown
    ) external {
        LineAsk storage request = _requireAsked(node, interval, account, byKey, true);
        if (shown.blocks.length > MOST_BLOCKS) revert SettlementTooMany(shown.blocks.length, MOST_BLOCKS);
        _answer(request, node, interval, key, keccak256(abi.encode(shown)));
        emit LineAnswered(node, interval, account, byKey, shown);
    }

    /// @dev For the key that it was encrypted to: a request may stand in the place of the one that was seen, after a reorganisation.
    function _answer(LineAsk storage request, uint8 node, uint32 interval, address key, bytes32 hash) private {
        if (request.key != key) revert SettlementOtherKey(key, request.key);
        if (block.timestamp > request.deadline) revert SettlementWindow(request.deadline);
        ParticipantId poster = _intervals[node][interval].poster;
        if (_callerWith(WalletRights.REPORT) != poster) revert SettlementNotOperator(msg.sender, poster);
        request.answer = hash;
    }

    /// @dev A request of the present list, answered or not.
    function _requireAsked(uint8 node, uint32 interval, PowerAccountId account, bool byKey, bool open)
        private
        view
        returns (LineAsk storage request)
    {
        return _requirePresent(_lineOf(node, interval, account, byKey), node, interval, account, open);
    }

    function _requirePresent(bytes32 key, uint8 node, uint32 interval, PowerAccountId account, bool open)
        internal
        view
        returns (LineAsk storage request)
    {
        request = _asks[key];
        bool present = request.listAt != 0 && request.listAt == _listOf(node, interval);
        if (!present || (request.answer == 0) != open) revert SettlementNotAsked(node, interval, account);
    }

    /// @inheritdoc ISettlementDisputes
    function disputeSilence(uint8 node, uint32 interval, PowerAccountId account, bool byKey, RunTotals calldata totals)
        external
    {
        _failSilent(_requireAsked(node, interval, account, byKey, true), node, interval, account, totals);
    }

    /// @dev Fails a run of which something was asked for in vain.
    function _failSilent(
        LineAsk storage request,
        uint8 node,
        uint32 interval,
        PowerAccountId account,
        RunTotals calldata totals
    ) internal {
        if (block.timestamp <= request.deadline) revert SettlementWindow(request.deadline);
        _requireTotals(node, interval, totals);
        _failRun(node, interval, totals, account);
    }

    /// @inheritdoc ISettlementDisputes
    function disputeAnswer(
        uint8 node,
        uint32 interval,
        PowerAccountId account,
        bool byKey,
        RunTotals calldata totals,
        LineAnswer calldata shown,
        uint256 secret
    ) external {
        LineAsk storage request = _requireAsked(node, interval, account, byKey, false);
        _requireTotals(node, interval, totals);
        _requireAnswer(request, keccak256(abi.encode(shown)), secret);
        address shared = SharedSecret.addressOf(shown.x, shown.odd, secret);
        bytes32[] memory plain = SharedSecret.apply_(shared, shown.blocks);
        _requireFalse(_isLineOf(account, totals, plain));
        _failRun(node, interval, totals, account);
    }

    /// @dev What was answered, and the secret of the key that it was encrypted to.
    function _requireAnswer(LineAsk storage request, bytes32 hash, uint256 secret) private view {
        address key = SharedSecret.addressOf(secret);
        bool same = request.answer == hash && key == request.key;
        if (!same) revert SettlementOtherKey(key, request.key);
    }

    /// @dev Whether the words are `index | line | proof` of a line of the account.
    function _isLineOf(PowerAccountId account, RunTotals calldata t, bytes32[] memory plain)
        private
        pure
        returns (bool)
    {
        if (plain.length < LINE) return false;
        AccountLine memory line;
        assembly ("memory-safe") {
            line := add(plain, 0x40)
        }
        (bytes32 hash, uint256 own) = (line.leaf(), LineTree.sumsOf(line));
        if (line.account() != PowerAccountId.unwrap(account)) return false;
        bytes memory proof;
        // The proof's length is written over the salt.
        assembly ("memory-safe") {
            proof := add(plain, 0xa0)
            mstore(proof, shl(5, sub(mload(plain), LINE)))
        }
        return LineTree.isUnder(t.lines, _sumsOf(t), hash, own, uint256(plain[0]), t.count, proof);
    }

    /// @inheritdoc ISettlementDisputes
    function askOf(uint8 node, uint32 interval, PowerAccountId account, bool byKey)
        external
        view
        returns (LineAsk memory)
    {
        return _asks[_lineOf(node, interval, account, byKey)];
    }

    /// @dev The key's request stands beside its sponsor's: who asks first, and whom it is shown, shuts the other out of nothing.
    function _lineOf(uint8 node, uint32 interval, PowerAccountId account, bool byKey) private pure returns (bytes32) {
        bytes32 request = _request(node, interval, account);
        return byKey ? keccak256(abi.encode(request)) : request;
    }

    // ------------------------------------------------------------------ the account of a reading

    /// @inheritdoc ISettlementDisputes
    function askReading(uint8 node, uint32 interval, MeterId meter, bytes32 x, bytes32 y) external {
        EnteredMeter memory e = _entered[node][meter];
        bool its = e.since != 0 && e.since <= _dayOf(interval) && _callerWith(WalletRights.TRADE) == e.owner;
        if (!its) revert SettlementNotMeter(node, meter);
        bytes32 key = _readingOf(node, interval, meter);
        uint40 deadline = _askFor(key, node, interval, _accountOf(e.owner), WINDOW_ / 4, x, y);
        emit ReadingAsked(node, interval, meter, x, y, deadline, msg.sender);
    }

    /// @inheritdoc ISettlementDisputes
    function answerReading(uint8 node, uint32 interval, MeterId meter, address key, SealedAccount calldata named)
        external
    {
        PowerAccountId account = _accountOf(_entered[node][meter].owner);
        LineAsk storage request = _requirePresent(_readingOf(node, interval, meter), node, interval, account, true);
        _answer(request, node, interval, key, keccak256(abi.encode(named)));
        emit ReadingAnswered(node, interval, meter, named);
    }

    /// @inheritdoc ISettlementDisputes
    function disputeReading(
        uint8 node,
        ShownLine calldata shown,
        ShownReading calldata its,
        SealedAccount calldata named,
        uint256 secret
    ) external {
        ParticipantId owner = _entered[node][its.meter].owner;
        bytes32 key = _readingOf(node, shown.interval, its.meter);
        bool isOpen = _asks[key].answer == 0;
        LineAsk storage request = _requirePresent(key, node, shown.interval, _accountOf(owner), isOpen);
        _requireTotals(node, shown.interval, shown.totals);
        bytes32 salted = keccak256(abi.encode(its.salt, its.meter));
        if (!_isReading(shown.totals, its.index, salted, its.reading, its.recordDigest, its.proof)) {
            revert SettlementNotInRoot(node, shown.interval, its.index);
        }
        if (isOpen) {
            if (block.timestamp <= request.deadline) revert SettlementWindow(request.deadline);
        } else {
            PowerAccountId account = _named(request, named, secret);
            if (_ownerOf(account) == owner) _requireFalse(_mayBeOn(node, shown, its.index, account));
        }
        _failRun(node, shown.interval, shown.totals, _accountOf(owner));
    }

    /// @dev Whether an account's line may be on a reading: it has one in the interval, and none on another reading is shown.
    function _mayBeOn(uint8 node, ShownLine calldata shown, uint32 index, PowerAccountId account)
        private
        view
        returns (bool)
    {
        if (shown.line.energy == 0) {
            uint256 first = _firstLineOf(node, _dayOf(shown.interval), PowerAccountId.unwrap(account));
            return first != 0 && first <= shown.interval;
        }
        return _lineUnder(node, shown).account() != PowerAccountId.unwrap(account) || shown.index == index;
    }

    /// @return account that an answer names to the holder of the one-time key; 0 where it is none
    function _named(LineAsk storage request, SealedAccount calldata named, uint256 secret)
        private
        view
        returns (PowerAccountId account)
    {
        _requireAnswer(request, keccak256(abi.encode(named)), secret);
        address shared = SharedSecret.addressOf(named.x, named.odd, secret);
        uint256 word = uint256(named.word ^ SharedSecret.mask(shared, 0));
        if (word <= type(uint32).max) account = PowerAccountId.wrap(uint32(word)); // checked
    }

    /// @inheritdoc ISettlementDisputes
    function readingAskOf(uint8 node, uint32 interval, MeterId meter) external view returns (LineAsk memory) {
        return _asks[_readingOf(node, interval, meter)];
    }

    /// @dev Beside the requests of accounts, which are of three words, see {_request}.
    function _readingOf(uint8 node, uint32 interval, MeterId meter) private pure returns (bytes32) {
        return keccak256(abi.encode(node, interval, meter, true));
    }
}
