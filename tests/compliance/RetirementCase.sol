// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {Account, MarketAssets} from "../../interfaces/market/IExchange.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {Claim, IRetirementRegistry} from "../../interfaces/compliance/IRetirementRegistry.sol";
import {Exit, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {UnitsBase} from "../units/UnitsBase.sol";
import {VenueStub} from "../units/Stubs.sol";

/// @dev A ledger with one account, which a controller debits in lots of 10.
contract LedgerStub is VenueStub {
    IUnit1155 public units;
    UnitId public unit;
    uint256 public lots;
    bool public frozen;

    function set(IUnit1155 units_, UnitId unit_, uint256 lots_, bool frozen_) external {
        (units, unit, lots, frozen) = (units_, unit_, lots_, frozen_);
    }

    function marketOf(UnitId id) external view returns (MarketId) {
        return MarketId.wrap(UnitId.unwrap(id) == UnitId.unwrap(unit) ? 1 : 0);
    }

    function account(ParticipantId, MarketId) external view returns (Account memory a) {
        a.lots = lots;
        a.frozen = frozen;
    }

    function marketAssets(MarketId market) external view returns (MarketAssets memory assets) {
        if (MarketId.unwrap(market) != 0) (assets.unit, assets.lotSize) = (unit, 10);
    }

    function debitUnits(ParticipantId, MarketId, uint256 wanted, address to) external returns (uint256 taken) {
        taken = wanted < lots ? wanted : lots;
        lots -= taken;
        units.safeTransferFrom(address(this), to, UnitId.unwrap(unit), taken * 10, "");
    }
}

/// @dev A registry with credits to retire, and short forms.
abstract contract RetirementCase is UnitsBase {
    IRetirementRegistry internal registry;
    LedgerStub internal ledger;
    UnitId internal credit;
    address internal clerk = makeAddr("clerk"); // wallet of the developer with every right but to surrender and manage

    function setUp() public virtual override {
        super.setUp();
        ledger = LedgerStub(address(venue));
        address[] memory units = new address[](2);
        (units[0], units[1]) = (address(allowances), address(credits));
        registry = IRetirementRegistry(
            vm.deployCode("RetirementRegistry.sol:RetirementRegistry", abi.encode(manager, participants, ledger, units))
        );
        uint256 rights = EXIT | 1 << (8 + uint256(Exit.Retired)) | 1 << (8 + uint256(Exit.Cancelled));
        allowances.setController(address(registry), rights);
        credits.setController(address(registry), rights);
        credit = _batch(1, 10_000);
        _addWallet(dora, clerk, WalletRights.ALL - WalletRights.SURRENDER - WalletRights.MANAGE);
    }

    function _newVenue() internal virtual override returns (address) {
        return address(new LedgerStub());
    }

    function _claim() internal pure returns (Claim memory) {
        return Claim({
            beneficiary: "Example Airlines plc",
            commitment: 0,
            purpose: "Business travel 2020, scope 3 category 6",
            periodStart: 18_262, // 1 January 2020
            periodEnd: 18_627, //   31 December 2020
            country: "CN"
        });
    }

    function _many(uint256 count)
        internal
        pure
        returns (uint256[] memory amounts, Claim[] memory claims, address[] memory holders)
    {
        amounts = new uint256[](count);
        claims = new Claim[](count);
        holders = new address[](count);
        for (uint256 i = 0; i < count; ++i) {
            (amounts[i], claims[i], holders[i]) = (i + 1, _claim(), address(uint160(100 + i)));
        }
    }

    function _refuse(Claim memory claim, bytes memory error_) internal {
        vm.prank(dora);
        vm.expectRevert(error_);
        registry.retire(credit, 1, claim);
    }

    function _expectRight(address wallet, uint8 right) internal {
        vm.expectRevert(abi.encodeWithSelector(IRetirementRegistry.RetirementRightMissing.selector, wallet, right));
    }

    function _deposit(uint256 amount) internal {
        vm.prank(dora);
        credits.safeTransferFrom(dora, address(ledger), UnitId.unwrap(credit), amount, "");
        ledger.set(credits, credit, amount / 10, false);
    }

    function _nft() internal view returns (IERC721) {
        return IERC721(address(registry));
    }
}
