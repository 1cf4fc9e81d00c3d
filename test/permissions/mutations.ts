// Each protection of the gate, taken out of a copy of the sources: a named test must notice. One patch a row.
import type { Mutation } from "../support/mutations.ts";

const judge = "src/permissions/judge.ts";
const rules = "src/permissions/rules.ts";

export const mutations: readonly Mutation[] = [
  {
    name: "deny wins",
    file: judge,
    from: "  if (denied !== null) return deny(denied);\n",
    to: "",
    test: "test/permissions/judge.test.ts",
    title: "lets deny win over every combination of mode and rules",
  },
  {
    name: "the tier's ceiling for rules",
    file: judge,
    from: `const byRule = ceiling.allowedBy.includes("rule");`,
    to: "const byRule = true;",
    test: "test/permissions/judge.test.ts",
    title: "never lets a rule or mode change a protected file, nor a skill's tool act by itself",
  },
  {
    name: "the tier's ceiling for effects",
    file: judge,
    from: "if (!ceiling.effects.includes(request.effect))",
    to: "if (request.effect === undefined)",
    test: "test/permissions/adversarial.test.ts",
    title: "a skill's tool that runs a program",
  },
  {
    name: "following links",
    file: "src/permissions/facts.ts",
    from: "const { kind, real } = await (world.look ?? createFiles().look)(absolute);",
    to: "const { kind } = await (world.look ?? createFiles().look)(absolute);\n  const real = absolute;",
    test: "test/permissions/adversarial.test.ts",
    title: "a rule that the path leaves by a link",
  },
  {
    name: "the Unicode normal form of paths",
    file: rules,
    from: `const exact = segmentsOf(path.normalize("NFC"));`,
    to: "const exact = segmentsOf(path);",
    test: "test/permissions/adversarial.test.ts",
    title: "NFC rule, NFD file, deny",
  },
  {
    name: "the case of what is denied",
    file: rules,
    from: "return { exact, folded: exact.map(fold) };",
    to: "return { exact, folded: exact };",
    test: "test/permissions/adversarial.test.ts",
    title: "a deny rule in another case",
  },
  {
    name: "the authority of what started it",
    file: judge,
    from: "return policy.within === undefined ? own : stricter(judge(request, policy.within), own);",
    to: "return own;",
    test: "test/permissions/authority.test.ts",
    title: "no agent is judged milder than any of those above it, whatever its own rules, mode and grants say",
  },
  {
    name: "what a project that is not trusted may say",
    file: "src/base/settings.ts",
    from: `else if (owner === "user" || (trusted && setting.name !== "trust")) take`,
    to: `else if (owner === "user" || setting.name !== "trust") take`,
    test: "test/base/settings.test.ts",
    title: "can add deny and ask rules and lower numbers, nothing else, and is told so",
  },
  {
    name: "the limits of an open skill",
    file: "src/agent/skills-in-force.ts",
    from: "if (opened.allowedTools === null || covers(",
    to: "if (opened.allowedTools !== undefined || covers(",
    test: "test/agent/skills-narrow.test.ts",
    title: "whatever skills are open, no ruling gets milder, more skills never make it milder, and without limits nothing changes",
  },
  {
    name: "the hash of a plugin's folder",
    file: "src/tools/plugins/installed.ts",
    from: "  if (now === sha256) return",
    to: "  if (now !== undefined) return",
    test: "test/agent/plugins.test.ts",
    title: "is absent after its folder changed, with the reason; approved anew it is back",
  },
  {
    name: "the first answer counts",
    file: "src/session/answers.ts",
    from: "await disk.link(temporary, path);",
    to: "await disk.rename(temporary, path);",
    test: "test/session/answers.test.ts",
    title: "of twenty answers at once one is the first, and all others are told which",
  },
  {
    name: "what is left open to a classifier",
    file: "src/agent/classify.ts",
    from: `if (ruling.verdict !== "ask" || ruling.classifier !== true || `,
    to: `if (ruling.verdict !== "ask" || `,
    test: "test/agent/classifier.test.ts",
    title: "a write outside the project",
  },
];
