// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {DeviceId, EnergySource, IEnergyCertificates} from "../../interfaces/units/IEnergyCertificates.sol";
import {Carrier, Curve, IMeters, Meter, MeterKey, Node} from "../../interfaces/evidence/IMeters.sol";
import {IProjectRegister, Methodology, MethodologyId, ProjectId} from "../../interfaces/evidence/IProjects.sol";
import {ParticipantKinds} from "../../interfaces/parties/IParticipants.sol";
import {Powers} from "../../interfaces/rules/ISchemes.sol";
import {MeterId, NodeId} from "../../interfaces/types/MeterTypes.sol";
import {AttackCase} from "./AttackCase.sol";

/// @notice An officer and a developer of SOUTH reach what belongs to CHINA: its meters, its sources, numbers for its methods.
contract SchemeBordersTest is AttackCase {
    MethodologyId private constant SOUTHERN = MethodologyId.wrap(2);
    bytes32 private constant ELSEWHERE = "a wind farm of the south";
    bytes32 private constant SERIAL_NUMBER = keccak256("maker and serial number");

    IEnergyCertificates private certificates;
    ParticipantId private sons;
    address private south = makeAddr("officer of the south");
    address private sam; // a developer, in league with it
    NodeId private ours;
    NodeId private theirs;
    MeterId private meter; // of CHINA

    function setUp() public override {
        super.setUp();
        bytes memory args =
            abi.encode(manager, participants, schemes, meters, projects, uint256(900 days), uint256(1e6), address(0));
        certificates = IEnergyCertificates(_new("EnergyCertificates", args));
        projects.setClaimant(address(certificates), true);
        schemes.createScheme(OTHER, "south", 8 hours, 30, keccak256("pack"));
        schemes.grantOffice(south, OTHER, 0, Powers.ALL);
        (sons, sam,) = _participant("sam", ParticipantKinds.DEVELOPER);
        Methodology memory m = _methodology();
        m.scheme = OTHER;
        vm.startPrank(south);
        projects.setMethodology(SOUTHERN, m, WHY);
        theirs = meters.openNode(Node(OTHER, 1, Carrier.Electricity, sons, 12, 900, 3 days, 1 days, 6 hours));
        vm.stopPrank();
        vm.prank(admin);
        ours = meters.openNode(Node(CHINA, 1, Carrier.Electricity, developer, 12, 900, 3 days, 1 days, 6 hours));
        meter = _meter(admin, ours, developer);
    }

    function _meter(address officer, NodeId at, ParticipantId owner) private returns (MeterId) {
        Meter memory m;
        (m.owner, m.node, m.nameplateW, m.validFrom) = (owner, at, 2_000_000, FROM);
        (m.multiplierMilli, m.digits) = (1_000, 9);
        vm.prank(officer);
        return meters.registerMeter(m, MeterKey("x", "y", FROM, Curve.P256));
    }

    function _one(bytes32 name) private pure returns (bytes32[] memory names) {
        names = new bytes32[](1);
        names[0] = name;
    }

    function _list(MeterId id) private pure returns (MeterId[] memory list) {
        list = new MeterId[](1);
        list[0] = id;
    }

    function _registers(bytes32 source, bytes32[] memory names) private returns (ProjectId) {
        vm.prank(sam);
        return projects.register(SOUTHERN, 156, FROM, UNTIL, source, _place(), names, WHY);
    }

    function _device(address officer, bytes32 source, MeterId id) private returns (DeviceId) {
        vm.prank(officer);
        return certificates.registerDevice(EnergySource.Wind, FROM, source, _list(id));
    }

    function _foreign(bytes32 name, SchemeId owner, SchemeId scheme) private {
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsForeignName.selector, name, owner, scheme));
    }

    /* METERS */

    /// @dev Bound to a source of the south for ever, the meter could never be certified at home.
    function test_aMeterOfAnotherScheme_isNoProjects() public {
        bytes32 name = bytes32(uint256(MeterId.unwrap(meter)));
        _foreign(name, CHINA, OTHER);
        _registers(ELSEWHERE, _one(name));
        vm.expectRevert(abi.encodeWithSelector(IMeters.MetersUnknown.selector, MeterId.unwrap(meter) + 1));
        _registers(ELSEWHERE, _one(bytes32(uint256(MeterId.unwrap(meter)) + 1))); // nor one to come
        _device(admin, SOURCE, meter);
        _registers(ELSEWHERE, _one(bytes32(uint256(MeterId.unwrap(_meter(south, theirs, sons))))));
    }

    /// @dev The same for a meter that no oracle reads, once a project at home was validated with it. A registration alone takes
    /// nothing: the other scheme's first one is not in the way of the one at home.
    function test_aMeterNamedInAnotherScheme_isNoProjects() public {
        ProjectId theirs_ = _registers(ELSEWHERE, _one(SERIAL_NUMBER));
        vm.prank(dora);
        ProjectId mine = projects.register(FOREST, 156, FROM, UNTIL, "a dam", _place(), _one(SERIAL_NUMBER), WHY);
        vm.startPrank(authority);
        _validate(mine);
        vm.stopPrank();

        _foreign(SERIAL_NUMBER, CHINA, OTHER);
        _registers(ELSEWHERE, _one(SERIAL_NUMBER));
        vm.startPrank(south);
        uint32 validations = projects.validationCount();
        _foreign(SERIAL_NUMBER, CHINA, OTHER);
        _answer(theirs_, mine, validations);
        vm.stopPrank();
    }

    /* SOURCES */

    function test_aSourceOfAnotherScheme_isNoProjects() public {
        assertTrue(projects.schemeOfName(SOURCE) == CHINA);
        _foreign(SOURCE, CHINA, OTHER);
        _registers(SOURCE, new bytes32[](0));
        _registers(ELSEWHERE, new bytes32[](0));
    }

    /// @dev It certified hours of the forest's name, and no report could be handed in for them.
    function test_aSourceOfAnotherScheme_isNoDevices() public {
        MeterId own = _meter(south, theirs, sons);
        _foreign(SOURCE, CHINA, OTHER);
        _device(south, SOURCE, own);
        _device(south, ELSEWHERE, own);
        _foreign(ELSEWHERE, OTHER, CHINA);
        _device(admin, ELSEWHERE, meter);
    }

    /* METHODOLOGIES */

    /// @dev Numbers were first come: one scheme could take them all.
    function test_methodologies_areEachSchemesShare() public {
        Methodology memory m = _methodology();
        m.scheme = OTHER;
        vm.startPrank(south);
        for (uint16 i = 3; i < 66; ++i) {
            projects.setMethodology(MethodologyId.wrap(i), m, WHY);
        }
        vm.expectRevert(abi.encodeWithSelector(IProjectRegister.ProjectsTooManyMethodologies.selector, OTHER, 64));
        projects.setMethodology(MethodologyId.wrap(66), m, WHY);
        projects.setMethodology(MethodologyId.wrap(65), m, WHY); // changes one of its own
        vm.stopPrank();
        vm.prank(authority);
        projects.setMethodology(MethodologyId.wrap(66), _methodology(), WHY);
    }
}
