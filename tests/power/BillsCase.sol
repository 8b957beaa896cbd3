// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BillShares, ICreditBills, Tariff} from "../../interfaces/power/ICreditBills.sol";
import {CreditUses} from "../../interfaces/units/IEnergyCredits.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {IPayouts} from "../../interfaces/parties/IPayouts.sol";
import {EnergyBase} from "../units/EnergyBase.sol";

/// @dev A town, four companies, the network fund that takes the remainder, and Alice who pays.
abstract contract BillsCase is EnergyBase {
    ParticipantId internal constant NOBODY = ParticipantId.wrap(0);
    uint64 internal constant HERS = 1_000_000_000;
    uint64 internal constant PRICE = 40_000_000; // of the invoice [micro-credit]

    address internal plant = makeAddr("plant");
    address internal grid = makeAddr("grid");
    address internal network = makeAddr("network");
    address internal shop = makeAddr("shop");
    address internal fund = makeAddr("fund");
    address internal mason;
    uint256 internal masonKey;
    ParticipantId internal plantId;
    ParticipantId internal gridId;
    ParticipantId internal networkId;
    ParticipantId internal shopId;
    ParticipantId internal fundId;
    ParticipantId internal masonId;
    ICreditBills internal bills;
    IPayouts internal payouts;
    uint32 internal tariff;

    function setUp() public virtual override {
        super.setUp();
        _found();
        bills = ICreditBills(vm.deployCode("CreditBills.sol:CreditBills", abi.encode(participants, schemes, energy)));
        payouts = IPayouts(address(bills));
        energy.setController(address(bills), HOLD | uint256(CreditUses.BILLS) << 32);
        (mason, masonKey) = makeAddrAndKey("mason");
        plantId = _register(plant);
        gridId = _register(grid);
        networkId = _register(network);
        shopId = _register(shop);
        fundId = _register(fund);
        masonId = _register(mason);
        _grantTo(alice, HERS);
        vm.prank(alice);
        energy.setApprovalForAll(address(bills), true);
        tariff = _publish(_shares(600_000, 100_000, 200_000, 99_999));
    }

    function _shares(uint24 a, uint24 b, uint24 c, uint24 d) internal view returns (Tariff memory) {
        return Tariff({
            generator: plantId,
            generationPpm: a,
            transmitter: gridId,
            transmissionPpm: b,
            distributor: networkId,
            distributionPpm: c,
            seller: shopId,
            salePpm: d,
            remainderTo: fundId,
            scheme: SCHEME,
            closed: false
        });
    }

    function _publish(Tariff memory terms) internal returns (uint32) {
        vm.prank(province);
        return bills.publishTariff(terms, JURISDICTION);
    }

    /// @dev What the contract owes a participant.
    function _owed(ParticipantId who) internal view returns (uint256) {
        return payouts.payoutOf(ParticipantId.unwrap(who), UnitId.unwrap(series));
    }

    function _withdraw(address wallet, ParticipantId who) internal {
        vm.prank(wallet);
        payouts.withdrawPayout(ParticipantId.unwrap(who), UnitId.unwrap(series), wallet);
    }

    function _pay(uint64 amount) internal returns (BillShares memory) {
        uint256 paid = bills.paidOf(alice, REF);
        vm.prank(alice);
        return bills.payBill(tariff, series, amount, REF, paid);
    }
}
