// A process that takes one token of a shared budget at a time and writes it into a journal of its own, slowly: whoever looked
// at the sums without waiting for it would take the same token twice.
import * as fs from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/base/index.ts";
import { ruleWithin } from "../../src/budget/index.ts";
import { createSharedBudget, encodeLine, firstPrev } from "../../src/session/index.ts";

const [home, name, tokens] = process.argv.slice(2) as [string, string, string];
const sessionsFolder = join(home, "projects", "p");
const folder = join(sessionsFolder, name);
fs.mkdirSync(folder, { recursive: true });
const shared = createSharedBudget({ home, sessionsFolder, clock: systemClock, limits: () => ({ project: { tokens: Number(tokens) } }) });
let seq = 0;
let prev = firstPrev;
const one = { inputTokens: 1, worstInputTokens: 1, cachedTokens: 0, cacheAge: 0, cacheLife: 0, writesCache: false, maxOutput: 0, price: () => undefined };
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
process.stdout.write("ready\n");
while (!fs.existsSync(join(home, "go"))) await pause(2);
for (;;) {
  await pause(Math.random() * 4);
  const fits = await shared.within(async (scopes) => {
    const ruling = ruleWithin(scopes, one);
    if (!ruling.fits) return false;
    await pause(10);
    const { projection } = ruling;
    const body = { type: "request", request: `r_${name}_${seq}`, purpose: "turn", provider: "", model: "", segments: [], projection, attempt: 1 } as const;
    const line = encodeLine(body as never, seq++, prev, Date.now());
    prev = line.hash;
    fs.appendFileSync(join(folder, "journal.jsonl"), line.line);
    return true;
  });
  process.stdout.write(fits ? "took\n" : "refused\n");
  if (!fits) break;
}
