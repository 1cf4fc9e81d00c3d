// bosun on a pseudo-terminal: keys go in, what a person would see comes out. `script` of util-linux makes the terminal.
import { spawn, spawnSync } from "node:child_process";
import { onTestFinished } from "vitest";
import { needs } from "../support/needs.ts";
import { command, environmentOf, type Setting } from "./support.ts";

/** Its options differ on other systems. */
export const pty = spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux") ? needs("script") : needs("script of util-linux");

export interface Session {
  /** Everything that was written to the terminal so far, escape sequences too. */
  raw(): string;
  /** Waits until `pattern` is seen in what came since the last `see`, and returns that. */
  see(pattern: RegExp): Promise<string>;
  type(keys: string): void;
  /** The terminal vanishes, as when its window is closed. */
  vanish(): void;
  readonly ended: Promise<number | null>;
}

export async function terminal(setting: Setting & { readonly columns?: number }, ...words: readonly string[]): Promise<Session> {
  const cli = await command();
  const quoted = [process.execPath, cli, ...words].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const child = spawn("script", ["-q", "-e", "-c", `stty cols ${setting.columns ?? 100} rows 30; exec ${quoted}`, "/dev/null"], {
    cwd: setting.place.project,
    env: { TERM: "xterm", ...environmentOf(setting) },
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let raw = "";
  let seen = 0;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    raw += text;
  });
  const ended = new Promise<number | null>((resolve) => child.on("close", (code) => resolve(code)));
  return {
    raw: () => raw,
    async see(pattern) {
      for (const from = performance.now(); ; await new Promise((resolve) => setTimeout(resolve, 10))) {
        const found = pattern.exec(raw.slice(seen));
        if (found) {
          const text = raw.slice(seen, seen + found.index + found[0].length);
          seen += found.index + found[0].length;
          return text;
        }
        if (performance.now() - from > 10_000) throw new Error(`${pattern} was not seen in ${JSON.stringify(raw.slice(seen))}`);
      }
    },
    type: (keys) => void child.stdin.write(keys),
    vanish: () => void child.kill("SIGKILL"),
    ended,
  };
}
