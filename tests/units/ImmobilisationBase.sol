// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Test} from "forge-std/Test.sol";

import {ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {BatchTerms, IImmobilisationWhole, Lodging, Place} from "../../interfaces/units/IImmobilisation.sol";
import {IOffsetCredits} from "../../interfaces/units/IOffsetCredits.sol";
import {IUnitRenderer} from "../../interfaces/units/IUnitRenderer.sol";
import {IParticipants, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {Activity, MethodologyId, ProjectKind} from "../../interfaces/evidence/IProjects.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {Stretch, UsedBlock} from "../../interfaces/units/ISerialSets.sol";
import {VenueStub} from "./Stubs.sol";
import {Applications} from "../parties/Applications.sol";

/// @dev Two registries: one counts through, one within each issuance; a batch of each; two holders and an officer.
abstract contract ImmobilisationBase is Test {
    SchemeId internal constant SCHEME = SchemeId.wrap(1);
    SchemeId internal constant OTHER_SCHEME = SchemeId.wrap(2);
    uint16 internal constant VINTAGE = 2020;
    uint256 internal constant EXIT = 2;
    bytes32 internal constant REASON = "reason";
    bytes32 internal constant PROOF = keccak256("proof");
    string internal constant ACCOUNT = "account 77 of the developer";
    uint256 internal constant SERIES = 203;
    uint32 internal constant LARGEST = 2_000_000;
    bytes32 internal constant DESCRIPTOR = "descriptor of VERRA";
    string internal constant SERIAL = "13488-505972385-505973109-VCS-VCU-576-VER-PY-14-2498-01012020-19112020-0";

    address internal officer = makeAddr("officer");
    address internal otherOfficer = makeAddr("officer of another scheme");
    address internal alice = makeAddr("alice");
    address internal aliceDesk = makeAddr("alice desk");
    address internal bob = makeAddr("bob");
    address internal stranger = makeAddr("stranger");

    ParticipantId internal alpha;
    ParticipantId internal beta;

    IParticipants internal participants;
    ISchemes internal schemes;
    VenueStub internal venue;
    IOffsetCredits internal credits;
    IImmobilisationWhole internal desk;

    uint32 internal verra;
    uint32 internal acr;
    UnitId internal forest; // of VERRA
    UnitId internal ozone; //  of ACR

    IUnitRenderer internal renderer;

    function setUp() public virtual {
        vm.warp(1_612_137_600); // 1 February 2021
        AccessManager manager = new AccessManager(address(this));
        participants = IParticipants(vm.deployCode("Participants.sol:Participants", abi.encode(manager)));
        schemes = ISchemes(vm.deployCode("Schemes.sol:Schemes", abi.encode(manager)));
        venue = new VenueStub();
        renderer = IUnitRenderer(vm.deployCode("UnitRenderer.sol:UnitRenderer"));
        credits = IOffsetCredits(
            vm.deployCode("OffsetCredits.sol:OffsetCredits", abi.encode(manager, participants, schemes, renderer))
        );
        desk = IImmobilisationWhole(
            vm.deployCode(
                "Immobilisation.sol:Immobilisation",
                abi.encode(participants, schemes, credits, address(0), officer, uint128(0))
            )
        );
        schemes.createScheme(SCHEME, "test", 8 hours, 30, 0);
        schemes.createScheme(OTHER_SCHEME, "other", 8 hours, 30, 0);
        schemes.grantOffice(officer, SCHEME, 0, Powers.ALL);
        schemes.grantOffice(otherOfficer, OTHER_SCHEME, 0, Powers.ALL);
        participants.setRegistrar(officer, 0, true);
        alpha = _register(alice);
        beta = _register(bob);
        vm.prank(alice);
        participants.addWallet(aliceDesk, WalletRights.TRADE);
        vm.prank(aliceDesk);
        participants.confirmWallet(alpha);
        credits.setVenue(address(venue));
        credits.setIssuers(address(this), address(desk), address(this));
        credits.setController(address(desk), EXIT | 1 << (8 + 9)); // released

        vm.startPrank(officer);
        verra = desk.addRegistry(SCHEME, "VERRA", true, LARGEST, DESCRIPTOR);
        acr = desk.addRegistry(SCHEME, "ACR", false, LARGEST, "descriptor of ACR");
        forest = desk.openBatch(_terms(verra));
        ozone = desk.openBatch(_terms(acr));
        vm.stopPrank();
    }

    function _register(address wallet) internal returns (ParticipantId id) {
        return Applications.join(participants, wallet, 2, 11, 0, officer);
    }

    function _terms(uint32 registry) internal pure returns (BatchTerms memory) {
        return BatchTerms({
            scheme: SCHEME,
            vintage: VINTAGE,
            registry: registry,
            activity: Activity.Reduction,
            kind: ProjectKind.Forest,
            hostCountry: 600,
            methodology: MethodologyId.wrap(0),
            project: "2498",
            methodologyText: "VM0015",
            account: ACCOUNT
        });
    }

    function _lodging(UnitId id, uint256 issuance, uint64 first, uint64 last) internal pure returns (Lodging memory) {
        return Lodging({id: id, issuance: issuance, first: first, last: last, serial: SERIAL, evidence: PROOF});
    }

    /// @dev A request of alice for a block of the registry that counts through.
    function _request(uint64 first, uint64 last, uint64 hint) internal returns (uint64 number) {
        vm.prank(alice);
        return desk.request(_lodging(forest, 0, first, last), hint);
    }

    /// @dev Brings a block to alice in one step.
    function _immobilise(uint64 first, uint64 last, uint64 hint) internal {
        vm.prank(officer);
        desk.immobilise(_lodging(forest, 0, first, last), alice, hint);
    }

    /// @dev Alice asks for a release.
    function _hand(uint256 amount) internal returns (uint64 number) {
        vm.prank(alice);
        credits.safeTransferFrom(alice, address(desk), UnitId.unwrap(forest), amount, abi.encode(ACCOUNT));
        return desk.requestCount();
    }

    function _places(uint64 start, uint64 hint) internal pure returns (Place[] memory places) {
        places = new Place[](1);
        places[0] = Place(start, hint);
    }

    function _used(uint256 issuance, uint64 first, uint64 last, uint64 hint)
        internal
        pure
        returns (UsedBlock[] memory blocks)
    {
        blocks = new UsedBlock[](1);
        blocks[0] = UsedBlock(issuance, first, last, hint, Stretch.Retired, 18_000, SERIAL, "Example Airlines");
    }

    function _held(address account) internal view returns (uint256) {
        return credits.balanceOf(account, UnitId.unwrap(forest));
    }
}
