// An Exchange alone: no register, no scheme of tonne's. Two accounts trade a token of OpenZeppelin's.
import { createRequire } from "node:module";
import { artifacts, network } from "hardhat";
import { createWalletClient, custom, erc1155Abi, getContract, parseEventLogs, publicActions, type Hex } from "viem";
import { hardhat } from "viem/chains";
import { exchangeAbi } from "tonne/abi/Exchange";
import { openParticipantsAbi } from "tonne/abi/OpenParticipants";
import { settlementCurrencyAbi } from "tonne/abi/SettlementCurrency";
import { decodeFills } from "tonne/fills";
const transport = custom((await network.create()).provider);
const client = createWalletClient({ chain: hardhat, transport }).extend(publicActions);
const [seller, buyer] = (await client.getAddresses()).map((account) => ({ account }));
const mined = async (sent: Promise<Hex>) => client.waitForTransactionReceipt({ hash: await sent });
const tonne = (name: string) => createRequire(import.meta.url)(`tonne/artifacts/${name}.json`);
async function deploy<A extends readonly unknown[]>({ bytecode, ...built }: any, abi: A, ...args: unknown[]) {
  const { contractAddress } = await mined(client.deployContract({ abi: built.abi, bytecode, args, ...seller }));
  return getContract({ address: contractAddress!, abi, client });
}
// Participants: every account that joins. Rules, every day alike, and administration: the seller's.
const manager = (await deploy(tonne("FoundedManager"), [], seller.account)).address;
const register = await deploy(tonne("OpenParticipants"), openParticipantsAbi);
const rules = (await deploy(tonne("OpenRules"), [], seller.account)).address;
const exchange = await deploy(tonne("Exchange"), exchangeAbi, manager, register.address, rules);
const money = await deploy(tonne("SettlementCurrency"), settlementCurrencyAbi, manager, "Euro", "EUR");
const credits = await deploy(await artifacts.readArtifact("Credits"), erc1155Abi);
for (const who of [seller, buyer]) await mined(register.write.join(who));
const config = { // one credit a lot, prices in cents, no band, no fees, open day and night
  units: credits.address, lotSize: 1, basePrice: 0, tickSize: 100, referenceTick: 500, utcQuarters: 0, feeAccount: 1,
  rules: { bandPpm: 0, takerFeePpm: 0, makerFeePpm: 0, minimumLots: 1, maximumLots: 10_000, holdingLimit: 0, closeRule: 1,
    sessions: [0, 96, 0, 0], takerLevels: 0, blockMinimumLots: 0, blockBandPpm: 0, blockSession: [0, 0] } } as const;
await mined(exchange.write.createMarket([7n, 1, money.address, config], seller));
await mined(exchange.write.openDay([1], seller));
await mined(credits.write.safeTransferFrom([seller.account, exchange.address, 7n, 100n, "0x"], seller));
await mined(money.write.mint([buyer.account, 1_000_00n], seller));
await mined(money.write.approve([exchange.address, 1_000_00n], buyer));
await mined(exchange.write.depositCash([1, 1_000_00n], buyer));
const order = (side: bigint, tick: bigint, lots: bigint) => lots | (tick << 32n) | (1n << 48n) | (side << 64n); // one word
await mined(exchange.write.place([order(1n, 510n, 60n)], seller));
const { logs } = await mined(exchange.write.place([order(0n, 510n, 40n)], buyer));
const filled = parseEventLogs({ abi: exchangeAbi, logs, eventName: "OrdersFilled" });
for (const fill of decodeFills(filled[0].args.fills)) console.log(`${fill.lots} lots at tick ${fill.tick}`);
console.log(`The buyer has ${(await exchange.read.account([2, 1])).lots} credits.`);
