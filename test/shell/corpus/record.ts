// Runs many scripts in real bash, with programs that do nothing but write down what words they were given.
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Programs that the analyser knows: `cat` and `wc` read their operands, `touch` and `rm` change theirs, the others take texts. */
export const recorders = ["cat", "wc", "touch", "rm", "basename", "expr"] as const;
const names = ["a", "b", "ab", "ba", "a b", "c.ts", "d.ts", ".hidden", "{a,b}", "[x]"];

// One process for all: each script has its own bash, as the product runs it, and its own record.
const driver = `i=0
while IFS= read -rd '' script; do
  RECORD=$WORLD/records/$i /bin/bash --noprofile --norc -c "$script" < /dev/null > /dev/null 2>&1
  i=$((i + 1))
done < "$WORLD/scripts"
`;

export interface Recorder {
  /** Absolute, links resolved: where the scripts run. */
  readonly folder: string;
  readonly home: string;
  /** For each script the words of each program it started, its name first. */
  run(scripts: readonly string[]): string[][][];
  close(): void;
}

export function createRecorder(): Recorder {
  const world = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "bosun-record-"));
  for (const name of ["bin", "home", "here", "here/sub", "records"]) mkdirSync(join(world, name));
  for (const name of names) writeFileSync(join(world, "here", name), "");
  for (const name of recorders) {
    const at = join(world, "bin", name);
    writeFileSync(at, `#!/bin/sh\nprintf '%s\\0' "$#" ${name} "$@" >> "$RECORD"\n`);
    chmodSync(at, 0o755);
  }
  const folder = join(world, "here");
  const home = join(world, "home");

  function run(scripts: readonly string[]): string[][][] {
    rmSync(join(world, "records"), { recursive: true });
    mkdirSync(join(world, "records"));
    writeFileSync(join(world, "scripts"), scripts.map((script) => `${script}\0`).join(""));
    execFileSync("/bin/bash", ["--noprofile", "--norc", "-c", driver], {
      cwd: folder,
      env: { PATH: join(world, "bin"), HOME: home, WORLD: world, LANG: "C.UTF-8" },
      stdio: ["ignore", "ignore", "ignore"],
      timeout: 20_000 + scripts.length * 100,
    });
    return scripts.map((_, index) => read(join(world, "records", String(index))));
  }

  return { folder, home, run, close: () => rmSync(world, { recursive: true, force: true }) };
}

function read(file: string): string[][] {
  if (!existsSync(file)) return [];
  const words = readFileSync(file, "utf8").split("\0");
  const lines: string[][] = [];
  for (let at = 0; at < words.length - 1; ) {
    const count = Number(words[at]);
    lines.push(words.slice(at + 1, at + 2 + count));
    at += 2 + count;
  }
  return lines;
}
