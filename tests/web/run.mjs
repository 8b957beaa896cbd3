// Runs one scenario of scenarios.mjs; the task comes on standard input as JSON, its answer goes out as JSON.
import { text } from "node:stream/consumers";
import { open } from "./browser.mjs";
import * as scenarios from "./scenarios.mjs";

const task = JSON.parse(await text(process.stdin));
const room = await open(task);
try {
  const answer = await scenarios[task.scenario](room, task.facts);
  room.nothingWrong();
  process.stdout.write(JSON.stringify(answer ?? null));
} catch (error) {
  await room.page.screenshot({ path: `${task.folder}/${task.scenario}.png`, fullPage: true }).catch(() => undefined);
  console.error(await room.page.locator("body").innerText().catch(() => ""));
  console.error(`screenshot: ${task.folder}/${task.scenario}.png`);
  throw error;
} finally {
  await room.close();
}
