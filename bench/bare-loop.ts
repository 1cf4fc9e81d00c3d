// The floor that everything else is measured against: the least an agent on Node can do. One keep-alive socket, four tools, a log
// of JSON lines; no permissions, no budget, no recovery, no checks. With BARE_SYNC=1 each record is synced before it goes on.
// Usage: bare-loop PROMPT | --version. Environment: ANTHROPIC_BASE_URL, BARE_LOG (folder of the log).
import { closeSync, fdatasyncSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import type { IncomingMessage } from "node:http";

type Block = Record<string, unknown> & { type: string; id?: string; name?: string; input?: Record<string, unknown>; partial?: string };
type Edit = { readonly old: string; readonly new: string };

const text = { type: "string" };
const tool = (name: string, description: string, properties: object) => ({
  name,
  description,
  input_schema: { type: "object", properties, required: Object.keys(properties) },
});
const tools = [
  tool("bash", "Runs a command.", { command: text }),
  tool("edit", "Replaces text in a file.", { path: text, edits: { type: "array" } }),
  tool("read", "Reads a file.", { path: text }),
  tool("write", "Writes a file.", { path: text, content: text }),
];
// As long as a short real one: four thousand bytes.
const system = "You are a coding agent. Work in small steps, look before you change anything, and say what you did. ".repeat(40);

async function perform(name: string, input: Record<string, unknown>): Promise<string> {
  const path = String(input.path);
  if (name === "read") return readFileSync(path, "utf8");
  if (name === "bash") return bash(String(input.command));
  if (name === "write") writeFileSync(path, String(input.content));
  else {
    let content = readFileSync(path, "utf8");
    for (const edit of input.edits as Edit[]) content = content.replace(edit.old, () => edit.new);
    writeFileSync(path, content);
  }
  return "ok";
}

function bash(command: string): Promise<string> {
  const { spawn } = process.getBuiltinModule("node:child_process");
  return new Promise((resolve) => {
    const child = spawn("bash", ["-c", command], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (chunk: string) => (output = (output + chunk).slice(-30_000)));
    child.on("close", (code) => resolve(`${output}exit ${code}`));
  });
}

const http = process.getBuiltinModule("node:http");
const agent = new http.Agent({ keepAlive: true });

function ask(messages: readonly object[]): Promise<Block[]> {
  const mark = { cache_control: { type: "ephemeral" } };
  const marked = messages.map((message, index) => {
    if (index !== messages.length - 1) return message;
    const { role, content } = message as { role: string; content: object[] };
    return { role, content: content.map((block, at) => (at === content.length - 1 ? { ...block, ...mark } : block)) };
  });
  const body = JSON.stringify({
    model: "claude",
    max_tokens: 16_384,
    stream: true,
    tools: tools.map((one, index) => (index === tools.length - 1 ? { ...one, ...mark } : one)),
    system: [{ type: "text", text: system, ...mark }],
    messages: marked,
  });
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const request = http.request(`${process.env.ANTHROPIC_BASE_URL}/v1/messages`, { method: "POST", agent, headers }, (response) => {
      readStream(response).then(resolve, reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

async function readStream(response: IncomingMessage): Promise<Block[]> {
  const blocks: Block[] = [];
  let rest = "";
  for await (const chunk of response.setEncoding("utf8")) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.startsWith("data: ")) take(blocks, JSON.parse(line.slice(6)));
  }
  return blocks;
}

function take(
  blocks: Block[],
  event: { readonly type: string; readonly index: number; readonly content_block: Block; readonly delta: Record<string, string> },
): void {
  const block = blocks[event.index];
  if (event.type === "content_block_start") blocks[event.index] = { ...event.content_block, partial: "" };
  else if (event.type === "content_block_delta" && block) {
    if (block.type === "text") block.text = `${block.text}${event.delta.text}`;
    else block.partial += event.delta.partial_json ?? "";
  } else if (event.type === "content_block_stop" && block) {
    if (block.type === "tool_use") block.input = JSON.parse(block.partial || "{}");
    delete block.partial;
  }
}

async function main(prompt: string): Promise<void> {
  const folder = process.env.BARE_LOG ?? ".";
  mkdirSync(folder, { recursive: true });
  const log = openSync(`${folder}/bare-${process.pid}.jsonl`, "a");
  const record = (value: object): void => {
    writeSync(log, `${JSON.stringify(value)}\n`);
    if (process.env.BARE_SYNC === "1") fdatasyncSync(log);
  };
  const messages: object[] = [{ role: "user", content: [{ type: "text", text: prompt }] }];
  record(messages[0] ?? {});
  for (;;) {
    const content = await ask(messages);
    const reply = { role: "assistant", content };
    messages.push(reply);
    record(reply);
    const results: object[] = [];
    for (const call of content) {
      if (call.type === "tool_use") results.push({ type: "tool_result", tool_use_id: call.id, content: await perform(call.name ?? "", call.input ?? {}) });
    }
    if (results.length === 0) break;
    const answer = { role: "user", content: results };
    messages.push(answer);
    record(answer);
  }
  closeSync(log);
  agent.destroy();
}

if (process.argv[2] === "--version") console.log("0");
else await main(process.argv[2] ?? "");
