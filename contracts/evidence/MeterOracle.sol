// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC20, SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {IRuleSource} from "../../interfaces/rules/ILedgerSources.sol";
import {
    Challenge,
    ChallengeState,
    IMeterPostings,
    LeafAsked,
    LeafProof,
    MeterLeaf,
    MeterRecord,
    MeterSignature,
    OneTimeKey,
    RootPosting,
    RootState,
    RootStatus
} from "../../interfaces/evidence/IMeterOracle.sol";
import {Curve, KeyWord, Meter, Node} from "../../interfaces/evidence/IMeters.sol";
import {IP256Verifier} from "../../interfaces/evidence/IP256Verifier.sol";
import {ParticipantStatus, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IWalletSource} from "../../interfaces/parties/IWalletSource.sol";
import {MeterId, NodeId, Quality} from "../../interfaces/types/MeterTypes.sol";
import {Pausable} from "../rules/Pausable.sol";
import {Extendable} from "../lib/Extendable.sol";
import {MerkleSum, SumWord} from "../lib/MerkleSum.sol";
import {SealedAnswers} from "../lib/SealedAnswers.sol";
import {Payouts} from "../parties/Payouts.sol";
import {MeterSignatures} from "./lib/MeterSignatures.sol";
import {LeafPlace, MeterReadings, ReadingWord} from "../lib/MeterReadings.sol";
import {MeterOracleExtension} from "./MeterOracleExtension.sol";
import {MeterStore} from "./MeterStore.sol";

/// @title MeterOracle
/// @notice Interval roots of meters with their bonds, challenges and proofs; see {IMeterOracle}.
/// @dev One slot an interval, see {RootState}. The commitment is the upper part of keccak256(root, sums): a caller
/// brings both, and so the sums cost no slot of their own. Nodes, meters and keys are in {MeterOracleExtension}.
contract MeterOracle is MeterStore, Payouts, Extendable, Pausable, IMeterPostings {
    using SafeERC20 for IERC20;

    /// @dev Of an answer: a leaf and 60 levels are less. It bounds what an exposure costs.
    uint256 private constant MOST_ANSWER = 3_072;
    /// @dev Of an opened answer, before its proof.
    uint256 private constant OPENED = 108;
    /// @dev First bytes of a record in the market's own form, and how many its last two fields have, see {MeterRecord}.
    bytes13 private constant OWN_FORM = "tonne meter 2";
    uint256 private constant NUMBER_AND_STATUS = 6;

    /// @notice Currency of bonds and fees.
    IERC20 public immutable CURRENCY;
    /// @notice Gets half of a slashed bond, so that no oracle can save its bond by challenging itself.
    address public immutable TREASURY;
    /// @notice Least bond of an oracle that posts; it loses as much for each interval that fails.
    uint256 public immutable SLASH;
    /// @notice Fee of a challenge.
    uint256 public immutable FEE;
    IWalletSource public immutable PARTICIPANTS;
    /// @notice Checks P-256 signatures where the chain does not.
    IP256Verifier public immutable P256_VERIFIER;

    constructor(
        IWalletSource participants,
        IRuleSource schemes,
        IP256Verifier verifier,
        IERC20 currency,
        address treasury,
        uint256 slash,
        uint256 fee
    ) Extendable(address(new MeterOracleExtension(schemes))) {
        PARTICIPANTS = participants;
        P256_VERIFIER = verifier;
        CURRENCY = currency;
        TREASURY = treasury;
        SLASH = slash;
        FEE = fee;
    }

    /* POST */

    /// @inheritdoc IMeterPostings
    function post(NodeId node_, uint40 start, uint8 run, bytes32 root, SumWord sums, bytes32 data) external {
        _post(node_, start, run, root, sums, data);
    }

    /// @inheritdoc IMeterPostings
    function postMany(uint40 start, RootPosting[] calldata postings) external {
        for (uint256 i; i < postings.length; ++i) {
            RootPosting calldata p = postings[i];
            _post(p.node, start, p.run, p.root, p.sums, p.data);
        }
    }

    function _post(NodeId node_, uint40 start, uint8 run, bytes32 root, SumWord sums, bytes32 data) private {
        Node memory n = _nodes[node_];
        _requireOracle(node_, n.oracle);
        uint256 end = uint256(start) + n.intervalS;
        if (start % n.intervalS != 0 || end > block.timestamp) {
            revert MeterOracleBadInterval(node_, start, n.intervalS);
        }
        if (SumWord.unwrap(sums) & MerkleSum.GUARDS != 0 || sums.count() == 0 || root == 0) {
            revert MeterOracleBadSums(sums);
        }

        mapping(uint40 start => RootState) storage roots = _roots[node_];
        RootState memory state = roots[start];
        uint256 until = end + n.correctionS;
        // A failed root may be replaced at any time, a standing one within the window; none while it is challenged.
        bool may = state.status != RootStatus.Posted || block.timestamp <= until;
        if (!may || state.open != 0 || run != state.run + 1) {
            revert MeterOracleBadRun(node_, start, run, state.run + 1, until);
        }

        roots[start] = RootState({
            status: RootStatus.Posted,
            run: run,
            oracle: n.oracle,
            postedAt: uint32(block.timestamp), // until 2106
            open: 0,
            commitment: _commit(root, sums)
        });
        _bind(n.oracle, block.timestamp + n.challengeS);
        emit IntervalPosted(node_, start, run, root, sums, data, msg.sender);
    }

    function _requireOracle(NodeId node_, ParticipantId oracle) private view {
        (ParticipantId id, uint8 rights, uint8 status) = PARTICIPANTS.walletOf(msg.sender);
        bool may = id == oracle && rights & WalletRights.REPORT != 0 && status == uint8(ParticipantStatus.Active);
        if (!may) revert MeterOracleNotOracle(node_, msg.sender, id, rights);
    }

    /* CHALLENGE */

    /// @inheritdoc IMeterPostings
    function challenge(LeafAsked calldata asked, bytes32 root, SumWord sums, OneTimeKey calldata key)
        external
        returns (uint256 id)
    {
        (NodeId node_, uint40 start) = (asked.node, asked.start);
        RootState memory state = _requireRoot(node_, start, root, sums);
        _requireStanding(asked);
        if (asked.byPlace && asked.which >= sums.count()) {
            revert MeterOracleNotInRoot(node_, start, asked.which, sums.count());
        }
        if (!asked.byPlace && !_counts(MeterId.wrap(asked.which), node_, start)) {
            revert MeterOracleNotAtNode(MeterId.wrap(asked.which), node_, 0, start);
        }
        if (!SealedAnswers.isPoint(key.x, key.y)) revert MeterOracleBadKey(key.x, key.y);
        uint40 deadline;
        (id, deadline) = _open(asked, state, SealedAnswers.addressOf(key.x, key.y), ChallengeState.Open);
        emit LeafChallenged(id, node_, start, state.run, asked.which, asked.byPlace, key, deadline, msg.sender);
        CURRENCY.safeTransferFrom(msg.sender, address(this), FEE);
    }

    /// @dev A challenge of a root, while its leaves may be challenged.
    function _open(LeafAsked memory asked, RootState memory root, address key, ChallengeState as_)
        private
        returns (uint256 id, uint40 deadline)
    {
        (NodeId node_, uint40 start) = (asked.node, asked.start);
        Node memory n = _nodes[node_];
        // A root beyond its challenge window is settled on, see {checkRoot}.
        uint256 until = uint256(root.postedAt) + n.challengeS;
        // Who asked for the leaf on the last day, and has its answer at the last moment, may contradict it.
        if (as_ == ChallengeState.Contradicted && root.open != 0) until += 2 * uint256(n.revealS);
        if (block.timestamp > until) revert MeterOracleTooLate(node_, start, until);

        id = ++_challengeCount;
        deadline = uint40(block.timestamp + n.revealS); // 34,000 years
        Challenge storage c = _challenges[id];
        (c.challenger, c.node, c.start, c.which) = (msg.sender, node_, start, asked.which);
        (c.key, c.deadline, c.state, c.byPlace) = (key, deadline, as_, asked.byPlace);
        // Places never run out: an oracle that is asked for leaves it can show would be asked for no other.
        if (root.open == type(uint8).max) ++_moreOpen[node_][start];
        else ++_roots[node_][start].open;
        ++_bonds[root.oracle].open;
    }

    /// @dev A leaf is shown to the reader of its meter, and to the operator of its node. A reader sees nothing from before it was
    /// named: neither a former customer's readings, nor intervals whose oracle could not know of the meter.
    function _requireStanding(LeafAsked calldata asked) private view {
        if (!asked.byPlace) {
            Reader memory r = _readers[MeterId.wrap(asked.which)];
            if (r.reader == msg.sender && asked.start >= r.since) return;
        }
        (ParticipantId id,, uint8 status) = PARTICIPANTS.walletOf(msg.sender);
        bool operates = ParticipantId.unwrap(id) != 0 && id == _operators[asked.node];
        // By meter, an operator could be used to ask for one that was entered after the root was posted.
        if (!operates || !asked.byPlace || status != uint8(ParticipantStatus.Active)) {
            revert MeterOracleNoStanding(asked.node, asked.which, asked.byPlace, msg.sender);
        }
    }

    /// @dev Whether a meter has a leaf in an interval of a node.
    function _counts(MeterId id, NodeId node_, uint40 start) private view returns (bool) {
        Meter storage m = _meters[id];
        bool over = m.validUntil != 0 && uint256(start) + m.intervalS > m.validUntil;
        return m.keyCount != 0 && m.node == node_ && m.validFrom <= start && !over;
    }

    /* ANSWER */

    /// @inheritdoc IMeterPostings
    function answer(uint256 id, bytes calldata sealed_) external {
        Challenge storage c = _requireState(id, ChallengeState.Open, true);
        NodeId node_ = c.node;
        // Suspended, it still answers for what it posted.
        (ParticipantId by, uint8 rights,) = PARTICIPANTS.walletOf(msg.sender);
        if (by != _roots[node_][c.start].oracle || rights & WalletRights.REPORT == 0) {
            revert MeterOracleNotOracle(node_, msg.sender, by, rights);
        }
        if (sealed_.length > MOST_ANSWER) revert MeterOracleAnswerTooLong(id, sealed_.length, MOST_ANSWER);
        uint40 deadline = uint40(block.timestamp + _nodes[node_].revealS); // as above
        (c.state, c.deadline, c.answer) = (ChallengeState.Answered, deadline, keccak256(sealed_));
        emit LeafAnswered(id, deadline, sealed_);
    }

    /// @inheritdoc IMeterPostings
    function close(uint256 id) external {
        bool mine = _challenges[id].challenger == msg.sender;
        _requireState(id, ChallengeState.Answered, mine && block.timestamp <= _challenges[id].deadline);
        _closeForFee(id);
        emit ChallengeClosed(id);
    }

    /// @inheritdoc IMeterPostings
    function expire(uint256 id) external {
        bool contradicted = _challenges[id].state == ChallengeState.Contradicted;
        _requireState(id, contradicted ? ChallengeState.Contradicted : ChallengeState.Open, false);
        _fail(id);
    }

    /// @inheritdoc IMeterPostings
    function expose(uint256 id, uint256 secret, OneTimeKey calldata shared, bytes calldata sealed_) external {
        Challenge storage c = _requireState(id, ChallengeState.Answered, true);
        if (keccak256(sealed_) != c.answer || !SealedAnswers.isSecretOf(secret, c.key)) {
            revert MeterOracleNotOfAnswer(id);
        }
        bytes32 info = keccak256(abi.encode(block.chainid, address(this), id));
        (bool isShared, bytes memory opened) = SealedAnswers.open(sealed_, secret, shared.x, shared.y, info);
        if (!isShared) revert MeterOracleNotOfAnswer(id);
        if (this.isAnswer(id, opened)) revert MeterOracleGoodAnswer(id);
        emit AnswerExposed(id, secret);
        _fail(id);
    }

    /// @inheritdoc IMeterPostings
    /// @dev Reverts for no input: what it refused to judge could not be exposed.
    function isAnswer(uint256 id, bytes calldata opened) external view returns (bool) {
        if (opened.length < OPENED) return false;
        Challenge storage c = _challenges[id];
        (uint32 index, uint32 count) = (uint32(bytes4(opened[:4])), uint32(bytes4(opened[4:8])));
        MeterId meter_ = MeterId.wrap(uint32(bytes4(opened[8:12])));
        bool asked =
            c.byPlace ? index == c.which && _counts(meter_, c.node, c.start) : MeterId.unwrap(meter_) == c.which;
        LeafPlace place = MeterReadings.place(c.node, c.start, index, count, meter_, 0);
        bytes32 salted = keccak256(abi.encode(bytes32(opened[12:44]), meter_));
        ReadingWord reading = ReadingWord.wrap(uint256(bytes32(opened[44:76])));
        uint176 commitment = _roots[c.node][c.start].commitment;
        return asked && _isUnder(commitment, place, salted, reading, bytes32(opened[76:OPENED]), opened[OPENED:]);
    }

    /// @dev A challenge in this state, before its deadline or after it.
    function _requireState(uint256 id, ChallengeState state, bool before) private view returns (Challenge storage c) {
        c = _challenges[id];
        if (c.state != state || (block.timestamp <= c.deadline) != before) {
            revert MeterOracleChallengeState(id, c.state, c.deadline);
        }
    }

    /// @dev Takes a challenge off the counts of open ones.
    function _close(uint256 id) private returns (Challenge storage c, ParticipantId oracle) {
        c = _challenges[id];
        c.state = ChallengeState.Closed;
        RootState storage state = _roots[c.node][c.start];
        oracle = state.oracle;
        if (state.open == type(uint8).max && _moreOpen[c.node][c.start] != 0) --_moreOpen[c.node][c.start];
        else --state.open;
        --_bonds[oracle].open;
    }

    /// @dev Of a challenge that was met.
    function _closeForFee(uint256 id) private {
        (, ParticipantId oracle) = _close(id);
        _bonds[oracle].amount += uint128(FEE); // a fee is a sum of the currency, which fits
    }

    function _fail(uint256 id) private {
        (Challenge storage c, ParticipantId oracle) = _close(id);
        RootState storage state = _roots[c.node][c.start];
        bool first = state.status == RootStatus.Posted;
        state.status = RootStatus.Failed;
        // One interval costs the bond once, however many leaves of it are withheld.
        (uint256 paid, uint256 treasury) = first ? _slash(oracle) : (FEE, 0);
        emit IntervalFailed(c.node, c.start, state.run, id, c.challenger, paid, treasury);
        _owe(c.challenger, paid);
        _owe(TREASURY, treasury);
    }

    /* PAYOUTS */

    function _owe(address to, uint256 amount) private {
        _creditPayout(uint160(to), uint160(address(CURRENCY)), amount);
    }

    /// @dev From the payee's own address, to any.
    function _mayWithdraw(address caller, uint256 payee, address) internal pure override returns (bool) {
        return uint160(caller) == payee;
    }

    /// @dev There is one asset.
    function _payOut(uint256, address to, uint256 amount) internal override {
        CURRENCY.safeTransfer(to, amount);
    }

    /* BONDS */

    /// @inheritdoc IMeterPostings
    function depositBond(ParticipantId oracle, uint256 amount) external {
        Bond storage bond = _bonds[oracle];
        uint256 total = bond.amount + amount;
        bond.amount = uint128(total); // a currency's supply is far below 128 bits; the transfer below proves it
        emit BondDeposited(oracle, msg.sender, amount, total);
        CURRENCY.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IMeterPostings
    function withdrawBond(uint256 amount, address to) external {
        _requireUnpaused();
        (ParticipantId oracle, uint8 rights, uint8 status) = PARTICIPANTS.walletOf(msg.sender);
        if (rights & WalletRights.MANAGE == 0 || status != uint8(ParticipantStatus.Active)) {
            revert MeterOracleNotOracle(NodeId.wrap(0), msg.sender, oracle, rights);
        }
        _requireUnbound(oracle);
        Bond storage bond = _bonds[oracle];
        if (amount > bond.amount) revert MeterOracleBondTooSmall(oracle, bond.amount, amount);
        bond.amount -= uint128(amount); // as above
        emit BondWithdrawn(oracle, to, amount, bond.amount);
        CURRENCY.safeTransfer(to, amount);
    }

    /// @dev Reverts while anything the oracle posted can be challenged.
    function _requireUnbound(ParticipantId oracle) private view {
        Bond memory bond = _bonds[oracle];
        if (bond.open != 0 || block.timestamp <= bond.boundUntil) {
            revert MeterOracleBondBound(oracle, bond.boundUntil, bond.open);
        }
    }

    /// @dev The bond behind a posting, bound until `until`.
    function _bind(ParticipantId oracle, uint256 until) private {
        Bond memory bond = _bonds[oracle];
        if (bond.amount < SLASH) revert MeterOracleBondTooSmall(oracle, bond.amount, SLASH);
        if (until > bond.boundUntil) bond.boundUntil = uint40(until); // a time and windows of years fit 40 bits
        _bonds[oracle] = bond;
    }

    /// @dev Takes the penalty of a failure: half, and the fee, are the challenger's, the rest, with an odd unit, the treasury's.
    function _slash(ParticipantId oracle) private returns (uint256 paid, uint256 treasury) {
        uint256 lost = _bonds[oracle].amount;
        if (lost > SLASH) lost = SLASH;
        _bonds[oracle].amount -= uint128(lost); // no more than there is
        uint256 share = lost / 2;
        (paid, treasury) = (share + FEE, lost - share);
    }

    /* CONTRADICT */

    /// @inheritdoc IMeterPostings
    function contradict(
        LeafPlace place,
        ReadingWord reading,
        bytes32 recordDigest,
        MeterSignature calldata by,
        bytes calldata proof,
        MeterRecord calldata record
    ) external returns (uint256 id) {
        RootState memory state = _requireLeafAt(place, reading, recordDigest, by.salt, proof);
        bool measured = reading.quality() <= uint256(Quality.Provisional) && reading.sequence() != 0;
        bool same = reading.registers() == record.registers;
        bool ofThis = record.meter == place.meterOf() && record.readAt == _readAt(place);
        if (!measured || same || !ofThis) revert MeterOracleNoContradiction(record.meter, record.readAt);
        _requireSigned(place, digestOf(record), by);

        (NodeId node_, uint40 start) = (place.nodeOf(), place.startOf());
        LeafAsked memory asked = LeafAsked(node_, start, MeterId.unwrap(record.meter), false);
        // No other: a copy of the call, by the oracle too, would take the reward.
        if (_readers[record.meter].reader != msg.sender) {
            revert MeterOracleNoStanding(node_, asked.which, false, msg.sender);
        }
        uint40 deadline;
        (id, deadline) = _open(asked, state, address(0), ChallengeState.Contradicted);
        bytes32 leaf = keccak256(abi.encode(reading.registers(), recordDigest));
        _challenges[id].answer = leaf;
        emit LeafContradicted(id, node_, start, state.run, record.meter, leaf, deadline, msg.sender);
        CURRENCY.safeTransferFrom(msg.sender, address(this), FEE);
    }

    /// @inheritdoc IMeterPostings
    function uphold(
        uint256 id,
        bytes16 registers,
        bytes32 recordDigest,
        uint8 keyIndex,
        MeterSignature calldata by,
        bytes calldata signed
    ) external {
        Challenge storage c = _requireState(id, ChallengeState.Contradicted, true);
        bytes32 digest = sha256(signed);
        LeafPlace place = MeterReadings.place(c.node, c.start, 0, 0, MeterId.wrap(c.which), keyIndex);
        // A record in another form cannot be read here; that it is none in the market's own can.
        bool rests = bytes13(signed) == OWN_FORM
            ? _isOwnRecord(place, registers, signed)
            : keccak256(abi.encode(by.salt, digest)) == recordDigest;
        if (!rests || keccak256(abi.encode(registers, recordDigest)) != c.answer) {
            revert MeterOracleNotUpheld(id, digest);
        }
        _requireSigned(place, digest, by);
        _closeForFee(id);
        emit LeafUpheld(id, digest);
    }

    /// @notice Digest that a meter signs, in the market's own form.
    function digestOf(MeterRecord calldata r) public pure returns (bytes32) {
        return sha256(abi.encodePacked(OWN_FORM, r.meter, r.readAt, r.registers, r.sequence, r.status));
    }

    /// @dev Whether these are the bytes of a record in the market's own form of this meter, moment and registers, whatever
    /// its number and status.
    function _isOwnRecord(LeafPlace place, bytes16 registers, bytes calldata signed) private view returns (bool) {
        bytes memory told = abi.encodePacked(OWN_FORM, place.meterOf(), _readAt(place), registers);
        return signed.length == told.length + NUMBER_AND_STATUS && keccak256(signed[:told.length]) == keccak256(told);
    }

    /// @dev By the meter the place names, with the key in use at the interval's end, when it was read.
    function _requireSigned(LeafPlace place, bytes32 digest, MeterSignature calldata by) private view {
        MeterId meter_ = place.meterOf();
        uint256 index = place.keyIndexOf();
        Curve curve = _requireKey(place, meter_, index, by);
        if (!MeterSignatures.isSigned(uint8(curve), by.x, by.y, digest, by.r, by.s, P256_VERIFIER)) {
            revert MeterOracleNotSigned(meter_, index, digest);
        }
    }

    function _requireKey(LeafPlace place, MeterId meter_, uint256 index, MeterSignature calldata by)
        private
        view
        returns (Curve)
    {
        Meter storage m = _meters[meter_];
        KeyWord storage key = _keys[meter_][index];
        uint40 readAt = place.startOf() + m.intervalS;
        bool begun = index < m.keyCount && m.node == place.nodeOf() && key.from <= readAt;
        bool over = m.validUntil != 0 && readAt > m.validUntil;
        // Read at the very moment a key takes over, a meter may have signed with either.
        if (index + 1 < m.keyCount) over = over || _keys[meter_][index + 1].from < readAt;
        if (!begun || over) revert MeterOracleNotAtNode(meter_, place.nodeOf(), index, readAt);
        if (key.curve == Curve.BrainpoolP256r1) revert MeterOracleNotProvable(meter_, index, key.curve);
        if (key.hash != _hashOf(by.x, by.y)) revert MeterOracleOtherKey(meter_, index, by.x, by.y);
        return key.curve;
    }

    function _readAt(LeafPlace place) private view returns (uint40) {
        return place.startOf() + _nodes[place.nodeOf()].intervalS;
    }

    /* VIEWS */

    /// @inheritdoc IMeterPostings
    function stateOf(NodeId node_, uint40 start) external view returns (RootState memory) {
        return _roots[node_][start];
    }

    /// @inheritdoc IMeterPostings
    function checkRoot(NodeId node_, uint40 start, bytes32 root, SumWord sums)
        external
        view
        returns (uint8 run, bool isFinal)
    {
        return _finality(node_, start, _requireRoot(node_, start, root, sums));
    }

    /// @inheritdoc IMeterPostings
    function requireLeaf(NodeId node_, uint40 start, LeafProof calldata shown)
        external
        view
        returns (uint8 run, bool isFinal)
    {
        return _finality(node_, start, _requireLeaf(node_, start, shown));
    }

    function _finality(NodeId node_, uint40 start, RootState memory state) private view returns (uint8, bool) {
        Node memory n = _nodes[node_];
        bool corrected = block.timestamp > uint256(start) + n.intervalS + n.correctionS;
        bool challenged = block.timestamp <= uint256(state.postedAt) + n.challengeS || state.open != 0;
        return (state.run, corrected && !challenged);
    }

    /// @inheritdoc IMeterPostings
    function bondOf(ParticipantId oracle) external view returns (uint256 bond, uint40 boundUntil, uint32 open) {
        Bond memory b = _bonds[oracle];
        return (b.amount, b.boundUntil, b.open);
    }

    /// @inheritdoc IMeterPostings
    function challengeOf(uint256 id) external view returns (Challenge memory) {
        return _challenges[id];
    }

    function _requireRoot(NodeId node_, uint40 start, bytes32 root, SumWord sums)
        private
        view
        returns (RootState memory state)
    {
        state = _roots[node_][start];
        if (state.status != RootStatus.Posted || state.commitment != _commit(root, sums)) {
            revert MeterOracleOtherRoot(node_, start, root, sums);
        }
    }

    function _requireLeaf(NodeId node_, uint40 start, LeafProof calldata shown)
        private
        view
        returns (RootState memory)
    {
        MeterLeaf calldata leaf = shown.leaf;
        LeafPlace place = MeterReadings.place(node_, start, shown.index, shown.count, MeterId.wrap(0), 0);
        return _requireUnder(place, leaf.salted, leaf.reading, leaf.recordDigest, shown.proof);
    }

    /// @dev The leaf of the meter that the place names.
    function _requireLeafAt(
        LeafPlace place,
        ReadingWord reading,
        bytes32 recordDigest,
        bytes32 salt,
        bytes calldata proof
    ) private view returns (RootState storage) {
        return _requireUnder(place, keccak256(abi.encode(salt, place.meterOf())), reading, recordDigest, proof);
    }

    function _requireUnder(
        LeafPlace place,
        bytes32 salted,
        ReadingWord reading,
        bytes32 recordDigest,
        bytes calldata proof
    ) private view returns (RootState storage state) {
        state = _roots[place.nodeOf()][place.startOf()];
        bool known = state.status == RootStatus.Posted
            && _isUnder(state.commitment, place, salted, reading, recordDigest, proof);
        if (!known) {
            revert MeterOracleNotInRoot(place.nodeOf(), place.startOf(), place.indexOf(), place.countOf());
        }
    }

    /// @dev Whether a leaf is under the root with this commitment.
    function _isUnder(
        uint176 commitment,
        LeafPlace place,
        bytes32 salted,
        ReadingWord reading,
        bytes32 recordDigest,
        bytes calldata proof
    ) private pure returns (bool) {
        bytes32 hash = MerkleSum.leaf(salted, bytes32(ReadingWord.unwrap(reading)), recordDigest);
        (bytes32 root, SumWord sums, bool isWhole) =
            MerkleSum.climb(hash, reading.sums(), place.indexOf(), place.countOf(), proof);
        return isWhole && commitment == _commit(root, sums) && reading.quality() <= uint256(type(Quality).max);
    }

    function _commit(bytes32 root, SumWord sums) private pure returns (uint176) {
        return uint176(uint256(keccak256(abi.encode(root, sums))) >> 80);
    }

    function _manager() internal view override returns (address) {
        return IAccessManaged(address(PARTICIPANTS)).authority();
    }
}
