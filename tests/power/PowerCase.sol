// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Test} from "forge-std/Test.sol";

import {ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {IParticipants, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {ArcTerms, IPowerGrid} from "../../interfaces/power/IPowerGrid.sol";
import {IPowerMarket, PowerAccountId, PowerTerms} from "../../interfaces/power/IPowerMarket.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {PlainToken} from "../standalone/Doubles.sol";
import {Applications} from "../parties/Applications.sol";

/// @dev A grid to be built, a market on it, a sponsor (an aggregator) and a plant, credits from an ERC-1155.
abstract contract PowerCase is Test {
    SchemeId internal constant NORTH = SchemeId.wrap(1);
    SchemeId internal constant SOUTH = SchemeId.wrap(2);
    uint16 internal constant PLACE = 11;
    uint256 internal constant CREDIT = 5;
    uint64 internal constant MICRO = 1_000; // micro-credits of a unit of the token
    uint40 internal constant NOTICE = 1 hours;
    uint256 internal constant NODES_PER_SCHEME = 48;
    uint32 internal constant FIRST_PSEUDONYM = 1 << 24;
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
    IPowerGrid internal grid;
    IPowerMarket internal market;

    uint32 internal interval; // the first whose grid is there

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
        market = IPowerMarket(
            vm.deployCode("PowerMarket.sol:PowerMarket", abi.encode(manager, participants, grid, _terms()))
        );
        market.setCredits(address(token), CREDIT, MICRO);
        interval = uint32((vm.getBlockTimestamp() + NOTICE) / 900 + 1);
    }

    function _terms() internal pure virtual returns (PowerTerms memory) {
        return PowerTerms({
            intervalS: 900, gateLeadS: 600, windowS: 300, priceCap: 10_000_000, guarantee: 50_000, maximumOrders: 3_000
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

    function _node(SchemeId scheme, uint8 carrier, uint24 region) internal returns (uint8) {
        vm.prank(officer);
        return grid.addNode(scheme, PLACE, carrier, region, 0);
    }

    function _arc(uint8 from, uint8 to, uint32 efficiencyPpm, uint32 capacityWh, uint32 cost) internal returns (uint8) {
        vm.prank(officer);
        return grid.addArc(from, to, _arcTerms(efficiencyPpm, capacityWh, cost));
    }

    function _arcTerms(uint32 efficiencyPpm, uint32 capacityWh, uint32 cost) internal pure returns (ArcTerms memory) {
        return ArcTerms(efficiencyPpm, capacityWh, cost, 1, 100, 101, keccak256("table"));
    }

    // ------------------------------------------------------------------ accounts and orders

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
        address[] memory signers = new address[](count);
        uint96[] memory amounts = new uint96[](count);
        for (uint256 i; i < count; ++i) {
            (signers[i], amounts[i]) = (vm.addr(_key(i)), micro);
        }
        vm.prank(sponsor);
        market.openPseudonyms(signers, amounts);
    }

    function _word(uint32 account, uint256 node, uint256 side, uint256 limit, uint256 price)
        internal
        pure
        returns (uint256)
    {
        return uint256(account) * 2 ** 32 + limit * 2 ** 64 + price * 2 ** 96 + node * 2 ** 128 + side * 2 ** 136;
    }

    /// @dev Account of a participant.
    function _own(ParticipantId id) internal pure returns (uint32) {
        return ParticipantId.unwrap(id);
    }

    function _place(address signer, uint256 word) internal {
        uint256[] memory words = new uint256[](1);
        words[0] = word;
        vm.prank(signer);
        market.place(interval, words);
    }

    function _free(uint32 account) internal view returns (uint256) {
        return market.accountOf(PowerAccountId.wrap(account)).free;
    }

    function _bound(uint32 account) internal view returns (uint256) {
        return market.accountOf(PowerAccountId.wrap(account)).escrow;
    }

    function _toGate() internal {
        vm.warp(uint256(interval) * 900 - 600);
    }

    function _toEnd() internal {
        vm.warp(uint256(interval) * 900 - 300);
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
}
