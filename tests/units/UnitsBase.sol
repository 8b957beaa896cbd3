// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IBatchDesk} from "../../interfaces/market/IBatchDesk.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Test} from "forge-std/Test.sol";

import {IAllowances} from "../../interfaces/units/IAllowances.sol";
import {ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {IIssuance} from "../../interfaces/units/IIssuance.sol";
import {IOffsetCredits} from "../../interfaces/units/IOffsetCredits.sol";
import {IParticipants, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {
    Activity,
    MethodologyId,
    Monitoring,
    MonitoringStatus,
    ProjectId,
    ProjectKind
} from "../../interfaces/evidence/IProjects.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {Custody, Exit} from "../../interfaces/units/IUnit1155.sol";
import {IUnitRenderer} from "../../interfaces/units/IUnitRenderer.sol";
import {ProjectsStub, VenueStub} from "./Stubs.sol";
import {IWalletRecovery} from "../../interfaces/parties/IWalletRecovery.sol";
import {Applications} from "../parties/Applications.sol";

/// @dev Two companies with wallets, a developer, an officer, a venue, and the unit contracts.
abstract contract UnitsBase is Test {
    SchemeId internal constant SCHEME = SchemeId.wrap(1);
    uint16 internal constant JURISDICTION = 11;
    uint16 internal constant VINTAGE = 2020;
    uint256 internal constant ISSUE = 1;
    uint256 internal constant EXIT = 2;
    uint256 internal constant FORCE = 4;
    bytes32 internal constant REF = "ref";
    bytes32 internal constant REASON = "reason";

    address internal officer = makeAddr("officer");
    address internal arbiter = makeAddr("arbiter");
    address internal controller = makeAddr("controller");
    address internal alice = makeAddr("alice"); //         primary wallet of ALPHA
    address internal aliceDesk = makeAddr("alice desk"); // second wallet of ALPHA
    address internal bob = makeAddr("bob"); //             primary wallet of BETA
    address internal dora = makeAddr("dora"); //           primary wallet of the developer
    address internal stranger = makeAddr("stranger");
    address internal immobilisation = makeAddr("immobilisation"); // issues blocks of other registries

    ParticipantId internal alpha;
    ParticipantId internal beta;
    ParticipantId internal developer;

    AccessManager internal manager;
    IParticipants internal participants;
    ISchemes internal schemes;
    ProjectsStub internal projects;
    VenueStub internal venue;
    IUnitRenderer internal renderer;
    IAllowances internal allowances;
    IOffsetCredits internal credits;
    IIssuance internal issuance;
    IBatchDesk internal batchDesk;

    UnitId internal allowance = _id(1, VINTAGE, 0);

    function setUp() public virtual {
        vm.warp(1_612_137_600); // 1 February 2021
        manager = new AccessManager(address(this));
        participants = IParticipants(vm.deployCode("Participants.sol:Participants", abi.encode(address(manager))));
        schemes = ISchemes(vm.deployCode("Schemes.sol:Schemes", abi.encode(address(manager))));
        projects = new ProjectsStub();
        venue = VenueStub(_newVenue());
        renderer = IUnitRenderer(vm.deployCode("UnitRenderer.sol:UnitRenderer"));
        allowances = IAllowances(_deployAllowances(Custody.OwnWallets));
        credits = IOffsetCredits(
            vm.deployCode("OffsetCredits.sol:OffsetCredits", abi.encode(manager, participants, schemes, renderer))
        );
        issuance =
            IIssuance(vm.deployCode("Issuance.sol:Issuance", abi.encode(participants, schemes, projects, credits)));

        schemes.createScheme(SCHEME, "test", 8 hours, 30, 0);
        schemes.grantOffice(officer, SCHEME, 0, Powers.ALL);
        participants.setRegistrar(officer, 0, true);
        IWalletRecovery(address(participants)).setArbiter(arbiter, 0, true);
        vm.startPrank(officer);
        schemes.disclose(SCHEME, VINTAGE, 1e12, 1e12, 0);
        schemes.disclose(SCHEME, VINTAGE + 1, 1e12, 1e12, 0);
        vm.stopPrank();

        alpha = _register(alice);
        beta = _register(bob);
        developer = _register(dora);
        _addWallet(alice, aliceDesk, WalletRights.ALL);

        allowances.setVenue(address(venue));
        credits.setVenue(address(venue));
        allowances.setController(controller, ISSUE | EXIT);
        batchDesk = IBatchDesk(
            vm.deployCode("BatchDesk.sol:BatchDesk", abi.encode(schemes, projects, issuance, credits, address(0)))
        );
        credits.setIssuers(address(issuance), immobilisation, address(batchDesk));
        credits.setController(
            address(issuance), EXIT | 1 << (8 + uint256(Exit.Cancelled)) | 1 << (8 + uint256(Exit.SetApart))
        );
        credits.setController(controller, EXIT);
    }

    /// @dev The venue; a test may bring another.
    function _newVenue() internal virtual returns (address) {
        return address(new VenueStub());
    }

    function _deployAllowances(Custody custody) internal returns (address) {
        return vm.deployCode("Allowances.sol:Allowances", abi.encode(manager, participants, schemes, custody, renderer));
    }

    /// @dev `class 8 | scheme 16 | vintage 16 | batch 64`, written down once more on purpose.
    function _id(uint256 class, uint256 vintage, uint256 batch) internal pure returns (UnitId) {
        return UnitId.wrap(((class * 65_536 + SchemeId.unwrap(SCHEME)) * 65_536 + vintage) * 2 ** 64 + batch);
    }

    function _register(address wallet) internal returns (ParticipantId id) {
        return Applications.join(participants, wallet, 2, JURISDICTION, 0, officer);
    }

    function _addWallet(address owner, address wallet, uint8 rights) internal {
        (ParticipantId id,,) = participants.walletOf(owner);
        vm.prank(owner);
        participants.addWallet(wallet, rights);
        vm.prank(wallet);
        participants.confirmWallet(id);
    }

    function _suspend(ParticipantId id) internal {
        vm.prank(officer);
        participants.suspend(id, REASON);
    }

    function _issue(address to, uint256 amount) internal {
        vm.prank(controller);
        allowances.issue(to, allowance, amount, REF);
    }

    /// @dev Writes a final monitoring report of the developer.
    function _report(uint64 reportId, uint64 quantity, uint24 bufferPpm) internal {
        projects.set(reportId, _monitoring(quantity, bufferPpm), true);
    }

    function _monitoring(uint64 quantity, uint24 bufferPpm) internal view returns (Monitoring memory) {
        return Monitoring({
            project: ProjectId.wrap(1),
            developer: developer,
            body: ParticipantId.wrap(99),
            vintage: VINTAGE,
            bufferPpm: bufferPpm,
            finalAt: 0,
            quantityT: quantity,
            status: MonitoringStatus.Reported,
            activity: Activity.Reduction,
            kind: ProjectKind.Forest,
            from: 0,
            until: 0,
            scheme: SCHEME,
            hostCountry: 156,
            methodology: MethodologyId.wrap(1),
            reportHash: keccak256("report")
        });
    }

    /// @dev A batch of `quantity` without buffer, held by the developer.
    function _batch(uint64 reportId, uint64 quantity) internal returns (UnitId id) {
        return _batch(reportId, quantity, 0);
    }

    function _batch(uint64 reportId, uint64 quantity, uint24 bufferPpm) internal returns (UnitId id) {
        _report(reportId, quantity, bufferPpm);
        vm.prank(officer);
        return issuance.issueFromReport(reportId);
    }
}
