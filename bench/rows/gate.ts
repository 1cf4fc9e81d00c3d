// The gate with many rules: facts and ruling of each call, as a session finds them before anything happens.
import { mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { CallId } from "../../src/base/index.ts";
import { createPolicy, findFacts, judge, type Policy, type RuleText } from "../../src/permissions/index.ts";
import { warmUp } from "../../src/shell/index.ts";
import { builtinTools } from "../../src/tools/index.ts";
import { now } from "../now.ts";
import { row } from "../row.ts";
import { median, quantile } from "../statistics.ts";
import type { Group } from "./context.ts";

const rounds = 60;
const ruleCount = 200;

/** As a settings file grows over a year: mostly commands, then paths, hosts and servers; the last ones are those that match. */
function rulesOf(): readonly RuleText[] {
  const rules: RuleText[] = [];
  const add = (verdict: RuleText["verdict"], text: string) => rules.push({ text, verdict, source: "bench", level: "user" });
  for (let index = 0; index < 40; index++) {
    add("allow", `bash(tool-${index} run *)`);
    add("deny", `bash(danger-${index} *)`);
    add("ask", index % 2 === 0 ? `edit(generated/part-${index}/**)` : `bash(deploy-${index} --to *)`);
    add("allow", index % 2 === 0 ? `edit(packages/part-${index}/**/*.ts)` : `read(~/notes-${index}/**)`);
    if (index < 30) add(index % 3 === 0 ? "deny" : "allow", index % 3 === 0 ? `read(secret-${index}/**)` : `fetch(domain:*.host-${index}.example)`);
  }
  for (const text of ["bash(npm test *)", "bash(git commit *)", "bash(git add *)", "edit(src/**)", "edit(test/**)"]) add("allow", text);
  for (const text of ["bash(git push *)", "bash(rm -rf *)", "edit(.github/**)", "read(private/**)", "mcp__*"]) add("deny", text);
  return rules;
}

const calls: readonly (readonly [tool: string, input: Record<string, string>])[] = [
  ["read", { path: "src/a.ts" }],
  ["read", { path: "src/deep/er/b.ts" }],
  ["grep", { pattern: "x", path: "src" }],
  ["edit", { path: "src/a.ts", old: "a", new: "b" }],
  ["edit", { path: "test/a.test.ts", old: "a", new: "b" }],
  ["write", { path: "src/new.ts", content: "" }],
  ["bash", { command: "npm test -- --run test/session" }],
  ["bash", { command: "git status --short" }],
  ["bash", { command: "git add src && git commit -m 'one thing'" }],
  ["bash", { command: "sed -n '1,80p' src/a.ts" }],
];

export const gateRows: Group = async ({ place }) => {
  const root = join(place.repository, "gate");
  for (const path of ["src/a.ts", "src/deep/er/b.ts", "test/a.test.ts"]) {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), "a\n");
  }
  const home = homedir();
  const world = { cwd: root, root, home };
  const subjectsOf = (tool: string) => builtinTools.find(({ name }) => name === tool)?.subjects.map(({ kind }) => kind);
  const rules = rulesOf();
  if (rules.length !== ruleCount) throw new Error(`${rules.length} rules instead of ${ruleCount}`);
  const { policy, problems } = createPolicy({ root, home, mode: "ask", rules, subjectsOf });
  if (problems.length > 0) throw new Error(problems.map(({ text, says }) => `${text}: ${says}`).join("\n"));
  await warmUp();
  const [all, judging] = [[] as number[], [] as number[]];
  for (let round = -5; round < rounds; round++) {
    for (const call of calls) {
      const took = await once(call, world, policy);
      if (round < 0) continue;
      all.push(took.all);
      judging.push(took.judging);
    }
  }
  const note = `${calls.length} calls × ${rounds}, ${ruleCount} rules; judging alone ${median(judging).toFixed(3)} ms`;
  return [
    row("gate-p50", "the gate with 200 rules, p50", "ms", { bosun: median(all), note }),
    row("gate-p99", "the gate with 200 rules, p99", "ms", { bosun: quantile(all, 0.99) }),
  ];
};

async function once([name, input]: (typeof calls)[number], world: Parameters<typeof findFacts>[2], policy: Policy): Promise<{ all: number; judging: number }> {
  const meta = builtinTools.find((tool) => tool.name === name);
  if (meta === undefined) throw new Error(`no tool ${name}`);
  const from = now();
  const request = await findFacts({ id: "c_1" as CallId, tool: name, input }, meta, world);
  const found = now();
  judge(request, policy);
  const end = now();
  return { all: end - from, judging: end - found };
}
