// `bosun demo`: a real bug in a real package, found and fixed with real tools. Only the model's words are a script.
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join, relative } from "node:path";
import { BosunError, type Outcome } from "../../base/index.ts";
import { cleanEnvironment } from "../../exec/index.ts";
import { type Agent, type Conversation, createAgent, type RunEvent } from "../../index.ts";
import { readScript, startModelServer } from "../../testing/index.ts";
import type { Arguments } from "../arguments.ts";
import type { ExitCode } from "../exit.ts";
import { exitTable } from "../exit.ts";
import { follow, openLog } from "../follow.ts";
import { reportError, warn } from "../report.ts";
import { createStory } from "../story.ts";
import type { Terminal } from "../terminal.ts";
import { duration, money } from "../text.ts";

/** demo/source.json: where the package comes from, what is wrong with it, and how its tests are run. */
interface DemoSource {
  readonly name: string;
  readonly version: string;
  readonly fixedIn: string;
  readonly license: string;
  readonly author: string;
  readonly bug: { readonly issue: string; readonly fix: string; readonly summary: string };
  readonly prompt: string;
  readonly test: { readonly command: string };
}

/** The model by whose prices the notional cost is reckoned. */
const model = "anthropic/claude-sonnet-5-5";
const rules = ["bash(node --test *)", "bash(git diff *)"];

export async function run(_given: Arguments, terminal: Terminal): Promise<ExitCode> {
  const material = findMaterial();
  const source = JSON.parse(fs.readFileSync(join(material, "source.json"), "utf8")) as DemoSource;
  const folder = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "bosun-demo-")));
  await terminal.out(opening(source, folder));
  const environment = demoEnvironment(terminal.environment);
  const prepared = await prepareRepository(join(material, "package"), folder, environment);
  if (!prepared.ok) return reportError(terminal, prepared.error);
  const script = await readScript(join(material, "script.json"));
  if (!script.ok) return reportError(terminal, script.error);
  const server = await startModelServer({ script: script.value });
  try {
    const agent = await createAgent({
      model,
      cwd: folder,
      mode: "accept-edits",
      rules: rules.map((text) => ({ text, verdict: "allow", source: "the demo" })),
      environment: { ...environment, ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: "a-script-needs-no-key" },
    });
    if (!agent.ok) return reportError(terminal, agent.error);
    const conversation = await agent.value.start();
    if (!conversation.ok) return reportError(terminal, conversation.error);
    return await play({ terminal, source, folder, environment, agent: agent.value, conversation: conversation.value });
  } finally {
    await server.close();
  }
}

interface Scene {
  readonly terminal: Terminal;
  readonly source: DemoSource;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly agent: Agent;
  readonly conversation: Conversation;
}

async function play(scene: Scene): Promise<ExitCode> {
  const { terminal, source, agent, conversation } = scene;
  const story = createStory(terminal);
  const log = openLog(agent, conversation, (says) => warn(terminal, says));
  await terminal.out(`> ${source.prompt}\n`);
  let last: Extract<RunEvent, { type: "run-end" }> | undefined;
  const end = await follow(conversation.send(source.prompt), log, (event) => {
    if (event.type === "run-end") last = event;
    return story.tell(event);
  });
  const tests = await program(scene.environment, scene.folder, ["node", ...source.test.command.split(" ").slice(1)]);
  await terminal.out(await closing(scene, tests, last));
  await conversation.release();
  return end.reason === "answered" && tests.exitCode === 0 ? exitTable.answered.code : exitTable.internal.code;
}

/** Beside the bundle, or at the top of the repository. */
function findMaterial(): string {
  const places = ["demo", "../../../demo"].map((path) => join(import.meta.dirname, path));
  const found = places.find((path) => fs.existsSync(join(path, "source.json")));
  if (!found) throw new Error(`the demo's files are missing (looked in ${places.join(", ")})`);
  return found;
}

/** The tests run on the Node that runs this, and print the same everywhere. */
function demoEnvironment(from: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  const clean = cleanEnvironment(from, ["BOSUN_HOME"]);
  return { ...clean, PATH: [dirname(process.execPath), clean["PATH"] ?? ""].join(delimiter), LC_ALL: "C" };
}

const identity = ["-c", "user.name=bosun demo", "-c", "user.email=demo@example.invalid", "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main"];

async function prepareRepository(from: string, folder: string, environment: Readonly<Record<string, string>>): Promise<Outcome<null>> {
  fs.cpSync(from, folder, { recursive: true });
  for (const words of [
    ["init", "--quiet"],
    ["add", "--all"],
    ["commit", "--quiet", "--message", "slow-redact 0.3.1, with the test of 0.3.2"],
  ]) {
    const made = await program(environment, folder, ["git", ...identity, ...words]);
    if (made.exitCode !== 0) {
      const says = `The demo needs git, and \`git ${words[0]}\` failed: ${made.output.trim()}.`;
      return { ok: false, error: new BosunError("usage", says, { next: "Install git and call again." }) };
    }
  }
  return { ok: true, value: null };
}

interface Finished {
  readonly exitCode: number;
  readonly output: string;
}

function program(environment: Readonly<Record<string, string>>, cwd: string, [name = "", ...rest]: readonly string[]): Promise<Finished> {
  return new Promise((resolve) => {
    execFile(name, rest, { cwd, env: environment, timeout: 60_000, maxBuffer: 8 * 1024 * 1024 }, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
      resolve({ exitCode, output: `${stdout}${stderr}` || (error?.message ?? "") });
    });
  });
}

/** How to call this command again: by name where it is installed, from a clone with the Node that came with it. */
function self(): string {
  const file = process.argv[1] ?? "bosun";
  return basename(file).startsWith("cli.") ? `npx node ${relative(process.cwd(), file)}` : "bosun";
}

const opening = (source: DemoSource, folder: string): string => `bosun demo

The model's words are a script (demo/script.json), served over real HTTP on this machine: no model is asked and nothing is
spent. Everything else is real: reads, search, tests, the edit, the decisions and the journal.

Package   ${source.name} ${source.version} by ${source.author}, ${source.license} licence, as published,
          with the test that came with ${source.fixedIn} (demo/SOURCE.md)
Bug       ${source.bug.summary}
          ${source.bug.issue}
Folder    ${folder} (a new git repository)

`;

async function closing(scene: Scene, tests: Finished, last: Extract<RunEvent, { type: "run-end" }> | undefined): Promise<string> {
  const { source, conversation, agent, folder, environment } = scene;
  const { decisions } = conversation.session.state;
  const by = new Map<string, number>();
  for (const { decision } of decisions) {
    const { reason } = decision;
    const what =
      `${decision.verdict}ed by ${reason.by === "rule" ? `the rule ${reason.rule}` : reason.by === "mode" ? `the mode ${reason.mode}` : reason.by}`.replace(
        "denyed",
        "denied",
      );
    by.set(what, (by.get(what) ?? 0) + 1);
  }
  const changed = (await program(environment, folder, ["git", "diff", "--stat"])).output
    .trim()
    .split("\n")
    .map((line) => line.trim());
  const passed = /^# pass (\d+)|ℹ pass (\d+)/m.exec(tests.output);
  const count = passed?.[1] ?? passed?.[2] ?? "?";
  const spent = last
    ? `${money(last.cost.usd, last.priced)} by the prices of ${agent.model}, had a model been asked: ${last.turns} replies, ${last.cost.tokens} tokens`
    : "";
  const id = conversation.session.id;
  return `
Run again by the demo itself: ${source.test.command}
          ${tests.exitCode === 0 ? `passes (${count} tests)` : `still fails with exit code ${tests.exitCode}`}
Decided   ${[...by].map(([what, times]) => `${times} ${times === 1 ? "call" : "calls"} ${what}`).join("\n          ")}
Changed   ${changed.join("\n          ")}
Spent     ${spent}
Took      ${duration(last?.milliseconds ?? 0)}
Theirs    ${source.bug.fix} (released in ${source.fixedIn})

Look further
  ${self()} sessions show ${id}
  ${self()} sessions log ${id}
  ${join(agent.sessionsFolder, id, "journal.jsonl")}
  git -C ${folder} diff
`;
}
