/** Who signed a digest: a key, or a wallet that is a contract (ERC-1271), as `contracts/lib/Signatures.sol` has it. */

import { keccak256, stringToHex, type Hex } from "viem";
import { readContract } from "viem/actions";
import { recoverAddress, toHex } from "viem/utils";
import { projectsAbi } from "../generated/abi/Projects";
import { events, type Net, type Source } from "../net";

export interface Signer { readonly wallet: Hex; readonly byContract: boolean }

const S_MASK = (1n << 255n) - 1n;
/** Half of the order of secp256k1: an s above it names a contract. */
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

/**
 * Who signed what Projects took, from the two words that it was given: a key is recovered (EIP-2098); of a contract its
 * answer stands in an event of the transaction, and nowhere else.
 */
export async function signerOfWords(net: Net, digest: Hex, r: Hex | undefined, vs: Hex | undefined, of: Source): Promise<Signer | null> {
  if (!r || !vs) return null;
  const word = BigInt(vs);
  const s = word & S_MASK;
  if (s > HALF_ORDER) {
    const wallet: Hex = `0x${r.slice(-40).toLowerCase()}`;
    const said = await events(net, "Projects", projectsAbi, "SignedByContract", { digest });
    return said.some((row) => row.transactionHash === of.tx && row.args.wallet.toLowerCase() === wallet) ? { wallet, byContract: true } : null;
  }
  try {
    return { wallet: await recoverAddress({ hash: digest, signature: { r, s: toHex(s, { size: 32 }), yParity: Number(word >> 255n) } }), byContract: false };
  } catch {
    return null; // no key has made it
  }
}

/** What stands behind a contract's signature in a file; before it stands the contract's address. */
const MARK = keccak256(stringToHex("tonne: signature of a contract")).slice(2);
const ERC1271 = [{
  type: "function", name: "isValidSignature", stateMutability: "view",
  inputs: [{ name: "hash", type: "bytes32" }, { name: "signature", type: "bytes" }], outputs: [{ name: "magic", type: "bytes4" }],
}] as const;
const MAGIC = "0x1626ba7e";

/** Who gave a signature of a file; a contract is asked now. */
export async function signerOf(net: Net, digest: Hex, signature: Hex): Promise<Hex | null> {
  if (!signature.endsWith(MARK)) return recoverAddress({ hash: digest, signature }).catch(() => null);
  const address: Hex = `0x${signature.slice(2, 42)}`;
  const given: Hex = `0x${signature.slice(42, -MARK.length)}`;
  const answer = await readContract(net.client, { address, abi: ERC1271, functionName: "isValidSignature", args: [digest, given] }).catch(() => null);
  return answer === MAGIC ? address : null;
}
