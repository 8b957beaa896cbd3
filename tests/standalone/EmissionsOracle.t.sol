// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    BatchItem,
    Determination,
    IEmissionsOracle,
    IEmissionsReports,
    ReportBatch
} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {ReportStatus} from "../../interfaces/types/ReportTypes.sol";
import {IOpenParticipants} from "../../interfaces/open/IOpenParticipants.sol";
import {IOpenRules} from "../../interfaces/open/IOpenRules.sol";
import {InstallationId} from "../../interfaces/types/Ids.sol";
import {ParamKeys, Period} from "../../interfaces/rules/ISchemes.sol";
import {EvidenceBase} from "../evidence/EvidenceBase.sol";

/// @dev The EmissionsOracle with nothing of this project beside it but an open register and a rule book of one owner.
contract EmissionsOracleStandaloneTest is EvidenceBase {
    IOpenParticipants private register;
    IOpenRules private rules;

    function setUp() public override {
        vm.warp(NOW);
        register = IOpenParticipants(vm.deployCode("OpenParticipants.sol:OpenParticipants"));
        rules = IOpenRules(vm.deployCode("OpenRules.sol:OpenRules", abi.encode(authority)));
        oracle = IEmissionsOracle(vm.deployCode("EmissionsOracle.sol:EmissionsOracle", abi.encode(register, rules)));
        domain = _domain("tonne EmissionsOracle", address(oracle));

        vm.prank(authority);
        rules.setParam(CHINA, ParamKeys.DISPUTE_WINDOW_S, WINDOW);
        (emitterWallet, emitterKey) = makeAddrAndKey("emitter");
        vm.startPrank(emitterWallet);
        emitter = register.join();
        plant = register.declareInstallation(CHINA, BEIJING, COAL, CAPACITY_KW);
        vm.stopPrank();
        for (uint256 i; i < 3; ++i) {
            bodyWallets[i] = makeAddr(string.concat("body ", vm.toString(i)));
            vm.prank(bodyWallets[i]);
            bodies[i] = register.join();
        }
        _accredit();
        digest = _configure();
    }

    function test_submit_keepsASignedReport() public {
        _submit(_report());
        vm.warp(NOW + WINDOW);

        (bool isFinal, uint256 emissionsT, uint256 powerMwh, uint256 heatGj) = oracle.finalReport(plant, YEAR);
        assertTrue(isFinal);
        assertEq(emissionsT, EMISSIONS_T);
        assertEq(powerMwh, POWER_MWH);
        assertEq(heatGj, HEAT_GJ);
    }

    function test_submit_refusesAnotherSigner() public {
        (address other, uint256 key) = makeAddrAndKey("somebody who joined");
        vm.prank(other);
        register.join();
        emitterKey = key;

        Report memory r = _report();
        vm.expectRevert(abi.encodeWithSelector(IEmissionsReports.EmissionsNotReporter.selector, plant, other, 0));
        _submit(r);
    }

    function test_submitBatch_keepsEveryReport() public {
        vm.prank(emitterWallet);
        InstallationId second = register.declareInstallation(CHINA, BEIJING, COAL, CAPACITY_KW);
        Report[] memory reports = new Report[](2);
        (reports[0], reports[1]) = (_report(), _report());
        reports[1].installation = InstallationId.unwrap(second);
        _submitTwo(reports);

        assertEq(uint8(_record(reports[0]).recordStatus()), uint8(ReportStatus.Reported));
        assertEq(uint8(_record(reports[1]).recordStatus()), uint8(ReportStatus.Reported));
    }

    function test_dispute_isDecidedByTheOwnerOfTheRules() public {
        _submit(_report());
        vm.prank(emitterWallet);
        oracle.dispute(plant, YEAR, keccak256("meter"));
        vm.prank(authority);
        oracle.resolve(plant, YEAR, true, keccak256("meter was wrong"));

        assertEq(uint8(oracle.record(plant, YEAR).recordStatus()), uint8(ReportStatus.Annulled));
    }

    function test_determine_answersSilence() public {
        vm.prank(authority);
        rules.setPeriod(CHINA, PERIOD, Period(YEAR, YEAR, YEAR, uint40(NOW), uint40(NOW), uint40(NOW)));
        Determination[] memory all = new Determination[](1);
        all[0] = Determination({
            installation: plant,
            year: YEAR,
            emissionsT: EMISSIONS_T,
            powerMwh: POWER_MWH,
            heatGj: HEAT_GJ,
            reasonHash: keccak256("no report")
        });

        vm.prank(authority);
        oracle.determine(CHINA, PERIOD, all);

        assertEq(oracle.record(plant, YEAR).recordEmissions(), EMISSIONS_T);
    }

    function _submitTwo(Report[] memory reports) private {
        (ReportBatch memory batch, BatchItem[] memory items) = _batchOf(reports);
        _submitBatch(batch, items);
    }
}
