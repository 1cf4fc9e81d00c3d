// A server of tools in a process of its own, spoken to over its standard input and output in JSON-RPC as MCP has it: one call,
// one answer a line. It counts its effects by name and idempotency key in a file, and ends when nobody holds its input any more.
// "post" it does once for each key, however often it is asked; what else it is asked for it does each time.
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Machine } from "../../src/exec/index.ts";

const program = `while IFS= read -r line; do
  [[ $line =~ \\"id\\":([0-9]+).*\\"name\\":\\"([a-z]+)\\",\\"arguments\\":.\\"name\\":\\"([a-z]+)\\".*\\"key\\":\\"([0-9a-f]+)\\" ]] || continue
  id=\${BASH_REMATCH[1]} tool=\${BASH_REMATCH[2]} name=\${BASH_REMATCH[3]} key=\${BASH_REMATCH[4]} known=
  [[ $tool = post && -e $1 ]] && while read -r _ one; do [[ $one = "$key" ]] && known=1; done < "$1"
  [[ $known ]] || printf '%s %s\\n' "$name" "$key" >> "$1"
  printf '{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":"%s: done"}]}}\\n' "$id" "$name"
done`;

export interface ToolServer {
  /** Resolves with the answer's text; rejects when the server is gone, or can't be started. */
  call(tool: string, name: string, key: string): Promise<string>;
  close(): Promise<void>;
}

/** Started with the first call. `log`: where it counts. `around`: each message passes it, a place to die at. */
export function connectServer(
  machine: Machine,
  { folder, log, around }: { readonly folder: string; readonly log: string; readonly around: (name: string, work: () => void) => Promise<void> },
): ToolServer {
  let child: ChildProcess | null = null;
  let number = 0;
  const waiting = new Map<number, { readonly done: (text: string) => void; readonly fail: (error: Error) => void }>();
  const gone = (): void => {
    for (const { fail } of waiting.values()) fail(new Error("server_unavailable: the server ended"));
    waiting.clear();
  };
  const start = (): ChildProcess => {
    const started = machine.start("bash", ["-c", program, "server", log], { cwd: folder, detached: true, stdio: ["pipe", "pipe", "ignore"] });
    started.on("error", gone);
    started.on("close", gone);
    started.stdin?.on("error", () => undefined);
    if (started.stdout) {
      createInterface({ input: started.stdout }).on("line", (line) => {
        const answer = /^\{.*\}$/.test(line) ? (JSON.parse(line) as { id: number; result: { content: readonly { text: string }[] } }) : null;
        if (answer === null) return; // cut off when it was killed
        waiting.get(answer.id)?.done(answer.result.content[0]?.text ?? "");
        waiting.delete(answer.id);
      });
    }
    return started;
  };
  return {
    async call(tool, name, key) {
      child ??= start();
      const { stdin } = child;
      const id = ++number;
      const answer = new Promise<string>((done, fail) => waiting.set(id, { done, fail }));
      answer.catch(() => undefined);
      const request = { jsonrpc: "2.0", id, method: "tools/call", params: { name: tool, arguments: { name }, _meta: { key } } };
      await around(`request ${name}`, () => void stdin?.write(`${JSON.stringify(request)}\n`));
      const text = await answer;
      await around(`answer ${name}`, () => undefined);
      return text;
    },
    async close() {
      if (child === null || child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise<void>((resolve) => child?.once("close", () => resolve()));
      child.stdin?.end();
      await ended;
    },
  };
}
