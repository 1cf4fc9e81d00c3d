// The model's side of a timing, in a process of its own: node:http and a counter, no bookkeeping between a request and its reply.
// The scripted server of src/testing checks, bills and records each request, which would be measured along.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { now } from "./now.ts";
import { renderReply } from "./reply.ts";
import type { Order, Played } from "./responder.ts";
import type { Script } from "./script.ts";

let script: Script = [];
let keep = false;
let played = empty();
let last = "";

function empty() {
  return { arrived: [] as number[], handed: [] as number[], bodies: [] as string[], strange: [] as string[], connections: 0 };
}

const server = createServer((request, response) => {
  const arrived = now();
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => answer(request, response, arrived, Buffer.concat(chunks)));
});

function answer(request: IncomingMessage, response: ServerResponse, arrived: number, body: Buffer): void {
  if (request.method !== "POST" || request.url !== "/v1/messages") {
    played.strange.push(`${request.method} ${request.url}`);
    response.writeHead(404).end();
    return;
  }
  const turn = played.arrived.push(arrived) - 1;
  const text = renderReply(turn, script[turn] ?? [], Math.ceil(body.length / 4));
  response.writeHead(200, { "content-type": "text/event-stream", "transfer-encoding": "chunked" });
  played.handed.push(now());
  response.end(text);
  last = body.toString("utf8");
  if (keep) played.bodies.push(last);
}

server.keepAliveTimeout = 60_000;
server.on("connection", (socket) => {
  socket.setNoDelay(true);
  played.connections += 1;
});

process.on("message", (order: Order) => {
  if (order.type === "play") {
    ({ script, keep } = order);
    played = empty();
    last = "";
    process.send?.({ type: "ready" });
  } else process.send?.({ type: "played", played: { ...played, last } satisfies Played });
});
process.on("disconnect", () => process.exit());

server.listen(0, "127.0.0.1", () => process.send?.({ type: "listening", port: (server.address() as AddressInfo).port }));
