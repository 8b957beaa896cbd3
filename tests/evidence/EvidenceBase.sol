// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Test} from "forge-std/Test.sol";
import {InstallationId, ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {BatchItem, IEmissionsOracle, ReportBatch} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {ClassBounds, OracleRules, Signer, SignerRoles} from "../../interfaces/evidence/IEmissionsConfig.sol";
import {OpinionWord, RecordWord, ReportWord} from "../../interfaces/types/ReportTypes.sol";
import {IInstallations, InstallationData} from "../../interfaces/parties/IInstallations.sol";
import {IParticipants, ParticipantKinds, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {ISchemes, Period, Powers} from "../../interfaces/rules/ISchemes.sol";
import {Merkle} from "../../contracts/lib/Merkle.sol";
import {Applications} from "../parties/Applications.sol";

/// @dev A small market with its register, rules, three verification bodies and plants, and the means to sign for them.
abstract contract EvidenceBase is Test {
    SchemeId internal constant CHINA = SchemeId.wrap(1);
    SchemeId internal constant OTHER = SchemeId.wrap(2);
    uint16 internal constant BEIJING = 11;
    uint16 internal constant HEBEI = 13;
    uint16 internal constant YEAR = 2020;
    uint16 internal constant PERIOD = 1;

    uint256 internal constant YEAR_END = 1_609_459_200; // 2021-01-01 UTC
    uint256 internal constant NOW = YEAR_END + 60 days;
    uint256 internal constant SIGNED_AT = NOW - 1 days;
    uint256 internal constant OPINION_AT = NOW - 1 hours;
    uint32 internal constant WINDOW = 30 days;
    uint8 internal constant COAL = 1;
    uint40 internal constant CAPACITY_KW = 660_000;
    uint24 internal constant POWER_SCOPE = 1;
    uint24 internal constant FOREST_SCOPE = 1 << 5;

    /// @dev Plausible for the class COAL: 0.877 t/MWh.
    uint40 internal constant POWER_MWH = 3_000_000;
    uint40 internal constant HEAT_GJ = 100_000;
    uint40 internal constant EMISSIONS_T = 2_640_000;

    bytes32 internal constant REPORT_TYPE = keccak256(
        "EmissionReport(uint32 installation,uint16 year,uint8 revision,uint64 emissionsT,uint64 powerMwh,uint64 heatGj,uint8 gwpSet,uint32 lineCount,bytes32 linesRoot,bytes32 evidenceRoot,bytes32 configDigest,uint64 signedAt)"
    );
    bytes32 internal constant OPINION_TYPE = keccak256(
        "VerificationOpinion(bytes32 report,uint32 installation,uint16 year,uint24 body,uint8 assurance,uint32 materialityPpm,uint64 emissionsT,bytes32 configDigest,uint64 signedAt)"
    );
    bytes32 internal constant BATCH_TYPE = keccak256(
        "ReportBatch(bytes32 root,uint32 count,uint64 totalEmissionsT,uint64 totalPowerMwh,uint64 totalHeatGj,uint24 body,uint8 assurance,uint32 materialityPpm,bytes32 configDigest,uint64 sequence,uint64 signedAt)"
    );

    AccessManager internal manager;
    IParticipants internal participants;
    IInstallations internal installations; // the same contract
    ISchemes internal schemes;
    IEmissionsOracle internal oracle;
    bytes32 internal domain;
    bytes32 internal digest;

    address internal authority = makeAddr("authority");
    address internal secondOfficer = makeAddr("second officer");
    address internal stranger = makeAddr("stranger");

    ParticipantId internal emitter;
    uint256 internal emitterKey;
    address internal emitterWallet;
    InstallationId internal plant;

    /// @dev Three bodies with a lead verifier and a reviewer each; `place[i]` is where person i sits in the set.
    ParticipantId[3] internal bodies;
    address[3] internal bodyWallets;
    uint256[6] internal keys;
    uint8[6] internal place;
    Signer[] internal signers;

    function setUp() public virtual {
        vm.warp(NOW);
        manager = new AccessManager(address(this));
        participants = IParticipants(vm.deployCode("Participants.sol:Participants", abi.encode(manager)));
        installations = IInstallations(address(participants));
        schemes = ISchemes(vm.deployCode("Schemes.sol:Schemes", abi.encode(manager)));
        oracle =
            IEmissionsOracle(vm.deployCode("EmissionsOracle.sol:EmissionsOracle", abi.encode(participants, schemes)));
        domain = _domain("tonne EmissionsOracle", address(oracle));

        participants.setRegistrar(authority, 0, true);
        schemes.createScheme(CHINA, "China national", 8 hours, 30, keccak256("pack"));
        schemes.grantOffice(authority, CHINA, 0, Powers.ALL);
        schemes.grantOffice(secondOfficer, CHINA, BEIJING, Powers.DISPUTE);
        schemes.setParam(
            CHINA, keccak256("mrv.dispute_window_s"), "mrv.dispute_window_s", 1, WINDOW, keccak256("source")
        );
        schemes.setPeriod(
            CHINA,
            PERIOD,
            Period({
                firstYear: YEAR,
                lastYear: YEAR,
                vintage: YEAR,
                reportDeadline: uint40(YEAR_END + 90 days),
                determinationFrom: uint40(YEAR_END + 180 days),
                surrenderDeadline: uint40(YEAR_END + 365 days)
            })
        );

        (emitter, emitterWallet, emitterKey) = _participant("emitter", ParticipantKinds.EMITTER);
        plant = _installation(emitter, COAL, CAPACITY_KW);
        for (uint256 i; i < 3; ++i) {
            (bodies[i], bodyWallets[i],) =
                _participant(string.concat("body ", vm.toString(i)), ParticipantKinds.VERIFICATION_BODY);
        }
        _accredit();
        digest = _configure();
    }

    /* PARTIES */

    function _participant(string memory name, uint16 kinds)
        internal
        returns (ParticipantId id, address wallet, uint256 key)
    {
        (wallet, key) = makeAddrAndKey(name);
        id = Applications.join(participants, wallet, kinds, BEIJING, keccak256(bytes(name)), authority);
    }

    function _installation(ParticipantId operator, uint8 class, uint40 capacityKw) internal returns (InstallationId) {
        return _installationIn(operator, CHINA, class, capacityKw);
    }

    function _installationIn(ParticipantId operator, SchemeId scheme, uint8 class, uint40 capacityKw)
        internal
        returns (InstallationId)
    {
        InstallationData[] memory data = new InstallationData[](1);
        data[0] = InstallationData({
            operator: operator,
            scheme: scheme,
            jurisdiction: BEIJING,
            benchmarkClass: class,
            capacityKw: capacityKw,
            detailsHash: keccak256("plant")
        });
        vm.prank(authority);
        return installations.registerInstallations(data);
    }

    /// @dev Persons 2i and 2i + 1 are lead and reviewer of body i; the set is sorted by key.
    function _accredit() internal {
        for (uint256 i; i < 6; ++i) {
            (address key, uint256 secret) = makeAddrAndKey(string.concat("person ", vm.toString(i)));
            keys[i] = secret;
            signers.push(
                Signer({
                    key: key,
                    body: bodies[i / 2],
                    roles: i % 2 == 0 ? SignerRoles.LEAD : SignerRoles.REVIEWER,
                    scopes: POWER_SCOPE | FOREST_SCOPE,
                    validFrom: uint16(YEAR_END / 1 days),
                    validUntil: uint16(YEAR_END / 1 days + 365)
                })
            );
        }
        _sortSigners();
    }

    function _sortSigners() internal {
        for (uint256 i = 1; i < signers.length; ++i) {
            for (uint256 j = i; j > 0 && signers[j - 1].key > signers[j].key; --j) {
                Signer memory higher = signers[j - 1];
                signers[j - 1] = signers[j];
                signers[j] = higher;
            }
        }
        for (uint256 i; i < 6; ++i) {
            place[i] = _placeOf(vm.addr(keys[i]));
        }
    }

    function _placeOf(address key) internal view returns (uint8) {
        for (uint256 i; i < signers.length; ++i) {
            if (signers[i].key == key) return uint8(i);
        }
        revert("no such person");
    }

    function _rules() internal pure returns (OracleRules memory) {
        return OracleRules({
            minBodies: 1, minAssurance: 2, maxMateriality: 50_000, maxAge: 180 days, maxSkew: 5 minutes, reportDays: 365
        });
    }

    function _bounds() internal pure returns (ClassBounds[] memory bounds) {
        bounds = new ClassBounds[](5);
        bounds[COAL] = ClassBounds({
            minPower: 6_000,
            maxPower: 13_000,
            minHeat: 500,
            maxHeat: 1_600,
            maxLoadPpm: 1_000_000,
            maxHeatLoad: 72_000,
            baseT: 1_000,
            scope: 0
        });
    }

    function _configure() internal returns (bytes32) {
        return _configureWith(_rules());
    }

    function _configureWith(OracleRules memory rules) internal returns (bytes32) {
        vm.prank(authority);
        return oracle.configure(CHINA, rules, _bounds(), signers);
    }

    /* REPORTS */

    /// @dev A report with everything that is signed in it.
    struct Report {
        uint32 installation;
        uint16 year;
        uint8 revision;
        uint40 emissionsT;
        uint40 powerMwh;
        uint40 heatGj;
        uint8 gwpSet;
        uint32 lineCount;
        uint40 signedAt;
        bytes32 linesRoot;
        bytes32 evidenceRoot;
    }

    /// @dev The terms all bodies sign.
    struct Terms {
        uint40 signedAt;
        uint32 materialityPpm;
        uint8 assurance;
    }

    function _report() internal view returns (Report memory) {
        return Report({
            installation: InstallationId.unwrap(plant),
            year: YEAR,
            revision: 1,
            emissionsT: EMISSIONS_T,
            powerMwh: POWER_MWH,
            heatGj: HEAT_GJ,
            gwpSet: 5,
            lineCount: 4,
            signedAt: uint40(SIGNED_AT),
            linesRoot: keccak256("lines"),
            evidenceRoot: keccak256("evidence")
        });
    }

    function _word(Report memory r) internal pure returns (ReportWord) {
        return ReportWord.wrap(
            uint256(r.installation) | uint256(r.year) << 32 | uint256(r.revision) << 48 | uint256(r.emissionsT) << 56
                | uint256(r.powerMwh) << 96 | uint256(r.heatGj) << 136 | uint256(r.gwpSet) << 176 | uint256(r.lineCount)
                << 184 | uint256(r.signedAt) << 216
        );
    }

    function _hash(Report memory r) internal view returns (bytes32) {
        return keccak256(
            bytes.concat(
                abi.encode(REPORT_TYPE, r.installation, r.year, r.revision, r.emissionsT, r.powerMwh, r.heatGj),
                abi.encode(r.gwpSet, r.lineCount, r.linesRoot, r.evidenceRoot, digest, r.signedAt)
            )
        );
    }

    /// @dev In an opinion's assurance.
    uint8 internal constant QUALIFIED = 0x80;

    function _terms() internal pure returns (Terms memory) {
        return Terms({signedAt: uint40(OPINION_AT), materialityPpm: 50_000, assurance: 2});
    }

    /// @dev Terms and the persons of the first `count` bodies.
    function _word(Terms memory t, uint256 count) internal view returns (OpinionWord opinion) {
        opinion = OpinionWord.wrap(uint256(t.signedAt) | uint256(t.materialityPpm) << 40 | uint256(t.assurance) << 72);
        for (uint256 i; i < count; ++i) {
            opinion = _withPersons(opinion, i, place[2 * i], place[2 * i + 1]);
        }
    }

    function _withPersons(OpinionWord opinion, uint256 index, uint8 lead, uint8 reviewer)
        internal
        pure
        returns (OpinionWord)
    {
        uint256 shift = 80 + 16 * index;
        uint256 cleared = OpinionWord.unwrap(opinion) & ~(uint256(0xffff) << shift);
        return OpinionWord.wrap(cleared | (uint256(lead) | uint256(reviewer) << 8) << shift);
    }

    function _hash(Terms memory t, ParticipantId body, Report memory r) internal view returns (bytes32) {
        return keccak256(
            abi.encode(
                OPINION_TYPE,
                _hash(r),
                r.installation,
                r.year,
                body,
                t.assurance,
                t.materialityPpm,
                r.emissionsT,
                digest,
                t.signedAt
            )
        );
    }

    function _sign(uint256 key, bytes32 structHash) internal view returns (bytes32 r, bytes32 vs) {
        return vm.signCompact(key, MessageHashUtils.toTypedDataHash(domain, structHash));
    }

    /// @dev Operator, then lead and reviewer of each of the first `count` bodies.
    function _signed(Report memory r, Terms memory t, uint256 count)
        internal
        view
        returns (bytes32[] memory signatures)
    {
        signatures = new bytes32[](2 + 4 * count);
        (signatures[0], signatures[1]) = _sign(emitterKey, _hash(r));
        for (uint256 i; i < count; ++i) {
            _signOpinion(signatures, i, _hash(t, bodies[i], r), keys[2 * i], keys[2 * i + 1]);
        }
    }

    function _signOpinion(
        bytes32[] memory signatures,
        uint256 index,
        bytes32 hash,
        uint256 leadKey,
        uint256 reviewerKey
    ) internal view {
        (signatures[4 * index + 2], signatures[4 * index + 3]) = _sign(leadKey, hash);
        (signatures[4 * index + 4], signatures[4 * index + 5]) = _sign(reviewerKey, hash);
    }

    function _submit(Report memory r) internal {
        _submit(r, _terms(), 1);
    }

    function _submit(Report memory r, Terms memory t, uint256 count) internal {
        _submit(r, _word(t, count), _signed(r, t, count));
    }

    function _submit(Report memory r, OpinionWord opinion, bytes32[] memory signatures) internal {
        oracle.submit(CHINA, _word(r), r.linesRoot, r.evidenceRoot, opinion, signatures);
    }

    function _record(Report memory r) internal view returns (RecordWord) {
        return oracle.record(InstallationId.wrap(r.installation), r.year);
    }

    /* BATCHES */

    function _itemOf(Report memory r, uint256 operatorKey) internal view returns (BatchItem memory) {
        (bytes32 sigR, bytes32 sigVs) = _sign(operatorKey, _hash(r));
        return BatchItem({
            report: _word(r),
            linesRoot: r.linesRoot,
            evidenceRoot: r.evidenceRoot,
            operatorSignature: keccak256(abi.encode(sigR, sigVs))
        });
    }

    function _batchOf(Report[] memory reports)
        internal
        view
        returns (ReportBatch memory batch, BatchItem[] memory items)
    {
        items = new BatchItem[](reports.length);
        bytes32[] memory leaves = new bytes32[](reports.length);
        for (uint256 i; i < reports.length; ++i) {
            items[i] = _itemOf(reports[i], emitterKey);
            leaves[i] = Merkle.leaf(_hash(reports[i]), items[i].operatorSignature);
            batch.totalEmissionsT += reports[i].emissionsT;
            batch.totalPowerMwh += reports[i].powerMwh;
            batch.totalHeatGj += reports[i].heatGj;
        }
        batch.root = Merkle.root(leaves);
        batch.count = uint32(reports.length);
        batch.body = bodies[0];
        batch.assurance = 2;
        batch.materialityPpm = 50_000;
        batch.sequence = oracle.lastSequence(CHINA, bodies[0]) + 1;
        batch.signedAt = uint64(OPINION_AT);
    }

    function _hash(ReportBatch memory b) internal view returns (bytes32) {
        return keccak256(
            bytes.concat(
                abi.encode(BATCH_TYPE, b.root, b.count, b.totalEmissionsT, b.totalPowerMwh, b.totalHeatGj, b.body),
                abi.encode(b.assurance, b.materialityPpm, digest, b.sequence, b.signedAt)
            )
        );
    }

    function _signBatch(ReportBatch memory b) internal view returns (bytes32[4] memory signatures) {
        bytes32 hash = _hash(b);
        (signatures[0], signatures[1]) = _sign(keys[0], hash);
        (signatures[2], signatures[3]) = _sign(keys[1], hash);
    }

    function _submitBatch(ReportBatch memory batch, BatchItem[] memory items) internal {
        oracle.submitBatch(CHINA, batch, place[0], place[1], _signBatch(batch), items);
    }

    function _domain(string memory name, address target) internal view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256("1"),
                block.chainid,
                target
            )
        );
    }
}
