// Ways around the gate that others were found to have, on a real disk.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { judge, type Mode } from "../../src/permissions/index.ts";
import { type Place, policyOf, type Rules, requestOf, verdictOf } from "./helpers.ts";

let base: string;
let place: Place;
beforeAll(() => {
  base = realpathSync.native(mkdtempSync(join(tmpdir(), "bosun-gate-")));
  place = { root: join(base, "project"), home: join(base, "home") };
  for (const folder of ["project/src/deep", "project/.git/hooks", "project/secret", "outside", "home/.config/tool", "vault"])
    mkdirSync(join(base, folder), { recursive: true });
  for (const file of ["project/src/a.ts", "project/secret/key.txt", "project/.env", "project/.env.example", "outside/note.txt", "project/.git/config"])
    writeFileSync(join(base, file), "x");
  symlinkSync(join(base, "outside"), join(place.root, "src/link"));
  symlinkSync(join(place.root, "secret"), join(place.root, "src/alias"));
  symlinkSync(join(place.root, ".git"), join(place.root, "src/store"));
  symlinkSync(join(base, "nowhere/file"), join(place.root, "src/dangling"));
  symlinkSync(join(place.root, ".env"), join(place.root, "src/plain.txt"));
  symlinkSync(join(base, "vault"), join(place.root, "treasure"));
  mkdirSync(join(place.root, "cafe\u0301"));
  writeFileSync(join(place.root, "cafe\u0301/x"), "x");
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

describe("commands and allow rules", () => {
  const rules: Rules = { allow: ["bash(git log *)", "bash(ls *)", "bash(npm test)", "bash(./tools/* --check)"] };
  it.each([
    ["git log", "allow"],
    ["git log --oneline -3", "allow"],
    ["  git   log 'a b'  ", "allow"],
    ["git log | ls && npm test", "allow"],
    ["git 'log'", "allow"],
    ["npm test", "allow"],
    ["./tools/lint --check", "allow"],
    ["npm test -- --watch", "ask"],
    ["git logx", "ask"],
    ["git log-all", "ask"],
    ["gitlog", "ask"],
    ["git -C .. log", "ask"],
    ["Git log", "ask"],
    ["./git log", "ask"],
    ["/usr/bin/git log", "ask"],
    ["cd x && rm y", "ask"],
    ["ls && rm y", "ask"],
    ["git log; touch x", "ask"],
    ["git log\ntouch x", "ask"],
    ["git log & touch x", "ask"],
    ["git log | sh", "ask"],
    ["git log $(touch x)", "ask"],
    ["git log `touch x`", "ask"],
    ['git log "$(touch x)"', "ask"],
    ["git log <(touch x)", "ask"],
    ["git log > x", "ask"],
    ["GIT_PAGER=x git log", "ask"],
    ["env git log", "ask"],
    ["git log $x", "ask"],
    ["git {log,push}", "allow"], // as bash reads it: git log push
    ["git log ~", "allow"],
    ["git log *.ts", "ask"],
    ["git() { touch x; }; git log", "ask"],
    ["git\u00a0log", "ask"],
    ["git log \u202e", "ask"],
    ["git log\r touch x", "ask"],
    ["", "ask"],
    ["# git log", "ask"],
    ["./tools/../evil --check", "ask"],
    ["sudo git log", "ask"],
  ] as const)("%j: %s", async (command, expected) => {
    expect(await verdictOf(place, "ask", rules, "bash", command)).toBe(expected);
    expect(await verdictOf(place, "unattended", rules, "bash", command)).toBe(expected === "ask" ? "deny" : expected);
  });

  it("only a rule for the whole tool covers what isn't understood", async () => {
    for (const rule of ["bash", "bash(*)", "*"]) {
      expect(await verdictOf(place, "ask", { allow: [rule] }, "bash", "rm -rf x")).toBe("allow");
      expect(await verdictOf(place, "ask", { allow: [rule] }, "bash", "rm -rf $x")).toBe(rule === "bash" ? "allow" : "ask");
    }
  });

  it("a rule for the whole tool doesn't cover what a deny or ask rule might have meant", async () => {
    for (const verdict of ["deny", "ask"] as const) {
      expect(await verdictOf(place, "ask", { allow: ["bash"], [verdict]: ["bash(git push *)"] }, "bash", "rm -rf $x")).toBe("ask");
    }
  });
});

describe("commands and deny rules", () => {
  const rules: Rules = { deny: ["bash(git push *)", "bash(rm *)"], allow: ["bash", "*"] };
  it.each([
    "git push",
    "git push origin main",
    "cd x && git push",
    "(git push)",
    "if true; then git push; fi",
    "git log | xargs rm",
    "sudo -u root git push",
    "env A=1 git push",
    "git -C sub --no-pager push",
    "git -c a=b push",
    "/bin/rm x",
    "\\rm x",
    "'rm' x",
    "RM x",
    "bash -c 'git push'",
    "bash -c \"sh -c 'rm x'\"",
    "eval 'rm x'",
    "eval rm x",
    "find . -exec rm {} \\;",
    "timeout 5 rm x",
    "echo $(rm x)",
    'echo "`rm x`"',
    "cat <(rm x)",
    "A=1 rm x",
    "rm $x",
    "rm x > y",
    "f() { rm x; }; f",
    "for f in a; do rm x; done",
    "cat <<E\n$(rm x)\nE",
    "git push $branch",
    "rm x; )",
  ])("%j is denied, in every mode", async (command) => {
    for (const mode of ["plan", "ask", "accept-edits", "unattended", "bypass"] satisfies Mode[])
      expect(await verdictOf(place, mode, rules, "bash", command)).toBe("deny");
  });

  it("what merely mentions the word is not denied", async () => {
    for (const command of ["git log push", "echo rm x", "git pushx", "rmdir x", "grep 'rm x' y"])
      expect(await verdictOf(place, "ask", rules, "bash", command)).toBe("allow");
  });

  it("bypass asks for what isn't understood when a rule on commands might have matched, and only then", async () => {
    expect(await verdictOf(place, "bypass", { deny: ["bash(rm *)"] }, "bash", "$x y")).toBe("ask");
    expect(await verdictOf(place, "bypass", { deny: ["read(x)"] }, "bash", "$x y")).toBe("allow");
    expect(await verdictOf(place, "bypass", {}, "bash", "$x y")).toBe("allow");
  });
});

describe("paths", () => {
  const cases: readonly [name: string, mode: Mode, rules: Rules, tool: string, path: string, expected: string][] = [
    ["a read inside", "ask", {}, "read", "src/a.ts", "allow"],
    ["a read by dots that stay inside", "ask", {}, "read", "src/../src/a.ts", "allow"],
    ["a read outside by dots", "ask", {}, "read", "../outside/note.txt", "ask"],
    ["a read outside by a link", "ask", {}, "read", "src/link/note.txt", "ask"],
    ["a read of the home folder", "ask", {}, "read", "../home/.config/tool/x", "ask"],
    ["a read of a sibling whose name begins alike", "ask", {}, "read", "../project-two/x", "ask"],
    ["a read of a secret", "ask", {}, "read", ".env", "ask"],
    ["a read of a secret under another name", "ask", {}, "read", "src/plain.txt", "ask"],
    ["a read of an example of a secret", "ask", {}, "read", ".env.example", "allow"],
    ["a link to nothing", "accept-edits", {}, "write", "src/dangling", "ask"],
    ["a secret is not opened by a rule that happens to cover it", "ask", { allow: ["read(**)"] }, "read", ".env", "ask"],
    ["a secret is opened by a rule that names it", "ask", { allow: ["read(.env)"] }, "read", ".env", "allow"],
    ["an edit inside, asked for", "ask", {}, "edit", "src/a.ts", "ask"],
    ["an edit inside, in accept-edits", "accept-edits", {}, "edit", "src/new/file.ts", "allow"],
    ["an edit outside, in accept-edits", "accept-edits", {}, "edit", "src/link/note.txt", "ask"],
    ["an edit of a new file outside through a link", "accept-edits", {}, "edit", "src/link/new/x", "ask"],
    ["a protected file", "accept-edits", {}, "edit", ".git/hooks/pre-commit", "ask"],
    ["a protected file through a link", "accept-edits", {}, "edit", "src/store/config", "ask"],
    ["a protected file in another case", "accept-edits", {}, "edit", ".GIT/config", "ask"],
    ["a protected file, though a rule allows it", "ask", { allow: ["edit(**)", "edit(.github/workflows/ci.yml)"] }, "edit", ".github/workflows/ci.yml", "ask"],
    ["a protected file in bypass", "bypass", {}, "edit", ".bosun/settings.json", "ask"],
    ["anything else in bypass", "bypass", {}, "edit", "../outside/x", "allow"],
    ["an edit that a rule allows", "ask", { allow: ["edit(src/**)"] }, "edit", "src/deep/x.ts", "allow"],
    ["edit rules speak of write too", "ask", { allow: ["edit(src/**)"] }, "write", "src/deep/x.ts", "allow"],
    ["a rule that the path leaves by dots", "ask", { allow: ["edit(src/**)"] }, "edit", "src/../package.json", "ask"],
    ["a rule that the path leaves by a link", "ask", { allow: ["edit(src/**)"] }, "edit", "src/link/x", "ask"],
    ["an allow rule in another case", "ask", { allow: ["edit(SRC/**)"] }, "edit", "src/a.ts", "ask"],
    ["a deny rule", "bypass", { deny: ["read(secret/**)"] }, "read", "secret/key.txt", "deny"],
    ["a deny rule through a link", "bypass", { deny: ["read(secret/**)"] }, "read", "src/alias/key.txt", "deny"],
    ["a deny rule on the link itself", "bypass", { deny: ["read(src/link/**)"] }, "read", "src/link/note.txt", "deny"],
    ["a deny rule whose wildcard covers the link", "bypass", { deny: ["read(**/link/**)"] }, "read", "src/link/note.txt", "deny"],
    ["a deny rule on a link, met at its target", "bypass", { deny: ["read(treasure/**)"] }, "read", "../vault/gold", "deny"],
    ["a deny rule in another case", "bypass", { deny: ["read(secret/**)"] }, "read", "SECRET/Key.txt", "deny"],
    ["a deny rule with a bare name, at any depth", "bypass", { deny: ["read(key.txt)"] }, "read", "secret/key.txt", "deny"],
    ["a deny rule on a folder", "bypass", { deny: ["read(secret)"] }, "read", "secret/key.txt", "deny"],
    ["a deny rule for reading binds every reader", "bypass", { deny: ["read(secret/**)"] }, "grep", "secret", "deny"],
    ["a deny rule by an absolute path", "bypass", { deny: ["read(//etc/**)"] }, "read", "/etc/passwd", "deny"],
    ["a deny rule by the home folder", "bypass", { deny: ["read(~/.config/**)"] }, "read", "../home/.config/tool/x", "deny"],
    ["NFC rule, NFD file, deny", "bypass", { deny: ["read(caf\u00e9/**)"] }, "read", "cafe\u0301/x", "deny"],
    ["NFD rule, NFC path, deny", "bypass", { deny: ["read(cafe\u0301/**)"] }, "read", "caf\u00e9/x", "deny"],
    ["NFC rule, NFD file, allow", "ask", { allow: ["edit(caf\u00e9/**)"] }, "edit", "cafe\u0301/x", "allow"],
    ["deny over allow", "accept-edits", { deny: ["edit(src/deep/**)"], allow: ["edit(src/**)"] }, "edit", "src/deep/x", "deny"],
    ["ask over allow", "accept-edits", { ask: ["edit(src/deep/**)"], allow: ["edit(src/**)"] }, "edit", "src/deep/x", "ask"],
    ["a skill's tool that runs a program", "bypass", { allow: ["*"] }, "trick", "x", "deny"],
    ["a NUL in a path", "ask", { allow: ["read(**)"] }, "read", "src/a.ts\0/../../x", "ask"],
  ];
  it.each(cases)("%s", async (_name, mode, rules, tool, path, expected) => expect(await verdictOf(place, mode, rules, tool, path)).toBe(expected));

  it("every path of a list must be allowed", async () => {
    const rules = { allow: ["edit(src/**)"] };
    expect(await verdictOf(place, "ask", rules, "patch", { edits: [{ path: "src/a.ts" }, { path: "src/b.ts" }] })).toBe("allow");
    expect(await verdictOf(place, "ask", rules, "patch", { edits: [{ path: "src/a.ts" }, { path: "package.json" }] })).toBe("ask");
    expect(await verdictOf(place, "accept-edits", rules, "patch", { edits: [{ path: "src/a.ts" }, {}] })).toBe("ask");
    expect(await verdictOf(place, "accept-edits", rules, "patch", { edits: [] })).toBe("ask");
    expect(await verdictOf(place, "bypass", { deny: ["edit(b.ts)"] }, "patch", { edits: [{ path: "src/a.ts" }, { path: "src/b.ts" }] })).toBe("deny");
  });

  it("`~` means to the judge what it means to the tools: a folder of that name", async () => {
    const rules = { allow: ["edit(~/.config/**)"] };
    expect((await requestOf("edit", "~/.config/x", place)).facts.paths[0]?.real).toBe(join(place.root, "~/.config/x"));
    expect(await verdictOf(place, "ask", rules, "edit", "~/.config/x")).toBe("ask");
    expect(await verdictOf(place, "ask", rules, "edit", join(place.home, ".config/x"))).toBe("allow");
  });

  it("a home folder behind a link is the same home folder", async () => {
    symlinkSync(place.home, join(base, "home-link"));
    const linked = { root: place.root, home: join(base, "home-link") };
    expect(await verdictOf(linked, "bypass", {}, "edit", join(place.home, ".ssh/authorized_keys"))).toBe("ask");
    expect(await verdictOf(linked, "ask", { allow: ["edit(~/.config/**)"] }, "edit", join(place.home, ".config/x"))).toBe("allow");
  });

  it("a project below a folder that would be protected elsewhere is not protected as a whole", async () => {
    const inner = { root: join(base, "home/.claude/worktrees/one"), home: place.home };
    mkdirSync(inner.root, { recursive: true });
    expect(await verdictOf(inner, "accept-edits", {}, "edit", "src/x.ts")).toBe("allow");
    expect(await verdictOf(inner, "accept-edits", {}, "edit", ".claude/settings.json")).toBe("ask");
    expect(await verdictOf(inner, "accept-edits", {}, "edit", ".git")).toBe("ask");
  });
});

describe("tools", () => {
  it.each([
    ["todo", {}, "plan", {}, "allow"],
    ["todo", {}, "ask", { deny: ["todo"] }, "deny"],
    ["mcp", {}, "ask", {}, "ask"],
    ["mcp", {}, "ask", { allow: ["mcp"] }, "allow"],
    ["mcp", {}, "bypass", {}, "allow"],
    ["trick", {}, "bypass", { allow: ["*"] }, "deny"],
    ["hint", {}, "bypass", { allow: ["*", "hint"] }, "ask"],
    ["grep", {}, "ask", {}, "allow"],
    ["fetch", { url: "https://example.com/x" }, "ask", {}, "ask"],
    ["fetch", { url: "https://Example.com./x" }, "ask", { allow: ["fetch(domain:example.com)"] }, "allow"],
    ["fetch", { url: "https://a.example.com/x" }, "ask", { allow: ["fetch(domain:example.com)"] }, "ask"],
    ["fetch", { url: "https://a.example.com/x" }, "ask", { allow: ["fetch(domain:*.example.com)"] }, "allow"],
    ["fetch", { url: "https://example.com@evil.org/" }, "ask", { allow: ["fetch(domain:example.com)"] }, "ask"],
    ["fetch", { url: "https://notexample.com/" }, "ask", { allow: ["fetch(domain:*.example.com)"] }, "ask"],
    ["fetch", { url: "file:///etc/passwd" }, "ask", { allow: ["fetch(domain:*)", "fetch"] }, "ask"],
    ["bash", { command: 7 }, "ask", { allow: ["bash"] }, "ask"],
    ["bash", { command: "ls" }, "plan", {}, "allow"],
    ["bash", { command: "touch x" }, "plan", { allow: ["bash"] }, "deny"],
    ["edit", { path: "x" }, "plan", { allow: ["edit"] }, "deny"],
    ["edit", {}, "bypass", { deny: ["edit(x)"] }, "ask"],
  ] as const)("%s %j in %s with %j: %s", async (tool, input, mode, rules, expected) => expect(await verdictOf(place, mode, rules, tool, input)).toBe(expected));

  it("a tool outside the pool is denied before anything else", async () => {
    const ruling = judge(await requestOf("bash", "ls", place), policyOf(place, "bypass", { allow: ["*"] }, { pool: new Set(["read"]) }));
    expect(ruling).toMatchObject({ verdict: "deny", reason: { by: "pool" } });
  });

  it("unattended says that nobody was there, or waits", async () => {
    const request = await requestOf("bash", "npm test", place);
    expect(judge(request, policyOf(place, "unattended"))).toMatchObject({ verdict: "deny", reason: { by: "mode", says: expect.stringContaining("nobody") } });
    expect(judge(request, policyOf(place, "unattended", {}, { onUnattendedAsk: "await" })).verdict).toBe("ask");
  });
});
