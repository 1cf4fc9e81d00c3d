import { describe, expect, it } from "vitest";
import {
  createPolicy,
  createWorkerHandler,
  explain,
  explainRuling,
  judge,
  parseMode,
  type RuleReading,
  readRule,
  ruleError,
  suggest,
} from "../../src/permissions/index.ts";
import { metas, policyOf, requestOf, textsOf } from "./helpers.ts";

const place = { root: "/p", home: "/h", subjectsOf: (tool: string) => metas[tool]?.subjects.map((subject) => subject.kind) };
const read = (text: string): RuleReading => readRule({ text, verdict: "allow", source: "settings.json:3" }, place);

describe("malformed rules are told with position and meaning", () => {
  it.each([
    ["", 0, /names no tool/],
    ["(git log)", 0, /names no tool/],
    [" bash", 0, /blanks around/],
    ["bash(git log", 12, /missing/],
    ["bash()", 5, /nothing between/],
    ["ba$h(ls)", 2, /name of a tool/],
    ["bash(git log; rm x)", 12, /joins or expands/],
    ["bash(ls > x)", 8, /joins or expands/],
    ["bash(echo 'a)", 10, /not closed/],
    ["edit(!src/**)", 5, /no negation/],
    ["edit(src/../x)", 8, /can't stand/],
    ["edit({a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b})", 5, /alternatives/],
    ["fetch(example.com)", 6, /domain:/],
    ["fetch(domain:https://x.org)", 18, /host name/],
    ["fetch(domain:a*.org)", 13, /wildcard/],
    ["todo(x)", 5, /no specifier/],
    // read as paths, they would match nothing of what they are meant for
    ["b*(rm *)", 0, /"bash" fits too.*one rule for each/],
    ["*(rm *)", 0, /"bash" fits too/],
    ["*(src/**)", 0, /"bash" fits too/],
    ["sk*(pdf-*)", 0, /"skill" fits too/],
    ["e*(src/**)", 0, /"edit" fits too/],
  ])("%j", (text, position, says) => {
    const reading = read(text);
    if (reading.ok) throw new Error("it was read");
    expect(reading.problem).toMatchObject({ position, says: expect.stringMatching(says), source: "settings.json:3" });
  });

  it("a wildcard takes a specifier where it names nothing that has a form of its own", () => {
    for (const text of ["mcp__fs__*(src/**)", "weather__*(domain:a.com)", "*(domain:a.com)", "*", "b*"]) expect(read(text).ok, text).toBe(true);
  });

  it("all of them stand in one error, and none is added", () => {
    const { policy, problems } = createPolicy({ ...place, mode: "ask", rules: textsOf({ deny: ["bash(rm", "bash(ls)"], allow: ["edit(../x)"] }) });
    expect(problems).toHaveLength(2);
    expect(policy.rules.deny).toHaveLength(1);
    const error = ruleError(problems);
    expect(error?.code).toBe("settings-malformed");
    expect(error?.message).toMatch(/the deny rule "bash\(rm" can't be read at character 8[\s\S]*the allow rule "edit\(\.\.\/x\)"/);
    expect(ruleError([])).toBeNull();
    expect(policy.grant("bash(ls", "session")).toHaveLength(1);
  });
});

describe("modes", () => {
  it("knows its own", () => {
    expect(parseMode("accept-edits")).toEqual({ ok: true, mode: "accept-edits" });
    expect(parseMode("auto")).toEqual({ ok: true, mode: "auto" });
    expect(parseMode("yolo")).toMatchObject({ ok: false, says: expect.stringContaining('"yolo"') });
    expect(parseMode("toString").ok).toBe(false);
  });
});

describe("what is suggested", () => {
  it.each([
    ["bash", "git commit -m x", "bash(git commit *)"],
    ["bash", "git log --oneline", null], // it needs none
    ["bash", "git log --output=x", "bash(git log --output=x)"],
    ["bash", "npm test | tail -3", "bash(npm test *)"],
    ["bash", "make 2>&1 | head && npm test", null],
    ["bash", "npm test", "bash(npm test *)"],
    ["bash", "npm run build", "bash(npm run build)"],
    ["bash", "python3 x.py 'a b'", "bash(python3 x.py 'a b')"],
    ["bash", 'mkdir "it\'s * fine"', "bash(mkdir it\\'s\\ \\*\\ fine)"],
    ["bash", "ls && pwd", null],
    ["bash", "ls $x", null],
    ["edit", "src/a.ts", "edit(/src/**)"],
    ["edit", "/p/.git/config", null],
    ["read", "/var/log/x/y.log", "read(//var/log/x/**)"],
    ["read", "/h/notes/a.md", "read(~/notes/**)"],
    ["read", ".env", "read(/.env)"],
    ["fetch", "https://a.org/x?y", "fetch(domain:a.org)"],
    ["mcp", "", "mcp"],
    ["trick", "", null],
    ["hint", "", null],
  ])("%s %j → %s", async (tool, subject, rule) => {
    const look = (path: string) => Promise.resolve({ kind: "file" as const, real: path });
    const request = await requestOf(tool, subject, place, { look });
    const suggestion = suggest(request, place.home);
    expect(suggestion?.rule ?? null).toBe(rule);
    if (suggestion === null) return;
    // What is suggested can be read, and allows the call it was suggested for.
    const policy = policyOf(place, "ask");
    expect(policy.grant(suggestion.rule, "session")).toEqual([]);
    expect(judge(request, policy)).toMatchObject({ verdict: "allow" });
    expect(suggestion.alsoAllows).not.toBe("");
  });
});

describe("words", () => {
  it("tell the model why and what is left to do, and the person which rule from where", async () => {
    const request = await requestOf("bash", "ls && git push origin", place);
    const ruling = judge(request, policyOf(place, "bypass", { deny: ["bash(git push *)"] }));
    if (ruling.verdict === "ask") throw new Error("asks");
    expect(explainRuling(ruling, request.subject)).toBe('Denied: the rule bash(git push *) (a test), at "git push origin".');
    expect(explain({ tool: "bash", subject: request.subject, ...ruling })).toMatch(
      /^Denied, nothing was done: the rule bash\(git push \*\) \(a test\)\. Do not try the same/,
    );
  });

  it("a worker denies or waits, as set, and never hangs", async () => {
    const request = await requestOf("bash", "ls", place);
    const because = { by: "fact", says: "x" } as const;
    const { signal } = new AbortController();
    expect(await createWorkerHandler("await").settle(request, because, { kind: "none" }, signal)).toEqual({ awaiting: true });
    expect(await createWorkerHandler("deny").settle(request, because, { kind: "none" }, signal)).toMatchObject({
      verdict: "deny",
      reason: { by: "worker" },
      holds: "call",
    });
  });
});
