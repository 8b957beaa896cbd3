// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {CollateralKind, CreditUses, IEnergyCredits, SeriesTerms} from "../../interfaces/units/IEnergyCredits.sol";
import {Recipient} from "../../interfaces/units/IOffsetCredits.sol";
import {ParticipantKinds, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {Powers} from "../../interfaces/rules/ISchemes.sol";
import {UnitsBase} from "./UnitsBase.sol";
import {Applications} from "../parties/Applications.sol";

/// @dev A town that issues energy credits against a deposit, under a province that supervises it.
abstract contract EnergyBase is UnitsBase {
    uint256 internal constant HOLD = 8;
    uint64 internal constant COVER = 1_000_000_000_000; // a million credits [micro-credit]
    uint40 internal constant EXPIRY = 1_612_137_600 + 365 days;

    address internal town = makeAddr("town"); //           wallet of the issuer, with the power CREDIT
    address internal clerk = makeAddr("town clerk"); //    wallet of the issuer, without any power
    address internal province = makeAddr("province"); //   officer with RULES and FREEZE there
    address internal custodian = makeAddr("custodian"); //         a contract that holds credits for others
    ParticipantId internal townId;
    IEnergyCredits internal energy;
    UnitId internal series;
    uint32 internal deposit;

    function _found() internal {
        energy = IEnergyCredits(
            vm.deployCode("EnergyCredits.sol:EnergyCredits", abi.encode(manager, participants, schemes, renderer))
        );
        townId = _registerAs(town, ParticipantKinds.AUTHORITY);
        _addWallet(town, clerk, WalletRights.ALL);
        schemes.grantOffice(town, SCHEME, JURISDICTION, Powers.CREDIT);
        schemes.grantOffice(province, SCHEME, JURISDICTION, Powers.RULES | Powers.FREEZE);
        series = _open(CreditUses.ALL, 0);
        deposit = _cover(series, COVER);
    }

    function _registerAs(address wallet, uint16 kinds) internal returns (ParticipantId id) {
        return Applications.join(participants, wallet, kinds, JURISDICTION, 0, officer);
    }

    function _terms(uint8 uses, uint16 kinds) internal pure returns (SeriesTerms memory) {
        return SeriesTerms({scheme: SCHEME, expiry: EXPIRY, uses: uses, kinds: kinds, purpose: "heating"});
    }

    function _open(uint8 uses, uint16 kinds) internal returns (UnitId id) {
        vm.prank(town);
        return energy.openSeries(_terms(uses, kinds));
    }

    /// @dev Limit and collateral of `amount`.
    function _cover(UnitId id, uint64 amount) internal returns (uint32 record) {
        vm.prank(province);
        energy.setIssueLimit(id, amount, REASON);
        return _record(id, amount);
    }

    function _record(UnitId id, uint64 amount) internal returns (uint32) {
        vm.prank(town);
        return energy.recordCollateral(id, CollateralKind.Deposit, amount, "deed");
    }

    function _to(address to, uint64 amount) internal pure returns (Recipient[] memory list) {
        list = new Recipient[](1);
        list[0] = Recipient(to, amount);
    }

    function _grantTo(address to, uint64 amount) internal {
        vm.prank(town);
        energy.issue(series, _to(to, amount), deposit, REF);
    }

    function _pass(address from, address to, uint256 amount) internal {
        vm.prank(from);
        energy.safeTransferFrom(from, to, UnitId.unwrap(series), amount, "");
    }

    function _held(address who) internal view returns (uint256) {
        return energy.balanceOf(who, UnitId.unwrap(series));
    }
}
