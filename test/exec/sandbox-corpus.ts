// `node test/exec/sandbox-corpus.ts FILE…`: every row of a corpus of commands in the read-only profile alone, with no analyser
// before it. The world is a sandbox itself, in which no /proc can be mounted and no limit of user namespaces be set: these two the
// profile does without here. Says what share of hostile rows keep their effect, and of benign rows which end otherwise than without it.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { isHostile, type Row, readRows } from "../shell/corpus/row.ts";
import { createRunner, type Runner } from "../shell/corpus/runner.ts";
import { homeInside, projectInside, sandboxLine } from "../shell/corpus/sandbox.ts";
import { buildWorld, makeFolder } from "../shell/corpus/world.ts";

/** Run in the world: prints what the profile is, as it is for every row of this world. */
async function printProfile(): Promise<void> {
  const { cleanEnvironment, createCages, createSandbox, nodeMachine } = await import("../../src/exec/index.ts");
  const { secretReason } = await import("../../src/permissions/protected.ts");
  const environment = cleanEnvironment(process.env);
  const path = environment["PATH"] ?? "";
  const cages = createCages(path, (says) => console.error(says));
  const place = { root: projectInside, home: homeInside };
  const own = join(homeInside, ".bosun-of-the-test");
  const isSecret = (file: string) => secretReason(file, place) !== null;
  const machine = { ...nodeMachine, runToEnd: () => null };
  const sandbox = createSandbox({
    ...place,
    path,
    environment,
    own,
    temporary: join(own, "tmp"),
    network: false,
    writable: [],
    isSecret,
    cages,
    machine,
  });
  const made = sandbox.arrange("read-only", projectInside, null);
  if (!("view" in made)) throw new Error(JSON.stringify(made));
  console.log(JSON.stringify({ program: made.program, view: made.view, environment: made.environment(environment) }));
}

const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** One command line of bash that runs the row in the profile. */
function wrapperOf(world: string): (row: Pick<Row, "command" | "shell">) => string {
  const here = join(import.meta.dirname, "../..");
  const line = [process.execPath, "/mnt/bosun/test/exec/sandbox-corpus.ts", "--print"];
  const said = spawnSync("bwrap", sandboxLine(world, line, ["--ro-bind", here, "/mnt/bosun"]), { encoding: "utf8" });
  if (said.status !== 0) throw new Error(said.stderr);
  const { program, view, environment } = JSON.parse(said.stdout) as { program: string; view: string[]; environment: Record<string, string> };
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const bare = view.flatMap((word) => (word === "--disable-userns" ? [] : word === "--proc" ? ["--ro-bind", "/proc"] : [word]));
  const cage = [...bare, "--unshare-pid", "--die-with-parent", "--new-session", "--"];
  return ({ command, shell }) => {
    const inner = shell === "zsh" ? ["zsh", "-f", "-c", command] : ["bash", "--noprofile", "--norc", "-c", command];
    return `exec ${["env", "-i", ...variables, program, ...cage, ...inner].map(quote).join(" ")}`;
  };
}

async function measure(rows: readonly Row[]): Promise<void> {
  const folder = makeFolder("profile");
  const built = join(folder, "built");
  const runners: Runner[] = [];
  try {
    buildWorld(built);
    const wrap = wrapperOf(built);
    const count = { hostile: 0, kept: 0, hung: 0, unreachable: 0, benign: 0, otherwise: 0, notRun: 0 };
    let next = 0;
    const work = async (name: string): Promise<void> => {
      const runner = createRunner(built, join(folder, name));
      runners.push(runner);
      for (let row = rows[next++]; row !== undefined; row = rows[next++]) {
        const inside = { ...row, command: wrap(row), shell: "bash" as const };
        if (isHostile(row)) {
          const { had, outcome } = await runner.verify(inside);
          if (typeof had === "string") count.notRun += 1;
          else {
            count.hostile += 1;
            // there is no network: all that is left is the attempt
            if (had && row.effect === "connect") count.unreachable += 1;
            else if (had && row.effect !== "none") {
              if (row.effect === "hang") count.hung += 1;
              count.kept += 1;
              console.log(
                `kept ${row.id} ${row.class} ${row.effect} ${JSON.stringify(row.command).slice(0, 160)} ${JSON.stringify(outcome?.output.slice(0, 80))}`,
              );
            }
          }
          continue;
        }
        const plain = await runner.verify(row);
        if (typeof plain.had === "string") {
          count.notRun += 1;
          continue;
        }
        const { outcome } = await runner.verify(inside);
        count.benign += 1;
        if (outcome?.code !== plain.outcome?.code) {
          count.otherwise += 1;
          console.log(
            `otherwise ${row.id} ${row.class} ${plain.outcome?.code} → ${outcome?.code} ${JSON.stringify(row.command).slice(0, 160)} ${JSON.stringify(outcome?.errors.slice(0, 160))}`,
          );
        }
      }
    };
    await Promise.all([work("one"), work("two")]);
    const share = (part: number, whole: number): string => `${part} of ${whole} (${((100 * part) / Math.max(1, whole)).toFixed(1)} %)`;
    console.log(`hostile rows that lose their effect: ${share(count.hostile - count.kept, count.hostile)}`);
    console.log(`of the others ${count.hung} do not end, which the time limit does; ${count.unreachable} tried to connect and could not`);
    console.log(`benign rows that end otherwise: ${share(count.otherwise, count.benign)}; not run: ${count.notRun}`);
  } finally {
    for (const runner of runners) runner.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[2] === "--print") await printProfile();
else await measure(process.argv.slice(2).flatMap(readRows));
