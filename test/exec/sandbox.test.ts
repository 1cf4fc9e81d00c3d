// The walls of the two profiles, with the real bubblewrap; and what everyday commands need inside them.
import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
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
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => void (output += chunk));
  child.stderr.on("data", (chunk) => void (errors += chunk));
  await new Promise((resolve) => child.on("close", resolve));
  expect(errors).toBe("");
  return JSON.parse(output) as { readonly results: readonly Result[]; readonly missing: readonly string[]; readonly state: { works: boolean; why?: string } };
}
async function inProfile(profile: "read-only" | "workspace", command: string, under: readonly string[] = [], more: Partial<Options> = {}): Promise<Result> {
  const { results } = await runtime({ ...more, commands: [{ command, profile }] }, under);
  const [result] = results;
  if (result === undefined) throw new Error("no result");
  expect(result.sandbox).toEqual({ profile, made: true });
  return result;
}

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
      const command = `cat ../outside/secret link/secret ${at("outside/secret")} ~/.ssh/id_rsa .env /etc/shadow; ls ${top} ~`;
      const { head } = await inProfile("read-only", command, under);
      expect(head).not.toMatch(/OUTSIDE|HOME-KEY|IN-PROJECT|root:/);
      // root reads what is covered as empty where the project is somebody else's
      if (under.length > 0) expect(head).toMatch(/\.env: Permission denied/);
      expect(head).not.toContain("outside\n");
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
        const command = `python3 connect.py AF_INET '("127.0.0.1",${port})'; python3 connect.py AF_UNIX '"${at("outside/socket")}"'; ls /proc | grep -c '^[0-9]'; cat /proc/${process.pid}/environ; mount -o remount,rw / 2>&1; umount .env; unshare -rm true && mount -o remount,rw,bind . ; su -c 'echo ROOT' 2>&1; grep NoNewPrivs /proc/self/status; touch ${at("proj/x")}`;
        const { head } = await inProfile("read-only", command, under);
        expect(head).not.toMatch(/REACHED|^ROOT|PATH=/m);
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
