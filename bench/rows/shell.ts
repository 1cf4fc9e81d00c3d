// Reading shell commands: each of the list on its own, many times over, after the parsers are loaded as a session loads them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { analyseShell, warmUp } from "../../src/shell/index.ts";
import { now } from "../now.ts";
import { row } from "../row.ts";
import { median, quantile } from "../statistics.ts";
import type { Group } from "./context.ts";

const rounds = 20;
const where = { cwd: "/project", home: "/home/somebody" };

export const shellRows: Group = async () => {
  const list = readFileSync(join(import.meta.dirname, "../commands.txt"), "utf8")
    .split("\n%%\n")
    .map((text) => text.trim());
  const before = now();
  await warmUp();
  const loading = now() - before;
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const command of list) {
      const from = now();
      await analyseShell(command, where);
      times.push(now() - from);
    }
  }
  const note = `${list.length} commands × ${rounds}; loading the parsers ${loading.toFixed(0)} ms, once`;
  return [
    row("shell-p50", "shell analysis, p50", "ms", { bosun: median(times), note }),
    row("shell-p99", "shell analysis, p99", "ms", { bosun: quantile(times, 0.99) }),
  ];
};
