// The walls of the two profiles, with the real bubblewrap; and what everyday commands need inside them.
import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { listenTo } from "../support/child-process.ts";
import { needs } from "../support/needs.ts";
import type { Options } from "./sandbox-runtime.ts";

let top = "";
const at = (...names: string[]) => join(top, ...names);
const text = (path: string) => (fs.existsSync(path) ? fs.readFileSync(path, "utf8") : null);
const asOrdinaryUser = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"];
const isRoot = process.getuid?.() === 0;
const users = [{ who: "as this user", under: [] as string[] }, ...(isRoot ? [{ who: "as an ordinary user", under: asOrdinaryUser }] : [])];
const node = dirname(process.execPath);

/** A person's home with a project, a secret in each, and folders beside them. */
beforeEach(() => {
  top = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "sandbox-")));
  for (const folder of ["home/.ssh", "home/.nvm/versions/node/v26/bin", "proj/src", "outside"]) fs.mkdirSync(at(folder), { recursive: true });
  fs.writeFileSync(at("home/.ssh/id_rsa"), "HOME-KEY\n");
  fs.writeFileSync(at("home/.gitconfig"), "[user]\n\tname = Someone\n\temail = someone@example.org\n[safe]\n\tdirectory = *\n");
  fs.symlinkSync(process.execPath, at("home/.nvm/versions/node/v26/bin/node"));
  fs.writeFileSync(at("outside/secret"), "OUTSIDE\n");
  fs.writeFileSync(at("proj/.env"), "TOKEN=IN-PROJECT\n");
  fs.writeFileSync(at("proj/src/a.txt"), "b\na\n");
  fs.symlinkSync(at("outside"), at("proj/link"));
  const git = (...words: string[]) =>
    spawnSync("git", ["-C", at("proj"), "-c", "user.name=S", "-c", "user.email=s@example.org", ...words], { env: { ...process.env, HOME: at("home") } });
  git("init", "-q", "-b", "main");
  git("add", "src");
  git("commit", "-qm", "first");
  if (isRoot) spawnSync("chown", ["-R", "1000:1000", at("home"), at("outside"), at("proj")]);
  fs.chmodSync(top, 0o777);
});
afterEach(() => fs.rmSync(top, { recursive: true, force: true }));

interface Result {
  readonly head: string;
  readonly ended: string;
  readonly exitCode: number | null;
  readonly says?: string;
  readonly sandbox?: { readonly profile: string; readonly made: boolean; readonly why?: string };
  readonly walls?: readonly { readonly kind: string; readonly path?: string; readonly says: string }[];
  readonly job?: { readonly name: string };
}
type Given = Partial<Options> & Pick<Options, "commands">;
async function runtime(given: Given, under: readonly string[] = []) {
  const options: Options = { own: at(`own-${under.length}`), root: at("proj"), home: at("home"), path: `${node}:/usr/local/bin:/usr/bin:/bin`, ...given };
  const [program = "", ...rest] = [...under, process.execPath, join(import.meta.dirname, "sandbox-runtime.ts")];
  const child = spawn(program, rest, { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(JSON.stringify(options));
  const { stdout, stderr } = await listenTo(child).ended;
  expect(stderr).toBe("");
  return JSON.parse(stdout) as { readonly results: readonly Result[]; readonly missing: readonly string[]; readonly state: { works: boolean; why?: string } };
}
async function inProfile(profile: "read-only" | "workspace", command: string, under: readonly string[] = [], more: Partial<Options> = {}): Promise<Result> {
  const { results } = await runtime({ ...more, commands: [{ command, profile }] }, under);
  const [result] = results;
  if (result === undefined) throw new Error("no result");
  expect(result.sandbox).toEqual({ profile, made: true });
  return result;
}

/** To root, also without capabilities, they are files of its own. */
const kernelSettings = "test -w /proc/sys/kernel/core_pattern && echo KERNEL";

needs("bwrap", "setpriv", "git", "python3").describe("read-only", () => {
  describe.each(users)("$who", ({ under }) => {
    test("nothing is written, in the project or outside, also through links", async () => {
      const command = `touch x; touch link/x; touch ${at("outside/y")}; touch ${at("home/z")}; rm -rf .git src; mv .git .git2; ln -s /etc e; echo x > /tmp/gone; ls /tmp/gone`;
      const { head } = await inProfile("read-only", command, under);
      expect(head).toContain("/tmp/gone");
      for (const path of ["proj/x", "outside/x", "outside/y", "home/z", "proj/.git2", "proj/e"]) expect(fs.existsSync(at(path)), path).toBe(false);
      expect(fs.existsSync("/tmp/gone")).toBe(false);
      expect(text(at("proj/src/a.txt"))).toBe("b\na\n");
      expect(fs.existsSync(at("proj/.git/HEAD"))).toBe(true);
    });
    test("nothing outside is seen: neighbours, the home, keys; of the project no secrets", async () => {
      fs.mkdirSync(at("neighbour"));
      const command = `ls link link/secret; cat ../outside/secret link/secret ${at("outside/secret")} ~/.ssh/id_rsa .env /etc/shadow; ls ${top} ~`;
      const { head } = await inProfile("read-only", command, under);
      expect(head).not.toMatch(/OUTSIDE|HOME-KEY|IN-PROJECT|root:/);
      // root reads what is covered as empty where the project is somebody else's
      if (under.length > 0) expect(head).toMatch(/\.env: Permission denied/);
      // where a link of the project leads is there, closed: its name stands in the link
      expect(head).not.toMatch(/neighbour|^secret$/m);
      if (under.length > 0) expect(head).toMatch(/cat: link\/secret: Permission denied/);
    });
    test("no network, no sockets of others, no processes of others, no setuid programs, no way to mount", async () => {
      const server = createServer((socket) => socket.end("REACHED"));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const unix = createServer((socket) => socket.end("REACHED"));
      await new Promise<void>((resolve) => unix.listen(at("outside/socket"), resolve));
      fs.chmodSync(at("outside/socket"), 0o777);
      const { port } = server.address() as { port: number };
      const connect = `import socket,sys\ns=socket.socket(getattr(socket,sys.argv[1]))\ntry:\n s.connect(eval(sys.argv[2]))\n print(s.recv(9))\nexcept OSError as e:\n print('no', e.errno)\n`;
      fs.writeFileSync(at("proj/connect.py"), connect);
      try {
        const command = `python3 connect.py AF_INET '("127.0.0.1",${port})'; python3 connect.py AF_UNIX '"${at("outside/socket")}"'; ls /proc | grep -c '^[0-9]'; cat /proc/${process.pid}/environ; mount -o remount,rw / 2>&1; umount .env; unshare -rm true && mount -o remount,rw,bind . ; su -c 'echo ROOT' 2>&1; grep NoNewPrivs /proc/self/status; touch ${at("proj/x")}; ${kernelSettings}`;
        const { head } = await inProfile("read-only", command, under);
        expect(head).not.toMatch(/REACHED|^ROOT|PATH=|KERNEL/m);
        expect(head.match(/^no \d+$/gm)).toHaveLength(2);
        expect(Number(/^(\d)$/m.exec(head)?.[1])).toBeLessThan(8);
        expect(head).toContain("NoNewPrivs:\t1");
        expect(fs.existsSync(at("proj/x"))).toBe(false);
      } finally {
        server.close();
        unix.close();
      }
    });
    test("what is everyday works: git, in a working tree of it too, searching, sorting, programs of a version manager", async () => {
      const git = spawnSync("git", ["-C", at("proj"), "-c", "safe.directory=*", "worktree", "add", "-q", "-b", "other", at("tree")]);
      expect(git.status, String(git.stderr)).toBe(0);
      if (isRoot) spawnSync("chown", ["-R", "1000:1000", at("tree"), at("proj")]);
      const command = `set -e
git status --short | sort; git log --oneline | wc -l; git diff --stat; git blame -s src/a.txt | wc -l; git config user.name
sort src/a.txt | head -1; cat <(echo one) <(echo two); cat <<E
three $((1 + 2))
E
cat <<< four; node -p '1 + 4'; python3 -c 'print(6)'; seq 20000 | sort -S 50k -r | wc -l; find . -name a.txt -not -path './.git/*'; grep -rn b src; date >/dev/null; echo x > /dev/null; echo end >&2`;
      for (const root of ["proj", "tree"]) {
        const path = `${at("home/.nvm/versions/node/v26/bin")}:/usr/local/bin:/usr/bin:/bin`;
        const { head, exitCode } = await inProfile("read-only", command, under, { root: at(root), path });
        expect(head.replace(/^\?\? .*\n/gm, ""), root).toBe("1\n2\nSomeone\na\none\ntwo\nthree 3\nfour\n5\n6\n20000\n./src/a.txt\nsrc/a.txt:1:b\nend\n");
        expect(exitCode).toBe(0);
      }
    });
    test("a link that is put in the place of a folder between the check and the run meets the wall", async () => {
      const swap = { at: at("proj/src"), to: at("outside") };
      const { head } = await inProfile("read-only", "cat src/secret; echo x > src/made", under, { swap });
      expect(head).not.toContain("OUTSIDE");
      expect(fs.existsSync(at("outside/made"))).toBe(false);
      expect(fs.readlinkSync(at("proj/src"))).toBe(at("outside"));
    });
  });
});

const nothingLeft = () => expect(fs.readdirSync(at("proj")).sort()).toEqual([".env", ".git", "link", "src"]);

needs("bwrap", "setpriv", "git", "python3").describe("workspace", () => {
  describe.each(users)("$who", ({ under }) => {
    test("the project, /tmp and caches are written; nothing outside, also through links and by renaming", async () => {
      const command = `echo y > src/b.txt; mkdir -p node_modules/p && echo {} > node_modules/p/package.json; echo t > /tmp/kept; echo c > ~/.cache/c; echo l > link/x; echo o > ${at("outside/y")}; echo z > ~/.bashrc; echo k >> ~/.ssh/authorized_keys; mv ${at("proj")} ${at("moved")}; cat ~/.ssh/id_rsa; ${kernelSettings}`;
      const { head } = await inProfile("workspace", command, under);
      expect(text(at("proj/src/b.txt"))).toBe("y\n");
      expect(text(at("proj/node_modules/p/package.json"))).toBe("{}\n");
      expect(text(at("home/.cache/c"))).toBe("c\n");
      for (const path of ["outside/x", "outside/y", "home/.bashrc", "home/.ssh/authorized_keys", "moved"]) expect(fs.existsSync(at(path)), path).toBe(false);
      expect(fs.existsSync("/tmp/kept")).toBe(false);
      expect(head).toContain("HOME-KEY");
      expect(head).not.toContain("KERNEL");
      expect(head).toMatch(/\.bashrc: Read-only file system/);
    });
    test("hooks, settings and what others run can't be written, made or moved, and nothing is left where there was nothing", async () => {
      const targets = [
        ".git/hooks/pre-commit",
        ".git/config",
        ".bosun/settings.json",
        ".vscode/tasks.json",
        ".github/workflows/ci.yml",
        ".envrc",
        ".mcp.json",
        ".gitlab-ci.yml",
      ];
      const config = text(at("proj/.git/config"));
      const command = `for f in ${targets.join(" ")}; do mkdir -p $(dirname $f); echo HOSTILE > $f; echo HOSTILE > new && mv -f new $f; rm -rf $f; ln -s src/a.txt $f; done; mv .git .git2; mv .git/hooks .git/h2; mv .github .g2; git config core.fsmonitor ./x; rm -f new; ls -A`;
      const { walls } = await inProfile("workspace", command, under);
      for (const target of targets) expect(text(at("proj", target)) ?? "", target).not.toContain("HOSTILE");
      expect(text(at("proj/.git/config"))).toBe(config);
      nothingLeft();
      expect(walls?.map(({ kind }) => kind)).toContain("protected");
    });
    test("everyday: a commit, a branch, a server that is asked, tests that write to /tmp, two calls that share a file there", async () => {
      const commands = [
        "echo n > src/n.txt && git add src/n.txt && git commit -qm second && git checkout -qb topic && git log --oneline | wc -l && git status --short",
        "python3 -m http.server 8123 --bind 127.0.0.1 >/dev/null 2>&1 & for i in 1 2 3 4 5 6 7 8 9; do sleep 0.3; python3 -c 'import urllib.request as u; print(u.urlopen(\"http://127.0.0.1:8123/\").status)' 2>/dev/null && break; done; kill %1",
        "mktemp >/dev/null && echo shared > /tmp/f; cd src",
        "cat /tmp/f; pwd",
      ];
      const { results } = await runtime({ commands: commands.map((command) => ({ command, profile: "workspace" as const })) }, under);
      expect(results.map(({ head }) => head)).toEqual(["2\n?? .env\n?? link\n", "200\n", "", `shared\n${at("proj/src")}\n`]);
      expect(results.map(({ exitCode }) => exitCode).slice(0, 1)).toEqual([0]);
      expect(fs.existsSync(at(`own-${under.length}`, "tmp/session"))).toBe(false);
      nothingLeft();
    });
    test("the network is off where the setting says so, and the model is told which wall it met", async () => {
      const server = createServer((socket) => socket.end("REACHED"));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as { port: number };
      const command = `python3 -c 'import socket; s=socket.create_connection(("127.0.0.1",${port})); print(s.recv(9))'`;
      try {
        expect((await inProfile("workspace", command, under)).head).toContain("REACHED");
        const { head, walls } = await inProfile("workspace", command, under, { network: false });
        expect(head).not.toContain("REACHED");
        expect(walls).toEqual([{ kind: "network", says: expect.stringContaining("the setting shell.network is off") }]);
      } finally {
        server.close();
      }
    });
  });

  test("what else others run is said when it is new, and a file that turns git around is put aside", async () => {
    const command = "echo x > .npmrc; echo /tmp > .git/commondir; mkdir a && echo n > a/b";
    const { walls } = await inProfile("workspace", command);
    expect(walls?.map(({ path }) => path)).toEqual([at("proj/.npmrc"), at("proj/.git/commondir")]);
    expect(fs.existsSync(at("proj/.git/commondir"))).toBe(false);
    expect(text(at("proj/.npmrc"))).toBe("x\n");
    const again = await inProfile("workspace", "echo y > .npmrc");
    expect(text(at("proj/.npmrc"))).toBe("x\n");
    expect(again.walls).toEqual([{ kind: "protected", path: at("proj/.npmrc"), says: expect.stringContaining("only the person changes") }]);
  });
  test("in a working tree commits go to the shared store, whose hooks and settings stay", async () => {
    spawnSync("git", ["-C", at("proj"), "-c", "safe.directory=*", "worktree", "add", "-q", "-b", "other", at("tree")]);
    const command =
      "echo w > w.txt && git add w.txt && git commit -qm w && git log --oneline | wc -l; echo HOSTILE > ../proj/.git/hooks/post-commit; git config user.name X; echo 'gitdir: /nowhere' > .git; touch ../proj/src/x";
    const { head } = await inProfile("workspace", command, [], { root: at("tree") });
    expect(head).toMatch(/^2\n/);
    expect(fs.existsSync(at("proj/.git/hooks/post-commit"))).toBe(false);
    expect(fs.existsSync(at("proj/src/x"))).toBe(false);
    expect(text(at("tree/.git"))).toContain("worktrees/tree");
  });
  test("what was made for a command is taken away when its job has ended, and after a crash by the next session", async () => {
    const commands = [
      { command: "sleep 30", profile: "workspace" as const, background: true },
      { command: "ls -d .vscode; echo x > .vscode/tasks.json", profile: "workspace" as const },
    ];
    await runtime({ commands });
    nothingLeft();
    fs.mkdirSync(at("own-0/runs/dead"), { recursive: true });
    for (const name of [".vscode", ".mcp.json"]) fs.mkdirSync(at("proj", name));
    fs.writeFileSync(at("proj/.vscode/settings.json"), "{}");
    fs.writeFileSync(at("own-0/runs/dead/made"), JSON.stringify([at("proj/.vscode"), at("proj/.mcp.json")]));
    await runtime({ commands: [] });
    expect(fs.readdirSync(at("proj")).sort()).toEqual([".env", ".git", ".vscode", "link", "src"]);
  });
});

needs("bwrap", "git").describe("where it can't be made", () => {
  const fake = (script: string): string => {
    fs.mkdirSync(at("bin"));
    fs.writeFileSync(at("bin/bwrap"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return at("bin");
  };
  test("without user namespaces: said with the command that mends it, and the command runs as it did before", async () => {
    const path = fake("echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1");
    const { results, state, missing } = await runtime({ path, commands: [{ command: "echo ran", profile: "read-only" }] });
    expect(results[0]).toMatchObject({ head: "ran\n", sandbox: { profile: "read-only", made: false } });
    expect(state.works).toBe(false);
    expect(`${results[0]?.sandbox?.why} ${missing.join(" ")}`).toMatch(/setting up uid map: Permission denied.*(docker run|sysctl)/);
  });
  test("where only a namespace for processes is allowed: commands have that, and it is said that the rest is missing", async () => {
    const path = fake(
      'for a; do case "$a" in --unshare-net) echo "bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted" >&2; exit 1;; esac; done; exec /usr/bin/bwrap "$@"',
    );
    const { results, state, missing } = await runtime({ path, commands: [{ command: "/bin/ls -d /proc/[0-9]* | /usr/bin/wc -l", profile: "workspace" }] });
    expect(state).toEqual({ works: false, why: expect.stringContaining("RTM_NEWADDR") });
    expect(results[0]?.sandbox).toEqual({ profile: "workspace", made: false, why: expect.stringMatching(/docker run|sysctl/) });
    expect(Number(results[0]?.head)).toBeLessThan(8);
    expect(missing).toEqual([]);
  });
  test("without bubblewrap: what installs it is said", async () => {
    fs.mkdirSync(at("empty"));
    const { results, state } = await runtime({ path: at("empty"), commands: [{ command: "echo ran", profile: "workspace" }] });
    expect(state).toEqual({ works: false, why: expect.stringMatching(/bubblewrap is not installed\. Install it/) });
    expect(results[0]).toMatchObject({ head: "ran\n", sandbox: { made: false } });
  });
  test("a project that makes the view impossible: the command does not run with a wider one", async () => {
    const path = fake(`for a; do [ "$a" = "${at("proj")}" ] && { echo "bwrap: Can't bind mount this" >&2; exit 1; }; done; exec /usr/bin/bwrap "$@"`);
    const { results } = await runtime({ path, commands: [{ command: "touch ran", profile: "workspace" }] });
    expect(results[0]).toMatchObject({ ended: "not-started", says: expect.stringContaining("Can't bind mount this") });
    expect(fs.existsSync(at("proj/ran"))).toBe(false);
    nothingLeft();
  });
  test("what works is remembered for this start of the system", async () => {
    const path = fake(`echo "$*" >> ${at("log")}; exec /usr/bin/bwrap "$@"`);
    for (const _ of [1, 2]) await runtime({ path, commands: [] });
    expect(
      text(at("log"))
        ?.trim()
        .split("\n")
        .filter((line) => line.endsWith("exit 0")),
    ).toHaveLength(1);
  });
});
