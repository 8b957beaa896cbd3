// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IWalletSource} from "../../interfaces/parties/IWalletSource.sol";
import {IBidProofs, ShownBid, ShownBook, TreeReceipt} from "../../interfaces/power/IBidProofs.sol";
import {BidReceipt, IPowerBidDisputes} from "../../interfaces/power/IPowerBidDisputes.sol";
import {BidState, PowerBid} from "../../interfaces/power/IPowerBids.sol";
import {IPowerMarket, PowerAccountId, PowerRound} from "../../interfaces/power/IPowerMarket.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {BidTree} from "../lib/BidTree.sol";
import {PackedCurveLib} from "../types/PackedCurve.sol";
import {Openings} from "./lib/Openings.sol";

/// @title BidProofs
/// @notice Bids against the market's clearings, see {IBidProofs}. It holds nothing.
contract BidProofs is IBidProofs, EIP712 {
    using PackedCurveLib for bytes32;
    using PackedCurveLib for uint256;
    using PackedCurveLib for uint256[];

    bytes32 public constant TREE_RECEIPT_TYPEHASH =
        keccak256("TreeReceipt(uint32 interval,uint24 bidder,uint256 root)");

    IPowerMarket private immutable MARKET;
    IWalletSource private immutable PARTICIPANTS;

    constructor(IPowerMarket market, IWalletSource participants) EIP712("tonne BidProofs", "1") {
        (MARKET, PARTICIPANTS) = (market, participants);
    }

    // ------------------------------------------------------------------ bids

    /// @dev What was accepted, by side [Wh].
    struct Accepted {
        uint256[2] least;
        uint256[2] most; // with the part that rounding at the node's price leaves open
    }

    /// @inheritdoc IBidProofs
    function weigh(
        PowerAccountId account,
        uint8 node,
        uint32 interval,
        ParticipantId receiver,
        uint256 soldWh,
        uint256 boughtWh,
        uint256 price,
        ShownBid[] calldata bids,
        uint256[] calldata margins
    ) external view returns (bool isEnough, bool isProved) {
        (bytes32 curves, bytes32 result) = MARKET.resultOf(interval);
        _requireMargins(interval, curves, result, margins);
        Accepted memory a;
        uint256 least; // place of the next bid
        for (uint256 i; i < bids.length; ++i) {
            least = _requireOwn(account, interval, least, bids[i]);
            if (ParticipantId.unwrap(receiver) != 0 && bids[i].opening.leaves != 0) _requireReceipt(receiver, bids[i]);
            _add(a, node, price, bids[i], margins);
        }
        isEnough = soldWh >= a.least[PackedCurveLib.OFFER] && boughtWh >= a.least[PackedCurveLib.BID];
        isProved = soldWh <= a.most[PackedCurveLib.OFFER] && boughtWh <= a.most[PackedCurveLib.BID];
    }

    /// @return next the least place of the bid behind it: all of a bidder's curves have its bids in them
    function _requireOwn(PowerAccountId account, uint32 interval, uint256 least, ShownBid calldata s)
        private
        pure
        returns (uint256 next)
    {
        BidReceipt calldata r = s.bid;
        bool whole = _isWhole(s);
        uint256 place = uint256(ParticipantId.unwrap(r.aggregator)) << 32 | (whole ? 0 : s.index);
        bool its = r.interval == interval && PowerAccountId.unwrap(r.account) == PowerAccountId.unwrap(account);
        if (place < least || !its) revert ProofsOtherBid(interval, r.aggregator, s.index);
        return whole ? place + (1 << 32) : place + 1;
    }

    function _isWhole(ShownBid calldata s) private pure returns (bool) {
        return s.bid.limitWh == 0;
    }

    function _add(Accepted memory a, uint8 node, uint256 price, ShownBid calldata s, uint256[] calldata margins)
        private
        view
    {
        BidReceipt calldata r = s.bid;
        PowerBid memory bid = IPowerBidDisputes(address(MARKET)).bidOf(r.interval, r.aggregator);
        bool opened = bid.state == BidState.Opened || bid.state == BidState.Released;
        bool same = bid.commitment == Openings.commitmentOf(r.interval, r.aggregator, s.opening);
        (uint256 from, bool found) = _placeOf(s);
        if (!opened || !same || !found) revert ProofsOtherBid(r.interval, r.aggregator, s.index);
        if (margins.length == 0) return; // it lapsed
        uint256 to = _isWhole(s) ? type(uint256).max : from + r.limitWh;
        (uint256[2] memory energy, uint256[2] memory loose) =
            Openings.acceptedOf(s.opening.words, node, from, to, price, margins);
        for (uint256 side; side < 2; ++side) {
            a.least[side] += energy[side];
            a.most[side] += energy[side] + loose[side];
        }
    }

    /// @dev Energy ahead of a bid in its bidder's curves.
    function _placeOf(ShownBid calldata s) private pure returns (uint256 past, bool found) {
        BidReceipt calldata r = s.bid;
        if (_isWhole(s)) return (0, PowerAccountId.unwrap(r.account) == ParticipantId.unwrap(r.aggregator));
        uint256 leaf = BidTree.leaf(abi.encode(r.account, r.node, r.side, r.price, r.limitWh, r.salt), r.limitWh);
        uint256 root;
        (root, past) = BidTree.climb(leaf, s.index, s.opening.leaves, s.proof);
        found = s.opening.leaves != 0 && root == s.opening.root;
    }

    /// @dev Curves with a tree count by their leaves alone, and as far as they were given to the one that settles.
    function _requireReceipt(ParticipantId receiver, ShownBid calldata s) private view {
        if (_isWhole(s)) revert ProofsOtherBid(s.bid.interval, s.bid.aggregator, s.index);
        bytes32 digest = receiptDigest(TreeReceipt(s.bid.interval, s.bid.aggregator, s.opening.root));
        (ParticipantId signer, uint8 rights,) = PARTICIPANTS.walletOf(s.signer);
        bool signed = signer == receiver && rights & WalletRights.REPORT != 0
            && SignatureChecker.isValidSignatureNow(s.signer, digest, s.signature);
        if (!signed) revert ProofsNoReceipt(digest);
    }

    /// @inheritdoc IBidProofs
    function receiptDigest(TreeReceipt memory receipt) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(TREE_RECEIPT_TYPEHASH, receipt)));
    }

    // ------------------------------------------------------------------ book

    /// @inheritdoc IBidProofs
    function acceptedAt(uint8 node, uint32 interval, ShownBook calldata book)
        external
        view
        returns (uint256[2] memory accepted)
    {
        PowerRound memory round = MARKET.roundOf(interval);
        bytes32 hash = round.opened == 0 ? bytes32(0) : MARKET.seedOf(interval);
        for (uint256 i; i < book.curves.length; ++i) {
            hash = hash.chain(book.curves[i].hashOf());
        }
        if (hash != round.curvesHash) revert ProofsOtherBook(interval, round.curvesHash, hash);
        _requireMargins(interval, round.curvesHash, round.resultHash, book.margins);
        if (book.margins.length == 0) return accepted;
        (uint32 price,) = MARKET.priceOf(interval, node);
        for (uint256 i; i < book.curves.length; ++i) {
            Openings.addBetter(accepted, book.curves[i], node, price);
        }
        for (uint256 side; side < 2; ++side) {
            uint256 lane = 4 * uint256(node) + 2 * side;
            accepted[side] += book.margins[lane / 8].lane(lane);
        }
    }

    /// @dev A lapsed interval has no margins and no hash to compare with.
    function _requireMargins(uint32 interval, bytes32 curves, bytes32 expected, uint256[] calldata margins)
        private
        pure
    {
        bytes32 result = margins.length == 0 ? bytes32(0) : keccak256(abi.encode(curves, margins));
        if (result != expected) revert ProofsOtherBook(interval, expected, result);
    }
}
