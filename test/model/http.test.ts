import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createHttpClient, isLoopbackUrl } from "../../src/model/index.ts";
import { startServer } from "./support.ts";

const client = (environment: Record<string, string> = {}) => {
  const http = createHttpClient(environment);
  onTestFinished(() => http.close());
  return http;
};
const signal = () => new AbortController().signal;
const text = async (chunks: AsyncIterable<Uint8Array>) => {
  let read = "";
  for await (const chunk of chunks) read += Buffer.from(chunk).toString();
  return read;
};

test("a request is sent as given, and the reply read as it is", async () => {
  const server = await startServer((response) => response.writeHead(418, { "x-one": "1", "set-cookie": ["a", "b"] }).end("täa"));
  let sent = 0;
  const reply = await client().send({ url: `${server.url}/p?q=1`, method: "POST", headers: { "x-h": "v" }, body: "é", signal: signal(), sent: () => sent++ });
  expect(sent).toBe(1);
  expect(reply.status).toBe(418);
  expect(reply.headers).toMatchObject({ "x-one": "1", "set-cookie": "a, b" });
  expect(await text(reply.chunks())).toBe("täa");
  expect(server.seen[0]).toMatchObject({ path: "/p?q=1", body: "é" });
  expect(server.seen[0]?.headers).toMatchObject({ "x-h": "v", "content-length": "2" });
});

test("a reply that is left early is drained, and its connection used again", async () => {
  const server = await startServer((response) => {
    response.write("first");
    setTimeout(() => response.end("second"), 30);
  });
  const http = client();
  for (let turn = 0; turn < 3; turn++) {
    const reply = await http.send({ url: server.url, method: "GET", headers: {}, signal: signal() });
    for await (const _chunk of reply.chunks()) break;
    await new Promise((resolve) => setTimeout(resolve, 80));
  }
  expect(server.connections().opened).toBe(1);
});

test("an abort rejects with its reason, before and while waiting, and closes the connection", async () => {
  const server = await startServer(() => {});
  const http = client();
  const early = AbortSignal.abort(new Error("never mind"));
  await expect(http.send({ url: server.url, method: "GET", headers: {}, signal: early })).rejects.toThrow("never mind");
  const controller = new AbortController();
  const waiting = http.send({ url: server.url, method: "GET", headers: {}, signal: controller.signal });
  setTimeout(() => controller.abort(new Error("too late")), 30);
  await expect(waiting).rejects.toThrow("too late");
  await expect.poll(() => server.connections().open).toBe(0);
});

test("a proxy of the environment is used, but never for this machine", async () => {
  const asked: string[] = [];
  const proxy = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.end("through the proxy");
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void proxy.close());
  const http = client({ HTTP_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` });
  const reply = await http.send({ url: "http://models.example/v1/models", method: "GET", headers: {}, signal: signal() });
  expect(await text(reply.chunks())).toBe("through the proxy");
  expect(asked).toEqual(["GET http://models.example/v1/models"]);
  const server = await startServer((response) => response.end("direct"));
  const direct = await http.send({ url: server.url, method: "GET", headers: {}, signal: signal() });
  expect(await text(direct.chunks())).toBe("direct");
  expect(asked).toHaveLength(1);
});

test.each([
  ["http://localhost:1", true],
  ["http://127.0.0.53/v1", true],
  ["http://[::1]:8080", true],
  ["https://api.localhost", true],
  ["http://127.evil.example", false],
  ["http://10.0.0.1", false],
  ["localhost", false],
])("%s is on this machine: %s", (url, expected) => {
  expect(isLoopbackUrl(url)).toBe(expected);
});
