// A process of its own for tests of the lock: `node hold.ts FOLDER SESSION create|open` says "held" or the error's code,
// and lets go when its input ends.
import { systemClock } from "../../src/base/index.ts";
import { nodeDisk } from "../../src/exec/index.ts";
import { createFileStore } from "../../src/session/index.ts";

const [folder = "", session = "", how = "open"] = process.argv.slice(2);
const store = createFileStore({ disk: nodeDisk, clock: systemClock, folder, version: "0.1.0" });
const outcome = how === "create" ? await store.create(session as never) : await store.open(session as never, () => undefined);
process.stdout.write(`${outcome.ok ? "held" : `${outcome.error.code} ${outcome.error.message}`}\n`);
if (outcome.ok) {
  process.stdin.resume();
  await new Promise((resolve) => process.stdin.once("end", resolve));
}
process.exit(0);
