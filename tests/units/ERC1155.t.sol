// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAllowances} from "../../interfaces/units/IAllowances.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";
import {CreditUses} from "../../interfaces/units/IEnergyCredits.sol";
import {ICreditOrigin, Traits} from "../../interfaces/units/ICreditOrigin.sol";
import {BatchTerms, IImmobilisation} from "../../interfaces/units/IImmobilisation.sol";
import {ISerialSets, Registry} from "../../interfaces/units/ISerialSets.sol";
import {Recipient, SerialBlock} from "../../interfaces/units/IOffsetCredits.sol";
import {Custody} from "../../interfaces/units/IUnit1155.sol";
import {CertificateBase} from "./CertificateBase.sol";
import {ERC1155BatchBehaviour} from "./ERC1155BatchBehaviour.sol";
import {ERC1155Case} from "./ERC1155Case.sol";
import {ERC1155Behaviour} from "./ERC1155Behaviour.sol";
import {ERC1155Suite} from "./ERC1155Suite.sol";
import {EnergyBase} from "./EnergyBase.sol";
import {UnitsBase} from "./UnitsBase.sol";

/// @dev Allowances that only the venue can sell.
contract AllowancesERC1155Test is ERC1155Behaviour, ERC1155BatchBehaviour, ERC1155Suite {
    function _prepare() internal override {
        token = allowances;
        (id, id2) = (UnitId.unwrap(allowance), UnitId.unwrap(_id(1, VINTAGE + 1, 0)));
        holder = alice;
        _issue(alice, HELD);
        vm.prank(controller);
        allowances.issue(alice, UnitId.wrap(id2), HELD2, REF);
    }

    function _give(address to, uint256 amount) internal override {
        _issue(to, amount);
    }
}

/// @dev Allowances as a free good.
contract FreeAllowancesERC1155Test is ERC1155Behaviour, ERC1155BatchBehaviour, ERC1155Suite {
    function _prepare() internal override {
        allowances = IAllowances(_deployAllowances(Custody.Free));
        allowances.setController(controller, ISSUE);
        token = allowances;
        (id, id2) = (UnitId.unwrap(allowance), UnitId.unwrap(_id(1, VINTAGE + 1, 0)));
        holder = alice;
        _issue(alice, HELD);
        vm.prank(controller);
        allowances.issue(alice, UnitId.wrap(id2), HELD2, REF);
    }

    function _give(address to, uint256 amount) internal override {
        _issue(to, amount);
    }
}

contract OffsetCreditsERC1155Test is ERC1155Behaviour, ERC1155BatchBehaviour, ERC1155Suite {
    function _prepare() internal override {
        token = credits;
        holder = alice;
        (id, id2) = (UnitId.unwrap(_batch(1, 1_000_000)), UnitId.unwrap(_batch(2, 1_000_000)));
        _give(alice, HELD);
        vm.prank(dora);
        credits.safeTransferFrom(dora, alice, id2, HELD2, "");
    }

    function _give(address to, uint256 amount) internal override {
        vm.prank(dora);
        credits.safeTransferFrom(dora, to, id, amount, "");
    }
}

/// @dev Credits of another registry, in as many blocks as there were issues.
contract ImmobilisedERC1155Test is ERC1155Behaviour, ERC1155BatchBehaviour, ERC1155Suite {
    uint64 private _last;

    function _prepare() internal override {
        token = credits;
        holder = alice;
        id = UnitId.unwrap(_id(2, VINTAGE, 1 << 63 | 1));
        id2 = UnitId.unwrap(_id(2, VINTAGE, 1 << 63 | 2));
        BatchTerms memory terms;
        Registry memory registry;
        Traits memory traits;
        vm.mockCall(immobilisation, abi.encodeCall(ICreditOrigin.traitsOf, (UnitId.wrap(id))), abi.encode(traits));
        vm.mockCall(immobilisation, abi.encodeCall(IImmobilisation.termsOf, (UnitId.wrap(id))), abi.encode(terms));
        vm.mockCall(immobilisation, abi.encodeCall(ISerialSets.registryOf, (0)), abi.encode(registry));
        _give(alice, HELD);
        _block(alice, id2, HELD2);
    }

    function _give(address to, uint256 amount) internal override {
        _block(to, id, amount);
    }

    function _block(address to, uint256 unit, uint256 amount) private {
        Recipient[] memory all = new Recipient[](1);
        all[0] = Recipient(to, uint64(amount));
        SerialBlock memory block_ = SerialBlock(2, 0, _last + 1, _last + uint64(amount));
        _last += uint64(amount);
        vm.prank(immobilisation);
        credits.issueBlock(UnitId.wrap(unit), all, block_, REF);
    }
}

contract EnergyCreditsERC1155Test is ERC1155Behaviour, ERC1155BatchBehaviour, ERC1155Suite, EnergyBase {
    function setUp() public override(ERC1155Case, UnitsBase) {
        super.setUp();
    }

    function _prepare() internal override {
        _found();
        token = energy;
        holder = alice;
        UnitId second = _open(CreditUses.TRANSFER, 0);
        (id, id2) = (UnitId.unwrap(series), UnitId.unwrap(second));
        _give(alice, HELD);
        uint32 record = _cover(second, uint64(HELD2));
        vm.prank(town);
        energy.issue(second, _to(alice, uint64(HELD2)), record, REF);
    }

    function _give(address to, uint256 amount) internal override {
        _grantTo(to, uint64(amount));
    }
}

contract EnergyCertificatesERC1155Test is ERC1155Behaviour, ERC1155BatchBehaviour, ERC1155Suite, CertificateBase {
    function setUp() public override(ERC1155Case, UnitsBase) {
        super.setUp();
    }

    function _prepare() internal override {
        _found();
        token = certificates;
        holder = alice;
        (UnitId first, UnitId second) = (_certified(HOUR, 2, 1_000_000), certificates.idOf(farm, HOUR + 1 hours));
        (id, id2) = (UnitId.unwrap(first), UnitId.unwrap(second));
        _give(alice, HELD);
        vm.prank(dora);
        certificates.safeTransferFrom(dora, alice, id2, HELD2, "");
    }

    function _give(address to, uint256 amount) internal override {
        vm.prank(dora);
        certificates.safeTransferFrom(dora, to, id, amount, "");
    }
}
