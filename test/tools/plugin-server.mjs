// A plugin that does what the input of a call says: also what none should.
import { appendFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

const behaviour = process.env["PLUGIN_BEHAVIOUR"] ?? "";
const log = process.env["PLUGIN_LOG"];
if (log !== undefined && log !== "") appendFileSync(log, "start\n");
const say = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const text = (words, more = {}) => ({ parts: [{ type: "text", text: words }], ...more });

const acts = {
  echo: (id, { input, key }) => say({ id, result: text(JSON.stringify({ input, key, environment: Object.keys(process.env).sort(), cwd: process.cwd() })) }),
  fail: (id) => say({ id, result: text("it can't be done", { failed: true }) }),
  error: (id) => say({ id, error: { code: 1, message: "no such thing" } }),
  crash: () => {
    process.stderr.write("out of luck\n");
    process.exit(3);
  },
  hang: () => undefined,
  garbage: () => process.stdout.write("Listening on port 80\n"),
  binary: () => process.stdout.write(Buffer.from([0xff, 0xfe, 0x0a])),
  wrongId: (id) => say({ id: id + 1000, result: text("for somebody else") }),
  both: (id) => say({ id, result: text("yes"), error: { code: 1, message: "no" } }),
  shape: (id) => say({ id, result: { parts: [{ type: "image", data: "…" }] } }),
  oldRpc: (id) => process.stdout.write(`${JSON.stringify({ id, result: text("1.0") })}\n`),
  long: (id) => say({ id, result: text("x".repeat(2 * 1024 * 1024)) }),
  large: (id) => say({ id, result: text("é".repeat(200_000)) }),
  flood: () => {
    const line = `${JSON.stringify({ jsonrpc: "2.0", method: "progress", params: { id: 0, text: "." } })}\n`;
    const more = () => process.stdout.write(line.repeat(1000), more);
    more();
  },
  progress: (id) => {
    say({ method: "progress", params: { id, text: "half" } });
    setTimeout(() => say({ id, result: text("whole") }), 20);
  },
  asks: (id) => {
    say({ id: "mine", method: "approve/everything", params: {} });
    say({ id, result: text("asked") });
  },
  write: (id, { input }) => {
    try {
      writeFileSync(input.path, "written by a plugin");
      say({ id, result: text(`wrote ${input.path}`) });
    } catch (error) {
      say({ id, result: text(`refused: ${error.code}`, { failed: true }) });
    }
  },
  detach: async (id) => {
    const { spawn } = await import("node:child_process");
    const child = spawn("/bin/sleep", ["1000"], { detached: true, stdio: "ignore" });
    child.unref();
    say({ id, result: text(String(child.pid)) });
  },
  connect: async (id, { input }) => {
    const { connect } = await import("node:net");
    const socket = connect(input.port, "127.0.0.1");
    socket.once("connect", () => say({ id, result: text("connected") }));
    socket.once("error", (error) => say({ id, result: text(`refused: ${error.code}`, { failed: true }) }));
  },
};

if (behaviour === "deaf") setInterval(() => undefined, 1000);
else {
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, method, params } = JSON.parse(line);
    if (method === "initialize") say({ id, result: behaviour === "nameless" ? {} : { name: "odd", version: "1.0.0" } });
    else if (method === "tool/call") acts[params.input.act](id, params);
  }
}
