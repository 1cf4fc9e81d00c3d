// A plugin for bosun: JSON-RPC 2.0, one message a line, on stdin and stdout. What is meant for people goes to stderr.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

const usual = ["MIT", "ISC", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "0BSD"];
let place = { root: ".", cwd: "." };

const methods = {
  initialize({ root, cwd }) {
    place = { root, cwd };
    return { name: "licences", version: "1.0.0" };
  },
  "tool/call": ({ name, input }) => {
    try {
      return { parts: [{ type: "text", text: tools[name](input) }] };
    } catch (error) {
      return { parts: [{ type: "text", text: error.message }], failed: true };
    }
  },
};

const tools = {
  check({ allowed = usual }) {
    const packages = installed();
    const unwanted = packages.filter(({ licence }) => !allowed.includes(licence));
    const list = unwanted.map(({ name, licence }) => `\n${name}: ${licence}`).join("");
    return `${packages.length} packages, ${unwanted.length} with another licence than ${allowed.join(", ")}.${list}`;
  },
  report({ path }) {
    const packages = installed();
    const rows = packages.map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |\n`);
    writeFileSync(resolve(place.cwd, path), `# Licences\n\n| Package | Version | Licence |\n|---|---|---|\n${rows.join("")}`);
    return `${path} lists ${packages.length} packages.`;
  },
};

/** The packages in node_modules, those of scopes too. */
function installed() {
  const modules = resolve(place.root, "node_modules");
  if (!existsSync(modules)) throw new Error("There is no node_modules here. Install the packages first.");
  const names = readdirSync(modules).flatMap((name) =>
    name.startsWith("@") ? readdirSync(resolve(modules, name)).map((inner) => `${name}/${inner}`) : name.startsWith(".") ? [] : [name],
  );
  return names.sort().flatMap((name) => {
    const file = resolve(modules, name, "package.json");
    if (!existsSync(file)) return [];
    const { version = "?", license } = JSON.parse(readFileSync(file, "utf8"));
    return [{ name, version, licence: typeof license === "string" ? license : (license?.type ?? "not said") }];
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  // a notification, such as "cancel": these tools are done before one could come
  if (id === undefined) continue;
  const answer = Object.hasOwn(methods, method) ? { result: methods[method](params) } : { error: { code: -32601, message: `no method ${method}` } };
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, ...answer })}\n`);
}
