// Seen from the kernel: the intent is durable before the effect's first system call, the request before its first byte.
import * as fs from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bash, done, edit, makePlace, type Place, serve } from "../agent/support.ts";
import { needs } from "../support/needs.ts";
import { childOptions, startChild } from "./crash.ts";

interface SystemCall {
  readonly name: string;
  readonly text: string;
  /** Lines of the trace: where it began and where it returned. */
  readonly from: number;
  to: number;
}

/** Calls in the order in which they began; with several threads one may return after others began. */
function parseTrace(trace: string): readonly SystemCall[] {
  const calls: SystemCall[] = [];
  const open = new Map<string, SystemCall>();
  for (const [line, text] of trace.split("\n").entries()) {
    const resumed = /^(\d+)\s+<\.\.\. (\w+) resumed>/.exec(text);
    if (resumed) {
      const call = open.get(`${resumed[1]} ${resumed[2]}`);
      if (call) call.to = line;
      continue;
    }
    const begun = /^(\d+)\s+(\w+)\(/.exec(text);
    if (!begun) continue;
    const call: SystemCall = { name: begun[2] ?? "", text, from: line, to: line };
    if (text.endsWith("<unfinished ...>")) {
      call.to = Number.POSITIVE_INFINITY;
      open.set(`${begun[1]} ${begun[2]}`, call);
    }
    calls.push(call);
  }
  return calls;
}

async function trace(place: Place, reply: Parameters<typeof serve>[0]): Promise<readonly SystemCall[]> {
  const server = await serve(reply);
  const out = join(place.project, "..", "trace");
  const calls = "fdatasync,fsync,openat,rename,renameat,renameat2,connect,sendto,sendmsg,write,writev,pwrite64,execve,ftruncate,unlink";
  const strace = ["strace", "-f", "-yy", "-s", "100000", "--seccomp-bpf", "-e", `trace=${calls}`, "-o", out];
  const options = childOptions(place, server, "anthropic", "go");
  const { end, errors } = await startChild(options, strace).ended;
  expect(end, errors).toEqual({ reason: "answered", text: "done" });
  expect(server.requests).toHaveLength(2);
  return parseTrace(fs.readFileSync(out, "utf8"));
}

const isWrite = (call: SystemCall): boolean => ["write", "writev", "pwrite64"].includes(call.name);
const onJournal = (call: SystemCall): boolean => call.text.includes("/journal.jsonl>");
/** When the journal line with these marks was durable: the return of the first sync that began after it was written. */
function durable(calls: readonly SystemCall[], mark: RegExp): number {
  const written = calls.find((call) => isWrite(call) && onJournal(call) && mark.test(call.text));
  if (!written) throw new Error(`no journal line ${mark} was written`);
  const synced = calls.find((call) => (call.name === "fdatasync" || call.name === "fsync") && onJournal(call) && call.from > written.to);
  if (!synced) throw new Error(`no sync after the journal line ${mark}`);
  return synced.to;
}
const toModel = (calls: readonly SystemCall[]) => calls.filter((call) => /^\d+\s+(write|writev|sendto|sendmsg)\(\d+<TCP.*POST \/v1\/messages/.test(call.text));

function checkRequests(calls: readonly SystemCall[]): void {
  const [first, second] = toModel(calls);
  const lines = calls.filter((call) => isWrite(call) && onJournal(call) && call.text.includes('\\"type\\":\\"request\\"'));
  expect(lines).toHaveLength(2);
  for (const [index, sent] of [first, second].entries()) {
    const line = lines[index];
    const synced = calls.find((call) => call.name === "fdatasync" && onJournal(call) && call.from > (line?.to ?? Number.POSITIVE_INFINITY));
    expect(synced?.to).toBeLessThan(sent?.from ?? -1);
  }
  expect(durable(calls, /\\"type\\":\\"user\\"/)).toBeLessThan(first?.from ?? -1);
  // nothing at all goes out to the server before that
  const connected = calls.findIndex((call) => /^\d+\s+(write|writev|sendto|sendmsg)\(\d+<TCP/.test(call.text));
  expect(calls[connected]).toBe(first);
}

const strace = needs("strace");

strace.test(
  "an edit: intent, sync, then the first call on the project; the new content is durable before its name",
  async () => {
    const place = makePlace();
    place.write("a.txt", "old\n");
    const calls = await trace(place, [{ reply: [edit("a.txt", "old", "new")] }, done]);
    checkRequests(calls);
    const intent = durable(calls, /\\"intent\\":/);
    const changes = calls.filter(
      (call) =>
        call.text.includes(`${place.project}/`) &&
        (/O_CREAT|O_WRONLY|O_RDWR/.test(call.text) || ["rename", "renameat", "renameat2", "unlink"].includes(call.name)),
    );
    expect(changes.length).toBeGreaterThanOrEqual(2);
    for (const change of changes) expect(change.from, change.text).toBeGreaterThan(intent);
    const rename = changes.find((call) => call.name.startsWith("rename"));
    const content = calls.find((call) => /^(fdatasync|fsync)$/.test(call.name) && call.text.includes(`${place.project}/.bosun-`));
    expect(content?.to).toBeLessThan(rename?.from ?? -1);
    // the record, durable before the model is told
    expect(durable(calls, /\\"to\\":\\"done\\",\\"result/)).toBeLessThan(toModel(calls)[1]?.from ?? -1);
    expect(rename?.to).toBeLessThan(calls.find((call) => isWrite(call) && onJournal(call) && /\\"to\\":\\"done\\",\\"result/.test(call.text))?.from ?? -1);
  },
  30_000,
);

strace.test(
  "a command: intent, sync, then execve of bash",
  async () => {
    const place = makePlace();
    const calls = await trace(place, [{ reply: [bash("echo ran > trace.txt")] }, done]);
    checkRequests(calls);
    // what carries it, if anything does, and then bash itself
    const shell = calls.filter((call) => call.name === "execve" && /\/bash"/.test(call.text));
    expect(shell.filter((call) => /^[^,]*\/bash"/.test(call.text))).toHaveLength(1);
    expect(durable(calls, /\\"intent\\":/)).toBeLessThan(shell[0]?.from ?? -1);
    const effect = calls.find((call) => call.text.includes("trace.txt") && call.text.includes("O_CREAT"));
    expect(effect?.from).toBeGreaterThan(shell.at(-1)?.from ?? Number.POSITIVE_INFINITY);
  },
  30_000,
);

test("the reading of a trace takes a call's end from where it returned, not from where it began", () => {
  const calls = parseTrace('7 fdatasync(3</j/journal.jsonl> <unfinished ...>\n8 openat(1, "a", O_CREAT) = 4\n7 <... fdatasync resumed>) = 0\n');
  expect(calls.map((call) => [call.name, call.from, call.to])).toEqual([
    ["fdatasync", 0, 2],
    ["openat", 1, 1],
  ]);
});
