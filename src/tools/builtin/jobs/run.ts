// jobs: what runs in the background of this session, through the jobs port.
import type { ToolResult } from "../../../model/index.ts";
import type { JobsPort, JobView } from "../../ports.ts";
import type { Prepare } from "../../tool.ts";
import { bytesAsText } from "../answer.ts";

interface Input {
  readonly action: "list" | "read" | "wait" | "kill";
  readonly job?: string;
  readonly offset?: number;
  readonly timeout?: number;
}

const usualWait = 30_000;
/** Bytes of output in one result. */
const mostBytes = 20_000;

export const prepare: Prepare = async (input, context) => {
  const asked = input as unknown as Input;
  if (asked.action !== "list" && asked.job === undefined) return answer(`Say which job: "job" is missing. {"action": "list"} shows them.`, true);
  const subject = asked.job === undefined ? asked.action : `${asked.action} ${asked.job}`;
  return {
    preview: { kind: "text", text: subject },
    before: [],
    after: [],
    commit: ({ jobs }) => (asked.job === undefined || asked.action === "list" ? list(jobs) : look(jobs, asked.job, asked, context.signal)),
  };
};

const answer = (text: string, failed = false): ToolResult => ({ parts: [{ type: "text", text }], failed });

async function list(jobs: JobsPort): Promise<ToolResult> {
  const views = jobs.list();
  return answer(views.length === 0 ? "No command runs in the background." : views.map((view) => `${stateOf(view)}: ${lineOf(view.command)}`).join("\n"));
}

async function look(jobs: JobsPort, job: string, { action, offset, timeout = usualWait }: Input, signal: AbortSignal): Promise<ToolResult> {
  if (jobs.get(job) === null) {
    const names = jobs.list().map((view) => view.job);
    return answer(
      `There is no job "${job}" in this session as it runs now. ${names.length === 0 ? "There are none." : `There are: ${names.join(", ")}.`}`,
      true,
    );
  }
  if (action === "wait") await jobs.wait(job, timeout, signal);
  if (action === "kill") await jobs.end(job);
  const view = jobs.get(job);
  const output = jobs.read(job, mostBytes, offset);
  if (view === null || output === null) throw new Error(`the job ${job} is gone`);
  const { text, from, to, total } = output;
  const skipped = offset !== undefined && from > offset ? `, bytes ${offset} to ${from} were not kept` : "";
  const more = to < total ? `, ${bytesAsText(total - to)} more` : "";
  const cut = view.cut === true ? "; what it prints can't be written any more, the disk may be full" : "";
  const range = to === from ? "no new output" : `bytes ${from} to ${to}${skipped}${more}`;
  const body = text.replace(/\n+$/, "");
  return { ...answer(`${body === "" ? "" : `${body}\n`}[${stateOf(view)}; ${range}${cut}]`), detail: { ...view, from, to } };
}

function stateOf(view: JobView): string {
  const seconds = `${(view.milliseconds / 1000).toFixed(1)} s`;
  if (view.runs) return `${view.job} runs since ${seconds} (process ${view.pid})`;
  const how = view.exitCode !== null ? `exit code ${view.exitCode}` : view.signal !== null ? `signal ${view.signal}` : "exit code not known";
  return `${view.job} ended after ${seconds}, ${how}`;
}

const lineOf = (command: string): string => (command.length > 100 ? `${command.slice(0, 100)}…` : command).replaceAll("\n", " ");
