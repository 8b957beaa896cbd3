// An Exchange alone: no register, no scheme of tonne's. Two accounts trade a token of OpenZeppelin's.
import { readFileSync } from "node:fs";
import { artifacts, network } from "hardhat";
import { createWalletClient, custom, getContract, parseEventLogs, publicActions, type Hex } from "viem";
import { hardhat } from "viem/chains";
import { exchangeAbi, openParticipantsAbi, settlementCurrencyAbi } from "tonne/abi";
import { decodeFills } from "tonne/fills";

const { provider } = await network.create();
const client = createWalletClient({ chain: hardhat, transport: custom(provider) }).extend(publicActions);
const [seller, buyer] = await client.getAddresses();
const mined = (hash: Hex) => client.waitForTransactionReceipt({ hash });

async function deploy<A extends readonly unknown[]>(artifact: any, abi: A, args: unknown[] = []) {
  const request = { abi: artifact.abi, bytecode: artifact.bytecode, args, account: seller };
  const { contractAddress } = await mined(await client.deployContract(request));
  return getContract({ address: contractAddress!, abi, client });
}
const tonne = (name: string) =>
  JSON.parse(readFileSync(new URL(import.meta.resolve(`tonne/artifacts/${name}.json`)), "utf8"));

// Who trades: anybody who joins. By which rules: the seller's, every day. Administration: the seller's.
const manager = await deploy(tonne("AccessManager"), [], [seller]);
const register = await deploy(tonne("OpenParticipants"), openParticipantsAbi);
const rules = await deploy(tonne("OpenRules"), [], [seller]);
const exchange = await deploy(tonne("Exchange"), exchangeAbi, [manager.address, register.address, rules.address]);
const money = await deploy(tonne("SettlementCurrency"), settlementCurrencyAbi, [manager.address, "Euro", "EUR"]);
const built = await artifacts.readArtifact("Credits");
const credits = await deploy(built, built.abi);
for (const account of [seller, buyer]) await mined(await register.write.join({ account }));

// One credit a lot, prices in cents, no band, no fees, open day and night.
const rule = {
  bandPpm: 0, takerFeePpm: 0, makerFeePpm: 0, minimumLots: 1, maximumLots: 10_000, holdingLimit: 0, closeRule: 1,
  sessions: [0, 96, 0, 0], takerLevels: 0, blockMinimumLots: 0, blockBandPpm: 0, blockSession: [0, 0],
} as const;
const market = { lotSize: 1, basePrice: 0, tickSize: 100, referenceTick: 500, utcQuarters: 0, feeAccount: 1 };
const config = { ...market, units: credits.address, rules: rule };
await mined(await exchange.write.createMarket([7n, 1, money.address, config], { account: seller }));
await mined(await exchange.write.openDay([1], { account: seller }));

await mined(await credits.write.mint([7n, 100n], { account: seller }));
await mined(await credits.write.safeTransferFrom([seller, exchange.address, 7n, 100n, "0x"], { account: seller }));
await mined(await money.write.mint([buyer, 1_000_00n], { account: seller }));
await mined(await money.write.approve([exchange.address, 1_000_00n], { account: buyer }));
await mined(await exchange.write.depositCash([1, 1_000_00n], { account: buyer }));

// An order is one word: lots, tick, market, side.
const order = (side: bigint, tick: bigint, lots: bigint) => lots | (tick << 32n) | (1n << 48n) | (side << 64n);
await mined(await exchange.write.place([order(1n, 510n, 60n)], { account: seller }));
const { logs } = await mined(await exchange.write.place([order(0n, 510n, 40n)], { account: buyer }));
for (const { args } of parseEventLogs({ abi: exchangeAbi, logs, eventName: "OrdersFilled" })) {
  for (const fill of decodeFills(args.fills)) console.log(`${fill.lots} lots at tick ${fill.tick}`);
}
console.log(`The buyer has ${(await exchange.read.account([2, 1])).lots} credits.`);
