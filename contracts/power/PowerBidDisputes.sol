// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {BidDeposit, BidReceipt, Forfeit, IPowerBidDisputes} from "../../interfaces/power/IPowerBidDisputes.sol";
import {BidState, IPowerBids, Opening, PowerBid} from "../../interfaces/power/IPowerBids.sol";
import {IPowerMarket, PowerAccountId, PowerStage} from "../../interfaces/power/IPowerMarket.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {BidTree} from "../lib/BidTree.sol";
import {Merkle} from "../lib/Merkle.sol";
import {PackedCurve, PackedCurveLib} from "../types/PackedCurve.sol";
import {Openings} from "./lib/Openings.sol";
import {PowerStore} from "./PowerStore.sol";

/// @title PowerBidDisputes
/// @notice Part of {PowerMarketExtension}: deposits, what silence costs, and bids that a customer is not shown.
abstract contract PowerBidDisputes is PowerStore, EIP712, IPowerBidDisputes {
    bytes32 public constant BID_RECEIPT_TYPEHASH = keccak256(
        "BidReceipt(uint32 interval,uint24 aggregator,uint32 account,uint8 node,uint8 side,uint32 price,uint32 limitWh,bytes32 salt)"
    );
    uint256 private constant ANSWER = 6 hours;
    uint256 private constant UNCLAIMED = 30 days;
    uint256 private constant BARRED = 1 days;
    uint256 private constant SILENCES = 3; // until a participant is barred
    uint40 private constant OVER = type(uint40).max;

    // ------------------------------------------------------------------ deposits

    /// @inheritdoc IPowerBidDisputes
    function deposit(uint96 amount) external {
        ParticipantId participant = _participantWith(msg.sender, WalletRights.TRADE);
        uint96 total = _deposits[participant].amount + amount;
        _deposits[participant].amount = total;
        _takeFree(ParticipantId.unwrap(participant), amount);
        emit DepositChanged(participant, total, int256(uint256(amount)));
    }

    /// @inheritdoc IPowerBidDisputes
    function takeBack(uint96 amount) external {
        ParticipantId participant = _participantWith(msg.sender, WalletRights.TRADE);
        BidDeposit memory d = _deposits[participant];
        if (d.committedWh != 0 || block.timestamp < d.boundUntil) revert BidDepositBound(participant, d.boundUntil);
        if (amount > d.amount) revert IPowerBids.BidDepositTooSmall(participant, d.amount, amount);
        _changeDeposit(participant, d, amount);
        _credit(ParticipantId.unwrap(participant), amount);
    }

    function _changeDeposit(ParticipantId participant, BidDeposit memory d, uint256 less) private {
        d.amount -= uint96(less); // at most that
        _deposits[participant] = d;
        emit DepositChanged(participant, d.amount, -int256(less));
    }

    // ------------------------------------------------------------------ escrow

    /// @inheritdoc IPowerBidDisputes
    function release(uint32 interval, ParticipantId[] calldata participants) external {
        _checkItems(participants.length, participants.length);
        uint256 until = _startOf(interval) + HOLD_S;
        if (block.timestamp < until) revert IPowerBids.BidHeld(interval, until);
        uint256 proposer = _accountOf(_rounds[interval].proposer);
        for (uint256 i; i < participants.length; ++i) {
            ParticipantId participant = participants[i];
            PowerBid memory bid = _bids[interval][participant];
            if (bid.state != BidState.Opened) revert IPowerBids.BidWrongState(interval, participant, bid.state);
            _bids[interval][participant].state = BidState.Released;
            emit BidReleased(interval, participant, _id(proposer));
            _credit(ParticipantId.unwrap(participant), proposer == 0 ? bid.escrow + bid.fee : bid.escrow);
            if (proposer != 0) _credit(proposer, bid.fee);
        }
    }

    // ------------------------------------------------------------------ silence

    /// @inheritdoc IPowerBidDisputes
    function forfeit(uint32 interval, ParticipantId participant) external {
        PowerBid storage bid = _bids[interval][participant];
        if (bid.state != BidState.Committed) revert IPowerBids.BidWrongState(interval, participant, bid.state);
        PowerStage stage = _stageOf(interval);
        if (stage < PowerStage.Clearing) revert IPowerMarket.PowerWrongStage(interval, stage);
        BidDeposit memory d = _deposits[participant];
        uint256 lost = _atCap(bid.mostWh);
        if (lost > d.amount) lost = d.amount;
        bid.state = BidState.Forfeited;
        d.committedWh -= bid.mostWh;
        if (++d.silences == SILENCES) (d.silences, d.barredUntil) = (0, uint40(block.timestamp + BARRED)); // 34,000 years
        _changeDeposit(participant, d, lost);
        (bytes32 root, uint32 connections) = _limits.customersOf(participant);
        Forfeit memory f = Forfeit(uint96(lost), uint96(lost), connections, root); // at most the deposit
        _forfeits[interval][participant] = f;
        emit BidForfeited(interval, participant, f);
    }

    /// @inheritdoc IPowerBidDisputes
    function claim(
        uint32 interval,
        ParticipantId participant,
        PowerAccountId account,
        bytes32 salt,
        uint32 index,
        bytes32[] calldata proof
    ) external {
        Forfeit storage f = _forfeits[interval][participant];
        uint256 taken = _claimed[interval][participant][index / 256];
        bytes32 leaf = Merkle.leaf(abi.encode(salt, msg.sender));
        bool isCustomer = Merkle.verify(f.customers, leaf, index, f.connections, proof);
        if (!isCustomer || taken >> index % 256 & 1 != 0) revert BidNotACustomer(interval, participant, index);
        _requireAccount(account);
        uint256 amount = f.amount / f.connections;
        if (amount > f.left) amount = f.left;
        _claimed[interval][participant][index / 256] = taken | 1 << index % 256;
        f.left -= uint96(amount); // at most that
        emit ForfeitClaimed(interval, participant, index, account, amount);
        _award(PowerAccountId.unwrap(account), amount);
    }

    /// @inheritdoc IPowerBidDisputes
    function endForfeit(uint32 interval, ParticipantId participant) external {
        uint256 until = _startOf(interval) + UNCLAIMED;
        if (block.timestamp < until) revert IPowerBids.BidHeld(interval, until);
        uint256 left = _forfeits[interval][participant].left;
        _forfeits[interval][participant].left = 0;
        emit ForfeitClaimed(interval, participant, type(uint32).max, _id(_reserve), left);
        _credit(_reserve, left);
    }

    function _requireAccount(PowerAccountId account) internal view {
        uint256 number = PowerAccountId.unwrap(account);
        bool known = number < FIRST_PSEUDONYM ? number != 0 : _accounts[number].sponsor != ParticipantId.wrap(0);
        if (!known) revert IPowerMarket.PowerNotAllowed(msg.sender);
    }

    // ------------------------------------------------------------------ bids not shown

    /// @inheritdoc IPowerBidDisputes
    function dispute(BidReceipt calldata r, address signer, bytes calldata signature) external {
        bytes32 digest = receiptDigest(r);
        (ParticipantId participant, uint8 rights,) = PARTICIPANTS.walletOf(signer);
        bool signed = participant == r.aggregator && rights & WalletRights.TRADE != 0
            && SignatureChecker.isValidSignatureNow(signer, digest, signature);
        if (!signed) revert BidBadReceipt(digest);
        _requireAccount(r.account);
        bool early = _stageOf(r.interval) < PowerStage.Clearing;
        bool late = block.timestamp >= _startOf(r.interval) + HOLD_S;
        bool shared = _forfeits[r.interval][r.aggregator].connections != 0; // by the customers in the register
        if (early || late || shared || _disputes[digest] != 0) revert BidNotDisputable(digest);
        uint40 deadline = uint40(block.timestamp + ANSWER); // 34,000 years
        _disputes[digest] = deadline;
        emit BidDisputed(digest, r, deadline);
    }

    /// @inheritdoc IPowerBidDisputes
    function show(BidReceipt calldata r, Opening calldata o, uint32 index, uint256[] calldata proof) external {
        bytes32 digest = receiptDigest(r);
        uint40 deadline = _disputes[digest];
        if (deadline == 0 || deadline == OVER || block.timestamp > deadline) revert BidDisputeOpen(digest, deadline);
        PowerBid memory bid = _bids[r.interval][r.aggregator];
        bool opened = bid.state == BidState.Opened || bid.state == BidState.Released;
        if (!opened || bid.commitment != Openings.commitmentOf(r.interval, r.aggregator, o)) {
            revert IPowerBids.BidOtherCurves(r.interval, r.aggregator);
        }
        uint256 leaf = BidTree.leaf(abi.encode(r.account, r.node, r.side, r.price, r.limitWh, r.salt), r.limitWh);
        (uint256 root, uint256 past) = BidTree.climb(leaf, index, o.leaves, proof);
        if (root != o.root || !_isInStep(r, o.words, past)) revert BidNotInPlace(digest);
        _disputes[digest] = OVER;
        emit BidShown(digest);
    }

    /// @dev Whether the bid lies inside the step that `past` leads into, and that is of its node, side and price.
    function _isInStep(BidReceipt calldata r, uint256[] calldata words, uint256 past) private pure returns (bool) {
        for (uint256 i; i < words.length;) {
            PackedCurve head = PackedCurve.wrap(words[i++]);
            for (uint256 j; j < head.steps(); ++j) {
                uint256 step =
                    words[i + j / PackedCurveLib.PER_WORD] >> PackedCurveLib.STEP_BITS * (j % PackedCurveLib.PER_WORD);
                uint256 limit = uint32(step >> 32);
                if (past >= limit) {
                    past -= limit;
                    continue;
                }
                bool same = head.node() == r.node && head.side() == r.side && uint32(step) == r.price;
                return same && past + r.limitWh <= limit;
            }
            i += PackedCurveLib.words(head.steps());
        }
        return false;
    }

    /// @inheritdoc IPowerBidDisputes
    function uphold(BidReceipt calldata r) external {
        bytes32 digest = receiptDigest(r);
        uint40 deadline = _disputes[digest];
        if (deadline == 0 || block.timestamp <= deadline) revert BidDisputeOpen(digest, deadline);
        _disputes[digest] = OVER;
        uint256 lost = _lose(r.interval, r.aggregator, _atCap(r.limitWh));
        uint256 amount = lost / 2;
        emit BidUpheld(digest, r.account, amount);
        _credit(_reserve, lost - amount);
        _award(PowerAccountId.unwrap(r.account), amount);
    }

    /// @dev A pseudonym's award waits for its key: its credits are its sponsor's.
    function _award(uint256 account, uint256 amount) internal {
        if (account < FIRST_PSEUDONYM) _credit(account, amount);
        else _awards[account] += amount;
    }

    /// @dev Takes up to `amount`, first of the interval's forfeit where no customers of the register share it, then of the deposit.
    function _lose(uint32 interval, ParticipantId participant, uint256 amount) private returns (uint256 lost) {
        Forfeit storage f = _forfeits[interval][participant];
        if (f.connections == 0 && f.left != 0) {
            lost = amount < f.left ? amount : f.left;
            f.left -= uint96(lost); // at most that
        }
        BidDeposit memory d = _deposits[participant];
        uint256 more = amount - lost;
        if (more > d.amount) more = d.amount;
        _changeDeposit(participant, d, more);
        lost += more;
    }

    /// @inheritdoc IPowerBidDisputes
    function takeAward(PowerAccountId to) external {
        PowerAccountId account = _pseudonyms[msg.sender];
        uint256 amount = _awards[PowerAccountId.unwrap(account)];
        if (amount == 0) revert BidNoAward(msg.sender, account);
        _requireAccount(to);
        _awards[PowerAccountId.unwrap(account)] = 0;
        emit AwardTaken(account, to, amount);
        _credit(PowerAccountId.unwrap(to), amount);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IPowerBidDisputes
    function bidOf(uint32 interval, ParticipantId participant) external view returns (PowerBid memory) {
        return _bids[interval][participant];
    }

    /// @inheritdoc IPowerBidDisputes
    function depositOf(ParticipantId participant) external view returns (BidDeposit memory) {
        return _deposits[participant];
    }

    /// @inheritdoc IPowerBidDisputes
    function forfeitOf(uint32 interval, ParticipantId participant) external view returns (Forfeit memory) {
        return _forfeits[interval][participant];
    }

    /// @inheritdoc IPowerBidDisputes
    function disputeOf(bytes32 digest) external view returns (uint40) {
        return _disputes[digest];
    }

    /// @inheritdoc IPowerBidDisputes
    function awardOf(PowerAccountId account) external view returns (uint256) {
        return _awards[PowerAccountId.unwrap(account)];
    }

    /// @inheritdoc IPowerBidDisputes
    function receiptDigest(BidReceipt calldata receipt) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(BID_RECEIPT_TYPEHASH, receipt)));
    }
}
