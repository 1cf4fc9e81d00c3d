// What the analyser believes a command's words are, against what real bash hands to the program.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { analyse } from "./analyse.ts";

const programs = ["c0", "c1", "c2"];
let world: string;

beforeAll(() => {
  world = mkdtempSync(join(tmpdir(), "bosun-differential-"));
  for (const folder of ["bin", "home", "here"]) mkdirSync(join(world, folder));
  for (const name of ["a", "b", "ab", "ba", "-n", "a b"]) writeFileSync(join(world, "here", name), "");
  for (const name of programs) {
    writeFileSync(join(world, "bin", name), `#!/bin/sh\nprintf '%s\\0' ${name} "$@" > "$LOG/$$"\n`);
    chmodSync(join(world, "bin", name), 0o755);
  }
});
afterAll(() => rmSync(world, { recursive: true, force: true }));

/** Every command bash started, as its words. */
function run(script: string): string[][] {
  const log = join(world, "log");
  rmSync(log, { recursive: true, force: true });
  mkdirSync(log);
  try {
    execFileSync("/bin/bash", ["--noprofile", "--norc", "-c", script], {
      cwd: join(world, "here"),
      env: { PATH: join(world, "bin"), HOME: join(world, "home"), LOG: log, x: "1 2", LANG: "C.UTF-8" },
      stdio: ["ignore", "ignore", "ignore"],
      timeout: 5000,
    });
  } catch {
    // A script may fail: what ran before counts all the same.
  }
  return readdirSync(log).map((name) => readFileSync(join(log, name), "utf8").split("\0").slice(0, -1));
}

const piece = fc.oneof(
  { weight: 6, arbitrary: fc.stringMatching(/^[ab01_./:,@+-]{1,4}$/) },
  { weight: 3, arbitrary: fc.constantFrom("\\ ", "\\\\", "\\'", '\\"', "\\$x", "\\*", "\\~", "\\\n", "\\#", "\\a", "\\{", "\\&", "\\=") },
  { weight: 3, arbitrary: fc.stringMatching(/^[ab $*"\\`~{}#é;&|<>=!-]{0,5}$/).map((text) => `'${text}'`) },
  { weight: 3, arbitrary: fc.stringMatching(/^[ab *'~{}#é;&|<>=!-]{0,5}$/).map((text) => `"${text}"`) },
  { weight: 2, arbitrary: fc.constantFrom('"\\$x"', '"\\""', '"\\\\"', '"\\a"', '"\\\n"', '"a\\`b"', '"$"', '"a$ b"') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "~",
      "*",
      "?",
      "[ab]",
      "{a,b}",
      "{}",
      "$x",
      "${x}",
      "$(c2)",
      "`c1`",
      "=",
      "a=",
      ":~",
      "=~",
      "#",
      "%",
      "^",
      "!",
      "[",
      "]",
      "{",
      "}",
      "$'a'",
      '$"a"',
      "{a..c}",
      "@(a)",
    ),
  },
);
const word = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(""));
const suffix = fc.constantFrom(
  "",
  "",
  "",
  " 2>&1",
  " >/dev/null",
  " 2>/dev/null <&0",
  " <<'E'\n$x `c1`\nE\n",
  " <<E\nplain\nE\n",
  " <<< 'a'",
  " # c1 'x",
  " &>/dev/null",
);
const command = fc
  .tuple(fc.constantFrom("c0", "c1", "'c2'", "c\\0", "x=1 c0"), fc.array(word, { maxLength: 4 }), suffix)
  .map(([name, words, end]) => `${[name, ...words].join(" ")}${end}${/#|<</.test(end) ? "\n" : ""}`);
const list = (parts: readonly string[], between: string): string =>
  parts.map((part) => (part.endsWith("\n") && between !== "\n" ? part : `${part}${between}`)).join("");
const script = fc.oneof(
  { weight: 4, arbitrary: command },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.array(command, { minLength: 2, maxLength: 4 }), fc.constantFrom("; ", "\n", " ;")).map(([parts, between]) => list(parts, between)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(command, command)
      .filter(([left]) => !left.endsWith("\n"))
      .map(([left, right]) => `${left} && ${right}`),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(command, command)
      .filter(([left]) => !left.endsWith("\n"))
      .map(([left, right]) => `${left} | ${right}`),
  },
  { weight: 1, arbitrary: command.map((inner) => `(${inner}\n)`) },
  { weight: 1, arbitrary: command.map((inner) => `{ ${inner}\n}`) },
  { weight: 1, arbitrary: fc.tuple(command, command).map(([left, right]) => `if ${left}\nthen ${right}\nfi`) },
);

describe("against real bash", () => {
  it("the words it calls literal are the words that the program receives", { timeout: 120_000 }, () => {
    let understood = 0;
    fc.assert(
      fc.property(script, (text) => {
        const { commands } = analyse(text, { cwd: join(world, "here"), home: join(world, "home") });
        if (commands === null || commands.some((one) => one.open !== undefined)) return;
        understood += 1;
        // A comment can turn a here-document into lines of their own: such names are no programs here, and start nothing.
        const believed = commands
          .filter((one) => programs.includes(one.words[0] ?? ""))
          .map((one) => JSON.stringify(one.words))
          .sort();
        expect(
          run(text)
            .map((words) => JSON.stringify(words))
            .sort(),
        ).toEqual(believed);
      }),
      { seed: 20261122, numRuns: Number(process.env.BOSUN_DIFFERENTIAL_RUNS ?? 3 * (fc.readConfigureGlobal().numRuns ?? 100)) },
    );
    expect(understood).toBeGreaterThan(70);
  });
});
