// What the disk says of a command: links, secrets, patterns, repositories.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { judge, type Mode } from "../../src/permissions/index.ts";
import { loadChecks } from "../../src/shell/index.ts";
import { policyOf, type Rules, requestOf } from "./helpers.ts";
import { makeWorld, type World } from "./world.ts";

let world: World;
beforeAll(() => {
  world = makeWorld();
});
afterAll(() => world.remove());

const factsOf = async (command: string, cwd = "") => (await requestOf("bash", command, world, { cwd: join(world.root, cwd) })).facts;
const numbersOf = async (command: string, cwd = "") =>
  [...new Set((await factsOf(command, cwd)).findings?.map(({ check }) => check))].sort((one, other) => one - other);

const disk = (await loadChecks()).filter(({ stage }) => stage === "disk");
describe.each(disk.map((check) => [check.id, check] as const))("check %i on the disk", (id, check) => {
  it.each(check.fires)("sees %j", async (text) => {
    const found = await numbersOf(text);
    // outside, by a link, a secret: which of them it is, is for the disk to say
    const answers = id === 71 ? [71] : [92, 93, 94];
    expect(found.filter((each) => answers.includes(each))).not.toEqual([]);
  });
  it.each(check.passes)("lets pass %j", async (text) => expect((await factsOf(text)).findings).toEqual([]));
});

describe("paths", () => {
  it.each([
    // inside
    ["cat README.md src/*.ts", "", []],
    ["cat src/../README.md", "", []],
    ["cat inside-link.ts", "", []],
    ["cat ../README.md", "src", []],
    ["cd src && cat ../README.md", "", []],
    ["cat missing.txt", "", []],
    ["cat no/such/*.txt", "", []],
    ["ls -a", "", []],
    ["cat .env.example", "", []],
    ["find . -name '*.ts'", "", []],
    ["grep -rn x src", "", []],
    ["cat < README.md > /dev/null", "", []],
    ["cat /etc/os-release", "", []],
    ["ls linked", "", []],
    // outside
    ["cat ../outside/secret.txt", "", [92]],
    ["cat ../../outside/secret.txt", "src", [92]],
    ["cd .. && cat outside/secret.txt", "", [92]],
    ["cat /etc/passwd", "", [92]],
    ["ls /etc", "", [92]],
    ["find / -name x", "", [92]],
    ["cat /usr/share/dict/../../../etc/passwd", "", [92]],
    ["cat src/../../outside/secret.txt", "", [92]],
    // through links: the kernel goes up from where the link leads
    ["cat linkout/secret.txt", "", [93]],
    ["cat linkout/../outside/secret.txt", "", [92]],
    ["cat linkout/*", "", [93]],
    ["cat note*.txt", "", [93]],
    ["cat */secret.txt", "", [93]],
    ["grep -rn x src/.*", "", [94]],
    ["ls -d .*", "", [92]],
    ["ls linkout", "", [93]],
    ["cd linkout && cat secret.txt", "", [93]],
    ["cat dangling", "", [93]],
    ["grep -R x linked", "", [93]],
    ["find -L linked -name x", "", [93]],
    // secrets
    ["cat .env", "", [94]],
    ["head ./.en*", "", [94]],
    ["head -1 .[e]nv", "", [94]],
    ["head -1 [.]env", "", []], // a pattern's dot has to be written
    ["cat conf/*", "", [94]],
    ["cat conf/serve?.k[a-z]y", "", [94]],
    ["grep -r x .", "", [94]],
    ["cat ../.env", "src", [94]],
    // options by name of a file
    ["cat dashed/*", "", []],
  ] as const)("%s (in %j): %j", async (command, cwd, expected) => expect(await numbersOf(command, cwd)).toEqual(expected));

  it("a file whose name is an option is seen where a pattern stands alone", async () => {
    expect(await numbersOf("cd dashed && cat *")).toContain(40);
    expect(await numbersOf("cat *", "dashed")).toContain(40);
    expect(await numbersOf("cat ./*", "dashed")).toEqual([]);
  });

  it("a pattern is looked at where it is expanded, for programs whose options do harm too", async () => {
    world.write("opts/--compress-program=x", "");
    world.write("opts/a.txt", "");
    for (const text of ["cd opts && sort *", "cd opts && find * -name x", 'cd opts; for f in *; do (cd ../src; sort "$f"); done', "cd opts && git diff -- *"])
      expect(await numbersOf(text)).toContain(40);
    expect(await numbersOf('cd opts; all=(*); cd ../src; sort "${all[@]}"')).toContain(40);
    expect(await numbersOf("cd opts && sort *.txt")).toEqual([]);
    expect(await numbersOf("cd src && sort *.ts && rg x *.ts && sed -n 1,5p *.ts")).toEqual([]);
    expect(await numbersOf('cd "$x" && sort *')).toContain(40);
  });

  it("names that were listed begin as they were asked for, and don't fall apart", async () => {
    for (const text of ["find docs -type f -exec wc -l {} +", "rg -l x src | xargs wc -l", "find src -print0 | xargs -0 wc -l"])
      expect(await numbersOf(text)).toEqual([]);
    expect(await numbersOf("find .env -exec cat {} +")).toEqual([94]);
    expect(await numbersOf("find . -maxdepth 1 -exec cat {} +")).toContain(94);
    expect(await numbersOf("find linked note* -exec cat {} +")).toContain(93);
    world.write("apart/x /etc/passwd", "");
    for (const text of ["cat $(find apart -type f)", "find apart -type f | xargs cat", 'for f in $(find apart -type f); do cat "$f"; done'])
      expect(await numbersOf(text)).toContain(68);
    expect(await numbersOf("find apart -type f -exec cat {} +")).toEqual([]);
    expect(await numbersOf("find apart -type f -print0 | xargs -0 cat")).toEqual([]);
  });

  it("a command that xargs has nothing for runs all the same", async () => {
    expect(await numbersOf("find src -name none | xargs grep -r x")).toContain(94);
    expect(await numbersOf("find src -name none | xargs -r cat")).toEqual([]);
  });

  it("lines of a file of the past are read from that file", async () => {
    expect(await numbersOf("git log -L1,2:.env")).toContain(94);
    expect(await numbersOf("git log -L :main:.env HEAD")).toContain(94);
    expect(await numbersOf("git config --blob=HEAD:.env --list")).toContain(94);
    expect(await numbersOf("git log -L1,2:src/a.ts")).toEqual([]);
  });

  it("rg leaves hidden files out, unless an ignore file brings them back", async () => {
    rmSync(join(world.root, "conf"), { recursive: true });
    expect(await numbersOf("rg x")).toEqual([]);
    expect(await numbersOf("rg --hidden x")).toEqual([94]);
    world.write(".ignore", "*.log\n!.env\n");
    expect(await numbersOf("rg x")).toEqual([94]);
    rmSync(join(world.root, ".ignore"));
    world.write("conf/server.key", "SECRET\n");
  });

  it("what a command writes is named where it leads, with whether it is there", async () => {
    expect((await factsOf("touch linkout/new src/a.ts")).effects).toMatchObject([
      { kind: "writes", path: join(world.root, "../outside/new"), outside: true },
      { kind: "writes", path: join(world.root, "src/a.ts"), exists: true },
    ]);
    expect(await numbersOf("echo x > .git/hooks/pre-commit")).toContain(78);
  });

  it("effects are bounded, and those left out are counted", async () => {
    for (let at = 0; at < 60; at++) world.write(`many/${at}.txt`, "");
    const facts = await factsOf("cat many/*");
    expect(facts.effects).toHaveLength(32);
    expect(facts.moreEffects).toBeGreaterThanOrEqual(28);
    expect(JSON.stringify(facts).length).toBeLessThan(16_384);
  });
});

describe("repositories", () => {
  it.each([
    "cd vendor/nested && git status",
    "git -C vendor/nested log",
    "cd vendor/bare && git status",
    "git -C vendor/bare/refs log",
    "cd vendor/pointer && git log",
  ])("%s asks", async (command) => expect(await numbersOf(command)).toEqual([71]));
  it.each(["git status", "git log --oneline", "cd src/deep && git diff", "git -C vendor status"])("%s does not", async (command) =>
    expect(await numbersOf(command)).toEqual([]),
  );

  const setting = async (name: string, value: string, command = "git status") => {
    world.git("", "config", "--local", name, value);
    const found = await numbersOf(command);
    world.git("", "config", "--local", "--unset", name);
    return found;
  };
  it.each([
    ["core.fsmonitor", "touch CANARY"],
    ["diff.external", "touch CANARY"],
    ["diff.spy.textconv", "touch CANARY"],
    ["diff.Spy.command", "touch CANARY"],
    ["filter.spy.clean", "touch CANARY"],
    ["merge.spy.driver", "touch CANARY"],
    ["include.path", "../evil"],
    ["log.showSignature", "true"],
    ["gpg.program", "./evil"],
    ["format.pretty", "%h %G?"],
    ["remote.origin.promisor", "true"],
    ["extension.runCommand", "./evil"],
  ])("the project's own setting %s=%s asks", async (name, value) => expect(await setting(name, value)).toEqual([71]));
  it.each([
    ["core.fsmonitor", "true"],
    ["core.editor", "vim"],
    ["user.name", "x"],
    ["branch.main.remote", "origin"],
    ["remote.origin.url", "https://example.com/x.git"],
    ["filter.lfs.clean", "git-lfs clean -- %f"],
    ["alias.co", "!touch CANARY"],
    ["lfs.repositoryformatversion", "0"],
  ])("the setting %s=%s does not", async (name, value) => expect(await setting(name, value)).toEqual([]));
  it("an alias by the name of the sub-command asks", async () => expect(await setting("alias.shortlog", "!touch CANARY", "git shortlog HEAD")).toEqual([71]));

  it("settings that can't be read, and a hook that status runs, ask", async () => {
    world.write(".git/hooks/post-index-change", "#!/bin/sh\n");
    expect(await numbersOf("git status")).toEqual([71]);
    rmSync(join(world.root, ".git/hooks/post-index-change"));
    expect(await numbersOf("git status")).toEqual([]);
  });

  it("a submodule is judged by its own settings", async () => {
    world.write("sub/x", "x");
    world.git("sub", "init", "-q");
    world.git("sub", "add", ".");
    world.git("sub", "commit", "-qm", "x");
    world.git("", "add", "sub");
    expect(await numbersOf("git status")).toEqual([]);
    world.git("sub", "config", "core.fsmonitor", "touch CANARY");
    expect(await numbersOf("git status")).toEqual([71]);
    world.git("", "update-index", "--force-remove", "sub");
    expect(await numbersOf("git status")).toEqual([]);
  });
});

describe("what becomes of it", () => {
  const ruling = async (command: string, mode: Mode = "ask", rules: Rules = {}) => judge(await requestOf("bash", command, world), policyOf(world, mode, rules));

  it.each(["plan", "ask", "accept-edits", "unattended", "bypass"] as const)("mode %s allows what is proved to read", async (mode) => {
    expect(await ruling("git log --oneline | head -3", mode)).toEqual({
      verdict: "allow",
      reason: { by: "analysis", says: "it only reads, inside the project" },
    });
  });

  it("a deny or ask rule stands above the proof, on commands and on files", async () => {
    expect((await ruling("cat README.md", "ask", { deny: ["bash(cat *)"] })).verdict).toBe("deny");
    expect((await ruling("cat README.md", "ask", { ask: ["bash(cat *)"] })).verdict).toBe("ask");
    expect((await ruling("cat README.md", "ask", { deny: ["read(README.md)"] })).verdict).toBe("deny");
    expect((await ruling("cat *.md", "ask", { deny: ["read(README.md)"] })).verdict).toBe("deny");
    expect((await ruling("grep -r x src", "ask", { deny: ["read(src/deep/**)"] })).verdict).toBe("deny");
    expect((await ruling("cat docs/guide.md", "ask", { deny: ["read(README.md)"] })).verdict).toBe("allow");
    expect((await ruling("touch src/new.ts", "accept-edits", { deny: ["edit(src/**)"] })).verdict).toBe("deny");
    // what stands for files might be what the rule names
    expect((await ruling("for f in *.md; do cat $f; done", "ask", { deny: ["bash(cat README.md)"] })).verdict).toBe("ask");
  });

  it.each([
    ["git diff --output=x", ["bash(git diff *)"], "ask"],
    ["git diff --output=x", ["bash(git diff --output=x)"], "allow"],
    ["git diff --output=x", ["bash"], "allow"],
    ["git diff --stat", ["bash(git diff *)"], "allow"],
    ["cat .env", ["bash(cat *)"], "ask"],
    ["cat .env", ["bash(cat .env)"], "allow"],
    ["cat ../outside/secret.txt", ["bash(cat *)"], "allow"],
    ["npm test | tail -5", ["bash(npm test)"], "allow"],
    ["npm test > log.txt", ["bash(npm test)"], "ask"],
    ["npm test && rm -r src", ["bash(npm test)"], "ask"],
    ["cd vendor/nested && git status", ["bash(cd *)", "bash(git *)"], "ask"],
    ["cd vendor/nested && git status", ["bash"], "allow"],
    ["rm -r src", ["bash(rm *)"], "allow"],
    ["cp README.md .git/hooks/pre-commit", ["bash(cp *)", "bash"], "ask"],
  ] as const)("%s with %j: %s", async (command, allow, expected) => expect((await ruling(command, "ask", { allow })).verdict).toBe(expected));

  it("a protected file asks in every mode that asks, and bypass asks too", async () => {
    for (const mode of ["ask", "accept-edits", "bypass"] as const)
      expect((await ruling("touch .git/hooks/pre-commit", mode, { allow: ["bash"] })).verdict).toBe("ask");
  });

  it("what must never run is denied in every mode, unless settings name the check; then it asks", async () => {
    for (const mode of ["plan", "ask", "accept-edits", "unattended", "bypass"] as const) {
      expect(await ruling("mkfs.ext4 /dev/sda", mode, { allow: ["bash", "*"] })).toMatchObject({ verdict: "deny", reason: { by: "shell-check", check: 74 } });
    }
    const policy = { ...policyOf(world, "ask"), allowChecks: new Set([74]) };
    expect(judge(await requestOf("bash", "mkfs.ext4 /dev/sda", world), policy).verdict).toBe("ask");
  });

  it("classes of paths are tuned by settings", async () => {
    for (const [command, group] of [
      ["cat ../outside/secret.txt", "outside"],
      ["cat notes-link.txt", "outside"],
      ["cat .env", "secret"],
      ["cd vendor/nested && git status", "repository"],
      ["touch .git/hooks/x", "protected"],
    ] as const) {
      const request = await requestOf("bash", command, world);
      const by = (verdict: "allow" | "ask" | "deny") => judge(request, { ...policyOf(world, "ask"), classes: { [group]: verdict } }).verdict;
      expect([command, by("ask"), by("deny")]).toEqual([command, "ask", "deny"]);
      expect([command, by("allow")]).toEqual([command, group === "protected" ? "ask" : "allow"]);
    }
  });

  it.each([
    ["mkdir -p src/new/folder", "allow"],
    ["touch src/new.ts", "allow"],
    ["echo x > src/new.ts", "allow"],
    ["mkdir src/new && cp README.md src/new/copy.md", "allow"],
    ["echo x > README.md", "ask"],
    ["echo x >> README.md", "ask"],
    ["cp src/a.ts README.md", "ask"],
    ["rm README.md", "ask"],
    ["mv README.md src/new.md", "ask"],
    ["touch linkout/new", "ask"],
    ["touch ../new", "ask"],
    ["touch .github/workflows/x.yml", "ask"],
    ["cp .env src/new", "ask"],
    ["npm test > src/new.txt", "ask"],
    ["sed -i s/x/y/ README.md", "ask"],
  ] as const)("mode accept-edits: %s: %s", async (command, expected) => expect((await ruling(command, "accept-edits")).verdict).toBe(expected));
});
