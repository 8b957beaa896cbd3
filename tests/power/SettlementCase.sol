// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {LossShares} from "../../contracts/lib/LossShares.sol";
import {Merkle} from "../../contracts/lib/Merkle.sol";
import {MerkleSum, SumWord} from "../../contracts/lib/MerkleSum.sol";
import {MeterReadings, ReadingWord} from "../../contracts/lib/MeterReadings.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {IMeterOracle, LeafProof, MeterLeaf} from "../../interfaces/evidence/IMeterOracle.sol";
import {Carrier, Node} from "../../interfaces/evidence/IMeters.sol";
import {NodeId, Quality} from "../../interfaces/types/MeterTypes.sol";
import {IRuleSource} from "../../interfaces/rules/ILedgerSources.sol";
import {IPowerLedger} from "../../interfaces/power/IPowerLedger.sol";
import {IPowerLosses} from "../../interfaces/power/IPowerLosses.sol";
import {PowerAccountId, PowerTerms, Proposal} from "../../interfaces/power/IPowerMarket.sol";
import {
    AccountLine,
    AreaTerms,
    DayState,
    IntervalState,
    IPowerSettlement,
    ITradedEnergy,
    RunTotals,
    SettlementParts,
    ShownChunk,
    ShownLine
} from "../../interfaces/power/IPowerSettlement.sol";
import {Powers} from "../../interfaces/rules/ISchemes.sol";
import {ISettlementCurrency} from "../../interfaces/market/ISettlementCurrency.sol";
import {IWalletSource} from "../../interfaces/parties/IWalletSource.sol";
import {PowerCase} from "./PowerCase.sol";

/// @dev A node of the grid whose meters have an oracle, four intervals a day, an operator with a bond, and accounts under
/// pseudonyms. Lines are reckoned here once more, in the plainest way.
abstract contract SettlementCase is PowerCase {
    uint32 internal constant STEP = 6 hours;
    uint32 internal constant CORRECTION = 12 hours;
    uint32 internal constant ASKING = 1 hours;
    uint256 internal constant WINDOW = 2 hours;
    uint96 internal constant BOND = 5_000;
    uint256 internal constant PRICE = 80_000;
    uint96 internal constant PURSE = 1e16; // of each pseudonym
    bytes32 internal constant DATA = keccak256("lines");

    address internal operator = makeAddr("operator");
    address internal notary = makeAddr("notary");
    ParticipantId internal operatorId;

    IMeterOracle internal meters;
    IPowerLosses internal losses;
    IPowerSettlement internal settlement;
    IPowerLedger internal ledger;
    NodeId internal area;
    uint8 internal node;
    uint32 internal day;
    AreaTerms internal terms;

    /// @dev Of the interval at work.
    MeterLeaf[] internal leaves;
    AccountLine[] internal lines;
    uint256 internal price = PRICE;
    uint256 internal charged;

    function setUp() public virtual override {
        super.setUp();
        (operatorId, ledger) = (_register(operator), IPowerLedger(address(market)));
        schemes.grantOffice(officer, NORTH, 0, Powers.MARKET | Powers.METER);
        _openArea();
        losses = IPowerLosses(vm.deployCode("PowerLosses.sol:PowerLosses", abi.encode(meters, schemes)));
        settlement = IPowerSettlement(
            vm.deployCode(
                "PowerSettlement.sol:PowerSettlement",
                abi.encode(
                    SettlementParts(
                        IWalletSource(address(participants)),
                        IRuleSource(address(schemes)),
                        meters,
                        market,
                        losses,
                        ITradedEnergy(address(0)),
                        WINDOW,
                        BOND
                    )
                )
            )
        );
        ledger.setController(address(settlement), 3);
        _deposit(operator, 1_000);
        vm.prank(operator);
        settlement.bond(2 * BOND);
        _deposit(sponsor, 1e15);
        _pseudonyms(16, PURSE);
        _setTerms(0, 0, 0);
    }

    function _terms() internal pure override returns (PowerTerms memory) {
        return PowerTerms({
            intervalS: STEP, gateLeadS: 600, windowS: 300, priceCap: 10_000_000, guarantee: 50_000, maximumOrders: 3_000
        });
    }

    /// @dev The first whole day from two hours on.
    function _openArea() private {
        day = uint32((vm.getBlockTimestamp() + 2 hours) / 1 days + 1);
        interval = day * 4;
        ISettlementCurrency currency = ISettlementCurrency(
            vm.deployCode("SettlementCurrency.sol:SettlementCurrency", abi.encode(manager, "yuan", "CNY"))
        );
        meters = IMeterOracle(
            vm.deployCode(
                "MeterOracle.sol:MeterOracle",
                abi.encode(participants, schemes, address(1), currency, address(this), uint256(1), uint256(0))
            )
        );
        ParticipantId poster = _register(notary);
        Node memory n = Node(NORTH, PLACE, Carrier.Electricity, poster, 1, uint16(STEP), CORRECTION, ASKING, ASKING);
        vm.prank(officer);
        area = meters.openNode(n);
        currency.mint(notary, 1);
        vm.startPrank(notary);
        currency.approve(address(meters), 1);
        meters.depositBond(poster, 1);
        vm.stopPrank();
        vm.prank(officer);
        node = grid.addNode(NORTH, PLACE, 1, 1, NodeId.unwrap(area));
    }

    function _setTerms(uint32 feeImport, uint32 feeExport, uint32 spreadPpm) internal {
        uint32 from = terms.fromInterval == 0 ? interval - 1 : interval;
        terms = AreaTerms(from, operatorId, feeImport, feeExport, spreadPpm);
        vm.prank(officer);
        settlement.setArea(node, terms);
    }

    // ------------------------------------------------------------------ an interval

    /// @dev One account: what its meter says, and what it sells and buys at the interval's price.
    function _account(uint256 number, uint40 exported, uint40 imported, uint32 sold, uint32 bought, Quality quality)
        internal
    {
        bool counts = quality != Quality.Held;
        leaves.push(
            MeterLeaf(
                keccak256(abi.encode("salted", number)),
                MeterReadings.pack(0, imported, exported, uint40(number), quality),
                keccak256(abi.encode("record", number))
            )
        );
        AccountLine memory l;
        l.account = PowerAccountId.wrap(FIRST_PSEUDONYM + uint32(number));
        if (counts) l.meteredWh = int48(uint48(exported)) - int48(uint48(imported));
        (l.soldWh, l.boughtWh) = (sold, bought);
        l.unbound = uint96((sold * uint256(_terms().guarantee) + 999) / 1_000 + (bought * price + 999) / 1_000);
        l.salt = keccak256(abi.encode("salt", number));
        lines.push(l);
    }

    function _account(uint256 number, uint40 exported, uint40 imported, uint32 sold, uint32 bought) internal {
        _account(number, exported, imported, sold, bought, Quality.Settled);
    }

    /// @dev Pseudonym 0 sells 1,000 Wh to pseudonym 1; 2 is the exchange with the grid outside.
    function _street(uint40 delivered, uint40 used) internal {
        _account(0, delivered, 0, 1_000, 0);
        _account(1, 0, used, 0, 1_000);
        _account(2, used > delivered ? used - delivered : 0, delivered > used ? delivered - used : 0, 0, 0);
        _trade();
        _read(1);
    }

    /// @dev Forgets the interval at work and goes to the next one.
    function _next() internal {
        _clearAccounts();
        ++interval;
    }

    function _clearAccounts() internal {
        delete leaves;
        delete lines;
        charged = 0;
    }

    /// @dev Places what accounts sell and buy, and clears it at the price.
    function _trade() internal {
        uint256 count;
        uint256[] memory words = new uint256[](2 * lines.length);
        uint256[] memory limits = new uint256[](2 * lines.length);
        for (uint256 i; i < lines.length; ++i) {
            (uint32 account, uint256 key) = (PowerAccountId.unwrap(lines[i].account), _keyOf(lines[i].account));
            if (lines[i].soldWh != 0) {
                (words[count], limits[count]) = (_word(account, node, OFFER, lines[i].soldWh, price), lines[i].soldWh);
                _place(vm.addr(key), words[count++]);
            }
            if (lines[i].boughtWh != 0) {
                (words[count], limits[count]) = (_word(account, node, BID, lines[i].boughtWh, price), lines[i].boughtWh);
                _place(vm.addr(key), words[count++]);
            }
        }
        assembly ("memory-safe") {
            mstore(words, count)
            mstore(limits, count)
        }
        vm.warp(_startOf(interval) - 600);
        if (count != 0) {
            market.clear(interval, Proposal(words, _lanes(limits), _lanes(price), new uint256[](0), new uint256[](0)));
        }
    }

    function _keyOf(PowerAccountId account) internal pure returns (uint256) {
        return _key(PowerAccountId.unwrap(account) - FIRST_PSEUDONYM);
    }

    function _startOf(uint32 number) internal pure returns (uint256) {
        return uint256(number) * STEP;
    }

    /// @dev The oracle posts what the meters say.
    function _read(uint8 run) internal {
        if (vm.getBlockTimestamp() < _startOf(interval + 1)) vm.warp(_startOf(interval + 1));
        (bytes32 root, SumWord sums) = _readings();
        vm.prank(notary);
        meters.post(area, uint40(_startOf(interval)), run, root, sums, DATA);
    }

    function _toFinal() internal {
        vm.warp(_startOf(interval + 1) + CORRECTION + 1);
    }

    /// @dev Books the loss, as far as the readings are final.
    function _bookLoss() internal {
        (bytes32 root, SumWord sums) = _readings();
        losses.bookArea(area, uint40(_startOf(interval)), root, sums);
        charged = losses.areaLoss(area, uint40(_startOf(interval))).chargedWh;
    }

    // ------------------------------------------------------------------ reckoning

    /// @dev Fills in losses and amounts of the lines, and adds them up.
    function _reckon() internal returns (RunTotals memory t) {
        (t.meterRoot, t.sums) = _readings();
        t.chargedWh = uint48(charged);
        int256 exact;
        int256 paid;
        SumWord before;
        for (uint256 i; i < lines.length; ++i) {
            if (i < leaves.length) {
                SumWord own = leaves[i].reading.sums();
                lines[i].lossWh = uint48(LossShares.share(charged, before, own, t.sums));
                before = before.add(own);
            }
            (int256 wh, int256 gets) = _reckonLine(lines[i], t);
            exact += _worth(wh) + (int256(uint256(lines[i].soldWh)) - int256(uint256(lines[i].boughtWh)))
            * int256(price) * 1e6;
            paid += gets;
        }
        int256 open = _worth(int256(charged) - int256(t.sums.exportWh()) + int256(t.sums.importWh()));
        t.rounding = uint32(uint256(-paid - _down(open, 1e9) - _down(-exact - open, 1e9)));
        (t.count, t.lines) = (uint32(lines.length), Merkle.root(_lineLeaves()));
    }

    /// @dev One line's amounts; adds it to the totals.
    /// @return wh its imbalance
    /// @return gets what it gets, fees aside
    function _reckonLine(AccountLine storage l, RunTotals memory t) private returns (int256 wh, int256 gets) {
        wh = int256(l.meteredWh) - int256(uint256(l.soldWh)) + int256(uint256(l.boughtWh)) - l.tradedWh
            - int256(uint256(l.lossWh));
        gets =
            _down(int256(l.soldWh * price), 1_000) + _down(-int256(l.boughtWh * price), 1_000) + _down(_worth(wh), 1e9);
        int256 fee = l.meteredWh < 0
            ? -int256(l.meteredWh) * int256(uint256(terms.feeImport))
            : int256(l.meteredWh) * int256(uint256(terms.feeExport));
        fee = _down(-fee, 1_000);
        l.net = int88(gets + fee);
        if (wh < 0) t.shortWh += uint48(uint256(-wh));
        else t.longWh += uint48(uint256(wh));
        if (l.meteredWh < 0) t.importWh += uint48(-l.meteredWh);
        else t.exportWh += uint48(l.meteredWh);
        (t.soldWh, t.boughtWh) = (t.soldWh + l.soldWh, t.boughtWh + l.boughtWh);
        (t.net, t.fees) = (t.net + l.net, t.fees + uint88(uint256(-fee)));
    }

    function _worth(int256 wh) internal view returns (int256) {
        int256 spread = int256(uint256(terms.spreadPpm));
        return wh * int256(price) * (wh < 0 ? 1e6 + spread : 1e6 - spread);
    }

    /// @dev Rounded down.
    function _down(int256 a, int256 b) internal pure returns (int256) {
        return a >= 0 ? a / b : -((-a + b - 1) / b);
    }

    function _post(uint8 run, RunTotals memory t) internal {
        vm.prank(operator);
        settlement.post(node, interval, run, t, DATA);
    }

    /// @dev Posts the interval at work and gives its totals.
    function _settle(uint8 run) internal returns (RunTotals memory t) {
        t = _reckon();
        _post(run, t);
    }

    // ------------------------------------------------------------------ trees

    function _lineLeaves() internal view returns (bytes32[] memory hashes) {
        hashes = new bytes32[](lines.length);
        for (uint256 i; i < hashes.length; ++i) {
            hashes[i] = Merkle.leaf(abi.encode(lines[i]));
        }
    }

    function _show(RunTotals memory t, uint32 index) internal view returns (ShownLine memory) {
        return ShownLine(interval, index, t, lines[index], _way(_lineLeaves(), index));
    }

    /// @dev Siblings from the ground up.
    function _way(bytes32[] memory hashes, uint256 index) internal pure returns (bytes32[] memory way) {
        way = new bytes32[](32);
        uint256 used;
        for (uint256 count = hashes.length; count > 1; count = (count + 1) / 2) {
            if (index ^ 1 < count) way[used++] = hashes[index ^ 1];
            for (uint256 i; i < count / 2; ++i) {
                hashes[i] = Merkle.node(hashes[2 * i], hashes[2 * i + 1]);
            }
            if (count % 2 == 1) hashes[count / 2] = hashes[count - 1];
            index /= 2;
        }
        assembly ("memory-safe") {
            mstore(way, used)
        }
    }

    function _readings() internal view returns (bytes32 root, SumWord sums) {
        (root, sums,) = _climb(0);
    }

    function _reading(uint32 index) internal view returns (LeafProof memory) {
        (,, bytes memory proof) = _climb(index);
        return LeafProof(leaves[index], index, uint32(leaves.length), proof);
    }

    function _climb(uint256 index) private view returns (bytes32, SumWord, bytes memory proof) {
        uint256 count = leaves.length;
        bytes32[] memory hashes = new bytes32[](count);
        SumWord[] memory sums = new SumWord[](count);
        for (uint256 i; i < count; ++i) {
            MeterLeaf memory l = leaves[i];
            hashes[i] = MerkleSum.leaf(l.salted, bytes32(ReadingWord.unwrap(l.reading)), l.recordDigest);
            sums[i] = l.reading.sums();
        }
        for (; count > 1; count = (count + 1) / 2) {
            if (index ^ 1 < count) {
                proof = abi.encodePacked(proof, bytes22(hashes[index ^ 1]), uint192(SumWord.unwrap(sums[index ^ 1])));
            }
            for (uint256 i; i < count / 2; ++i) {
                hashes[i] = MerkleSum.node(hashes[2 * i], sums[2 * i], hashes[2 * i + 1], sums[2 * i + 1]);
                sums[i] = MerkleSum.add(sums[2 * i], sums[2 * i + 1]);
            }
            if (count % 2 == 1) (hashes[count / 2], sums[count / 2]) = (hashes[count - 1], sums[count - 1]);
            index /= 2;
        }
        return (hashes[0], sums[0], proof);
    }

    // ------------------------------------------------------------------ days

    function _dayState() internal view returns (DayState memory) {
        return settlement.dayOf(node, day);
    }

    function _state() internal view returns (IntervalState memory) {
        return settlement.intervalOf(node, interval);
    }

    function _payWord(uint256 number, int256 amount, uint256 unbound) internal pure returns (uint256) {
        return (FIRST_PSEUDONYM + number) | uint256(uint96(int96(amount))) << 32 | unbound << 128;
    }

    /// @dev All of a day's payments in one chunk.
    function _chunk(uint256[] memory words) internal pure returns (ShownChunk memory c) {
        c.words = words;
        for (uint256 i; i < words.length; ++i) {
            c.sum += int88(int96(uint96(words[i] >> 32)));
        }
    }

    function _leavesOf(bytes32[] memory hashes, int88[] memory sums) internal pure returns (bytes32[] memory found) {
        found = new bytes32[](hashes.length);
        for (uint256 i; i < found.length; ++i) {
            found[i] = Merkle.leaf(hashes[i], bytes32(uint256(int256(sums[i]))));
        }
    }

    function _postPayments(ShownChunk memory c, uint88 returned) internal {
        bytes32[] memory hashes = new bytes32[](1);
        int88[] memory sums = new int88[](1);
        (hashes[0], sums[0]) = (keccak256(abi.encodePacked(c.words)), c.sum);
        vm.prank(operator);
        settlement.postPayments(node, day, hashes, sums, returned);
    }
}
