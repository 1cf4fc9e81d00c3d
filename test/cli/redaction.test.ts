// What is secret stays in the journal, whatever command tells of the session.
import * as fs from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bash, call, done, makePlace, read, serve, text } from "../agent/support.ts";
import { bosun, sessionOf } from "./support.ts";

const random = "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xYzAbC";
/** Twelve kinds: by form, by the name they are set to, and by nothing but their value. */
const secrets: Readonly<Record<string, string>> = {
  anthropic: `sk-ant-${random}`,
  openai: `sk-proj-${random}1`,
  aws: "AKIAQ3EXAMPLE7KEYX9Z",
  github: `ghp_${random}`,
  gitlab: `glpat-${random.slice(0, 20)}`,
  slack: `xoxb-${random.slice(0, 24)}`,
  google: `AIza${random.slice(0, 35)}`,
  npm: `npm_${random}`,
  jwt: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
  password: "hunter2-correct-horse",
  dotenv: "Zx81-spectrum-Q7w9-plain",
  environment: "unlikely.Value/0042+of=variable",
};
/** As it would stand in a command, a prompt or a file: where the form says nothing, beside its name, or alone. */
const told = Object.entries(secrets).map(([name, value]) => (name === "password" ? `password=${value}` : value));

test("twelve kinds of secrets, in prompt, arguments, results and names of files, come out of no command", { timeout: 30_000 }, async () => {
  const place = makePlace();
  place.write(".env", `PORT=3000\nINTERNAL_THING=${secrets["dotenv"]}\n`);
  place.write("secrets.txt", told.join("\n"));
  place.write(`${secrets["github"]}.txt`, "named");
  const server = await serve([
    { reply: [text(`I see ${told.join(" ")}`), read("secrets.txt"), read(`${secrets["github"]}.txt`), call("glob", { pattern: `${secrets["slack"]}*` })] },
    { reply: told.map((one) => bash(`echo ${one}; rm -f ${one}.tmp`)) },
    { reply: [call("write", { path: `${secrets["npm"]}.txt`, content: told.join("\n") })] },
    done,
  ]);
  const environment = { DEPLOY_TOKEN: secrets["environment"] as string };
  const outputs = new Map<string, string>();
  const run = async (...words: readonly string[]) => {
    const { stdout, stderr, code } = await bosun({ place, environment, ...(words[0] === "-p" ? { server } : {}) }, ...words);
    outputs.set(words.join(" ").slice(0, 60), stdout + stderr);
    return { stdout, stderr, code };
  };
  expect((await run("-p", `use ${told.join(" ")}`, "--permission-mode", "unattended", "--output-format", "stream-json", "--verbose")).code).toBe(0);
  const session = sessionOf(place);
  await run("-p", "again", "--continue", "--output-format", "json");
  for (const words of [
    ["audit"],
    ["audit", "--json"],
    ["audit", "--csv"],
    ["sql", "select * from decisions left join calls using (step) left join effects using (step) left join sessions using (session)", "--json"],
    ["audit", "verify"],
    ["sessions", "--search", "see"],
    ["sessions", "show", session],
    ["sessions", "log", session],
    ["sessions", "export", session],
    ["sessions", "export", session, "--format", "json"],
  ])
    expect((await run(...words)).code, words.join(" ")).toBe(0);
  place.write("rules.json", '{"deny": ["bash(echo *)", "read"]}');
  expect((await run("policy", "test", "--policy", "rules.json", "--json")).stdout).toContain("[redacted");
  const steps = JSON.parse(`[${(await run("sql", "select step from calls", "--json")).stdout.trim().split("\n").join(",")}]`) as { step: string }[];
  expect(steps.length).toBeGreaterThan(10);
  await run("why", steps[1]?.step ?? "");
  await run("why", steps[4]?.step ?? "");
  await run("why", steps.at(-1)?.step ?? "", "--json");
  for (const name of fs.readdirSync(place.home).filter((one) => one.startsWith("index.db")))
    outputs.set(name, fs.readFileSync(join(place.home, name), "latin1"));
  const found = [...outputs].flatMap(([words, output]) =>
    Object.entries(secrets).flatMap(([kind, value]) => (output.includes(value) ? [`${kind} in ${words}`] : [])),
  );
  expect(found).toEqual([]);
  // they were there to be taken out: by form and by value
  for (const words of ["audit --json", `sessions export ${session}`])
    expect(outputs.get(words.slice(0, 60)), words).toMatch(/redacted: github-token[\s\S]*redacted: known-secret/);
  const [path = ""] = fs.globSync("projects/*/*/journal.jsonl", { cwd: place.home });
  const journal = fs.readFileSync(join(place.home, path), "utf8");
  for (const [kind, value] of Object.entries(secrets)) expect(journal.includes(value), `${kind} stays in the journal`).toBe(true);
  expect(fs.statSync(join(place.home, path)).mode & 0o777).toBe(0o600);
});
