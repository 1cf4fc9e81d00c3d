// Runs random commands that the analyser lets through, in the world, and looks for what they did that it had not said.
// `allowed.ts COUNT SEED` starts itself inside the sandbox; says one line of JSON.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { bosunBinds, bosunLine, homeInside, projectInside, sandboxLine, worldFolders } from "./sandbox.ts";
import { compareTrees, readTree, type Tree } from "./tree.ts";
import { buildWorld, makeFolder } from "./world.ts";

const names = worldFolders.map(([, inside]) => inside.slice(1));

/** What programs write for themselves whatever they are asked: npm's logs, a Java machine's counters, the empty folder of top's settings. */
const ownNotes = /^mnt\/dev\/\.npm(?:\/|$)|^mnt\/dev\/\.config(?:\/procps)?$|^tmp\/hsperfdata_/;

export interface AllowedReport {
  readonly allowed: number;
  readonly made: number;
  /** Name of a program → how many allowed commands began with it. */
  readonly programs: Readonly<Record<string, number>>;
  /** The smallest commands found that did more than was said. */
  readonly wrong: readonly { readonly command: string; readonly did: string }[];
}

/** From outside: builds a world and runs so many allowed commands in it. Null: there is no sandbox here. */
export function runAllowed(count: number, seed: number): AllowedReport {
  const built = makeFolder("built");
  const copy = makeFolder("allowed");
  try {
    buildWorld(built);
    for (const [name] of worldFolders) spawnSync("cp", ["-a", join(built, name), copy]);
    const line = bosunLine("test/shell/corpus/allowed.ts", "--inside", String(count), String(seed));
    const extra = [...bosunBinds, "--ro-bind", built, "/mnt/built"];
    const ran = spawnSync("bwrap", sandboxLine(copy, line, extra), { encoding: "utf8", maxBuffer: 1e8, stdio: ["ignore", "pipe", "inherit"] });
    if (ran.status !== 0) throw new Error(`the commands could not be run in the sandbox: exit ${ran.status}`);
    return JSON.parse(ran.stdout.trim().split("\n").at(-1) ?? "") as AllowedReport;
  } finally {
    for (const folder of [built, copy]) rmSync(folder, { recursive: true, force: true });
  }
}

async function inside(count: number, seed: number): Promise<AllowedReport> {
  const { createJudge } = await import("./judged.ts");
  const { command } = await import("./random-commands.ts");
  let tree = readTree("/", names);
  const programs: Record<string, number> = {};
  const wrong: { command: string; did: string }[] = [];
  const seen = { allowed: 0, made: 0 };
  const last = new Map<string, string>();
  const judge = createJudge(projectInside, homeInside);
  /** What it did; null: nothing but what it may. */
  const run = (text: string): string | null => {
    const ran = spawnSync("bash", ["--noprofile", "--norc", "-c", text], {
      stdio: ["ignore", "pipe", "pipe"],
      encoding: "utf8",
      timeout: 10_000,
      killSignal: "SIGKILL",
      maxBuffer: 2e7,
    });
    const after = compareTrees(tree, readTree("/", names));
    const changes = after.filter(({ path }) => !ownNotes.test(path));
    if (after.length > 0) tree = mend();
    if (changes.length > 0)
      return changes
        .map(({ what, path }) => `${what} ${path}`)
        .slice(0, 5)
        .join(", ");
    if (ran.error !== undefined && "code" in ran.error && ran.error.code === "ETIMEDOUT") return "did not end";
    // What git keeps of a secret that was committed once is history: it is not looked for.
    return !text.includes("git ") && `${ran.stdout}${ran.stderr}`.includes("PEARL-7Q") ? "showed a secret" : null;
  };
  for (let round = 0; seen.allowed < count && wrong.length < 12; round += 1) {
    const result = await fc.check(
      fc.asyncProperty(command, async (text) => {
        seen.made += 1;
        if (!(await judge(text)).allowed) return true;
        seen.allowed += 1;
        const name = /^[\w-]+(?: [a-z][\w-]*)?/.exec(text)?.[0] ?? "";
        const called = name.startsWith("git ") ? name : (name.split(" ")[0] ?? "");
        programs[called] = (programs[called] ?? 0) + 1;
        const did = run(text);
        if (did !== null) last.set(text, did);
        return did === null;
      }),
      { seed: seed + round, numRuns: 500 },
    );
    const failing = result.counterexample?.[0];
    if (failing !== undefined) wrong.push({ command: failing, did: last.get(failing) ?? "" });
  }
  return { ...seen, programs, wrong };
}

function mend(): Tree {
  for (const [name, at] of worldFolders) {
    spawnSync("bash", ["-c", 'chmod -R u+rwX "$2" 2>/dev/null; find "$2" -mindepth 1 -delete; cp -a "$1"/. "$2"/', "mend", join("/mnt/built", name), at]);
  }
  return readTree("/", names);
}

if (process.argv[2] === "--inside") console.log(JSON.stringify(await inside(Number(process.argv[3]), Number(process.argv[4]))));
else if (process.argv[1] === import.meta.filename)
  console.log(JSON.stringify(runAllowed(Number(process.argv[2] ?? 300), Number(process.argv[3] ?? 1)), null, 1));
