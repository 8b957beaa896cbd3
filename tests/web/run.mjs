// Runs scenarios of scenarios.mjs: a task a line of standard input as JSON, what came of it a line of standard output.
import { createInterface } from "node:readline";
import { close, open } from "./browser.mjs";
import * as scenarios from "./scenarios.mjs";

async function visit(task) {
  const room = await open(task);
  try {
    const answer = await scenarios[task.scenario](room, task.facts);
    room.nothingWrong();
    return { answer: answer ?? null };
  } catch (error) {
    const picture = `${task.folder}/${task.scenario}.png`;
    await room.page.screenshot({ path: picture, fullPage: true }).catch(() => undefined);
    const text = await room.page.locator("body").innerText().catch(() => "");
    return { failure: `${error.stack}\nscreenshot: ${picture}\n${text.slice(0, 4_000)}` };
  } finally {
    await room.page.unrouteAll({ behavior: "ignoreErrors" }); // of requests that are still on their way
    await room.close();
  }
}

for await (const line of createInterface({ input: process.stdin })) console.log(JSON.stringify(await visit(JSON.parse(line))));
await close();
