// docs/settings.md: the table of src/base/settings-table.ts as a page.
import { formOf, type Setting, settingsTable } from "../../src/base/index.ts";
import { modeTable, protectedTable } from "../../src/permissions/index.ts";

export const path = "docs/settings.md";

const inProject: Readonly<Record<Setting["project"], string>> = { nothing: "ignored", adds: "added", lowers: "may lower it" };
const cell = (text: string): string => text.replaceAll("|", "\\|");

export function generate(): string {
  const rows = Object.entries(settingsTable as Readonly<Record<string, Setting>>).map(
    ([name, { type, says, default: value, project }]) =>
      `| \`${name}\` | ${cell(formOf(type))} | ${value === undefined ? "–" : `\`${value}\``} | ${inProject[project]} | ${cell(says)} |`,
  );
  const modes = modeTable.map(({ mode, says }) => `| \`${mode}\` | ${says} |`);
  const files = protectedTable.map(({ kind, patterns, reason }) => `| ${kind} | ${patterns.map((pattern) => `\`${pattern}\``).join(" ")} | ${reason} |`);
  return `# Settings

Generated from src/base/settings-table.ts by \`npm run docs\`; do not edit.

JSON with comments and trailing commas, in three files; a later one wins over an earlier one, flags win over all, and lists are put together:

1. \`$BOSUN_HOME/settings.json\` (default \`~/.bosun/settings.json\`): yours
2. \`.bosun/settings.json\` in the project's root: shared
3. \`.bosun/settings.local.json\` beside it: yours, for this project

A project's files count only as far as they narrow, unless its root stands under \`trust\` in your own file: the column
"from a project" says what becomes of each key. What is ignored is said at the start. A dotted key is an object in an
object; \`docs/settings.schema.json\` is the schema for editors.

\`\`\`jsonc
{
  "model": "anthropic/claude-sonnet-4-5",
  "permissions": { "allow": ["bash(npm test)", "bash(git log *)"], "deny": ["read(secrets/**)"] },
  "budget": { "usd": 5 } // for one session
}
\`\`\`

| key | value | default | from a project | what it does |
|---|---|---|---|---|
${rows.join("\n")}

## Modes

| mode | what runs without asking, when no rule says it |
|---|---|
${modes.join("\n")}

## Rules

\`tool\` speaks of every call of a tool, \`*\` of every tool, \`tool(specifier)\` of some calls. Deny rules win, then ask rules, then allow rules.

- \`bash(npm test)\`: this command, word by word. \`bash(git log *)\`: any words may follow. \`*\` inside a word stands for any
  characters; quotes and backslashes take characters as they are. Each simple command of a compound must be allowed by some
  rule. A command that is not understood wholly (expansions, redirections to files, assignments …) is allowed by no rule: it asks.
  Deny and ask rules are generous: they also match inside wrappers (\`sudo\`, \`xargs\`, \`sh -c\` …), by a program's base name, and in parts of what is not understood.
- \`read(src/**)\` speaks of every tool that reads files, \`edit(src/**)\` of every tool that changes them. With a slash inside
  a pattern is anchored at the project's root, without one it holds at any depth, \`~/\` is your home folder, \`//\` the root of
  the file system; a folder stands for all that is in it. Allow rules match where a path leads after its links; deny and ask
  rules match that or the path as asked, in any case and Unicode form.
- \`fetch(domain:example.com)\`: this host; \`fetch(domain:*.example.com)\`: hosts below it.

## Protected files and secrets

A protected file is changed only after a person's word, whatever rules and modes say. Reading a secret asks, unless an allow rule names it.

| kind | files | why |
|---|---|---|
${files.join("\n")}
`;
}
