// `npm run test:crash`: every operation crashed, failed, unplugged; prints the table. Options: --seed N (one power loss, twice,
// compared), --seeds N (how many power losses), --workers N.
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { losePower, powerLosses } from "./power-loss.ts";
import { killsAtOperations, killsAtPoints, realKills } from "./real-kills.ts";
import { doubleDeaths, failures, runJobs, type Share, singleDeaths } from "./sweep.ts";
import { failures as countFailures, merge, type Tally, tableOf } from "./tally.ts";
import { damagesOf, recordJournal, truncations } from "./truncation.ts";

const option = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};

async function work(share: Share, seeds: number): Promise<void> {
  const tell = (tally: Tally) => process.stdout.write(`${JSON.stringify(tally)}\n`);
  tell(await runJobs("one death, in this process", await singleDeaths(1, 10, 1), share));
  tell(await runJobs("a death in the recovery", await doubleDeaths(36, 8), share));
  tell(await runJobs("ENOSPC, EIO, EPERM, short write", await failures(6, 8), share));
  tell(await powerLosses(1, seeds, share));
  const journal = await recordJournal();
  tell(
    await truncations(
      journal,
      damagesOf(journal).filter((damage, index) => damage.kind === "nul" || index % 14 === 0),
      share,
    ),
  );
  tell(await realKills("SIGKILL at an operation", await killsAtOperations(30, 6), share));
  tell(await realKills("SIGKILL at J0 to J8", killsAtPoints(2), share));
}

/** One seed twice: the same operations in the same order, the same end. */
async function replay(seed: number): Promise<void> {
  const [first, second] = [await losePower(seed), await losePower(seed)];
  console.log(
    `seed ${seed}: ${first.losses} losses of power, ${first.lives.length} lives, ${first.trace.split("\n").length} operations; ${first.trace === second.trace ? "the same twice" : "DIFFERENT the second time"}`,
  );
  for (const { invariant, says } of first.violations) console.log(`  ${invariant}: ${says}`);
  process.exitCode = first.violations.length > 0 || first.trace !== second.trace ? 1 : 0;
}

async function lead(workers: number, seeds: number): Promise<void> {
  const from = performance.now();
  const tallies = new Map<string, Tally>();
  let broken = 0;
  const runs = Array.from({ length: workers }, (_, index) => {
    const child = spawn(process.execPath, [import.meta.filename, "--share", String(index), "--of", String(workers), "--seeds", String(seeds)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let rest = "";
    child.stdout.on("data", (chunk) => {
      rest += chunk;
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const tally = JSON.parse(line) as Tally;
        const known = tallies.get(tally.part);
        if (known) merge(known, tally);
        else tallies.set(tally.part, tally);
      }
    });
    return new Promise<void>((resolve) =>
      child.on("close", (code) => {
        if (code !== 0) broken += 1;
        resolve();
      }),
    );
  });
  await Promise.all(runs);
  const all = [...tallies.values()];
  console.log(tableOf(all));
  for (const sample of all.flatMap((tally) => tally.samples)) console.log(`✗ ${sample}`);
  console.log(`\n${workers} workers, ${((performance.now() - from) / 1000).toFixed(0)} s`);
  process.exitCode = countFailures(all) > 0 || broken > 0 ? 1 : 0;
}

const seed = option("seed", -1);
const share = option("share", -1);
const seeds = option("seeds", 400);
if (seed >= 0) await replay(seed);
else if (share >= 0) await work({ index: share, of: option("of", 1) }, seeds);
else await lead(option("workers", Math.max(2, Math.min(4, availableParallelism()))), seeds);
