// Builds the throw-away world that corpus rows run in.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { sandboxLine, worldFolders } from "./sandbox.ts";
import { worldFiles, worldLinks } from "./world-files.ts";

/** A folder in memory where there is one: a row takes a third of the time. */
export const makeFolder = (name: string): string => mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), `bosun-corpus-${name}-`));

/** Makes the world in an empty folder. Throws when git's history can't be made: the world is then of no use. */
export function buildWorld(folder: string): void {
  for (const [name] of worldFolders) mkdirSync(join(folder, name), { recursive: true });
  for (const [path, text] of Object.entries(worldFiles)) {
    const executable = path.endsWith("*");
    const at = join(folder, executable ? path.slice(0, -1) : path);
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, text, { mode: executable ? 0o755 : 0o644 });
  }
  for (const [path, target] of Object.entries(worldLinks)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    symlinkSync(target, join(folder, path));
  }
  cpSync(join(import.meta.dirname, "world-history.sh"), join(folder, "tmp/history.sh"));
  const made = spawnSync("bwrap", sandboxLine(folder, ["sh", "/tmp/history.sh"]), { encoding: "utf8" });
  rmSync(join(folder, "tmp/history.sh"));
  if (made.status !== 0) throw new Error(`the world's history can't be made: ${made.stdout}${made.stderr}`);
}
