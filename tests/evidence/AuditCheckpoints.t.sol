// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {IAuditCheckpoints, SignedCheckpoint} from "../../interfaces/evidence/IAuditCheckpoints.sol";
import {IWalletSource} from "../../interfaces/parties/IWalletSource.sol";
import {IContractSigned} from "../../interfaces/types/IContractSigned.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {Signatures} from "../../contracts/lib/Signatures.sol";
import {OwnedWallet} from "./WalletDoubles.sol";

/// @dev A register in which wallets are set.
contract Register is IWalletSource {
    mapping(address => uint24) public ids;
    mapping(address => uint8) public rights;
    mapping(address => uint8) public statuses;

    function set(address wallet, uint24 id, uint8 mask, uint8 status) external {
        (ids[wallet], rights[wallet], statuses[wallet]) = (id, mask, status);
    }

    function walletOf(address wallet) external view returns (ParticipantId, uint8, uint8) {
        return (ParticipantId.wrap(ids[wallet]), rights[wallet], statuses[wallet]);
    }
}

/// @dev Block 1,000; two auditors, each with a wallet that may report.
contract AuditCheckpointsTest is Test {
    uint64 private constant NUMBER = 990;
    uint8 private constant REPORT = 8;
    bytes32 private constant HISTORY = keccak256("history");
    bytes32 private constant STATE = keccak256("state");

    Register private register;
    IAuditCheckpoints private checkpoints;
    uint256 private one = 0xA11CE;
    uint256 private other = 0xB0B;

    function setUp() public {
        vm.roll(1000);
        register = new Register();
        checkpoints = IAuditCheckpoints(vm.deployCode("AuditCheckpoints.sol:AuditCheckpoints", abi.encode(register)));
        register.set(vm.addr(one), 1, REPORT, 2);
        register.set(vm.addr(other), 2, REPORT, 2);
    }

    function _signed(uint256 key, uint64 number, bytes32 state) private view returns (SignedCheckpoint memory told) {
        told = SignedCheckpoint(number, blockhash(number), HISTORY, state, 0, 0);
        _sign(key, told, address(checkpoints), block.chainid);
    }

    /// @dev The digest is made here anew, from the documentation of the interface.
    function _sign(uint256 key, SignedCheckpoint memory told, address where, uint256 chainId) private pure {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("tonne AuditCheckpoints"),
                keccak256("1"),
                chainId,
                where
            )
        );
        bytes32 hash = keccak256(
            abi.encode(
                keccak256("AuditCheckpoint(uint64 block,bytes32 blockHash,bytes32 history,bytes32 state)"),
                told.number,
                told.blockHash,
                told.history,
                told.state
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(abi.encodePacked(hex"1901", domain, hash)));
        (told.r, told.vs) = (r, bytes32(uint256(s) | (uint256(v - 27) << 255)));
    }

    function _id(uint24 id) private pure returns (ParticipantId) {
        return ParticipantId.wrap(id);
    }

    function test_keep_recordsWhatWasSigned_fromAnyAccount() public {
        SignedCheckpoint memory told = _signed(one, NUMBER, STATE);
        vm.expectEmit();
        emit IAuditCheckpoints.CheckpointKept(_id(1), NUMBER, told.blockHash, HISTORY, STATE, vm.addr(one));
        vm.prank(address(0xCAFE));
        checkpoints.keep(told);
        assertEq(checkpoints.digestOf(_id(1), NUMBER), keccak256(abi.encode(told.blockHash, HISTORY, STATE)));
        assertEq(ParticipantId.unwrap(checkpoints.firstOf(NUMBER)), 1);
    }

    /// @dev An auditor whose wallet is a contract (ERC-1271), and one that says no.
    function test_keep_takesAnAuditorsContract_andSaysSo() public {
        OwnedWallet wallet = new OwnedWallet(vm.addr(one));
        register.set(address(wallet), 3, REPORT, 2);
        SignedCheckpoint memory told = _signed(one, NUMBER, STATE);
        bytes[] memory contracts = new bytes[](1);
        contracts[0] =
            abi.encodePacked(told.r, uint256(told.vs) & type(uint256).max >> 1, uint8(27 + (uint256(told.vs) >> 255)));
        (told.r, told.vs) = (bytes32(uint256(uint160(address(wallet)))), bytes32(type(uint256).max));
        vm.expectEmit(true, false, false, false, address(checkpoints));
        emit IContractSigned.SignedByContract(address(wallet), 0);
        vm.expectEmit(address(checkpoints));
        emit IAuditCheckpoints.CheckpointKept(_id(3), NUMBER, told.blockHash, HISTORY, STATE, address(wallet));
        checkpoints.keepWithContractSignatures(told, contracts);

        told.number = NUMBER + 1;
        told.blockHash = blockhash(NUMBER + 1);
        vm.expectPartialRevert(Signatures.SignaturesRefused.selector);
        checkpoints.keepWithContractSignatures(told, contracts);
    }

    function test_keep_raisesNoAlarmForEqualDigests() public {
        checkpoints.keep(_signed(one, NUMBER, STATE));
        vm.recordLogs();
        checkpoints.keep(_signed(other, NUMBER, STATE));
        assertEq(vm.getRecordedLogs().length, 1);
    }

    function test_keep_raisesAnAlarmForOtherDigests() public {
        checkpoints.keep(_signed(one, NUMBER, STATE));
        SignedCheckpoint memory told = _signed(other, NUMBER, keccak256("another state"));
        vm.expectEmit();
        emit IAuditCheckpoints.CheckpointsDiffer(_id(2), NUMBER, _id(1));
        checkpoints.keep(told);
    }

    function test_keep_refusesBlocksOfAnotherForkOldOnesAndThoseToCome() public {
        SignedCheckpoint memory told = _signed(one, NUMBER, STATE);
        bytes32 own = told.blockHash;
        told.blockHash = keccak256("another fork");
        _sign(one, told, address(checkpoints), block.chainid);
        vm.expectRevert(
            abi.encodeWithSelector(IAuditCheckpoints.CheckpointsOtherBlock.selector, NUMBER, told.blockHash, own)
        );
        checkpoints.keep(told);
        for (uint256 i; i < 2; ++i) {
            uint64 number = i == 0 ? 1000 : 743;
            told = _signed(one, number, STATE);
            vm.expectRevert(
                abi.encodeWithSelector(IAuditCheckpoints.CheckpointsOtherBlock.selector, number, bytes32(0), bytes32(0))
            );
            checkpoints.keep(told);
        }
        checkpoints.keep(_signed(one, 744, STATE));
    }

    function test_keep_refusesSignersWhoMayNotReport() public {
        SignedCheckpoint memory told = _signed(one, NUMBER, STATE);
        uint8[2][2] memory cases = [[uint8(23), 2], [REPORT, 3]];
        for (uint256 i; i < cases.length; ++i) {
            register.set(vm.addr(one), 1, cases[i][0], cases[i][1]);
            vm.expectRevert(
                abi.encodeWithSelector(
                    IAuditCheckpoints.CheckpointsNotAuditor.selector, vm.addr(one), cases[i][0], cases[i][1]
                )
            );
            checkpoints.keep(told);
        }
    }

    function test_keep_refusesASecondOfTheSameBlock() public {
        checkpoints.keep(_signed(one, NUMBER, STATE));
        SignedCheckpoint memory told = _signed(one, NUMBER, keccak256("another state"));
        vm.expectRevert(abi.encodeWithSelector(IAuditCheckpoints.CheckpointsTwice.selector, _id(1), NUMBER));
        checkpoints.keep(told);
    }

    function test_keep_takesNoSignatureOfAnotherChainContractOrText() public {
        SignedCheckpoint memory told = _signed(one, NUMBER, STATE);
        _sign(one, told, address(checkpoints), block.chainid + 1);
        vm.expectRevert();
        checkpoints.keep(told);
        _sign(one, told, address(register), block.chainid);
        vm.expectRevert();
        checkpoints.keep(told);
        told = _signed(one, NUMBER, STATE);
        told.state = keccak256("another state");
        vm.expectRevert();
        checkpoints.keep(told);
    }
}
