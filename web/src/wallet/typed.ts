import { getTypesForEIP712Domain, serializeTypedData, type Address, type Hex, type TypedDataDefinition } from "viem";
import { Told } from "../told";
import { codeOf, REJECTED, type Provider } from "./providers";

/** Asks the wallet for an EIP-712 signature. */
export async function signTyped(provider: Provider, address: Address, data: TypedDataDefinition): Promise<Hex> {
  const types = { EIP712Domain: getTypesForEIP712Domain({ domain: data.domain as never }), ...data.types };
  try {
    return (await provider.request({ method: "eth_signTypedData_v4", params: [address, serializeTypedData({ ...data, types } as never)] })) as Hex;
  } catch (error) {
    throw codeOf(error) === REJECTED ? new Told("signatureRejected") : error;
  }
}
