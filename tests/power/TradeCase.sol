// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MerkleSum} from "../../contracts/lib/MerkleSum.sol";
import {MeterReadings, ReadingWord} from "../../contracts/lib/MeterReadings.sol";
import {MeteredLeaf} from "../../interfaces/units/IEnergyCertificates.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {IMeterOracle, LeafProof, MeterLeaf} from "../../interfaces/evidence/IMeterOracle.sol";
import {Carrier, Curve, Meter, MeterKey, Node} from "../../interfaces/evidence/IMeters.sol";
import {MeterId, NodeId, Quality} from "../../interfaces/types/MeterTypes.sol";
import {BidderTerms} from "../../interfaces/power/IBidLimits.sol";
import {IPowerLedger, LedgerRights} from "../../interfaces/power/IPowerLedger.sol";
import {PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {IPowerTrades, PowerContract, PowerSignatures} from "../../interfaces/power/IPowerTrades.sol";
import {Powers} from "../../interfaces/rules/ISchemes.sol";
import {PowerCase} from "./PowerCase.sol";

/// @dev Two nodes of electricity. Accounts by key: pseudonyms 0 (sells), 1 (buys) and 2 of the sponsor, with a million credits
/// each, and the plant, which wheels and runs the grid. Meters, each alone at a metering node that settles the first node.
abstract contract TradeCase is PowerCase {
    uint256 internal constant GRACE = 14 days;
    uint96 internal constant FUNDS = 1_000_000_000_000; // [micro-credit]
    uint32 internal constant CARRIED = 3e9; // [Wh] that the carrier may sell at node 1
    uint256 internal constant COST = 250_252; // of the neighbours' 1,001 Wh, up
    uint256 internal constant WORTH = 250_251; // down
    uint32 internal constant SELLER = FIRST_PSEUDONYM;
    uint32 internal constant BUYER = FIRST_PSEUDONYM + 1;
    uint32 internal constant THIRD = FIRST_PSEUDONYM + 2;
    bytes32 internal constant TYPEHASH = keccak256(
        "PowerContract(address seller,address buyer,address carrier,uint8 sellerNode,uint8 buyerNode,uint32 fromInterval,uint32 untilInterval,uint32 price,uint32 wheelingFee,uint32 maximumGridFee,uint32 penalty,uint32 energyWh,bytes32 profile,uint32 sellerMeter,uint32 buyerMeter,uint40 deadline,uint256 salt)"
    );

    IMeterOracle internal meters;
    IPowerTrades internal trades;
    IPowerLedger internal ledger;
    address internal notary = makeAddr("notary");
    address internal carrier;
    uint256 internal carrierKey;
    ParticipantId internal carrierId;
    NodeId internal roof; //  where the seller's meter is
    NodeId internal house; // where the buyer's is
    MeterId internal sellerMeter;
    MeterId internal buyerMeter;
    uint32 internal own; //   account of PowerTrades itself, which takes what rounding leaves

    function setUp() public virtual override {
        super.setUp();
        (carrier, carrierKey) = makeAddrAndKey("carrier");
        carrierId = _register(carrier);
        _register(notary);
        schemes.grantOffice(officer, NORTH, 0, Powers.MARKET | Powers.METER);
        meters = IMeterOracle(
            vm.deployCode(
                "MeterOracle.sol:MeterOracle",
                abi.encode(participants, schemes, address(0), address(0), address(this), uint256(0), uint256(0))
            )
        );
        (roof, house) = (_metering(), _metering());
        (sellerMeter, buyerMeter) = (_meter(roof), _meter(house));
        _nodeBy(roof, 1);
        _nodeBy(house, 2);
        _limit(0, sponsorId, type(uint32).max, carrierId, 1_001);
        _limit(1, sponsorId, type(uint32).max, carrierId, CARRIED);
        trades = IPowerTrades(
            vm.deployCode("PowerTrades.sol:PowerTrades", abi.encode(market, meters, participants, schemes, GRACE))
        );
        ledger = IPowerLedger(address(market));
        ledger.setController(address(trades), LedgerRights.BIND | LedgerRights.SETTLE);
        own = PowerAccountId.unwrap(ledger.controllerOf(address(trades)).account);
        _deposit(sponsor, 3 * FUNDS / MICRO);
        _deposit(carrier, FUNDS / MICRO);
        _pseudonyms(3, FUNDS);
        interval = uint32((vm.getBlockTimestamp() + NOTICE) / 900 + 2);
    }

    /// @dev Whose accounts may sell how much at a node.
    function _limit(uint8 node, ParticipantId a, uint32 ofA, ParticipantId b, uint32 ofB) private {
        (ParticipantId[] memory ids, BidderTerms[] memory list) = (new ParticipantId[](2), new BidderTerms[](2));
        (ids[0], ids[1]) = (a, b);
        (list[0], list[1]) = (BidderTerms(0, 0, ofA, 30), BidderTerms(0, 0, ofB, 30));
        vm.prank(officer);
        limits.register(node, ids, list);
    }

    function _nodeBy(NodeId metering, uint24 region) private {
        vm.prank(officer);
        grid.addNode(NORTH, PLACE, 1, region, NodeId.unwrap(metering));
    }

    function _metering() internal returns (NodeId) {
        (ParticipantId oracle,,) = participants.walletOf(notary);
        vm.prank(officer);
        return meters.openNode(Node(NORTH, PLACE, Carrier.Electricity, oracle, 12, 900, 3 days, 1 days, 6 hours));
    }

    function _meter(NodeId at) internal returns (MeterId) {
        Meter memory m;
        (m.owner, m.node, m.nameplateW, m.validFrom) = (sponsorId, at, 5_000, 1);
        (m.multiplierMilli, m.digits) = (1_000, 9);
        vm.prank(officer);
        return meters.registerMeter(m, MeterKey("x", "y", 1, Curve.P256));
    }

    /* CONTRACTS */

    /// @dev 1,001 Wh from neighbour to neighbour at node 0, at 250,001 micro-credits a kWh, in one interval.
    function _neighbours() internal view returns (PowerContract memory t) {
        (t.seller, t.buyer) = (vm.addr(_key(0)), vm.addr(_key(1)));
        (t.fromInterval, t.untilInterval) = (interval, interval);
        (t.price, t.energyWh) = (250_001, 1_001);
        t.maximumGridFee = 100_000;
        t.deadline = uint40(vm.getBlockTimestamp() + 1 days);
    }

    /// @dev The same for a day, from node 0 to node 1 by the carrier, with meters and a penalty.
    function _supply() internal view returns (PowerContract memory t) {
        t = _neighbours();
        t.untilInterval = interval + 95;
        (t.carrier, t.buyerNode, t.wheelingFee) = (carrier, 1, 30_001);
        (t.sellerMeter, t.buyerMeter, t.penalty) = (sellerMeter, buyerMeter, 100_001);
    }

    function _digest(PowerContract memory t) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("tonne PowerTrades"),
                keccak256("1"),
                block.chainid,
                address(trades)
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, keccak256(abi.encode(TYPEHASH, t))));
    }

    function _sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function _signed(PowerContract memory t) internal view returns (PowerSignatures memory s) {
        bytes32 digest = _digest(t);
        (s.seller, s.buyer) = (_sign(_key(0), digest), _sign(_key(1), digest));
        if (t.carrier != address(0)) s.carrier = _sign(carrierKey, digest);
    }

    function _none() internal pure returns (uint256[] memory) {
        return new uint256[](0);
    }

    function _agree(PowerContract memory t) internal returns (uint64) {
        return trades.agree(t, _signed(t), _none());
    }

    function _refused(PowerContract memory t, bytes memory error_) internal {
        PowerSignatures memory s = _signed(t);
        vm.expectRevert(error_);
        trades.agree(t, s, _none());
    }

    function _badTerms(PowerContract memory t, bytes32 field) internal {
        _refused(t, abi.encodeWithSelector(IPowerTrades.TradesBadTerms.selector, field));
    }

    function _position(uint32 account, uint8 node, uint32 at) internal view returns (uint256 sold, uint256 bought) {
        return trades.positionOf(PowerAccountId.wrap(account), node, at);
    }

    function _carrierAccount() internal view returns (uint32) {
        (ParticipantId id,,) = participants.walletOf(carrier);
        return ParticipantId.unwrap(id);
    }

    function _assertPosition(uint32 account, uint8 node, uint32 at, uint256 sold, uint256 bought) internal view {
        (uint256 s, uint256 b) = _position(account, node, at);
        assertEq(s, sold);
        assertEq(b, bought);
    }

    function _wrong(uint64 id, uint32 at) internal {
        vm.expectRevert(abi.encodeWithSelector(IPowerTrades.TradesWrongInterval.selector, id, at));
    }

    /* READINGS */

    function _leaf(MeterId meter, uint40 importWh, uint40 exportWh, Quality quality)
        internal
        pure
        returns (MeteredLeaf memory)
    {
        return MeteredLeaf(
            SALT,
            LeafProof(
                MeterLeaf(
                    keccak256(abi.encode(SALT, meter)), MeterReadings.pack(0, importWh, exportWh, 11, quality), "record"
                ),
                0,
                1,
                ""
            )
        );
    }

    /// @dev Posts a leaf that is alone at its meter's node.
    function _post(MeterId meter, uint32 at, MeteredLeaf memory l) internal {
        MeterLeaf memory leaf = l.shown.leaf;
        bytes32 root = MerkleSum.leaf(leaf.salted, bytes32(ReadingWord.unwrap(leaf.reading)), leaf.recordDigest);
        NodeId at_ = meters.meter(meter).node;
        vm.prank(notary);
        meters.post(at_, uint40(at) * 900, 1, root, leaf.reading.sums(), "leaves");
    }

    function _toEndOf(uint32 at) internal {
        vm.warp((uint256(at) + 1) * 900);
    }

    /// @dev Past the end, the correction and the challenge of an interval.
    function _final(uint32 at) internal {
        vm.warp((uint256(at) + 1) * 900 + 4 days + 2);
    }

    /// @dev What both meters showed in an interval, posted and final: what the roof delivered, what the house took.
    function _measured(uint32 at, uint40 delivered, uint40 taken) internal returns (MeteredLeaf[] memory leaves) {
        leaves = new MeteredLeaf[](2);
        leaves[0] = _leaf(sellerMeter, 0, delivered, Quality.Settled);
        leaves[1] = _leaf(buyerMeter, taken, 0, Quality.Settled);
        _toEndOf(at);
        _post(sellerMeter, at, leaves[0]);
        _post(buyerMeter, at, leaves[1]);
        _final(at);
    }
}
