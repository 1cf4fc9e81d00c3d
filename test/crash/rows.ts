// The faults that other agents were measured against, run against the command itself (src/cli/main.ts): one row each, with what came of it.
// `node test/crash/rows.ts`; exit code 1 when a row does not hold.
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectSlug } from "../../src/index.ts";
import { type ModelServer, type Script, startModelServer, type Turn } from "../../src/testing/index.ts";
import { bash, text } from "../agent/support.ts";
import { listenTo } from "../support/child-process.ts";
import { processesIn } from "./trial.ts";

interface Row {
  readonly fault: string;
  run(stage: Stage): Promise<{ readonly holds: boolean; readonly says: string }>;
}
interface Stage {
  readonly project: string;
  readonly home: string;
  serve(turns: readonly Turn[], more?: Partial<Script>): Promise<ModelServer>;
  start(...parameters: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<{ readonly code: number | null; readonly output: string }> };
  journal(): string;
  trace(): string;
}

const command = join(import.meta.dirname, "../../src/cli/main.ts");
const done: Turn = { reply: [text("done")] };
const marks = "echo START >> f; sleep 2; echo DONE >> f";
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function until(holds: () => boolean): Promise<void> {
  for (const from = performance.now(); !holds(); await sleep(5)) if (performance.now() - from > 15_000) throw new Error(`still not so: ${holds}`);
}

const refusals = (server: ModelServer): number => server.requests.filter((request) => request.outcome === "refused").length;
const lastBody = (server: ModelServer): string => JSON.stringify(server.requests.at(-1)?.json ?? {});

const rows: readonly Row[] = [
  {
    fault: "kill -9 while the shell tool runs, then --continue",
    async run(stage) {
      const server = await stage.serve([{ reply: [bash(`(setsid sleep 3; echo LATE >> f) & ${marks}`)] }, done]);
      const first = stage.start("go");
      await until(() => stage.trace().includes("START"));
      first.child.kill("SIGKILL");
      await first.ended;
      const again = await stage.start("--continue").ended;
      await sleep(3500);
      const told = lastBody(server).includes("not known") && again.output.includes("not known");
      const left = processesIn(stage.project).length;
      return {
        holds: again.code === 0 && told && left === 0 && stage.trace() === "START\n",
        says: `not run again; model and person told it is not known; ${left} processes left; the file says ${JSON.stringify(stage.trace())}`,
      };
    },
  },
  {
    fault: "kill -9 while a call's arguments stream",
    async run(stage) {
      const server = await stage.serve([{ reply: [text("hm"), bash(marks)], fault: { kind: "stall", at: "middle" } }, done]);
      const first = stage.start("the prompt");
      await until(() => server.requests.length === 1);
      await sleep(150);
      first.child.kill("SIGKILL");
      await first.ended;
      const again = await stage.start("--continue").ended;
      return {
        holds: again.code === 0 && lastBody(server).includes("the prompt") && refusals(server) === 0,
        says: "the prompt is kept, the partial call dropped, the turn asked for again",
      };
    },
  },
  {
    fault: "stream cut in the middle of a call's JSON",
    async run(stage) {
      await stage.serve([{ reply: [bash("echo RAN >> f")], fault: { kind: "cut", at: "arguments" } }, done]);
      const { code } = await stage.start("go").ended;
      return { holds: code === 0 && stage.trace() === "RAN\n", says: "tried again, ran once" };
    },
  },
  {
    fault: "stream ends normally with truncated arguments",
    async run(stage) {
      await stage.serve([{ reply: [bash("echo RAN >> f; echo more and more >> f")], fault: { kind: "truncated-arguments" } }, done]);
      const { code } = await stage.start("go").ended;
      return { holds: code === 0 && stage.trace() === "", says: "refused as no JSON; nothing ran; the model is told" };
    },
  },
  ...([429, 529] as const).map(
    (status): Row => ({
      fault: `${status} twice`,
      async run(stage) {
        await stage.serve([{ reply: [text("done")], fault: { kind: "status", status, retryAfter: { milliseconds: 50 }, times: 2 } }]);
        const { code } = await stage.start("go").ended;
        return { holds: code === 0, says: "waited as asked, answered" };
      },
    }),
  ),
  {
    fault: "context-length 400 on the first call",
    async run(stage) {
      await stage.serve([{ reply: [text("done")], fault: { kind: "context-too-long", times: "always" } }]);
      const { code, output } = await stage.start("go").ended;
      return { holds: code !== 0 && code !== null && /window|long/.test(output), says: `exit ${code} with the next move; no compaction yet` };
    },
  },
  {
    fault: "300 MB of tool output in one line",
    async run(stage) {
      const server = await stage.serve([{ reply: [bash("head -c 300000000 /dev/zero | tr '\\0' x")] }, done]);
      const { code } = await stage.start("go").ended;
      const size = sizeOf(stage.home);
      return {
        holds: code === 0 && lastBody(server).length < 400_000 && size < 32e6,
        says: `${Math.round(lastBody(server).length / 1000)} kB to the model, ${(size / 1e6).toFixed(1)} MB kept`,
      };
    },
  },
  {
    fault: "two processes resume one session",
    async run(stage) {
      await stage.serve([{ reply: [text("one")] }, { reply: [bash("echo RAN >> f; sleep 1")] }, done, done]);
      await stage.start("go").ended;
      const first = stage.start("--continue", "more");
      await until(() => stage.trace().includes("RAN"));
      const second = await stage.start("--continue", "more").ended;
      const { code } = await first.ended;
      return {
        holds: code === 0 && second.code !== 0 && /pid \d+/.test(second.output) && stage.trace() === "RAN\n",
        says: "the second is refused with the first one's pid; one history",
      };
    },
  },
  ...(["torn last line", "300 NUL bytes at the end"] as const).map(
    (fault, index): Row => ({
      fault: `${fault}, then append`,
      async run(stage) {
        const server = await stage.serve([{ reply: [text("one")] }, { reply: [text("two")] }, done]);
        await stage.start("first prompt").ended;
        fs.appendFileSync(stage.journal(), index === 0 ? '{"v":1,"seq":99,"id":"e_tor' : Buffer.alloc(300));
        const again = await stage.start("--continue", "second prompt").ended;
        const third = await stage.start("--continue", "third prompt").ended;
        const body = lastBody(server);
        const whole = ["first prompt", "one", "second prompt", "two", "third prompt"].every((words) => body.includes(words));
        return {
          holds: third.code === 0 && whole && /no next line .* were copied to/.test(again.output),
          says: "put aside and said; the next request has the whole conversation",
        };
      },
    }),
  ),
];

function sizeOf(folder: string): number {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((total, entry) => total + fs.statSync(join(entry.parentPath, entry.name)).size, 0);
}

async function play(row: Row): Promise<{ readonly holds: boolean; readonly says: string }> {
  const top = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "bosun-row-")));
  const project = join(top, "project");
  const home = join(top, "home");
  fs.mkdirSync(project);
  const servers: ModelServer[] = [];
  const stage: Stage = {
    project,
    home,
    async serve(turns, more = {}) {
      const server = await startModelServer({ script: { name: "row", turns, ...more } });
      servers.push(server);
      return server;
    },
    start(...parameters) {
      const environment = { PATH: process.env.PATH, HOME: top, BOSUN_HOME: home, ANTHROPIC_API_KEY: "key", ANTHROPIC_BASE_URL: servers[0]?.url };
      const child = spawn(process.execPath, [command, "-p", "--permission-mode", "bypass", "--model", "anthropic/claude-sonnet-5-5", ...parameters], {
        cwd: project,
        env: environment,
        stdio: ["ignore", "pipe", "pipe"],
      });
      return { child, ended: listenTo(child).ended.then(({ code, stdout, stderr }) => ({ code, output: stdout + stderr })) };
    },
    journal() {
      const folder = join(home, "projects", projectSlug(project));
      const session = fs.readdirSync(folder).find((name) => fs.existsSync(join(folder, name, "journal.jsonl"))) ?? "";
      return join(folder, session, "journal.jsonl");
    },
    trace: () => (fs.existsSync(join(project, "f")) ? fs.readFileSync(join(project, "f"), "utf8") : ""),
  };
  try {
    return await row.run(stage);
  } catch (error) {
    return { holds: false, says: String(error) };
  } finally {
    for (const server of servers) await server.close();
    fs.rmSync(top, { recursive: true, force: true });
  }
}

console.log("| fault | holds | outcome |\n|:--|:--|:--|");
for (const row of rows) {
  const { holds, says } = await play(row);
  console.log(`| ${row.fault} | ${holds ? "yes" : "NO"} | ${says} |`);
  if (!holds) process.exitCode = 1;
}
