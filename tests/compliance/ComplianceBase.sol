// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IBatchDesk} from "../../interfaces/market/IBatchDesk.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Test} from "forge-std/Test.sol";

import {AllocationRights, IAllocation} from "../../interfaces/compliance/IAllocation.sol";
import {IAllowances} from "../../interfaces/units/IAllowances.sol";
import {ICompliance} from "../../interfaces/compliance/ICompliance.sol";
import {ICumulativeCompliance} from "../../interfaces/compliance/ICumulativeCompliance.sol";
import {InstallationId, MarketId, ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {IInstallations, InstallationData} from "../../interfaces/parties/IInstallations.sol";
import {IIssuance} from "../../interfaces/units/IIssuance.sol";
import {IOffsetCredits} from "../../interfaces/units/IOffsetCredits.sol";
import {IParticipants, ParticipantKinds, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IPenalties} from "../../interfaces/compliance/IPenalties.sol";
import {ISchemes, ParamInput, Period, Powers} from "../../interfaces/rules/ISchemes.sol";
import {Custody} from "../../interfaces/units/IUnit1155.sol";
import {BlocksDouble, CurrencyDouble, ExchangeDouble, OracleDouble, ProjectsDouble} from "./Mocks.sol";
import {Applications} from "../parties/Applications.sol";

/// @title ComplianceBase
/// @notice A scheme with the figures of China 2019-20, two provinces, and plants to be made; rooms below are the real ones
/// but for evidence and the exchange, whose answers a test sets.
abstract contract ComplianceBase is Test {
    SchemeId internal constant CHINA = SchemeId.wrap(1);
    SchemeId internal constant OTHER = SchemeId.wrap(2);
    uint16 internal constant PERIOD = 1;
    uint16 internal constant NEXT_PERIOD = 2;
    uint16 internal constant LONG_PERIOD = 3;
    uint16 internal constant EAST = 11;
    uint16 internal constant WEST = 64;

    uint8 internal constant COAL = 1; //     0.877 t/MWh, 0.126 t/GJ
    uint8 internal constant GAS = 4; //      0.392 t/MWh, 0.059 t/GJ
    uint256 internal constant COAL_POWER = 8770;
    uint256 internal constant COAL_HEAT = 1260;

    uint256 internal constant SETUP = 1_611_000_000; //    January 2021
    uint40 internal constant REPORTS = 1_617_206_399; //   31 March 2021
    uint40 internal constant DEADLINE = 1_640_966_399; //  31 December 2021, 23:59:59 at UTC+8
    uint64 internal constant FREE_SHARE = 5_000_000_000;

    UnitId internal constant CEA = UnitId.wrap(uint256(1) << 96 | uint256(1) << 80 | uint256(2020) << 64);
    UnitId internal constant CEA_2019 = UnitId.wrap(uint256(1) << 96 | uint256(1) << 80 | uint256(2019) << 64);
    UnitId internal constant CEA_2021 = UnitId.wrap(uint256(1) << 96 | uint256(1) << 80 | uint256(2021) << 64);
    MarketId internal constant MARKET = MarketId.wrap(1);

    address internal bureau = makeAddr("provincial bureau of the east");
    address internal ministry = makeAddr("ministry");
    address internal stranger = makeAddr("stranger");
    address internal treasury = makeAddr("treasury");

    IParticipants internal participants;
    IInstallations internal installations;
    ISchemes internal schemes;
    OracleDouble internal oracle;
    ProjectsDouble internal projects;
    IAllowances internal allowances;
    IOffsetCredits internal credits;
    IIssuance internal issuance;
    IBatchDesk internal batchDesk;
    CurrencyDouble internal currency;
    ExchangeDouble internal exchange;
    BlocksDouble internal blocks;
    IAllocation internal allocation;
    ICumulativeCompliance internal running;
    ICompliance internal compliance;
    IPenalties internal penalties;

    function setUp() public virtual {
        vm.warp(SETUP);
        _deploy();
        _wire();
        _writeRules();
        _openMarket();
    }

    /* CONTRACTS */

    function _deploy() private {
        address authority = address(new AccessManager(address(this)));
        address parties = vm.deployCode("Participants.sol:Participants", abi.encode(authority));
        participants = IParticipants(parties);
        installations = IInstallations(parties);
        schemes = ISchemes(vm.deployCode("Schemes.sol:Schemes", abi.encode(authority)));
        oracle = new OracleDouble();
        projects = new ProjectsDouble();
        allowances = IAllowances(
            vm.deployCode(
                "Allowances.sol:Allowances", abi.encode(authority, parties, schemes, Custody.OwnWallets, address(0))
            )
        );
        credits = IOffsetCredits(
            vm.deployCode("OffsetCredits.sol:OffsetCredits", abi.encode(authority, parties, schemes, address(0)))
        );
        issuance = IIssuance(vm.deployCode("Issuance.sol:Issuance", abi.encode(parties, schemes, projects, credits)));
        currency = new CurrencyDouble();
        exchange = ExchangeDouble(_deployExchange(authority));
        blocks = new BlocksDouble();
        allocation = IAllocation(
            vm.deployCode(
                "Allocation.sol:Allocation", abi.encode(authority, parties, schemes, oracle, allowances, exchange)
            )
        );
        running = ICumulativeCompliance(
            vm.deployCode(
                "CumulativeCompliance.sol:CumulativeCompliance", abi.encode(parties, schemes, oracle, allowances)
            )
        );
        compliance = ICompliance(
            vm.deployCode(
                "Compliance.sol:Compliance",
                abi.encode(
                    authority, parties, schemes, oracle, allowances, credits, exchange, allocation, blocks, running
                )
            )
        );
        penalties = IPenalties(address(compliance));
    }

    function _wire() private {
        allowances.setController(address(allocation), 1 | 2);
        allowances.setController(address(compliance), 2);
        allowances.setController(address(this), 1);
        credits.setController(address(compliance), 2);
        batchDesk = IBatchDesk(
            vm.deployCode("BatchDesk.sol:BatchDesk", abi.encode(schemes, projects, issuance, credits, exchange))
        );
        credits.setIssuers(address(issuance), _deployImmobilisation(), address(batchDesk));
        allowances.setVenue(address(exchange));
        credits.setVenue(address(exchange));
        allocation.setController(address(compliance), AllocationRights.DEBT);
    }

    /// @dev The double; a test of the real Exchange brings its own.
    function _deployExchange(address) internal virtual returns (address) {
        return address(new ExchangeDouble(participants));
    }

    /// @dev None, unless a test is about blocks of other registries.
    function _deployImmobilisation() internal virtual returns (address) {
        return address(0);
    }

    function _openMarket() internal virtual {
        exchange.open(MARKET, CEA, address(allowances), address(currency), 1);
    }

    function _writeRules() private {
        schemes.createScheme(CHINA, "China", 8 hours, 30, 0);
        schemes.createScheme(OTHER, "Other", 0, 30, 0);
        _setParam("benchmark.power.coal_gt300", COAL_POWER);
        _setParam("benchmark.power.coal_le300", 9790);
        _setParam("benchmark.power.unconventional_coal", 11_460);
        _setParam("benchmark.power.gas", 3920);
        _setParam("benchmark.heat.coal", COAL_HEAT);
        _setParam("benchmark.heat.gas", 590);
        _setParam("allocation.preallocation_ppm", 700_000);
        _setParam("obligation.cap_over_free_ppm", 200_000);
        _setParam("obligation.gas_deficit_exempt", 1);
        _setParam("offset.limit_ppm", 50_000);
        _setParam("penalty.min_cents", 2_000_000);
        _setParam("penalty.max_cents", 3_000_000);
        _setParam("penalty.deduction_ppm", 1_000_000);
        _setParam("penalty.hearing_days", 10);
        _setParam("penalty.payment_days", 15);
        _setParam("penalty.closing_days", 60);
        _setPeriod(PERIOD, 2020, 2020, 2020, DEADLINE);
        _setPeriod(NEXT_PERIOD, 2021, 2021, 2021, DEADLINE + 365 days);
        _setPeriod(LONG_PERIOD, 2021, 2022, 2021, DEADLINE + 730 days);
        schemes.grantOffice(bureau, CHINA, EAST, Powers.ALLOCATE | Powers.PENALISE);
        schemes.grantOffice(ministry, CHINA, 0, Powers.ALL);
        schemes.grantOffice(ministry, OTHER, 0, Powers.ALL);
        vm.prank(ministry);
        schemes.disclose(CHINA, 2020, FREE_SHARE, FREE_SHARE, 0);
        vm.prank(ministry);
        schemes.disclose(CHINA, 2021, FREE_SHARE, FREE_SHARE, 0);
        vm.prank(ministry);
        schemes.disclose(CHINA, 2019, FREE_SHARE, FREE_SHARE, 0);
        participants.setRegistrar(address(this), 0, true);
        penalties.setTreasury(CHINA, address(currency), treasury);
    }

    function _setParam(string memory text, uint256 value) internal {
        schemes.setParam(CHINA, keccak256(bytes(text)), text, 17_897, value, 0); // 1 January 2019
    }

    function _setPeriod(uint16 id, uint16 first, uint16 last, uint16 vintage, uint40 deadline) internal {
        schemes.setPeriod(CHINA, id, Period(first, last, vintage, deadline - 275 days, deadline - 270 days, deadline));
    }

    /* PARTIES */

    /// @dev A participant with one wallet, which has every right.
    function _join(address wallet, uint16 kinds) internal returns (ParticipantId id) {
        return Applications.join(participants, wallet, kinds, EAST, 0, address(this));
    }

    function _addWallet(address owner, ParticipantId id, address wallet, uint8 rights) internal {
        vm.prank(owner);
        participants.addWallet(wallet, rights);
        vm.prank(wallet);
        participants.confirmWallet(id);
    }

    function _plant(ParticipantId operator, SchemeId scheme, uint16 jurisdiction, uint8 class)
        internal
        returns (InstallationId)
    {
        InstallationData[] memory data = new InstallationData[](1);
        data[0] = InstallationData(operator, scheme, jurisdiction, class, 600_000, 0);
        return installations.registerInstallations(data);
    }

    /// @dev An emitter of its own with one coal plant in the east.
    function _emitter(string memory name) internal returns (address wallet, ParticipantId id, InstallationId plant) {
        wallet = makeAddr(name);
        id = _join(wallet, ParticipantKinds.EMITTER);
        plant = _plant(id, CHINA, EAST, COAL);
    }

    /* SHORT FORMS */

    function _one(InstallationId id) internal pure returns (InstallationId[] memory ids) {
        ids = new InstallationId[](1);
        ids[0] = id;
    }

    function _one(uint256 amount) internal pure returns (uint256[] memory amounts) {
        amounts = new uint256[](1);
        amounts[0] = amount;
    }

    function _one(UnitId id) internal pure returns (UnitId[] memory ids) {
        ids = new UnitId[](1);
        ids[0] = id;
    }

    function _one64(uint256 amount) internal pure returns (uint64[] memory amounts) {
        amounts = new uint64[](1);
        amounts[0] = uint64(amount);
    }

    /// @dev Pre-allocation by the bureau of the east.
    function _preAllocate(uint16 periodId, InstallationId plant, uint256 powerMwh, uint256 heatGj) internal {
        vm.prank(bureau);
        allocation.preAllocate(CHINA, periodId, _one(plant), _one64(powerMwh), _one64(heatGj));
    }

    function _balance(address wallet) internal view returns (uint256) {
        return allowances.balanceOf(wallet, UnitId.unwrap(CEA));
    }

    /// @dev Puts allowances of a wallet into the ledger.
    function _deposit(address wallet, uint256 amount) internal {
        vm.prank(wallet);
        allowances.safeTransferFrom(wallet, address(exchange), UnitId.unwrap(CEA), amount, "");
    }

    /// @dev Credits of vintage 2019 for `wallet`, a new developer of scheme `scheme`.
    function _offsets(address wallet, SchemeId scheme, uint64 amount) internal returns (UnitId id) {
        ParticipantId developer = _join(wallet, ParticipantKinds.DEVELOPER);
        projects.set(developer, scheme, 2019, amount);
        vm.prank(ministry);
        return issuance.issueFromReport(7);
    }
}
