// bash: one command through the shell port.
import type { Json } from "../../../base/index.ts";
import type { ToolResult } from "../../../model/index.ts";
import type { EffectPorts, ShellOutcome } from "../../ports.ts";
import type { Prepare, ToolContext } from "../../tool.ts";
import { bytesAsText } from "../answer.ts";
import { usualTimeout } from "./meta.ts";

interface Input {
  readonly command: string;
  readonly timeout?: number;
  readonly background?: boolean;
}

export const prepare: Prepare = async (input, context) => {
  const { command, timeout = usualTimeout, background = false } = input as unknown as Input;
  // the folder that was judged: another one would give relative paths another meaning
  const cwd = context.ports.shellCwd();
  return {
    preview: { kind: "command", command, cwd },
    before: [],
    after: null,
    commit: (effects) => run({ command, timeout, cwd, background }, context, effects),
  };
};

interface Order extends Required<Input> {
  readonly cwd: string;
}

async function run(order: Order, context: ToolContext, effects: EffectPorts): Promise<ToolResult> {
  const { timeout, cwd } = order;
  const outcome = await effects.shell.run({ ...order, signal: context.signal, onOutput: (text) => context.progress({ output: text }) });
  const moved = outcome.cwd !== null && outcome.cwd !== cwd ? outcome.cwd : null;
  const notes = [
    ...endNotes(outcome, timeout),
    ...(moved === null ? [] : [`working folder of the next command: ${moved}; paths of other tools are still meant from ${context.cwd}`]),
    ...(outcome.job === undefined || outcome.ended === "started" ? [] : [`something it started still runs, as job ${outcome.job.name}: see the tool jobs`]),
    ...(outcome.says === undefined ? [] : [outcome.says]),
    ...sandboxNotes(outcome),
  ];
  const output = outputOf(outcome);
  const body = output === "" && notes.length === 0 ? "(no output)" : output;
  const text = [...(body === "" ? [] : [body]), ...notes.map((note) => `[${note}]`)].join("\n");
  const { exitCode, signal, ended, milliseconds, totalBytes, omittedBytes, job } = outcome;
  return {
    parts: [{ type: "text", text }],
    failed: ended !== "started" && (ended !== "exited" || exitCode !== 0),
    detail: {
      ended,
      exitCode,
      signal,
      milliseconds,
      totalBytes,
      omittedBytes,
      cwd,
      ...(job === undefined ? {} : { job: job.name }),
      ...sandboxDetail(outcome),
    },
    ...(moved === null ? {} : { cwd: moved }),
    ...(outcome.blob === null ? {} : { blobs: [outcome.blob] }),
  };
}

function outputOf(outcome: ShellOutcome): string {
  const head = outcome.head.replace(/\n+$/, "");
  if (outcome.omittedBytes === 0) return head;
  const kept = outcome.blob === null ? "" : `; kept as blob:${outcome.blob.slice(0, 12)}`;
  const advice = "to see more, write it to a file and read that, or filter it";
  return `${head}\n[… ${bytesAsText(outcome.omittedBytes)} of ${bytesAsText(outcome.totalBytes)} left out${kept}; ${advice} …]\n${outcome.tail.replace(/\n+$/, "")}`;
}

function endNotes(outcome: ShellOutcome, timeout: number): readonly string[] {
  const seconds = `${(outcome.milliseconds / 1000).toFixed(1)} s`;
  switch (outcome.ended) {
    case "exited":
      return outcome.exitCode === 0 ? [] : [`exit code ${outcome.exitCode}${meaningOf(outcome.exitCode)}`];
    case "signalled":
      return [`ended by the signal ${outcome.signal} after ${seconds}`];
    case "timed-out":
      return [`ended after the time limit of ${timeout} ms; it may have done a part of its work. Give a longer timeout, or run it in the background`];
    case "aborted":
      return [`interrupted by the person after ${seconds}; it may have done a part of its work`];
    case "not-started":
      return ["it was not started"];
    case "started": {
      const { name = "", pid = 0, path = null, kept = false } = outcome.job ?? {};
      const until = kept ? "It goes on after the session, until it ends or is killed" : "It ends with the session";
      return [`started as job ${name}, process ${pid}${path === null ? "" : `, output in ${path}`}; see the tool jobs. ${until}`];
    }
  }
}

/** Which wall was met, and what would lift it. */
const sandboxNotes = ({ walls = [] }: ShellOutcome): readonly string[] => walls.map(({ says }) => `sandbox: ${says}`);

function sandboxDetail({ sandbox, walls = [] }: ShellOutcome): Readonly<Record<string, Json>> {
  if (sandbox === undefined) return {};
  const met = walls.map(({ kind, path = null }) => ({ kind, path }));
  return { sandbox: sandbox.made ? sandbox.profile : `${sandbox.profile}, not made`, ...(met.length === 0 ? {} : { walls: met }) };
}

function meaningOf(exitCode: number | null): string {
  if (exitCode === 126) return ": found, but it cannot be run";
  if (exitCode === 127) return ": a command was not found";
  if (exitCode !== null && exitCode > 128 && exitCode < 160) return `: a command ended by signal ${exitCode - 128}`;
  return "";
}
