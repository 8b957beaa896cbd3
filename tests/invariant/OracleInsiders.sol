// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BatchItem, IEmissionsReports, ReportBatch} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {IEmissionsConfig, Signer} from "../../interfaces/evidence/IEmissionsConfig.sol";
import {Determination} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {InstallationId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {OpinionWord, RecordWord, ReportStatus} from "../../interfaces/types/ReportTypes.sol";
import {EvidenceBase} from "../evidence/EvidenceBase.sol";
import {Insiders} from "./Insiders.sol";

/// @title OracleInsiders
/// @notice Operator, verification bodies, oracle operators and authorities of four plants' reports; books of every record.
contract OracleInsiders is EvidenceBase, Insiders {
    uint256 internal constant PLANTS = 4;

    /// @dev A record as the acts left it.
    struct Book {
        uint8 revision;
        uint256 emissionsT;
        uint256 powerMwh;
        uint256 finalAt;
        ReportStatus status;
        address disputedBy;
    }

    InstallationId[PLANTS] public plants;
    mapping(uint256 plant => Book) private _books;
    bool[3] public active; // bodies in the set of signers
    bool[3] public interested; // in the emitter
    uint64[3] public batches; // of each body
    Signer[] private _all;

    constructor() {
        _add("report", OracleInsiders.report.selector);
        _add("report in a batch", OracleInsiders.reportBatch.selector);
        _add("revise what is final", OracleInsiders.revise.selector);
        _add("forge", OracleInsiders.forge.selector);
        _add("dispute", OracleInsiders.disputeReport.selector);
        _add("resolve", OracleInsiders.resolveDispute.selector);
        _add("determine", OracleInsiders.determine.selector);
        _add("accredit", OracleInsiders.accredit.selector);
        _add("declare an interest", OracleInsiders.declareInterest.selector);
        _add("pass", OracleInsiders.pass.selector);
        _mayRefuse(IEmissionsReports.EmissionsDeterminationTooEarly.selector);
    }

    function setUp() public override {
        super.setUp();
        plants[0] = plant;
        for (uint256 i = 1; i < PLANTS; ++i) {
            plants[i] = _installation(emitter, COAL, CAPACITY_KW);
        }
        for (uint256 i = 0; i < signers.length; ++i) {
            _all.push(signers[i]);
        }
        active = [true, true, true];
    }

    /* REPORTS */

    function report(uint256 which, uint256 body, uint256 emissions) external counted {
        (which, body) = (_takesReport(which), _body(body, true));
        Report memory r = _next(which, emissions);
        Terms memory t = _now();
        bytes32[] memory signatures = _signedBy(r, t, body);
        OpinionWord opinion = _opinionOf(t, body);
        _submitAs(r, opinion, signatures);
        _keep(which, r);
        bytes memory again = _data(r, opinion, signatures);
        _refused(address(1), address(oracle), again, "a report was taken twice");
    }

    function reportBatch(uint256 which, uint256 body, uint256 emissions) external counted {
        (which, body) = (_takesReport(which), _body(body, true));
        Report[] memory reports = new Report[](1);
        reports[0] = _next(which, emissions);
        (ReportBatch memory batch, BatchItem[] memory items) = _batchOf(reports);
        batch.body = bodies[body];
        batch.sequence = oracle.lastSequence(CHINA, bodies[body]) + 1;
        batch.signedAt = uint64(block.timestamp - 1 hours);
        bytes32 hash = _hash(batch);
        bytes32[4] memory signatures;
        (signatures[0], signatures[1]) = _sign(keys[2 * body], hash);
        (signatures[2], signatures[3]) = _sign(keys[2 * body + 1], hash);
        bytes memory data = abi.encodeCall(
            IEmissionsReports.submitBatch, (CHINA, batch, place[2 * body], place[2 * body + 1], signatures, items)
        );
        _as(address(1), address(oracle), data);
        ++batches[body];
        _keep(which, reports[0]);
        _refused(address(1), address(oracle), data, "a batch was taken twice");
    }

    /// @dev What no report may do: come without the operator, from a body that is not accredited or has an interest, or out of
    /// turn.
    function forge(uint256 which, uint256 body, uint256 how) external counted {
        (which, body) = (_takesReport(which), body % 3);
        Report memory r = _next(which, how);
        Terms memory t = _now();
        if (how % 4 == 0) {
            _needs(!active[body]);
            uint256 other = _body(body, true);
            bytes32[] memory removed = _signedBy(r, t, body);
            _refused(address(1), address(oracle), _data(r, _opinionOf(t, other), removed), "a removed signer signed");
            return;
        }
        _needs(active[body]);
        if (how % 4 == 1) {
            _needs(interested[body]);
            bytes memory data = _data(r, _opinionOf(t, body), _signedBy(r, t, body));
            _refused(address(1), address(oracle), data, "a body with an interest signed");
        } else if (how % 4 == 2) {
            r.revision += 1;
            bytes memory data = _data(r, _opinionOf(t, body), _signedBy(r, t, body));
            _refused(address(1), address(oracle), data, "a revision was left out");
        } else {
            bytes32[] memory signatures = _signedBy(r, t, body);
            (signatures[0], signatures[1]) = _sign(keys[0], _hash(r));
            bytes memory data = _data(r, _opinionOf(t, body), signatures);
            _refused(address(1), address(oracle), data, "a report that the operator did not sign");
        }
    }

    /// @dev Promise: a report is revised within its dispute window, and never once it is final.
    function revise(uint256 which, uint256 body, uint256 emissions) external counted {
        (which, body) = (which % PLANTS, _body(body, true));
        _needs(isFinal(which) && emissions % 8 == 0);
        Report memory r = _next(which, emissions);
        Terms memory t = _now();
        bytes memory data = _data(r, _opinionOf(t, body), _signedBy(r, t, body));
        _refused(address(1), address(oracle), data, "a final report was revised");
    }

    function _next(uint256 which, uint256 emissions) private view returns (Report memory r) {
        r = _report();
        r.installation = InstallationId.unwrap(plants[which]);
        r.revision = _books[which].revision + 1;
        r.emissionsT = uint40(bound(emissions, 2_400_000, 2_900_000));
        r.signedAt = uint40(block.timestamp - 1 days);
    }

    function _now() private view returns (Terms memory t) {
        t = _terms();
        t.signedAt = uint40(block.timestamp - 1 hours);
    }

    function _signedBy(Report memory r, Terms memory t, uint256 body)
        private
        view
        returns (bytes32[] memory signatures)
    {
        signatures = new bytes32[](6);
        (signatures[0], signatures[1]) = _sign(emitterKey, _hash(r));
        _signOpinion(signatures, 0, _hash(t, bodies[body], r), keys[2 * body], keys[2 * body + 1]);
    }

    function _opinionOf(Terms memory t, uint256 body) private view returns (OpinionWord) {
        return _withPersons(_word(t, 0), 0, place[2 * body], place[2 * body + 1]);
    }

    function _data(Report memory r, OpinionWord opinion, bytes32[] memory signatures)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeCall(
            IEmissionsReports.submit, (CHINA, _word(r), r.linesRoot, r.evidenceRoot, opinion, signatures)
        );
    }

    function _submitAs(Report memory r, OpinionWord opinion, bytes32[] memory signatures) private {
        _as(address(1), address(oracle), _data(r, opinion, signatures));
    }

    function _keep(uint256 which, Report memory r) private {
        _books[which] = Book({
            revision: r.revision,
            emissionsT: r.emissionsT,
            powerMwh: r.powerMwh,
            finalAt: block.timestamp + WINDOW,
            status: ReportStatus.Reported,
            disputedBy: address(0)
        });
    }

    /* AUTHORITIES */

    /// @dev By the operator or an officer, while the window is open; afterwards never.
    function disputeReport(uint256 which, uint256 by) external counted {
        which %= PLANTS;
        Book storage b = _books[which];
        _needs(b.status == ReportStatus.Reported);
        address who = by % 2 == 0 ? emitterWallet : secondOfficer;
        bytes memory data = abi.encodeCall(IEmissionsReports.dispute, (plants[which], YEAR, bytes32("reason")));
        if (block.timestamp >= b.finalAt) {
            _refused(who, address(oracle), data, "a final report was disputed");
            return;
        }
        _as(who, address(oracle), data);
        (b.status, b.disputedBy) = (ReportStatus.Disputed, who);
    }

    /// @dev Never by the officer who disputes.
    function resolveDispute(uint256 which, uint256 by, uint256 upheld) external counted {
        which %= PLANTS;
        _needs(_books[which].status == ReportStatus.Disputed && by % 4 == 0);
        resolveOne(which, upheld % 2 == 0);
    }

    function resolveOne(uint256 which, bool upheld) public {
        Book storage b = _books[which];
        bytes memory data = abi.encodeCall(IEmissionsReports.resolve, (plants[which], YEAR, upheld, bytes32("reason")));
        _refused(b.disputedBy, address(oracle), data, "resolved by whom disputed");
        _as(authority, address(oracle), data);
        b.status = upheld ? ReportStatus.Annulled : ReportStatus.Reported;
        if (!upheld) b.finalAt = block.timestamp;
        b.disputedBy = address(0);
    }

    function determine(uint256 which, uint256 emissions, uint256 chance) external counted {
        which %= PLANTS;
        _needs(!isFinal(which) && chance % 2 == 0);
        determineOne(which, bound(emissions, 1, 9_000_000));
    }

    function determineOne(uint256 which, uint256 emissions) public {
        Determination[] memory list = new Determination[](1);
        list[0].installation = plants[which];
        (list[0].year, list[0].emissionsT, list[0].powerMwh) = (YEAR, uint40(emissions), 3_000_000);
        _as(authority, address(oracle), abi.encodeCall(IEmissionsReports.determine, (CHINA, PERIOD, list)));
        Book storage b = _books[which];
        (b.emissionsT, b.powerMwh, b.status) = (emissions, 3_000_000, ReportStatus.Determined);
        b.disputedBy = address(0);
        bytes memory again = abi.encodeCall(IEmissionsReports.determine, (CHINA, PERIOD, list));
        _refused(authority, address(oracle), again, "determined twice");
    }

    /// @dev A body leaves the set of signers or comes back; one always stays.
    function accredit(uint256 body, uint256 chance) external counted {
        _needs(chance % 4 == 0);
        body %= 3;
        _needs(!active[body] || (active[(body + 1) % 3] || active[(body + 2) % 3]));
        active[body] = !active[body];
        delete signers;
        for (uint256 i = 0; i < _all.length; ++i) {
            for (uint256 b = 0; b < 3; ++b) {
                if (active[b] && ParticipantId.unwrap(bodies[b]) == ParticipantId.unwrap(_all[i].body)) {
                    signers.push(_all[i]);
                }
            }
        }
        for (uint256 i = 0; i < 6; ++i) {
            if (active[i / 2]) place[i] = _placeOf(vm.addr(keys[i]));
        }
        digest = _configure();
    }

    /// @dev A body declares, the authority lifts.
    function declareInterest(uint256 body, uint256 chance) external counted {
        _needs(chance % 4 == 0);
        body %= 3;
        bool on = !interested[body];
        bytes memory data = abi.encodeCall(IEmissionsConfig.setInterest, (CHINA, bodies[body], emitter, on));
        if (!on) _refused(bodyWallets[body], address(oracle), data, "a body lifted its own interest");
        _as(on ? bodyWallets[body] : authority, address(oracle), data);
        interested[body] = on;
    }

    function pass(uint256 time, uint256 chance) external counted {
        _needs(chance % 4 == 0 && block.timestamp < YEAR_END + 340 days);
        vm.warp(block.timestamp + bound(time, 1 hours, 20 days));
    }

    /* WHAT THERE IS */

    function bookOf(uint256 which) external view returns (Book memory) {
        return _books[which];
    }

    function isFinal(uint256 which) public view returns (bool) {
        Book storage b = _books[which];
        return
            b.status == ReportStatus.Determined || (b.status == ReportStatus.Reported && block.timestamp >= b.finalAt);
    }

    function oracleOf() external view returns (IEmissionsReports) {
        return oracle;
    }

    function bodyOf(uint256 body) external view returns (ParticipantId) {
        return bodies[body];
    }

    function _takesReport(uint256 which) private view returns (uint256) {
        for (uint256 i = 0; i < PLANTS; ++i) {
            uint256 one = (which % PLANTS + i) % PLANTS;
            if (one == PLANTS - 1 && which / 4 % 64 != 0) continue; // seldom heard of, until it is determined
            ReportStatus status = _books[one].status;
            if (status != ReportStatus.Disputed && !isFinal(one)) return one;
        }
        vm.assume(false);
        return 0;
    }

    /// @dev A body that may sign; discards the act where none may.
    function _body(uint256 body, bool accredited) private view returns (uint256) {
        for (uint256 i = 0; i < 3; ++i) {
            uint256 one = (body % 3 + i) % 3;
            if (active[one] == accredited && !interested[one]) return one;
        }
        vm.assume(false);
        return 0;
    }
}
