// The checks' own examples, run for real: those that name a canary make it. In the long run all of them.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checks } from "../../src/shell/checks/index.ts";
import { createRunner, type Runner } from "./corpus/runner.ts";
import { hasZsh, missingSandbox } from "./corpus/sandbox.ts";
import { buildWorld, makeFolder } from "./corpus/world.ts";

/** What only prepares, or needs a terminal or a program that is not everywhere: nothing is to be seen of it alone. */
const prepares: ReadonlySet<string> = new Set([
  "coproc X { touch CANARY; }",
  "alias ls='touch CANARY'",
  "PS4='$(touch CANARY)' ls",
  "LESSOPEN='|touch CANARY' ls",
  "set -- -o CANARY; ls",
  "zsocket -l CANARY",
  "zstyle -e ':a' b 'touch CANARY'",
]);

/** Checks of what zsh alone does: 50 has its lists of functions and commands. */
const ofZsh: ReadonlySet<number> = new Set([50, ...checks.filter(({ name }) => name.startsWith("zsh-")).map(({ id }) => id)]);

const part = process.env["BOSUN_PROPERTY_FACTOR"] === "1" ? 3 : 1;
const examples = checks.flatMap(({ id, fires }) => fires.filter((text) => text.includes("CANARY")).map((text) => ({ id, text })));

describe.skipIf(missingSandbox !== null)("what a check sees is dangerous", () => {
  let folder = "";
  let runner: Runner;
  beforeAll(() => {
    folder = makeFolder("fires");
    buildWorld(join(folder, "built"));
    runner = createRunner(join(folder, "built"), join(folder, "copy"));
  });
  afterAll(() => {
    runner.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const makes = async (text: string, shell: "bash" | "zsh"): Promise<boolean> =>
    (await runner.run(text, { shell, limit: 20_000 })).changes.some(({ path }) => path.includes("CANARY"));

  it("each example that names a canary makes it, in bash or in zsh", { timeout: 300_000 }, async () => {
    const some = examples.filter(({ text }, index) => index % part === 0 && !prepares.has(text));
    expect(some.length).toBeGreaterThan(80 / part);
    const none: string[] = [];
    for (const { id, text } of some) {
      if (await makes(text, "bash")) continue;
      if (!hasZsh && ofZsh.has(id)) continue;
      if (!hasZsh || !(await makes(text, "zsh"))) none.push(`check ${id}: ${text}`);
    }
    expect(none.join("\n")).toBe("");
  });

  it("what only prepares stands among the examples", () => {
    expect([...prepares].filter((text) => !examples.some((example) => example.text === text))).toEqual([]);
  });
});
