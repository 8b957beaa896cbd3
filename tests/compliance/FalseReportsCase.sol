// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Accused, Charge, ChargeId, IFalseReports} from "../../interfaces/compliance/IFalseReports.sol";
import {InstallationId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {ParticipantKinds} from "../../interfaces/parties/IParticipants.sol";
import {Powers} from "../../interfaces/rules/ISchemes.sol";
import {ComplianceBase} from "./ComplianceBase.sol";

/// @dev A report that fell, its operator and the body that signed it, with the figures of China's decree of 2024.
abstract contract FalseReportsCase is ComplianceBase {
    uint256 internal constant YUAN = 100;
    uint256 internal constant GAINS = 300_000 * YUAN;
    uint256 internal constant HEARING = 10 days;
    uint256 internal constant APPEAL = 30 days;
    uint256 internal constant REFUSED = SETUP + HEARING + APPEAL + 1;
    ParticipantId internal constant OPERATOR = ParticipantId.wrap(0);
    bytes32 internal constant WHY = "the dispute of March";

    IFalseReports internal reports;
    address internal other = makeAddr("another officer of the east");
    address internal wallet;
    ParticipantId internal emitter;
    InstallationId internal plant;
    address internal bodyWallet = makeAddr("verification body");
    ParticipantId internal body;

    function setUp() public virtual override {
        super.setUp();
        reports = IFalseReports(
            vm.deployCode(
                "FalseReports.sol:FalseReports",
                abi.encode(address(participants), schemes, oracle, penalties, exchange, allocation)
            )
        );
        allocation.setController(address(reports), 1);
        _setParam("penalty.false_cut_min_ppm", 500_000);
        _setParam("penalty.false_cut_max_ppm", 1_000_000);
        _setParam("penalty.false_multiple_min_ppm", 5e6);
        _setParam("penalty.false_multiple_max_ppm", 10e6);
        _setParam("penalty.false_min_cents", 500_000 * YUAN);
        _setParam("penalty.false_max_cents", 2_000_000 * YUAN);
        _setParam("penalty.verifier_multiple_min_ppm", 5e6);
        _setParam("penalty.verifier_multiple_max_ppm", 10e6);
        _setParam("penalty.verifier_max_cents", 1_000_000 * YUAN);
        _setParam("penalty.verifier_small_gains_cents", 200_000 * YUAN);
        _setParam("penalty.appeal_days", 30);
        schemes.grantOffice(other, CHINA, EAST, Powers.PENALISE);
        (wallet, emitter, plant) = _emitter("emitter");
        body = _join(bodyWallet, ParticipantKinds.VERIFICATION_BODY);
    }

    /* STEPS */

    /// @dev A record as the oracle keeps it: revision, first body and how many signed are all that counts here.
    function _fell(uint8 revision) internal {
        _fellOf(revision, body, 1);
    }

    function _fellOf(uint8 revision, ParticipantId first, uint256 count) internal {
        oracle.setFallen(
            plant, 2020, uint256(revision) << 120 | uint256(ParticipantId.unwrap(first)) << 216 | count << 240
        );
    }

    /// @param who a body, or OPERATOR
    function _charge(ParticipantId who, uint256 gains) internal {
        vm.prank(bureau);
        reports.charge(plant, 2020, who, gains, WHY);
    }

    function _refuseBody(ParticipantId who) internal {
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsNotSigner.selector, plant, uint16(2020), who));
        _charge(who, GAINS);
    }

    function _charged(ParticipantId who) internal returns (ChargeId) {
        _fell(1);
        _charge(who, GAINS);
        return _id(who, 1);
    }

    function _decided(ParticipantId who) internal returns (ChargeId id) {
        id = _charged(who);
        vm.warp(SETUP + HEARING);
        vm.prank(bureau);
        reports.decide(id, 2_000_000 * YUAN, WHY);
    }

    /// @dev The operator's fine stands and was not paid in time.
    function _refused() internal returns (ChargeId id) {
        id = _decided(OPERATOR);
        vm.warp(REFUSED);
    }

    function _allocate(uint256 mwh) internal {
        oracle.set(plant, 2021, 1, mwh, 0);
        allocation.trueUp(CHINA, NEXT_PERIOD, _one(plant));
    }

    function _cut(ChargeId id, uint16 periodId, uint256 sharePpm) internal {
        vm.prank(bureau);
        reports.cut(id, periodId, sharePpm, WHY);
    }

    function _refuseShare(ChargeId id, uint256 share, uint256 least, uint256 most) internal {
        vm.expectRevert(abi.encodeWithSelector(IFalseReports.FalseReportsCutOutOfBounds.selector, share, least, most));
        _cut(id, NEXT_PERIOD, share);
    }

    function _id(ParticipantId who, uint8 revision) internal view returns (ChargeId) {
        return ChargeId.wrap(
            uint80(ParticipantId.unwrap(who)) << 56 | uint80(revision) << 48 | uint80(2020) << 32
                | InstallationId.unwrap(plant)
        );
    }

    function _of(ParticipantId who, uint8 revision) internal view returns (Charge memory) {
        return reports.chargeOf(_id(who, revision));
    }

    function _checkBounds(Accused accused, uint256 gains, uint256 least, uint256 most) internal view {
        (uint256 minCents, uint256 maxCents) = reports.fineBounds(CHINA, accused, gains * YUAN, SETUP);
        assertEq(minCents, least * YUAN);
        assertEq(maxCents, most * YUAN);
    }
}
