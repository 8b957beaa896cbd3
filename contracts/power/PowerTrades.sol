// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {MeteredLeaf} from "../../interfaces/units/IEnergyCertificates.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {IMeterOracle} from "../../interfaces/evidence/IMeterOracle.sol";
import {IParticipants, ParticipantStatus, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IBidLimits} from "../../interfaces/power/IBidLimits.sol";
import {GridNode, IPowerGrid} from "../../interfaces/power/IPowerGrid.sol";
import {IPowerVenue} from "../../interfaces/power/IPowerLedger.sol";
import {PowerAccountId, PowerStage} from "../../interfaces/power/IPowerMarket.sol";
import {
    Executed,
    GridFee,
    IPowerTrades,
    PowerContract,
    PowerContractState,
    PowerSignatures
} from "../../interfaces/power/IPowerTrades.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {MeterId, NodeId, Quality} from "../../interfaces/types/MeterTypes.sol";
import {Horizon} from "../lib/Horizon.sol";
import {PackedCurveLib} from "../types/PackedCurve.sol";
import {PackedLedgerEntryLib} from "../types/PackedLedgerEntry.sol";
import {TradePositions} from "./TradePositions.sol";

/// @title PowerTrades
/// @notice See {IPowerTrades}.
/// @dev A controller of the PowerMarket's ledger with the rights to bind and to settle; rounding remainders are on its
/// balancing account there. Assumes that ledger, grid, meters, participants and schemes are this project's own.
contract PowerTrades is TradePositions, EIP712 {
    uint256 private constant PER_KWH = 1_000;
    bytes32 private constant CONTRACT_TYPEHASH = keccak256(
        "PowerContract(address seller,address buyer,address carrier,uint8 sellerNode,uint8 buyerNode,uint32 fromInterval,uint32 untilInterval,uint32 price,uint32 wheelingFee,uint32 maximumGridFee,uint32 penalty,uint32 energyWh,bytes32 profile,uint32 sellerMeter,uint32 buyerMeter,uint40 deadline,uint256 salt)"
    );

    /// @inheritdoc IPowerTrades
    uint256 public constant MAX_INTERVALS = 2_976; // a month of quarters of an hour
    /// @inheritdoc IPowerTrades
    uint256 public constant AHEAD = 2 days;
    /// @inheritdoc IPowerTrades
    uint256 public immutable GRACE;
    IPowerVenue public immutable MARKET;
    IPowerGrid public immutable GRID;
    IMeterOracle public immutable METERS;
    IBidLimits private immutable LIMITS;
    IParticipants private immutable PARTICIPANTS;
    ISchemes private immutable SCHEMES;
    uint256 private immutable INTERVAL_S;
    /// @dev Intervals of a day, which a profile repeats.
    uint256 private immutable PER_DAY;

    /// @inheritdoc IPowerTrades
    uint64 public contractCount;
    mapping(uint64 id => PowerContractState) private _contracts;
    /// @inheritdoc IPowerTrades
    mapping(bytes32 digest => uint64 id) public idOf;
    mapping(address signer => mapping(bytes32 digest => bool)) private _revoked;
    mapping(uint8 node => GridFee) private _gridFees;

    constructor(IPowerVenue market, IMeterOracle meters, IParticipants participants, ISchemes schemes, uint256 grace)
        EIP712("tonne PowerTrades", "1")
    {
        (MARKET, GRID, METERS, PARTICIPANTS, SCHEMES) = (market, market.GRID(), meters, participants, schemes);
        LIMITS = market.LIMITS();
        INTERVAL_S = market.terms().intervalS;
        PER_DAY = 1 days / INTERVAL_S;
        GRACE = grace;
    }

    /* GRID FEES */

    /// @inheritdoc IPowerTrades
    function setGridFee(uint8 node, uint32 fee, PowerAccountId to) external {
        GridNode memory n = GRID.node(node);
        SCHEMES.checkPower(msg.sender, n.scheme, n.jurisdiction, Powers.MARKET);
        if (fee != 0 && !_isParticipant(to)) revert TradesBadTerms("to");
        _gridFees[node] = GridFee(fee, to);
        emit GridFeeSet(node, fee, to, msg.sender);
    }

    /// @inheritdoc IPowerTrades
    function gridFeeOf(uint8 node) external view returns (GridFee memory) {
        return _gridFees[node];
    }

    /// @dev An account that receives later payments must exist.
    function _isParticipant(PowerAccountId account) private view returns (bool) {
        uint32 number = PowerAccountId.unwrap(account);
        if (number == 0 || number > type(uint24).max) return false;
        return PARTICIPANTS.participant(ParticipantId.wrap(uint24(number))).status != ParticipantStatus.None;
    }

    /* AGREE */

    /// @inheritdoc IPowerTrades
    function agree(PowerContract calldata terms, PowerSignatures calldata signatures, uint256[] calldata profile)
        external
        returns (uint64 id)
    {
        _checkTerms(terms);
        _checkTime(terms);
        bytes32 digest = digestOf(terms);
        if (idOf[digest] != 0) revert TradesAgreedBefore(idOf[digest]);
        PowerContractState memory c = _stateOf(terms);
        c.seller = _signed(terms.seller, digest, signatures.seller);
        c.buyer = _signed(terms.buyer, digest, signatures.buyer);
        if (terms.carrier != address(0)) c.carrier = _signed(terms.carrier, digest, signatures.carrier);
        _checkParties(c);
        id = ++contractCount;
        _checkProfile(id, c, profile);

        (idOf[digest], _contracts[id]) = (id, c);
        emit ContractAgreed(id, c.seller, c.buyer, digest, terms, c, profile);
        uint32 count = c.untilInterval - c.fromInterval + 1;
        if (count == 1 && _isNear(c.fromInterval)) _book(id, c, c.fromInterval, 1, profile);

        (uint256 ofSeller, uint256 ofBuyer) = _boundBy(c, c.fromInterval, count, profile);
        MARKET.bind(c.buyer, uint96(ofBuyer)); // 32, 34 and 12 bits over a thousand
        if (ofSeller != 0) MARKET.bind(c.seller, uint96(ofSeller));
    }

    function _checkTerms(PowerContract calldata t) private view {
        bool wheels = t.sellerNode != t.buyerNode;
        bytes32 field;
        if (t.untilInterval < t.fromInterval) field = "untilInterval";
        else if (t.untilInterval - t.fromInterval >= MAX_INTERVALS) field = "untilInterval";
        else if ((t.energyWh == 0) == (t.profile == 0)) field = "energyWh";
        else if (wheels != (t.carrier != address(0))) field = "carrier";
        else if (!wheels && t.wheelingFee != 0) field = "wheelingFee";
        else if (GRID.node(t.sellerNode).carrier != GRID.node(t.buyerNode).carrier) field = "buyerNode";
        else if (!_isAt(t.sellerMeter, t.sellerNode)) field = "sellerMeter";
        else if (!_isAt(t.buyerMeter, t.buyerNode)) field = "buyerMeter";
        else if (_hasMeter(t) != (t.penalty != 0)) field = "penalty";
        if (field != 0) revert TradesBadTerms(field);
    }

    function _hasMeter(PowerContract calldata t) private pure returns (bool) {
        return MeterId.unwrap(t.sellerMeter) != 0 || MeterId.unwrap(t.buyerMeter) != 0;
    }

    /// @dev The meter must belong to the node of its party.
    function _isAt(MeterId meter, uint8 node) private view returns (bool) {
        return MeterId.unwrap(meter) == 0 || NodeId.unwrap(METERS.meter(meter).node) == GRID.node(node).metering;
    }

    function _checkTime(PowerContract calldata t) private view {
        bool open = MARKET.stageOf(t.fromInterval) == PowerStage.Open;
        if (block.timestamp > t.deadline || !open) revert TradesTooLate(t.deadline, t.fromInterval);
        Horizon.checkChange(_startOf(t.untilInterval));
        uint256 nodes = GRID.nodesAt(_startOf(t.fromInterval));
        if (t.sellerNode >= nodes || t.buyerNode >= nodes) revert TradesBadTerms("fromInterval");
    }

    function _stateOf(PowerContract calldata t) private view returns (PowerContractState memory c) {
        GridFee memory grid = _gridFees[t.buyerNode];
        if (grid.fee > t.maximumGridFee) revert TradesGridFee(grid.fee, t.maximumGridFee);
        (c.gridFee, c.grid) = (grid.fee, grid.to);
        (c.fromInterval, c.untilInterval) = (t.fromInterval, t.untilInterval);
        (c.sellerNode, c.buyerNode) = (t.sellerNode, t.buyerNode);
        (c.price, c.wheelingFee, c.penalty) = (t.price, t.wheelingFee, t.penalty);
        (c.energyWh, c.profile) = (t.energyWh, t.profile);
        (c.sellerMeter, c.buyerMeter) = (t.sellerMeter, t.buyerMeter);
    }

    /// @dev The account of `signer`, whose signature is valid and not revoked.
    function _signed(address signer, bytes32 digest, bytes calldata signature)
        private
        view
        returns (PowerAccountId account)
    {
        bool good = !_revoked[signer][digest] && SignatureChecker.isValidSignatureNow(signer, digest, signature);
        if (!good) revert TradesBadSignature(signer, digest);
        (ParticipantId id, uint8 rights, ParticipantStatus status) = PARTICIPANTS.walletOf(signer);
        // The wallet's comes first: any participant may have opened an account for its address, before it was one's wallet.
        if (id == ParticipantId.wrap(0)) {
            account = MARKET.pseudonymOf(signer);
            if (PowerAccountId.unwrap(account) == 0) revert TradesNotAllowed(signer);
            ParticipantId sponsor = MARKET.accountOf(account).sponsor;
            if (PARTICIPANTS.participant(sponsor).status != ParticipantStatus.Active) revert TradesNotAllowed(signer);
            return account;
        }
        if (status != ParticipantStatus.Active || rights & WalletRights.TRADE == 0) revert TradesNotAllowed(signer);
        return PowerAccountId.wrap(ParticipantId.unwrap(id));
    }

    /// @dev The parties are distinct accounts, so that a shortfall cannot be netted with the party's own purchase.
    function _checkParties(PowerContractState memory c) private pure {
        (uint32 seller, uint32 buyer, uint32 carrier) =
            (PowerAccountId.unwrap(c.seller), PowerAccountId.unwrap(c.buyer), PowerAccountId.unwrap(c.carrier));
        if (seller == buyer || carrier == seller || carrier == buyer) revert TradesBadTerms("buyer");
    }

    /// @inheritdoc IPowerTrades
    function revoke(bytes32 digest) external {
        if (idOf[digest] != 0) revert TradesAgreedBefore(idOf[digest]);
        _revoked[msg.sender][digest] = true;
        emit SignatureRevoked(msg.sender, digest);
    }

    /* BOOK */

    /// @inheritdoc IPowerTrades
    function book(uint64 id, uint32 first, uint32 count, uint256[] calldata profile) external {
        PowerContractState memory c = _existing(id, first, count, profile);
        _book(id, c, first, count, profile);
    }

    function _book(uint64 id, PowerContractState memory c, uint32 first, uint32 count, uint256[] calldata profile)
        private
    {
        if (block.timestamp >= _startOf(uint256(first) + 1)) revert TradesWrongInterval(id, first);
        if (!_isNear(uint256(first) + count - 1)) revert TradesTooEarly(id, first + count - 1, AHEAD);
        bool wheels = c.sellerNode != c.buyerNode;
        Seller memory seller = _sellerOf(c.seller, c.sellerNode);
        Seller memory carrier;
        if (wheels) carrier = _sellerOf(c.carrier, c.buyerNode);
        for (uint32 i = first; i < first + count; ++i) {
            _markBooked(id, i);
            if (i == first || _startOf(i) / 1 hours != _startOf(i - 1) / 1 hours) {
                seller.mostWh = _mostOf(seller, i);
                if (wheels) carrier.mostWh = _mostOf(carrier, i);
            }
            uint256 energy = _energyOf(c, i, profile);
            if (energy == 0) continue;
            _sell(seller, i, energy);
            if (wheels) {
                _buy(c.carrier, c.sellerNode, i, energy);
                _sell(carrier, i, energy);
            }
            _buy(c.buyer, c.buyerNode, i, energy);
        }
        emit IntervalsBooked(id, first, count);
    }

    /// @dev A booked sale stands, though its seller be registered with less from then on.
    function _isNear(uint256 interval) private view returns (bool) {
        return _startOf(interval) <= block.timestamp + AHEAD;
    }

    function _sellerOf(PowerAccountId account, uint8 node) private view returns (Seller memory s) {
        (s.account, s.node, s.owner) = (account, node, MARKET.accountOf(account).sponsor);
        if (ParticipantId.unwrap(s.owner) == 0) {
            s.owner = ParticipantId.wrap(uint24(PowerAccountId.unwrap(account))); // a participant's own
        }
    }

    /// @dev All of a participant's accounts sell no more at a node than it may offer there, which changes with the hour of day: energy that
    /// is not there would be owed as imbalance by an account without the means, and its buyer be paid for it.
    function _mostOf(Seller memory s, uint256 interval) private view returns (uint256 wh) {
        return LIMITS.mostOf(s.owner, s.node, uint8(PackedCurveLib.OFFER), _startOf(interval));
    }

    /* CARRY OUT */

    /// @inheritdoc IPowerTrades
    function execute(uint64 id, uint32 first, uint32 count, uint256[] calldata profile, MeteredLeaf[] calldata leaves)
        external
    {
        PowerContractState memory c = _existing(id, first, count, profile);
        uint32 last = first + count - 1;
        if (block.timestamp < _startOf(uint256(last) + 1)) revert TradesWrongInterval(id, last);
        uint256 each = _leavesOf(c);
        if (leaves.length != each * count) revert TradesOtherLeaves(leaves.length, each * count);

        Executed memory e;
        for (uint32 i; i < count; ++i) {
            _markDone(id, first + i, true);
            _executeOne(c, first + i, _energyOf(c, first + i, profile), leaves, i * each, e);
        }
        emit IntervalsExecuted(id, first, count, e);
        (uint256 ofSeller, uint256 ofBuyer) = _boundBy(c, first, count, profile);
        _pay(c, e, ofSeller, ofBuyer);
    }

    /// @dev Leaves of one interval.
    function _leavesOf(PowerContractState memory c) private pure returns (uint256 each) {
        if (MeterId.unwrap(c.sellerMeter) != 0) ++each;
        if (MeterId.unwrap(c.buyerMeter) != 0) ++each;
    }

    /// @dev Adds the amounts of one interval.
    function _executeOne(
        PowerContractState memory c,
        uint32 interval,
        uint256 energy,
        MeteredLeaf[] calldata leaves,
        uint256 next,
        Executed memory e
    ) private view {
        e.energyWh += energy;
        e.paid += _up(energy * (uint256(c.price) + c.wheelingFee + c.gridFee));
        e.proceeds += energy * c.price / PER_KWH;
        e.wheeling += energy * c.wheelingFee / PER_KWH;
        e.grid += energy * c.gridFee / PER_KWH;
        if (energy == 0) return;
        if (MeterId.unwrap(c.sellerMeter) != 0) {
            int256 net = _netExport(c.sellerMeter, interval, leaves[next++]);
            uint256 short = _shortOf(c.seller, c.sellerNode, interval, energy, net, true);
            e.sellerShortWh += short;
            e.sellerPenalty += short * c.penalty / PER_KWH;
        }
        if (MeterId.unwrap(c.buyerMeter) != 0) {
            int256 net = _netExport(c.buyerMeter, interval, leaves[next]);
            uint256 short = _shortOf(c.buyer, c.buyerNode, interval, energy, net, false);
            e.buyerShortWh += short;
            e.buyerPenalty += short * c.penalty / PER_KWH;
        }
    }

    /// @dev Net export of a meter by a final leaf [Wh]; 0 for a held one, or one missing after the grace period.
    function _netExport(MeterId meter, uint32 interval, MeteredLeaf calldata given) private view returns (int256) {
        if (given.shown.count == 0) {
            if (block.timestamp <= _startOf(uint256(interval) + 1) + GRACE) revert TradesNotFinal(meter, interval);
            return 0;
        }
        if (given.shown.leaf.salted != keccak256(abi.encode(given.salt, meter))) {
            revert TradesOtherMeter(meter, interval);
        }
        uint40 start = uint40(_startOf(interval)); // 32 bits of quarters
        (, bool isFinal) = METERS.requireLeaf(METERS.meter(meter).node, start, given.shown);
        if (!isFinal) revert TradesNotFinal(meter, interval);
        if (given.shown.leaf.reading.quality() == uint256(Quality.Held)) return 0;
        return int256(given.shown.leaf.reading.exportWh()) - int256(given.shown.leaf.reading.importWh()); // 40 bits
    }

    function _pay(PowerContractState memory c, Executed memory e, uint256 ofSeller, uint256 ofBuyer) private {
        // Each amount is below 2^96, see {agree}.
        int256 toSeller = int256(e.proceeds) + int256(e.buyerPenalty) - int256(e.sellerPenalty);
        int256 toBuyer = int256(e.sellerPenalty) - int256(e.buyerPenalty) - int256(e.paid);
        uint256[] memory words = new uint256[](2 + (e.wheeling == 0 ? 0 : 1) + (e.grid == 0 ? 0 : 1));
        // The payer first, so that the ledger never lends amounts of the same call.
        words[0] = _entry(c.buyer, toBuyer, ofBuyer);
        words[1] = _entry(c.seller, toSeller, ofSeller);
        if (e.wheeling != 0) words[2] = _entry(c.carrier, int256(e.wheeling), 0);
        if (e.grid != 0) words[words.length - 1] = _entry(c.grid, int256(e.grid), 0);
        MARKET.settle(words);
    }

    function _entry(PowerAccountId account, int256 amount, uint256 unbound) private pure returns (uint256) {
        return PackedLedgerEntryLib.pack(PowerAccountId.unwrap(account), amount, unbound);
    }

    /// @inheritdoc IPowerTrades
    function lapse(uint64 id, uint32 first, uint32 count, uint256[] calldata profile) external {
        PowerContractState memory c = _existing(id, first, count, profile);
        uint32 last = first + count - 1;
        if (block.timestamp < _startOf(uint256(last) + 1)) revert TradesWrongInterval(id, last);
        for (uint32 i; i < count; ++i) {
            _markDone(id, first + i, false);
        }
        emit IntervalsLapsed(id, first, count);
        (uint256 ofSeller, uint256 ofBuyer) = _boundBy(c, first, count, profile);
        MARKET.unbind(c.buyer, uint96(ofBuyer)); // a part of what {agree} bound
        if (ofSeller != 0) MARKET.unbind(c.seller, uint96(ofSeller));
    }

    /* VIEWS */

    /// @inheritdoc IPowerTrades
    function contractOf(uint64 id) public view returns (PowerContractState memory c) {
        c = _contracts[id];
        if (PowerAccountId.unwrap(c.seller) == 0) revert TradesUnknown(id);
    }

    /// @inheritdoc IPowerTrades
    function digestOf(PowerContract calldata terms) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(CONTRACT_TYPEHASH, terms)));
    }

    /* INSIDE */

    /// @dev The contract, if intervals and profile are its own.
    function _existing(uint64 id, uint32 first, uint32 count, uint256[] calldata profile)
        private
        view
        returns (PowerContractState memory c)
    {
        c = contractOf(id);
        if (count == 0 || count > MAX_BOOKED) revert TradesTooMany(count, MAX_BOOKED);
        if (first < c.fromInterval) revert TradesWrongInterval(id, first);
        if (uint256(first) + count - 1 > c.untilInterval) revert TradesWrongInterval(id, c.untilInterval);
        _checkProfile(id, c, profile);
    }

    function _checkProfile(uint64 id, PowerContractState memory c, uint256[] calldata profile) private view {
        bool right = c.profile == 0
            ? profile.length == 0
            : profile.length == (PER_DAY + 7) / 8 && keccak256(abi.encodePacked(profile)) == c.profile;
        if (!right) revert TradesOtherProfile(id);
    }

    /// @dev Energy of an interval [Wh]; a profile begins with each day in UTC.
    function _energyOf(PowerContractState memory c, uint256 interval, uint256[] calldata profile)
        private
        view
        returns (uint256)
    {
        if (c.profile == 0) return c.energyWh;
        uint256 place = interval % PER_DAY;
        return uint32(profile[place / 8] >> 32 * (place % 8));
    }

    /// @dev Bound credits of each side: its maximum cost, interval by interval.
    function _boundBy(PowerContractState memory c, uint256 first, uint256 count, uint256[] calldata profile)
        private
        view
        returns (uint256 ofSeller, uint256 ofBuyer)
    {
        uint256 each = uint256(c.price) + c.wheelingFee + c.gridFee;
        for (uint256 i = first; i < first + count; ++i) {
            uint256 energy = _energyOf(c, i, profile);
            ofBuyer += _up(energy * each);
            uint256 penalty = energy * c.penalty / PER_KWH;
            if (MeterId.unwrap(c.sellerMeter) != 0) ofSeller += penalty;
            if (MeterId.unwrap(c.buyerMeter) != 0) ofBuyer += penalty;
        }
    }

    function _up(uint256 amount) private pure returns (uint256) {
        return (amount + PER_KWH - 1) / PER_KWH;
    }

    function _startOf(uint256 interval) private view returns (uint256) {
        return interval * INTERVAL_S;
    }
}
