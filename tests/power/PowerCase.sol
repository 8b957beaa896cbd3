// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Test} from "forge-std/Test.sol";

import {ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {IParticipants, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {ArcTerms, IPowerGrid} from "../../interfaces/power/IPowerGrid.sol";
import {BidderTerms, IBidLimits} from "../../interfaces/power/IBidLimits.sol";
import {Opening} from "../../interfaces/power/IPowerBids.sol";
import {IPowerVenue} from "../../interfaces/power/IPowerLedger.sol";
import {PowerAccountId, PowerTerms} from "../../interfaces/power/IPowerMarket.sol";
import {NewPseudonym} from "../../interfaces/power/IPowerPseudonyms.sol";
import {IReferencePrices} from "../../interfaces/power/IReferencePrices.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {PlainToken} from "../standalone/Doubles.sol";
import {Applications} from "../parties/Applications.sol";
import {MeterDouble} from "./MeterDouble.sol";

/// @dev A grid to be built, a market on it, a sponsor (an aggregator) and a plant, credits from an ERC-1155. Both may bid a GWh
/// at every node by their own devices.
abstract contract PowerCase is Test {
    SchemeId internal constant NORTH = SchemeId.wrap(1);
    SchemeId internal constant SOUTH = SchemeId.wrap(2);
    uint16 internal constant PLACE = 11;
    uint256 internal constant CREDIT = 5;
    uint64 internal constant MICRO = 1_000; // micro-credits of a unit of the token
    uint40 internal constant NOTICE = 1 hours;
    uint256 internal constant NODES_PER_SCHEME = 48;
    uint32 internal constant FIRST_PSEUDONYM = 1 << 24;
    uint32 internal constant RATING = 1e9; // [Wh]
    bytes32 internal constant SALT = "salt";
    uint256 internal constant BID = 0;
    uint256 internal constant OFFER = 1;

    address internal officer = makeAddr("officer");
    address internal bureau = makeAddr("bureau"); //   officer of NORTH alone
    address internal sponsor = makeAddr("sponsor");
    address internal plant = makeAddr("plant");
    address internal stranger = makeAddr("stranger");
    ParticipantId internal sponsorId;
    ParticipantId internal plantId;

    AccessManager internal manager;
    IParticipants internal participants;
    ISchemes internal schemes;
    PlainToken internal token;
    MeterDouble internal sums;
    IPowerGrid internal grid;
    IBidLimits internal limits;
    IReferencePrices internal references;
    IPowerVenue internal market;

    uint32 internal interval; // the first whose grid is there

    struct Step {
        uint256 node;
        uint256 side;
        uint256 limit;
        uint256 price;
    }

    address[] internal bidders; // in the order of their first step
    mapping(address wallet => Step[]) internal steps;

    function setUp() public virtual {
        vm.warp(1_700_000_100);
        manager = new AccessManager(address(this));
        participants = IParticipants(vm.deployCode("Participants.sol:Participants", abi.encode(address(manager))));
        schemes = ISchemes(vm.deployCode("Schemes.sol:Schemes", abi.encode(address(manager))));
        schemes.createScheme(NORTH, "north", 0, 30, 0);
        schemes.createScheme(SOUTH, "south", 0, 30, 0);
        schemes.grantOffice(officer, NORTH, 0, Powers.MARKET);
        schemes.grantOffice(officer, SOUTH, 0, Powers.MARKET);
        schemes.grantOffice(bureau, NORTH, 0, Powers.MARKET);
        participants.setRegistrar(officer, 0, true);
        token = new PlainToken();
        (sponsorId, plantId) = (_register(sponsor), _register(plant));
        _build();
    }

    /// @dev A grid without nodes and a market on it, whose accounts are empty.
    function _build() internal {
        grid = IPowerGrid(vm.deployCode("PowerGrid.sol:PowerGrid", abi.encode(schemes, NOTICE, NODES_PER_SCHEME)));
        sums = new MeterDouble();
        limits = IBidLimits(vm.deployCode("BidLimits.sol:BidLimits", abi.encode(grid, sums, schemes)));
        references = IReferencePrices(
            vm.deployCode("ReferencePrices.sol:ReferencePrices", abi.encode(manager, grid, schemes, _terms().intervalS))
        );
        market = IPowerVenue(_deployMarket(_terms()));
        market.setCredits(address(token), CREDIT, MICRO);
        interval = uint32((vm.getBlockTimestamp() + NOTICE) / 900 + 1);
    }

    function _deployMarket(PowerTerms memory t) internal returns (address) {
        return vm.deployCode("PowerMarket.sol:PowerMarket", abi.encode(manager, participants, limits, references, t));
    }

    function _terms() internal pure virtual returns (PowerTerms memory) {
        return PowerTerms({
            intervalS: 900,
            gateLeadS: 600,
            openingS: 30,
            windowS: 300,
            holdS: 2 days,
            priceCap: 10_000_000,
            guarantee: 50_000,
            stepFee: 100
        });
    }

    function _register(address wallet) internal returns (ParticipantId id) {
        return Applications.join(participants, wallet, 2, PLACE, 0, officer);
    }

    // ------------------------------------------------------------------ grid

    function _since() internal view returns (uint40) {
        return uint40(vm.getBlockTimestamp() + NOTICE);
    }

    function _node(uint8 carrier, uint24 region) internal returns (uint8) {
        return _node(NORTH, carrier, region);
    }

    function _node(SchemeId scheme, uint8 carrier, uint24 region) internal returns (uint8 added) {
        vm.prank(officer);
        added = grid.addNode(scheme, PLACE, carrier, region, 0);
        _register(added, sponsorId, plantId, BidderTerms(0, RATING, RATING, 60));
    }

    function _register(uint8 node, ParticipantId a, ParticipantId b, BidderTerms memory terms) internal {
        (ParticipantId[] memory ids, BidderTerms[] memory list) = (new ParticipantId[](2), new BidderTerms[](2));
        (ids[0], ids[1], list[0], list[1]) = (a, b, terms, terms);
        vm.prank(officer);
        limits.register(node, ids, list);
    }

    function _arc(uint8 from, uint8 to, uint32 efficiencyPpm, uint32 capacityWh, uint32 cost) internal returns (uint8) {
        vm.prank(officer);
        return grid.addArc(from, to, _arcTerms(efficiencyPpm, capacityWh, cost));
    }

    function _arcTerms(uint32 efficiencyPpm, uint32 capacityWh, uint32 cost) internal pure returns (ArcTerms memory) {
        return ArcTerms(efficiencyPpm, capacityWh, cost, 1, 100, 101, keccak256("table"));
    }

    // ------------------------------------------------------------------ accounts

    function _deposit(address wallet, uint256 units) internal {
        token.mint(wallet, CREDIT, units);
        vm.prank(wallet);
        token.safeTransferFrom(wallet, address(market), CREDIT, units, "");
    }

    function _key(uint256 number) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("pseudonym", number)));
    }

    /// @dev Opens pseudonyms of the sponsor, each with `micro` credits.
    function _pseudonyms(uint256 count, uint96 micro) internal {
        uint256[] memory keys = new uint256[](count);
        for (uint256 i; i < count; ++i) {
            keys[i] = _key(i);
        }
        _pseudonymsOf(sponsor, keys, micro);
    }

    /// @dev Opens a pseudonym of an owner's for each key, by the key's consent.
    function _pseudonymsOf(address owner, uint256[] memory keys, uint96 micro) internal {
        NewPseudonym[] memory list = new NewPseudonym[](keys.length);
        for (uint256 i; i < keys.length; ++i) {
            list[i] = _consent(owner, keys[i], micro);
        }
        vm.prank(owner);
        market.openPseudonyms(list);
    }

    /// @dev Opens a pseudonym of an owner's for the key of a name.
    function _pseudonymFor(address owner, string memory name) internal returns (address signer) {
        uint256[] memory keys = new uint256[](1);
        (signer, keys[0]) = makeAddrAndKey(name);
        _pseudonymsOf(owner, keys, 0);
    }

    /// @dev A key agrees for a day that an owner opens its account.
    function _consent(address owner, uint256 key, uint96 micro) internal view returns (NewPseudonym memory n) {
        (n.signer, n.credits, n.deadline) = (vm.addr(key), micro, uint40(vm.getBlockTimestamp() + 1 days));
        n.signature = _signed(key, market.consentDigest(n.signer, _participantOf(owner), n.deadline));
    }

    function _signed(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev Account of a participant.
    function _own(ParticipantId id) internal pure returns (uint32) {
        return ParticipantId.unwrap(id);
    }

    // ------------------------------------------------------------------ curves

    /// @dev A step more of a wallet's curve; steps come in the order of the curve.
    function _step(address wallet, uint256 node, uint256 side, uint256 limit, uint256 price) internal {
        if (steps[wallet].length == 0) bidders.push(wallet);
        steps[wallet].push(Step(node, side, limit, price));
    }

    function _forgetSteps() internal {
        for (uint256 i; i < bidders.length; ++i) {
            delete steps[bidders[i]];
        }
        delete bidders;
    }

    function _participantOf(address wallet) internal view returns (ParticipantId id) {
        (id,,) = participants.walletOf(wallet);
    }

    /// @dev Words of a wallet's curves, in the order of node and side.
    function _wordsOf(address wallet) internal view returns (uint256[] memory words) {
        Step[] storage list = steps[wallet];
        words = new uint256[](2 * list.length);
        uint256 next;
        uint256 left = list.length;
        for (uint256 class; left != 0; ++class) {
            (uint256 head, uint256 count) = (next, 0);
            for (uint256 i; i < list.length; ++i) {
                if (2 * list[i].node + list[i].side != class) continue;
                uint256 at = head + 1 + count / 4;
                words[at] |= (list[i].price | list[i].limit << 32) << 64 * (count % 4);
                (next, count) = (at + 1, count + 1);
            }
            if (count == 0) continue;
            words[head] = ParticipantId.unwrap(_participantOf(wallet)) | class / 2 << 32 | class % 2 << 40 | count << 48;
            left -= count;
        }
        assembly ("memory-safe") {
            mstore(words, next)
        }
    }

    /// @dev Of all bidders, in the order of opening.
    function _curves() internal view returns (uint256[][] memory list) {
        list = new uint256[][](bidders.length);
        for (uint256 i; i < list.length; ++i) {
            list[i] = _wordsOf(bidders[i]);
        }
    }

    function _energyOf(address wallet) internal view returns (uint48 wh) {
        for (uint256 i; i < steps[wallet].length; ++i) {
            wh += uint48(steps[wallet][i].limit);
        }
    }

    function _opening(address wallet) internal view returns (Opening memory) {
        return Opening(SALT, 0, 0, _wordsOf(wallet));
    }

    function _commitment(ParticipantId id, Opening memory o) internal view returns (bytes24) {
        return
            bytes24(keccak256(abi.encode(interval, id, o.salt, o.root, o.leaves, keccak256(abi.encodePacked(o.words)))));
    }

    function _setAside(address wallet, uint256 wh) internal {
        vm.prank(wallet);
        market.deposit(uint96(wh * _terms().priceCap / 1_000 + 1));
    }

    function _commit(address wallet, Opening memory o, uint48 most) internal {
        bytes24 commitment = _commitment(_participantOf(wallet), o);
        vm.prank(wallet);
        market.commit(interval, commitment, most);
    }

    /// @dev Sets aside and commits what each wallet's steps come to, a second before the gate, and goes to the gate.
    function _commitAll() internal {
        vm.warp(uint256(interval) * _terms().intervalS - 601);
        for (uint256 i; i < bidders.length; ++i) {
            uint48 wh = _energyOf(bidders[i]);
            _setAside(bidders[i], wh);
            _commit(bidders[i], _opening(bidders[i]), wh);
        }
        _toGate();
    }

    /// @dev Everything until clearings are accepted.
    function _openAll() internal {
        _commitAll();
        for (uint256 i; i < bidders.length; ++i) {
            market.open(interval, _participantOf(bidders[i]), _opening(bidders[i]));
        }
    }

    function _award(uint32 account) internal view returns (uint256) {
        return market.awardOf(PowerAccountId.wrap(account));
    }

    function _free(uint32 account) internal view returns (uint256) {
        return market.accountOf(PowerAccountId.wrap(account)).free;
    }

    function _bound(uint32 account) internal view returns (uint256) {
        return market.accountOf(PowerAccountId.wrap(account)).escrow;
    }

    function _toGate() internal {
        vm.warp(uint256(interval) * _terms().intervalS - 600);
    }

    function _toEnd() internal {
        vm.warp(uint256(interval) * _terms().intervalS - 300);
    }

    // ------------------------------------------------------------------ lanes

    function _lanes(uint256[] memory values) internal pure returns (uint256[] memory packed) {
        packed = new uint256[]((values.length + 7) / 8);
        for (uint256 i; i < values.length; ++i) {
            packed[i / 8] += values[i] * 2 ** (32 * (i % 8));
        }
    }

    function _lanes(uint256 a) internal pure returns (uint256[] memory packed) {
        packed = new uint256[](1);
        packed[0] = a;
    }

    function _lanes(uint256 a, uint256 b) internal pure returns (uint256[] memory packed) {
        packed = new uint256[](1);
        packed[0] = a + b * 2 ** 32;
    }

    function _lanes(uint256 a, uint256 b, uint256 c) internal pure returns (uint256[] memory packed) {
        packed = _lanes(a, b);
        packed[0] += c * 2 ** 64;
    }

    /// @dev Margins of a node: accepted and limits of bids at its price, and of offers.
    function _margins(uint256 bid, uint256 bids, uint256 offer, uint256 offers)
        internal
        pure
        returns (uint256[] memory packed)
    {
        packed = new uint256[](1);
        packed[0] = bid | bids << 32 | offer << 64 | offers << 96;
    }
}
