// Who is measured, each as a person would start it.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Place } from "./place.ts";

export type ContenderName = "bosun" | "bare" | "bare synced";
export interface Contender {
  readonly name: ContenderName;
  /** Arguments of node for one prompt in the working folder. */
  prompt(text: string): readonly string[];
  readonly version: readonly string[];
  environment(home: string, url: string): Readonly<Record<string, string>>;
}
export type Contenders = Readonly<Record<ContenderName, Contender>>;

/** `entry`: what bosun was started by, for the report. */
export function makeContenders(place: Place): { readonly contenders: Contenders; readonly entry: string } {
  const cli = join(place.dist, "cli.js");
  const hasCommand = existsSync(cli);
  const bare = (name: ContenderName, sync: string): Contender => ({
    name,
    prompt: (text) => [place.bareLoop, text],
    version: [place.bareLoop, "--version"],
    environment: (home, url) => ({ ...common(home, url), BARE_LOG: join(home, "log"), BARE_SYNC: sync }),
  });
  const options = ["--model", "anthropic/claude-sonnet-5-5", "--permission-mode", "bypass"];
  const bosun: Contender = {
    name: "bosun",
    prompt: (text) => (hasCommand ? [cli, "-p", text, ...options] : [place.driver, text]),
    version: [hasCommand ? cli : place.driver, "--version"],
    environment: (home, url) => ({ ...common(home, url), ANTHROPIC_API_KEY: "bench", BOSUN_HOME: join(home, ".bosun"), BENCH_DIST: place.dist }),
  };
  const contenders = { bosun, "bare": bare("bare", "0"), "bare synced": bare("bare synced", "1") };
  return { contenders, entry: hasCommand ? "dist/cli.js -p" : "bench/driver.ts over dist/index.js" };
}

/** Nothing of the person's own: a fresh home, and a temporary folder in it, where Node keeps compiled code. */
function common(home: string, url: string): Readonly<Record<string, string>> {
  return { PATH: process.env.PATH ?? "", HOME: home, TMPDIR: join(home, "tmp"), LANG: "C.UTF-8", ANTHROPIC_BASE_URL: url };
}
