// Reads typed data as a list of JSON on standard input; writes each one's digest as viem and as MetaMask make it.
import { readFileSync } from "node:fs";
import { SignTypedDataVersion, TypedDataUtils } from "@metamask/eth-sig-util";
import { hashTypedData } from "viem";

const made = JSON.parse(readFileSync(0, "utf8")).map((data) => {
  const { EIP712Domain, ...types } = data.types;
  return {
    viem: hashTypedData({ ...data, types }),
    metamask: "0x" + Buffer.from(TypedDataUtils.eip712Hash(data, SignTypedDataVersion.V4)).toString("hex"),
  };
});
process.stdout.write(JSON.stringify(made));
