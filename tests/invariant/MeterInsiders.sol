// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    Challenge,
    ChallengeState,
    IMeterPostings,
    LeafAsked,
    OneTimeKey,
    RootState,
    RootStatus
} from "../../interfaces/evidence/IMeterOracle.sol";
import {Curve, IMeters} from "../../interfaces/evidence/IMeters.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {IPayouts} from "../../interfaces/parties/IPayouts.sol";
import {MeterCase} from "../evidence/MeterCase.sol";
import {Insiders} from "./Insiders.sol";

/// @title MeterInsiders
/// @notice Two meter oracles with bonds, challengers and an officer at one node; books of roots, challenges and money.
contract MeterInsiders is MeterCase, Insiders {
    uint256 internal constant SLOTS = 12; // intervals

    /// @dev A root as posted: its leaves are neighbours', as many as the run decides, so that runs differ.
    struct Book {
        uint8 run;
        RootStatus status;
        uint256 postedAt;
        uint256 poster; // 0 or 1
        uint256 open; //   challenges
        bool wasFinal;
        bytes32 finalRoot;
    }

    address[2] private _posters;
    ParticipantId[2] private _ids;
    uint256 private _now; // who posts for the node
    mapping(uint256 slot => Book) private _books;

    uint256[2] public bonds;
    uint256 public fees; // of open challenges
    uint256 public owed; // to challengers and treasury
    uint256 public open;
    uint256[] private _challenges; // ids
    mapping(uint256 id => uint256 slot) private _slotOf;
    mapping(uint256 id => bytes sealed_) private _sealed; // answers
    mapping(uint256 id => bool) private _isGood; //          whether one opens to the leaf

    constructor() {
        _add("post", MeterInsiders.post.selector);
        _add("challenge", MeterInsiders.challengeLeaf.selector);
        _add("answer", MeterInsiders.answer.selector);
        _add("expose", MeterInsiders.expose.selector);
        _add("close", MeterInsiders.close.selector);
        _add("expire", MeterInsiders.expire.selector);
        _add("take what is owed", MeterInsiders.takeOwed.selector);
        _add("add to a bond", MeterInsiders.bond.selector);
        _add("withdraw a bond", MeterInsiders.unbond.selector);
        _add("change the oracle", MeterInsiders.changeOracle.selector);
        _add("pass", MeterInsiders.pass.selector);
        _mayRefuse(IMeterPostings.MeterOracleBondTooSmall.selector);
        _mayRefuse(IMeterPostings.MeterOracleBondBound.selector);
        _mayRefuse(IMeterPostings.MeterOracleBadRun.selector);
        _mayRefuse(IMeterPostings.MeterOracleTooLate.selector);
    }

    function setUp() public override {
        super.setUp();
        address rival = makeAddr("rival");
        _posters = [notary, rival];
        vm.prank(rival);
        _ids = [poster, participants.join()];
        _fund(notary, 100 * SLASH);
        _fund(rival, 100 * SLASH);
        _fund(sceptic, 10_000 * FEE);
        _fund(household, 10_000 * FEE); // or the fee alone would refuse it
        vm.prank(rival);
        oracle.depositBond(_ids[1], SLASH);
        bonds = [SLASH, SLASH];
        _meter(Curve.Secp256k1, 77);
        vm.warp(START + SLOTS * QUARTER);
    }

    /* ORACLES */

    function post(uint256 slot) external counted {
        slot %= SLOTS;
        Book storage b = _books[slot];
        Tree memory t = _treeOf(b.run + 1, 0);
        bytes memory data = abi.encodeCall(IMeterPostings.post, (node, _startOf(slot), b.run + 1, t.root, t.sums, DATA));
        _refused(_posters[1 - _now], address(oracle), data, "another oracle posted");
        if (b.wasFinal) {
            _refused(_posters[_now], address(oracle), data, "a final root was replaced");
            vm.assume(false);
        }
        _as(_posters[_now], address(oracle), data);
        _refused(_posters[_now], address(oracle), data, "a run was posted twice");
        (b.run, b.status, b.postedAt, b.poster, b.open) = (b.run + 1, RootStatus.Posted, block.timestamp, _now, 0);
    }

    function bond(uint256 who, uint256 amount, uint256 chance) external counted {
        who %= 2;
        _needs(chance % 4 == 0);
        amount = bound(amount, 1, SLASH);
        _as(_posters[who], address(oracle), abi.encodeCall(IMeterPostings.depositBond, (_ids[who], amount)));
        bonds[who] += amount;
    }

    /// @dev Promise: no bond leaves while a root of its oracle can be challenged.
    function unbond(uint256 who, uint256 amount, uint256 chance) external counted {
        _needs(chance % 4 == 0);
        who %= 2;
        _needs(bonds[who] != 0);
        amount = bound(amount, 1, bonds[who]);
        bytes memory data = abi.encodeCall(IMeterPostings.withdrawBond, (amount, _posters[who]));
        for (uint256 slot = 0; slot < SLOTS; ++slot) {
            Book storage b = _books[slot];
            if (b.run != 0 && b.poster == who && (b.open != 0 || block.timestamp <= b.postedAt + 1 days)) {
                _refused(_posters[who], address(oracle), data, "a bond left under a root that can be challenged");
                vm.assume(false);
            }
        }
        _as(_posters[who], address(oracle), data);
        bonds[who] -= amount;
    }

    function changeOracle(uint256 chance) external counted {
        _needs(chance % 16 == 0);
        bytes memory data = abi.encodeCall(IMeters.setOracle, (node, _ids[1 - _now]));
        _refused(_posters[1 - _now], address(oracle), data, "an oracle named itself");
        _as(officer, address(oracle), data);
        _now = 1 - _now;
    }

    /* CHALLENGERS */

    /// @dev Promise: a leaf is asked for by those alone who may see it.
    function challengeLeaf(uint256 slot, uint256 leaf) external counted {
        slot = _challengeable(slot);
        Tree memory t = _treeOf(_books[slot].run, 0);
        LeafAsked memory asked = LeafAsked(node, _startOf(slot), uint32(leaf % 3), true);
        bytes memory data = abi.encodeCall(IMeterPostings.challenge, (asked, t.root, t.sums, _public(ASKING)));
        _refused(household, address(oracle), data, "a stranger asked for a leaf");
        _refused(_posters[0], address(oracle), data, "an oracle asked for a leaf");
        uint256 id = abi.decode(_as(sceptic, address(oracle), data), (uint256));
        _challenges.push(id);
        _slotOf[id] = slot;
        ++_books[slot].open;
        (open, fees) = (open + 1, fees + FEE);
    }

    /// @dev By the oracle that posted, with the leaf or with something else.
    function answer(uint256 which, uint256 kind) external counted {
        (uint256 id, Challenge memory c) = _openChallenge(which, ChallengeState.Open);
        _needs(block.timestamp <= c.deadline);
        Book storage b = _books[_slotOf[id]];
        _refused(sceptic, address(oracle), abi.encodeCall(IMeterPostings.expire, (id)), "expired before its time");
        bytes memory opened = _opened(_treeOf(b.run, c.which));
        if (kind % 4 == 1) opened = _opened(_treeOf(b.run, (c.which + 1) % 3));
        bytes memory sealed_ = _seal(id, opened);
        if (kind % 4 == 2) sealed_[33 + kind % (sealed_.length - 33)] ^= 0x01;
        _isGood[id] = kind % 4 == 0 || kind % 4 == 3;
        bytes memory data = abi.encodeCall(IMeterPostings.answer, (id, sealed_));
        _refused(household, address(oracle), data, "a stranger answered");
        _as(_posters[b.poster], address(oracle), data);
        _refused(_posters[b.poster], address(oracle), data, "a challenge was answered twice");
        _sealed[id] = sealed_;
    }

    /// @dev Promise: an answer that opens to the leaf is never exposed, and any other is.
    function expose(uint256 which) external counted {
        (uint256 id, Challenge memory c) = _openChallenge(which, ChallengeState.Answered);
        _needs(block.timestamp <= c.deadline);
        bytes memory data = abi.encodeCall(IMeterPostings.expose, (id, ASKING, _shared(), _sealed[id]));
        if (_isGood[id]) {
            _refused(sceptic, address(oracle), data, "a good answer was exposed");
            return;
        }
        _failed(id, data);
    }

    /// @dev Promise: nobody but the challenger ends a challenge before its answer can no longer be exposed.
    function close(uint256 which, uint256 early) external counted {
        (uint256 id, Challenge memory c) = _openChallenge(which, ChallengeState.Answered);
        bytes memory data = abi.encodeCall(IMeterPostings.close, (id));
        Book storage b = _books[_slotOf[id]];
        if (block.timestamp <= c.deadline) {
            _refused(_posters[b.poster], address(oracle), data, "closed before it could be exposed");
            _needs(early % 2 == 0 && _isGood[id]);
        }
        closeOne(id);
    }

    function closeOne(uint256 id) public {
        bytes memory data = abi.encodeCall(IMeterPostings.close, (id));
        bool after_ = block.timestamp > oracle.challengeOf(id).deadline;
        _as(after_ ? household : sceptic, address(oracle), data);
        bonds[_books[_slotOf[id]].poster] += FEE;
        _closed(id);
    }

    function expire(uint256 which) external counted {
        (uint256 id, Challenge memory c) = _openChallenge(which, ChallengeState.Open);
        _needs(block.timestamp > c.deadline);
        expireOne(id);
    }

    /// @dev Promise: an unanswered challenge returns its fee and takes the bond's penalty, once for a root.
    function expireOne(uint256 id) public {
        _failed(id, abi.encodeCall(IMeterPostings.expire, (id)));
    }

    /// @dev By any caller: the challenger is who is paid.
    function _failed(uint256 id, bytes memory data) private {
        Book storage b = _books[_slotOf[id]];
        uint256 lost = b.status == RootStatus.Posted ? (bonds[b.poster] < SLASH ? bonds[b.poster] : SLASH) : 0;
        (uint256 before, uint256 inTreasury) = (owedTo(sceptic), owedTo(treasury));
        _as(household, address(oracle), data);
        assertEq(owedTo(sceptic), before + FEE + lost / 2, "fee and half of the penalty");
        assertEq(owedTo(treasury), inTreasury + lost - lost / 2, "the other half");
        (bonds[b.poster], owed) = (bonds[b.poster] - lost, owed + FEE + lost);
        b.status = RootStatus.Failed;
        _closed(id);
    }

    function owedTo(address who) public view returns (uint256) {
        return IPayouts(address(oracle)).payoutOf(uint160(who), uint160(address(currency)));
    }

    /// @dev By the challenger, to its own wallet; never by another.
    function takeOwed(uint256 chance) external counted {
        uint256 amount = owedTo(sceptic);
        _needs(amount != 0 && chance % 4 == 0);
        uint256 asset = uint160(address(currency));
        bytes memory data = abi.encodeCall(IPayouts.withdrawPayout, (uint160(sceptic), asset, household));
        _refused(household, address(oracle), data, "another took what is owed to a challenger");
        uint256 before = currency.balanceOf(sceptic);
        data = abi.encodeCall(IPayouts.withdrawPayout, (uint160(sceptic), asset, sceptic));
        _as(sceptic, address(oracle), data);
        assertEq(currency.balanceOf(sceptic), before + amount, "what is owed arrives");
        owed -= amount;
    }

    function _closed(uint256 id) private {
        --_books[_slotOf[id]].open;
        (open, fees) = (open - 1, fees - FEE);
    }

    function pass(uint256 time, uint256 chance) external counted {
        _needs(chance % 4 == 0);
        vm.warp(block.timestamp + bound(time, 1 minutes, 8 hours));
        for (uint256 slot = 0; slot < SLOTS; ++slot) {
            noteFinal(slot);
        }
    }

    /* WHAT THERE IS */

    /// @dev Remembers what is final; promise: it stays so.
    function noteFinal(uint256 slot) public {
        Book storage b = _books[slot];
        if (b.status != RootStatus.Posted) {
            assertFalse(b.wasFinal, "a final root failed");
            return;
        }
        Tree memory t = _treeOf(b.run, 0);
        (uint8 run, bool isFinal) = oracle.checkRoot(node, _startOf(slot), t.root, t.sums);
        assertEq(run, b.run, "run");
        if (b.wasFinal) {
            assertTrue(isFinal, "a final root is not final");
            assertEq(b.finalRoot, t.root, "a final root changed");
        }
        if (isFinal) (b.wasFinal, b.finalRoot) = (true, t.root);
    }

    function bookOf(uint256 slot) external view returns (Book memory) {
        return _books[slot];
    }

    function stateOf(uint256 slot) external view returns (RootState memory) {
        return oracle.stateOf(node, _startOf(slot));
    }

    function bondOf(uint256 who) external view returns (uint256 amount, uint256 openOf) {
        (amount,, openOf) = oracle.bondOf(_ids[who]);
    }

    function moneyHeld() external view returns (uint256) {
        return currency.balanceOf(address(oracle));
    }

    function stateOfChallenge(uint256 id) external view returns (ChallengeState) {
        return oracle.challengeOf(id).state;
    }

    function openChallenges() external view returns (uint256[] memory ids) {
        ids = new uint256[](open);
        uint256 found = 0;
        for (uint256 i = 0; i < _challenges.length && found < open; ++i) {
            if (oracle.challengeOf(_challenges[i]).state != ChallengeState.Closed) ids[found++] = _challenges[i];
        }
    }

    function _startOf(uint256 slot) private pure returns (uint40) {
        return uint40(START + slot * QUARTER);
    }

    /// @dev A run's tree, with the proof of leaf `index`.
    function _treeOf(uint256 run, uint256 index) private pure returns (Tree memory) {
        return _tree(_other(index), index, 3 + run % 4);
    }

    function _challengeable(uint256 slot) private view returns (uint256) {
        for (uint256 i = 0; i < SLOTS; ++i) {
            uint256 one = (slot % SLOTS + i) % SLOTS;
            if (_books[one].status == RootStatus.Posted && block.timestamp <= _books[one].postedAt + 1 days) {
                return one;
            }
        }
        vm.assume(false);
        return 0;
    }

    /// @dev One of the last in this state.
    function _openChallenge(uint256 which, ChallengeState state) private view returns (uint256 id, Challenge memory c) {
        for (uint256 i = 0; i < _challenges.length && i < 10; ++i) {
            id = _challenges[
                _challenges.length - 1 - (which % 10 + i) % (_challenges.length < 10 ? _challenges.length : 10)
            ];
            c = oracle.challengeOf(id);
            if (c.state == state) return (id, c);
        }
        vm.assume(false);
    }
}
