// `node bench/replay/main.ts TRANSCRIPT`: writes bench/replay/replay.json, from which docs/cache.md has its table.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { replay } from "./replay.ts";

const file = process.argv[2];
if (file === undefined) {
  console.error("Give the path of a recorded session (JSON lines with usage on each reply).");
  process.exitCode = 2;
} else writeFileSync(join(import.meta.dirname, "replay.json"), `${JSON.stringify(replay(file), null, 2)}\n`);
