// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Test} from "forge-std/Test.sol";
import {Vm} from "forge-std/Vm.sol";

import {MerkleSum, SumWord} from "../../contracts/lib/MerkleSum.sol";
import {LeafPlace, MeterReadings, ReadingWord} from "../../contracts/lib/MeterReadings.sol";
import {ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {
    IMeterOracle,
    LeafAsked,
    LeafProof,
    MeterLeaf,
    MeterRecord,
    MeterSignature,
    OneTimeKey
} from "../../interfaces/evidence/IMeterOracle.sol";
import {Carrier, Curve, IMeters, Meter, MeterKey, Node} from "../../interfaces/evidence/IMeters.sol";
import {IOpenParticipants} from "../../interfaces/open/IOpenParticipants.sol";
import {IPayouts} from "../../interfaces/parties/IPayouts.sol";
import {ISettlementCurrency} from "../../interfaces/market/ISettlementCurrency.sol";
import {MeterId, NodeId, Quality} from "../../interfaces/types/MeterTypes.sol";

/// @dev A node in Shenzhen, its oracle with a bond, and meters on both curves; trees of leaves as the daemon builds them.
abstract contract MeterCase is Test {
    SchemeId internal constant SCHEME = SchemeId.wrap(7);
    uint256 internal constant SLASH = 1_000_00;
    uint256 internal constant FEE = 5_00;
    uint16 internal constant QUARTER = 900;
    uint40 internal constant START = 1_700_000_100; // on the grid of quarters
    bytes32 internal constant SALT = keccak256("salt of today");
    bytes32 internal constant RECORD_SALT = keccak256("another");
    bytes32 internal constant DATA = keccak256("leaves");
    /// @dev The meter of all leaves of a tree but the one it is made for: the first that is registered.
    MeterId internal constant STREET = MeterId.wrap(1);
    /// @dev Private keys: of a challenge, and of the oracle for one answer.
    uint256 internal constant ASKING = uint256(keccak256("one-time key"));
    uint256 internal constant ANSWERING = uint256(keccak256("ephemeral key"));
    uint256 internal constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    IOpenParticipants internal participants;
    IMeters internal meters;
    IMeterOracle internal oracle;
    address internal rules;
    ISettlementCurrency internal currency;
    NodeId internal node;
    ParticipantId internal poster;

    address internal officer = makeAddr("officer");
    address internal notary = makeAddr("notary");
    address internal household = makeAddr("household");
    address internal sceptic = makeAddr("sceptic");
    address internal treasury = makeAddr("treasury");

    function setUp() public virtual {
        vm.warp(START);
        participants = IOpenParticipants(vm.deployCode("OpenParticipants.sol:OpenParticipants"));
        rules = vm.deployCode("OpenRules.sol:OpenRules", abi.encode(officer));
        AccessManager manager = new AccessManager(address(this));
        currency = ISettlementCurrency(
            vm.deployCode("SettlementCurrency.sol:SettlementCurrency", abi.encode(manager, "yuan", "CNY"))
        );
        address verifier = vm.deployCode("P256Verifier.sol:P256Verifier");
        oracle = IMeterOracle(
            vm.deployCode(
                "MeterOracle.sol:MeterOracle", abi.encode(participants, rules, verifier, currency, treasury, SLASH, FEE)
            )
        );
        meters = IMeters(address(oracle));
        vm.prank(notary);
        poster = participants.join();
        vm.prank(officer);
        node = meters.openNode(_node());
        vm.prank(sceptic);
        ParticipantId operator = participants.join();
        vm.prank(officer);
        meters.setOperator(node, operator);
        _fund(notary, SLASH);
        vm.prank(notary);
        oracle.depositBond(poster, SLASH);
        _fund(sceptic, 10 * FEE);
    }

    function _fund(address who, uint256 amount) internal {
        currency.mint(who, amount);
        vm.prank(who);
        currency.approve(address(oracle), type(uint256).max);
    }

    /// @dev What the contract owes an address.
    function _owed(address who) internal view returns (uint256) {
        return IPayouts(address(oracle)).payoutOf(uint160(who), uint160(address(currency)));
    }

    function _node() internal view returns (Node memory) {
        return Node({
            scheme: SCHEME,
            jurisdiction: 4403,
            carrier: Carrier.Electricity,
            oracle: poster,
            region: 12,
            intervalS: QUARTER,
            correctionS: 3 days,
            challengeS: 1 days,
            revealS: 6 hours
        });
    }

    /* METERS */

    /// @dev Names who may ask for a meter's leaves, from now on.
    function _setReader(MeterId meter, address reader) internal {
        (MeterId[] memory ids, address[] memory readers) = (new MeterId[](1), new address[](1));
        (ids[0], readers[0]) = (meter, reader);
        vm.prank(officer);
        meters.setReaders(ids, readers);
    }

    function _secret(uint256 n) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("meter", n))) >> 1;
    }

    function _key(Curve curve, uint256 n, uint40 from) internal returns (MeterKey memory key) {
        (key.curve, key.from) = (curve, from);
        if (curve == Curve.P256) {
            (uint256 x, uint256 y) = vm.publicKeyP256(_secret(n));
            (key.x, key.y) = (bytes32(x), bytes32(y));
        } else {
            Vm.Wallet memory w = vm.createWallet(_secret(n));
            (key.x, key.y) = (bytes32(w.publicKeyX), bytes32(w.publicKeyY));
        }
    }

    function _meter(Curve curve, uint256 n) internal returns (MeterId) {
        Meter memory m = Meter({
            owner: ParticipantId.wrap(9),
            node: node,
            nameplateW: 5_000,
            validFrom: START - 1 days,
            validUntil: 0,
            multiplierMilli: 1_000,
            digits: 9,
            keyCount: 0,
            intervalS: 0
        });
        MeterKey memory key = _key(curve, n, START - 1 days);
        vm.prank(officer);
        return meters.registerMeter(m, key);
    }

    /// @dev A meter whose reader is the sceptic.
    function _doubted(Curve curve, uint256 n) internal returns (MeterId meter) {
        meter = _meter(curve, n);
        _setReader(meter, sceptic);
    }

    /// @dev The commitment to both registers, under the salt that a meter has for this moment.
    function _registers(uint64 importWh, uint64 exportWh) internal pure returns (bytes16) {
        return bytes16(sha256(abi.encodePacked(bytes16(keccak256("the meter's salt")), importWh, exportWh)));
    }

    function _record(MeterId meter, uint64 importWh) internal pure returns (MeterRecord memory) {
        return MeterRecord({
            meter: meter, readAt: START + QUARTER, registers: _registers(importWh, 70), sequence: 11, status: 0
        });
    }

    function _digest(MeterRecord memory r) internal pure returns (bytes32) {
        return sha256(abi.encodePacked("tonne meter 2", r.meter, r.readAt, r.registers, r.sequence, r.status));
    }

    function _sign(Curve curve, uint256 n, bytes32 digest) internal pure returns (bytes32 r, bytes32 s) {
        if (curve == Curve.P256) return vm.signP256(_secret(n), digest);
        (, r, s) = vm.sign(_secret(n), digest);
    }

    /// @dev Signed by key `n` as the first key of the record's meter.
    function _by(Curve curve, uint256 n, MeterRecord memory record) internal returns (MeterSignature memory by) {
        MeterKey memory key = _key(curve, n, 0);
        (by.salt, by.x, by.y) = (SALT, key.x, key.y);
        (by.r, by.s) = _sign(curve, n, _digest(record));
    }

    /// @dev Where the leaf is, said of `meter` and its key number `keyIndex`.
    function _place(LeafProof memory p, MeterId meter, uint8 keyIndex) internal view returns (LeafPlace) {
        return MeterReadings.place(node, START, p.index, p.count, meter, keyIndex);
    }

    /* TREES */

    function _salted(bytes32 salt, MeterId meter) internal pure returns (bytes32) {
        return keccak256(abi.encode(salt, meter));
    }

    function _leafOf(MeterRecord memory r) internal pure returns (MeterLeaf memory) {
        return MeterLeaf({
            salted: _salted(SALT, r.meter),
            reading: MeterReadings.pack(r.registers, 250, 30, r.sequence, Quality.Settled),
            recordDigest: keccak256(abi.encode(RECORD_SALT, _digest(r)))
        });
    }

    function _saltOf(uint256 i) internal pure returns (bytes32) {
        return keccak256(abi.encode("neighbour", i));
    }

    /// @dev A neighbour's leaf; every fourth is provisional, substituted or held.
    function _other(uint256 i) internal pure returns (MeterLeaf memory) {
        return MeterLeaf({
            salted: _salted(_saltOf(i), STREET),
            reading: MeterReadings.pack(
                _registers(uint64(1_000 * i), uint64(10 * i)), uint40(100 + i), uint40(i % 7), uint40(i), Quality(i % 4)
            ),
            recordDigest: keccak256(abi.encode("record", i))
        });
    }

    /// @dev A tree's root and sums, and the proof of one leaf.
    struct Tree {
        bytes32 root;
        SumWord sums;
        LeafProof shown;
    }

    /// @dev Leaf `index` of `count`; the others are neighbours'.
    function _tree(MeterLeaf memory leaf, uint256 index, uint256 count) internal pure returns (Tree memory t) {
        bytes32[] memory hashes = new bytes32[](count);
        SumWord[] memory sums = new SumWord[](count);
        for (uint256 i; i < count; ++i) {
            MeterLeaf memory l = i == index ? leaf : _other(i);
            hashes[i] = _hash(l);
            sums[i] = l.reading.sums();
        }
        t.shown = LeafProof(leaf, uint32(index), uint32(count), "");
        while (count > 1) {
            if (index ^ 1 < count) {
                bytes memory way = t.shown.proof;
                t.shown.proof =
                    abi.encodePacked(way, bytes22(hashes[index ^ 1]), uint192(SumWord.unwrap(sums[index ^ 1])));
            }
            for (uint256 i; i < count / 2; ++i) {
                hashes[i] = MerkleSum.node(hashes[2 * i], sums[2 * i], hashes[2 * i + 1], sums[2 * i + 1]);
                sums[i] = MerkleSum.add(sums[2 * i], sums[2 * i + 1]);
            }
            if (count % 2 == 1) (hashes[count / 2], sums[count / 2]) = (hashes[count - 1], sums[count - 1]);
            index /= 2;
            count = (count + 1) / 2;
        }
        (t.root, t.sums) = (hashes[0], sums[0]);
    }

    function _hash(MeterLeaf memory l) internal pure returns (bytes32) {
        return MerkleSum.leaf(l.salted, bytes32(ReadingWord.unwrap(l.reading)), l.recordDigest);
    }

    function _post(Tree memory p, uint8 run) internal {
        vm.prank(notary);
        oracle.post(node, START, run, p.root, p.sums, DATA);
    }

    /// @dev After the interval has ended; the meter of its leaves is registered.
    function _posted(uint256 count) internal returns (Tree memory p) {
        if (meters.meterCount() == 0) _meter(Curve.Secp256k1, 77);
        vm.warp(START + QUARTER);
        p = _tree(_other(count / 3), count / 3, count);
        _post(p, 1);
    }

    /* CHALLENGES */

    /// @dev The operator of the node asks for the leaf at a place.
    function _ask(Tree memory p, uint256 index) internal returns (uint256) {
        OneTimeKey memory key = _public(ASKING);
        vm.prank(sceptic);
        return oracle.challenge(LeafAsked(node, START, uint32(index), true), p.root, p.sums, key);
    }

    /// @dev The reader of a meter asks for its leaf.
    function _askOf(MeterId meter, Tree memory p) internal returns (uint256) {
        OneTimeKey memory key = _public(ASKING);
        vm.prank(household);
        return oracle.challenge(LeafAsked(node, START, MeterId.unwrap(meter), false), p.root, p.sums, key);
    }

    function _public(uint256 secret) internal returns (OneTimeKey memory) {
        Vm.Wallet memory w = vm.createWallet(secret);
        return OneTimeKey(bytes32(w.publicKeyX), bytes32(w.publicKeyY));
    }

    /// @dev The oracle's wallet answers with the tree's own leaf.
    function _answer(uint256 id, Tree memory p) internal returns (bytes memory sealed_) {
        sealed_ = _seal(id, _opened(p));
        vm.prank(notary);
        oracle.answer(id, sealed_);
    }

    /// @dev A neighbour's leaf as an answer opens to it.
    function _opened(Tree memory p) internal pure returns (bytes memory) {
        return _openedOf(p, STREET, _saltOf(p.shown.index));
    }

    function _openedOf(Tree memory p, MeterId meter, bytes32 salt) internal pure returns (bytes memory) {
        LeafProof memory s = p.shown;
        return abi.encodePacked(
            s.index, s.count, meter, salt, ReadingWord.unwrap(s.leaf.reading), s.leaf.recordDigest, s.proof
        );
    }

    /// @dev Sealed to the one-time key; whoever seals knows the product of both private keys here.
    function _seal(uint256 id, bytes memory opened) internal returns (bytes memory) {
        OneTimeKey memory point = _public(ANSWERING);
        bytes32 info = keccak256(abi.encode(block.chainid, oracle, id));
        bytes memory made = abi.encodePacked(uint8(2 + uint256(point.y) % 2), point.x, opened);
        bytes32 x = _shared().x;
        for (uint256 i; i < opened.length; ++i) {
            bytes32 derived = sha256(abi.encodePacked(x, uint32(i / 32 + 1), info));
            made[33 + i] = made[33 + i] ^ derived[i % 32];
        }
        return made;
    }

    function _shared() internal returns (OneTimeKey memory) {
        return _public(mulmod(ASKING, ANSWERING, ORDER));
    }
}
