// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Vm} from "forge-std/Vm.sol";

import {AccountLine} from "../../contracts/lib/AccountLine.sol";
import {BidTree} from "../../contracts/lib/BidTree.sol";
import {LossShares} from "../../contracts/lib/LossShares.sol";
import {Merkle} from "../../contracts/lib/Merkle.sol";
import {MerkleSum, SumWord} from "../../contracts/lib/MerkleSum.sol";
import {MeterReadings, ReadingWord} from "../../contracts/lib/MeterReadings.sol";
import {SharedSecret} from "../../contracts/lib/SharedSecret.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {IMeterOracle, LeafProof, MeterLeaf} from "../../interfaces/evidence/IMeterOracle.sol";
import {Carrier, Node} from "../../interfaces/evidence/IMeters.sol";
import {MeterId, NodeId, Quality} from "../../interfaces/types/MeterTypes.sol";
import {IRuleSource} from "../../interfaces/rules/ILedgerSources.sol";
import {BidderTerms} from "../../interfaces/power/IBidLimits.sol";
import {IBidProofs, ShownBid, ShownBook, TreeReceipt} from "../../interfaces/power/IBidProofs.sol";
import {BidReceipt} from "../../interfaces/power/IPowerBidDisputes.sol";
import {Opening} from "../../interfaces/power/IPowerBids.sol";
import {IPowerLedger} from "../../interfaces/power/IPowerLedger.sol";
import {IPowerLosses, LossStatus} from "../../interfaces/power/IPowerLosses.sol";
import {PowerAccountId, PowerTerms, Proposal} from "../../interfaces/power/IPowerMarket.sol";
import {
    AreaTerms,
    DayList,
    DayState,
    IntervalState,
    IPowerSettlement,
    ITradedEnergy,
    LineAnswer,
    NodeRun,
    RunTotals,
    SealedAccount,
    SettlementParts,
    ShownLine,
    ShownReading
} from "../../interfaces/power/IPowerSettlement.sol";
import {Powers} from "../../interfaces/rules/ISchemes.sol";
import {ISettlementCurrency} from "../../interfaces/market/ISettlementCurrency.sol";
import {IWalletSource} from "../../interfaces/parties/IWalletSource.sol";
import {PowerCase} from "./PowerCase.sol";

/// @dev A node of the grid whose meters have an oracle, four intervals a day, an operator with a bond, and accounts under
/// pseudonyms. Lines are reckoned here once more, in the plainest way.
abstract contract SettlementCase is PowerCase {
    /// @dev A line, and the account's sums since the day's begin.
    struct PlainLine {
        PowerAccountId account;
        int48 meteredWh;
        uint48 soldWh;
        uint48 boughtWh;
        int48 tradedWh;
        uint48 lossWh;
        int88 net;
        bytes32 salt;
        Sums day;
    }

    struct Sums {
        int88 net;
        uint72 volumeWh;
    }

    uint32 internal constant STEP = 6 hours;
    uint32 internal constant CORRECTION = 12 hours;
    uint32 internal constant ASKING = 1 hours;
    uint256 internal constant WINDOW = 2 hours;
    uint256 internal constant LATE = 2 days;
    uint96 internal constant BOND = 5_000;
    uint96 internal constant DEBITS = 200_000; // that it covers beside
    uint256 internal constant PRICE = 80_000;
    uint96 internal constant PURSE = 1e16; // of each pseudonym
    bytes32 internal constant DATA = keccak256("lines");
    /// @dev One-time keys of an asker and of an answer.
    uint256 internal constant SECRET = 0xa11ce;
    uint256 internal constant EPHEMERAL = 0xb0b;

    address internal operator = makeAddr("operator");
    address internal notary = makeAddr("notary");
    ParticipantId internal operatorId;

    IMeterOracle internal meters;
    IPowerLosses internal losses;
    IBidProofs internal proofs;
    IPowerSettlement internal settlement;
    IPowerLedger internal ledger;
    NodeId internal area;
    uint8 internal node;
    uint32 internal day;
    AreaTerms internal terms;

    /// @dev Of the interval at work.
    MeterLeaf[] internal leaves;
    PlainLine[] internal lines;
    /// @dev Sums of the intervals of the day before it.
    mapping(PowerAccountId account => Sums) internal carried;
    /// @dev Further accounts of each interval, without meters.
    PowerAccountId[] internal bystanders;
    uint256 internal price = PRICE; // of the clearing
    uint256 internal charged;
    uint256 internal shortPays; // of the lines last reckoned
    uint256 internal longGets;

    /// @dev The sponsor's bids of the interval that traded last, in the order of its curves.
    BidReceipt[] internal bids;
    /// @dev Leaves behind them in the sponsor's tree, of customers that want nothing.
    uint256 internal idle;
    uint256[] internal curves;
    uint256[] internal margins;

    function setUp() public virtual override {
        super.setUp();
        (operatorId, ledger) = (_register(operator), IPowerLedger(address(market)));
        schemes.grantOffice(officer, NORTH, 0, Powers.MARKET | Powers.METER);
        _openArea();
        losses = IPowerLosses(vm.deployCode("PowerLosses.sol:PowerLosses", abi.encode(meters, schemes)));
        proofs = IBidProofs(vm.deployCode("BidProofs.sol:BidProofs", abi.encode(market, participants)));
        SettlementParts memory parts = _parts();
        address extension = vm.deployCode("PowerSettlementExtension.sol:PowerSettlementExtension", abi.encode(parts));
        settlement =
            IPowerSettlement(vm.deployCode("PowerSettlement.sol:PowerSettlement", abi.encode(parts, extension)));
        ledger.setController(address(settlement), 2);
        references.setCounter(address(settlement));
        _deposit(operator, 1_000_000);
        vm.prank(operator);
        settlement.bond(2 * BOND + DEBITS);
        _deposit(sponsor, 1e15);
        _pseudonyms(16, PURSE);
        _setTerms(0, 0, 0);
        _join(0, 12); // the others belong to no node
    }

    function _parts() private returns (SettlementParts memory) {
        IWalletSource people = IWalletSource(address(participants));
        IRuleSource rules = IRuleSource(address(schemes));
        return SettlementParts(people, rules, meters, market, losses, proofs, _trades(), WINDOW, LATE, BOND);
    }

    /// @dev No contracts between accounts.
    function _trades() internal virtual returns (ITradedEnergy) {
        return ITradedEnergy(address(0));
    }

    function _join(uint32 first, uint32 count) internal {
        PowerAccountId[] memory accounts = new PowerAccountId[](count);
        for (uint32 i; i < count; ++i) {
            accounts[i] = PowerAccountId.wrap(FIRST_PSEUDONYM + first + i);
        }
        vm.prank(sponsor);
        settlement.join(node, accounts);
    }

    function _terms() internal pure override returns (PowerTerms memory) {
        PowerTerms memory t = super._terms();
        t.intervalS = STEP;
        return t;
    }

    /// @dev The first whole day from two hours on. Accounts and terms are from its begin on.
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
        vm.startPrank(officer);
        node = grid.addNode(NORTH, PLACE, 1, 1, NodeId.unwrap(area));
        references.start(node, uint32(PRICE));
        limits.nameOperator(node, operatorId);
        vm.stopPrank();
        _register(node, sponsorId, plantId, BidderTerms(0, RATING, RATING, 60));
    }

    /// @dev A first reference of another price: {ReferencePrices} has one for each node, in its fourth slot.
    function _setReference(uint256 ref) internal {
        uint256 first = uint256(keccak256(abi.encode(keccak256(abi.encode(node, 3)))));
        for (uint256 i = 1; i <= 3; ++i) {
            vm.store(address(references), bytes32(first + i), bytes32(ref * (type(uint256).max / type(uint32).max)));
        }
        assertEq(references.referenceOf(node, interval), ref);
    }

    function _setTerms(uint32 feeImport, uint32 feeExport, uint32 spreadPpm) internal {
        terms = AreaTerms(interval - interval % 4, operatorId, feeImport, feeExport, spreadPpm);
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
        PlainLine memory l;
        l.account = PowerAccountId.wrap(FIRST_PSEUDONYM + uint32(number));
        if (counts) l.meteredWh = int48(uint48(exported)) - int48(uint48(imported));
        (l.soldWh, l.boughtWh) = (sold, bought);
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

    /// @dev Carries the interval at work on and goes to the next one.
    function _next() internal {
        ++interval;
        for (uint256 i; i < lines.length; ++i) {
            if (interval % 4 == 0) delete carried[lines[i].account];
            else carried[lines[i].account] = lines[i].day;
        }
        _clearAccounts();
    }

    function _clearAccounts() internal {
        delete leaves;
        delete lines;
        charged = 0;
    }

    /// @dev The sponsor bids for its accounts what they sell and buy, and it is cleared at the price.
    function _trade() internal {
        delete bids;
        uint256[2] memory wh = [_bidAll(BID), _bidAll(OFFER)];
        if (bids.length != 0) {
            _openCurves(wh);
            (, uint256[] memory arcs) = grid.gridAt(_startOf(interval));
            margins = _margins(wh[BID], wh[BID], wh[OFFER], wh[OFFER]); // the node is the first
            market.clear(interval, Proposal(_one(curves), margins, _lanes(price), new uint256[](0), arcs));
        } else {
            vm.warp(_startOf(interval) - 600);
        }
    }

    function _bidAll(uint256 side) private returns (uint256 wh) {
        for (uint256 i; i < lines.length; ++i) {
            uint48 limit = side == BID ? lines[i].boughtWh : lines[i].soldWh;
            if (limit == 0) continue;
            bytes32 salt = keccak256(abi.encode("bid", bids.length));
            bids.push(
                BidReceipt(interval, sponsorId, lines[i].account, node, uint8(side), uint32(price), uint32(limit), salt)
            );
            wh += limit;
        }
    }

    function _openCurves(uint256[2] memory wh) private {
        delete curves;
        for (uint256 side; side < 2; ++side) {
            if (wh[side] == 0) continue;
            curves.push(_own(sponsorId) | uint256(node) << 32 | side << 40 | 1 << 48);
            curves.push(price | wh[side] << 32);
        }
        Opening memory o = _treeOpening();
        vm.warp(_startOf(interval) - 601);
        uint48 all = uint48(wh[BID] + wh[OFFER]);
        _setAside(sponsor, all);
        _commit(sponsor, o, all);
        _toGate();
        market.open(interval, sponsorId, o);
    }

    function _treeOpening() internal view returns (Opening memory) {
        (uint256 root,) = _treeOf(0);
        return Opening(SALT, root, uint32(bids.length + idle), curves);
    }

    /// @dev Root of the bids' tree, and the path of one.
    function _treeOf(uint256 index) private view returns (uint256 root, uint256[] memory way) {
        uint256[] memory words = new uint256[](bids.length + idle);
        for (uint256 i; i < words.length; ++i) {
            if (i >= bids.length) {
                words[i] = BidTree.leaf(abi.encode("idle", i), 0);
                continue;
            }
            BidReceipt memory r = bids[i];
            words[i] = BidTree.leaf(abi.encode(r.account, r.node, r.side, r.price, r.limitWh, r.salt), r.limitWh);
        }
        way = new uint256[](32);
        uint256 used;
        for (uint256 count = words.length; count > 1; count = (count + 1) / 2) {
            if (index ^ 1 < count) way[used++] = words[index ^ 1];
            for (uint256 i; i < count / 2; ++i) {
                words[i] = _parentOf(words[2 * i], words[2 * i + 1]);
            }
            if (count % 2 == 1) words[count / 2] = words[count - 1];
            index /= 2;
        }
        assembly ("memory-safe") {
            mstore(way, used)
        }
        root = words[0];
    }

    function _parentOf(uint256 a, uint256 b) private pure returns (uint256) {
        uint256 mask = type(uint64).max;
        return (uint256(Merkle.node(bytes32(a), bytes32(b))) & ~mask) | ((a & mask) + (b & mask));
    }

    function _one(uint256[] memory words) private pure returns (uint256[][] memory list) {
        list = new uint256[][](1);
        list[0] = words;
    }

    /// @dev A bid of the interval that traded last, with the operator's receipt of its tree.
    function _shownBid(uint32 index) internal view returns (ShownBid memory s) {
        s.bid = bids[index];
        s.opening = _treeOpening();
        s.index = index;
        (, s.proof) = _treeOf(index);
        (s.signer, s.signature) = (operator, _receiptOf(s, "operator"));
    }

    /// @dev All curves of the sponsor in an interval, which are its own account's.
    function _curvesOf(uint32 traded) internal view returns (ShownBid[] memory whole) {
        whole = new ShownBid[](1);
        PowerAccountId own = PowerAccountId.wrap(_own(sponsorId));
        whole[0].bid = BidReceipt(traded, sponsorId, own, 0, 0, 0, 0, bytes32(0));
        whole[0].opening = _treeOpening();
    }

    /// @dev Signed with the key of the wallet of that name.
    function _receiptOf(ShownBid memory s, string memory name) internal view returns (bytes memory) {
        bytes32 digest = proofs.receiptDigest(TreeReceipt(s.bid.interval, s.bid.aggregator, s.opening.root));
        (uint8 v, bytes32 a, bytes32 b) = vm.sign(uint256(keccak256(abi.encodePacked(name))), digest);
        return abi.encodePacked(a, b, v);
    }

    function _bids(uint32 index) internal view returns (ShownBid[] memory list) {
        list = new ShownBid[](1);
        list[0] = _shownBid(index);
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
        _toOver();
    }

    /// @dev To the end of the interval's day.
    function _toOver() internal {
        uint256 over = (uint256(interval) / 4 + 1) * 1 days;
        if (vm.getBlockTimestamp() < over) vm.warp(over);
    }

    /// @dev Books the loss; an implausible one is decided to be the operator's.
    function _bookLoss() internal {
        (bytes32 root, SumWord sums) = _readings();
        uint40 start = uint40(_startOf(interval));
        if (losses.areaLoss(area, start).status == LossStatus.None) losses.bookArea(area, start, root, sums);
        if (losses.areaLoss(area, start).status == LossStatus.Held) {
            vm.prank(officer);
            losses.decideArea(area, start, 0, keccak256("held"));
        }
        charged = losses.areaLoss(area, start).chargedWh;
    }

    // ------------------------------------------------------------------ reckoning

    /// @dev Fills in losses and amounts of the lines, and adds them up.
    function _reckon() internal returns (RunTotals memory t) {
        (t.meterRoot, t.sums) = _readings();
        t.chargedWh = uint48(charged);
        SumWord before;
        for (uint256 i; i < lines.length; ++i) {
            if (i < leaves.length) {
                SumWord own = leaves[i].reading.sums();
                lines[i].lossWh = uint48(LossShares.share(charged, before, own, t.sums));
                before = before.add(own);
            }
            _addEnergy(lines[i], t);
        }
        _setPrices(t);
        int256 exact;
        int256 paid;
        for (uint256 i; i < lines.length; ++i) {
            int256 gets = _reckonLine(lines[i], t);
            exact += _worth(_imbalance(lines[i]))
            + (int256(uint256(lines[i].soldWh)) - int256(uint256(lines[i].boughtWh))) * int256(price);
            paid += gets;
        }
        int256 open = _worth(int256(charged) - int256(t.sums.exportWh()) + int256(t.sums.importWh()));
        t.rounding = uint32(uint256(-paid - _down(open, 1_000) - _down(-exact - open, 1_000)));
        t.due = int88(_down(open, 1_000)) + int88(t.fees);
        t.surplus = int80(_down(-exact - open, 1_000));
        (t.count, t.lines) = (uint32(lines.length), _lineRoot());
    }

    function _imbalance(PlainLine storage l) private view returns (int256) {
        return int256(l.meteredWh) - int256(uint256(l.soldWh)) + int256(uint256(l.boughtWh)) - l.tradedWh
            - int256(uint256(l.lossWh));
    }

    function _addEnergy(PlainLine storage l, RunTotals memory t) private view {
        int256 wh = _imbalance(l);
        if (wh < 0) t.shortWh += uint48(uint256(-wh));
        else t.longWh += uint48(uint256(wh));
        if (l.meteredWh < 0) t.importWh += uint48(-l.meteredWh);
        else t.exportWh += uint48(l.meteredWh);
        (t.soldWh, t.boughtWh) = (t.soldWh + l.soldWh, t.boughtWh + l.boughtWh);
    }

    /// @dev The reference, the clearing's price as far as was delivered behind it, and the worse of both for each side.
    function _setPrices(RunTotals memory t) private {
        (uint256 ref, uint256 counts) = (references.referenceOf(node, interval), 0);
        int256 delivered = int256(uint256(t.soldWh)) + int256(uint256(t.boughtWh)) - int256(uint256(t.longWh))
            - int256(uint256(t.shortWh));
        uint256 metered = uint256(t.importWh) + t.exportWh;
        uint256 backed = delivered < 0 ? 0 : uint256(delivered) < metered ? uint256(delivered) : metered;
        if (metered == 0) (backed, metered) = (0, 1);
        counts = price < ref ? ref - (ref - price) * backed / metered : ref + (price - ref) * backed / metered;
        uint256 high = ref > counts ? ref : counts;
        shortPays = (high * (1e6 + uint256(terms.spreadPpm)) + 1e6 - 1) / 1e6;
        longGets = (ref + counts - high) * (1e6 - terms.spreadPpm) / 1e6;
        bool isCleared = market.roundOf(interval).proposer != address(0);
        (t.cleared, t.shortPays, t.longGets) = (uint32(isCleared ? price : ref), uint40(shortPays), uint40(longGets));
    }

    /// @dev One line's amounts; adds them to the totals.
    /// @return gets what it gets, fees aside
    function _reckonLine(PlainLine storage l, RunTotals memory t) private returns (int256 gets) {
        gets = _down(int256(l.soldWh * price), 1_000) + _down(-int256(l.boughtWh * price), 1_000)
            + _down(_worth(_imbalance(l)), 1_000);
        int256 fee = l.meteredWh < 0
            ? -int256(l.meteredWh) * int256(uint256(terms.feeImport))
            : int256(l.meteredWh) * int256(uint256(terms.feeExport));
        fee = _down(-fee, 1_000);
        l.net = int88(gets + fee);
        (t.net, t.fees) = (t.net + l.net, t.fees + uint88(uint256(-fee)));
        _sum(l);
    }

    /// @dev Brings the sums of a line up to date.
    function _sum(PlainLine storage l) internal {
        Sums memory before = carried[l.account];
        uint48 volume = uint48(l.meteredWh < 0 ? -l.meteredWh : l.meteredWh);
        l.day = Sums(before.net + l.net, before.volumeWh + volume);
    }

    function _worth(int256 wh) internal view returns (int256) {
        return wh * int256(wh < 0 ? shortPays : longGets);
    }

    /// @dev Rounded down.
    function _down(int256 a, int256 b) internal pure returns (int256) {
        return a >= 0 ? a / b : -((-a + b - 1) / b);
    }

    function _post(RunTotals memory t) internal {
        _postAs(operator, t);
    }

    function _postAs(address who, RunTotals memory t) internal {
        NodeRun[] memory runs = new NodeRun[](1);
        runs[0] = NodeRun(node, DATA, t);
        vm.prank(who);
        settlement.post(interval, runs);
    }

    /// @dev Waits until the interval's readings are final, books its loss, posts it and gives its totals.
    function _settle() internal returns (RunTotals memory t) {
        _ready();
        t = _reckon();
        _post(t);
    }

    /// @dev Readings are final and the loss is booked.
    function _ready() internal {
        if (vm.getBlockTimestamp() <= _startOf(interval + 1) + CORRECTION) _toFinal();
        uint256 answered = meters.stateOf(area, uint40(_startOf(interval))).postedAt + 2 * ASKING + 1;
        if (vm.getBlockTimestamp() < answered) vm.warp(answered);
        _toOver();
        _bookLoss();
    }

    // ------------------------------------------------------------------ trees

    function _lineLeaves() internal view returns (bytes32[] memory hashes, uint256[] memory sums) {
        (hashes, sums) = (new bytes32[](lines.length), new uint256[](lines.length));
        for (uint256 i; i < hashes.length; ++i) {
            hashes[i] = _packed(lines[i]).leaf();
            sums[i] = _lineSums(lines[i]);
        }
    }

    /// @dev `import 48 | export 48 | long 48 | short 48`.
    function _lineSums(PlainLine storage l) private view returns (uint256) {
        (int256 metered, int256 open) = (l.meteredWh, _imbalance(l));
        uint256 energy = metered < 0 ? uint256(-metered) : uint256(metered) << 48;
        return energy | (open < 0 ? uint256(-open) << 144 : uint256(open) << 96);
    }

    function _lineRoot() internal view returns (bytes32 root) {
        (bytes32[] memory hashes, uint256[] memory sums) = _lineLeaves();
        (root,,) = _climb(hashes, sums, 0);
    }

    function _show(RunTotals memory t, uint32 index) internal view returns (ShownLine memory) {
        (bytes32[] memory hashes, uint256[] memory sums) = _lineLeaves();
        (,, bytes memory proof) = _climb(hashes, sums, index);
        return ShownLine(interval, index, t, _packed(lines[index]), proof);
    }

    function _packed(PlainLine memory l) internal pure returns (AccountLine memory) {
        uint256 energy = PowerAccountId.unwrap(l.account) | uint256(uint48(l.meteredWh)) << 32 | uint256(l.soldWh) << 80
            | uint256(l.boughtWh) << 128 | uint256(uint48(l.tradedWh)) << 176;
        uint256 money = uint256(uint88(l.net)) | uint256(l.lossWh) << 88;
        uint256 sums = uint256(uint88(l.day.net)) | uint256(l.day.volumeWh) << 88;
        return AccountLine(energy, money, sums, l.salt);
    }

    function _readings() internal view returns (bytes32 root, SumWord sums) {
        if (leaves.length == 0) return (0, SumWord.wrap(0));
        uint256 total;
        (root, total,) = _climbReadings(0);
        sums = SumWord.wrap(total);
    }

    function _reading(uint32 index) internal view returns (LeafProof memory) {
        (,, bytes memory proof) = _climbReadings(index);
        return LeafProof(leaves[index], index, uint32(leaves.length), proof);
    }

    function _climbReadings(uint256 index) private view returns (bytes32, uint256, bytes memory) {
        bytes32[] memory hashes = new bytes32[](leaves.length);
        uint256[] memory sums = new uint256[](leaves.length);
        for (uint256 i; i < leaves.length; ++i) {
            MeterLeaf memory l = leaves[i];
            hashes[i] = MerkleSum.leaf(l.salted, bytes32(ReadingWord.unwrap(l.reading)), l.recordDigest);
            sums[i] = SumWord.unwrap(l.reading.sums());
        }
        return _climb(hashes, sums, index);
    }

    /// @dev Root, its sums, and the siblings of a leaf from the ground up. Overwrites its arguments.
    function _climb(bytes32[] memory hashes, uint256[] memory sums, uint256 index)
        internal
        pure
        returns (bytes32, uint256, bytes memory proof)
    {
        for (uint256 count = hashes.length; count > 1; count = (count + 1) / 2) {
            if (index ^ 1 < count) {
                proof = abi.encodePacked(proof, bytes22(hashes[index ^ 1]), uint192(sums[index ^ 1]));
            }
            for (uint256 i; i < count / 2; ++i) {
                (SumWord left, SumWord right) = (SumWord.wrap(sums[2 * i]), SumWord.wrap(sums[2 * i + 1]));
                hashes[i] = MerkleSum.node(hashes[2 * i], left, hashes[2 * i + 1], right);
                sums[i] = sums[2 * i] + sums[2 * i + 1];
            }
            if (count % 2 == 1) (hashes[count / 2], sums[count / 2]) = (hashes[count - 1], sums[count - 1]);
            index /= 2;
        }
        // Hashes have 22 bytes; that of a single leaf is cut off here.
        return (bytes32(bytes22(hashes[0])), sums[0], proof);
    }

    // ------------------------------------------------------------------ lines asked for

    function _point(uint256 secret) internal returns (uint256 x, uint256 y) {
        Vm.Wallet memory w = vm.createWallet(secret);
        return (w.publicKeyX, w.publicKeyY);
    }

    /// @dev What the operator sends: index, line, proof, encrypted for the asker's point.
    function _answerOf(RunTotals memory totals, uint32 index) internal returns (LineAnswer memory a) {
        ShownLine memory shown = _show(totals, index);
        AccountLine memory l = shown.line;
        bytes memory proof = bytes.concat(shown.proof, new bytes(31)); // filled up
        a.blocks = new bytes32[](5 + proof.length / 32);
        (a.blocks[0], a.blocks[1], a.blocks[2]) = (bytes32(uint256(shown.index)), bytes32(l.energy), bytes32(l.money));
        (a.blocks[3], a.blocks[4]) = (bytes32(l.day), l.salt);
        for (uint256 i = 5; i < a.blocks.length; ++i) {
            bytes32 word;
            assembly ("memory-safe") {
                word := mload(add(proof, mul(0x20, sub(i, 4))))
            }
            a.blocks[i] = word;
        }
        (uint256 x, uint256 y) = _point(EPHEMERAL);
        (a.x, a.odd) = (bytes32(x), y % 2 == 1);
        (x, y) = _point(SECRET);
        // The operator's side: its ephemeral secret times the asker's point.
        a.blocks = SharedSecret.apply_(SharedSecret.addressOf(bytes32(x), y % 2 == 1, EPHEMERAL), a.blocks);
    }

    /// @dev What the operator sends to the owner of a meter: on whose line its reading is.
    function _sealedAccount(PowerAccountId account) internal returns (SealedAccount memory a) {
        (uint256 x, uint256 y) = _point(EPHEMERAL);
        (a.x, a.odd) = (bytes32(x), y % 2 == 1);
        (x, y) = _point(SECRET);
        bytes32 mask = SharedSecret.mask(SharedSecret.addressOf(bytes32(x), y % 2 == 1, EPHEMERAL), 0);
        a.word = mask ^ bytes32(uint256(PowerAccountId.unwrap(account)));
    }

    function _nameReading(LeafProof memory l, MeterId meter, bytes32 salt) internal pure returns (ShownReading memory) {
        return ShownReading(meter, l.index, salt, l.leaf.reading, l.leaf.recordDigest, l.proof);
    }

    // ------------------------------------------------------------------ days

    function _dayState() internal view returns (DayState memory) {
        return settlement.dayOf(node, day);
    }

    function _state() internal view returns (IntervalState memory) {
        return settlement.intervalOf(node, interval);
    }

    function _payWord(uint256 number, int256 amount) internal pure returns (uint256) {
        return (FIRST_PSEUDONYM + number) | uint256(uint96(int96(amount))) << 32;
    }

    /// @dev The words of the accounts in the interval at work, the last of its day.
    function _wordsDue() internal view returns (uint256[] memory words) {
        DayState memory d = _dayState();
        words = new uint256[](lines.length);
        for (uint256 i; i < words.length; ++i) {
            Sums memory s = lines[i].day;
            uint256 all = (d.surplus > 0 ? uint256(int256(d.surplus)) : 0) + d.carried;
            int256 back = d.volumeWh == 0 ? int256(0) : int256(all * s.volumeWh / d.volumeWh);
            words[i] = PowerAccountId.unwrap(lines[i].account) | uint256(uint96(int96(s.net + back))) << 32;
        }
    }

    /// @dev What is on the account of the contract: bonds, and what stays of payments and penalties.
    function _kept() internal view returns (uint256) {
        return _free(PowerAccountId.unwrap(ledger.controllerOf(address(settlement)).account));
    }

    function _list(uint256[] memory words) internal {
        _listAs(operator, words);
    }

    function _listAs(address who, uint256[] memory words) internal {
        vm.prank(who);
        settlement.postPayments(node, day, 0, words, true);
    }

    function _listState() internal view returns (DayList memory) {
        return settlement.listOf(node, day);
    }

    function _toPayment() internal {
        vm.warp(_listState().postedAt + WINDOW + 1);
    }

    /// @dev The first interval trades, in the others everybody uses and delivers a little. All are settled.
    function _wholeDay() internal returns (RunTotals memory t) {
        for (uint256 i; i < 4; ++i) {
            if (i != 0) _next();
            if (i == 0) {
                _street(700, 1_000);
            } else {
                _quiet();
                _read(1);
            }
            for (uint256 j; j < bystanders.length; ++j) {
                lines.push();
                lines[lines.length - 1].account = bystanders[j];
            }
            t = _settle();
        }
    }

    function _quiet() internal {
        _account(0, 10, 0, 0, 0);
        _account(1, 0, 13, 0, 0);
        _account(2, 3, 0, 0, 0);
    }

    /// @dev Curves of the interval that traded last.
    function _book() internal view returns (ShownBook memory) {
        return ShownBook(_one(curves), margins);
    }
}
