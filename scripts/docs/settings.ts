// docs/settings.md: the table of src/base/settings-table.ts as a page.
import { formOf, managedPath, type Setting, settingsTable } from "../../src/base/index.ts";
import { modeTable, protectedTable } from "../../src/permissions/index.ts";

export const path = "docs/settings.md";

const inProject: Readonly<Record<Setting["project"], string>> = { nothing: "ignored", adds: "added", lowers: "may lower it" };
const cell = (text: string): string => text.replaceAll("|", "\\|");

export function generate(): string {
  const rows = Object.entries(settingsTable as Readonly<Record<string, Setting>>).map(
    ([name, { type, says, default: value, project, managed }]) =>
      `| \`${name}\` | ${cell(formOf(type))} | ${value === undefined ? "–" : `\`${value}\``} | ${managed === true ? "managed only" : inProject[project]} | ${cell(says)} |`,
  );
  const modes = modeTable.map(({ mode, says }) => `| \`${mode}\` | ${says} |`);
  const files = protectedTable.map(({ kind, patterns, reason }) => `| ${kind} | ${patterns.map((pattern) => `\`${pattern}\``).join(" ")} | ${reason} |`);
  return `# Settings

Generated from src/base/settings-table.ts by \`npm run docs\`; do not edit.

JSON with comments and trailing commas, from these sources, the strongest first:

1. managed: \`${managedPath("linux")}\` (macOS: \`${managedPath("darwin")}\`, Windows: \`${managedPath("win32")}\`); no variable moves it
2. flags of the command line
3. the session: what you allow with "always" while it goes on
4. local: \`.bosun/settings.local.json\` in the project's root: yours, for this project; "always in this project" writes it
5. project: \`.bosun/settings.json\` beside it: shared
6. user: \`$BOSUN_HOME/settings.json\` (default \`~/.bosun/settings.json\`): yours

Of a value the strongest source wins. Lists are put together, but where the managed settings hold a list other than rules and
\`trust\`, theirs counts alone. A deny rule wins whatever its source. An ask rule gives way only to allow rules of stronger
sources that allow the whole call by themselves: each command of a compound, each path, each host. At the same strength asking wins.

A dotted key is an object in an object; \`docs/settings.schema.json\` is the schema for editors, and \`"$schema"\` may name it.
\`bosun doctor\` names rules that never match, that another rule makes idle, and that stand twice, each with its file and line.

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

## Trust

The files of a project, and its skills, are written by whoever can write to the project. Until you trust it they can only narrow:
the column "from a project" says what becomes of each key, and what is ignored is said at the start. A conversation asks once,
naming what would change, where there is anything to trust; both answers are kept in \`$BOSUN_HOME/trust.json\`. \`-p\` never
asks. \`bosun trust [PATH]\` says yes, with \`--no\` no, with \`--forget\` it is asked again, \`--list\` tells what was said; a
command that an agent runs can't say yes. The list \`trust\` of your own settings counts too, unless you said no. Trust is of one real folder:
neither of those in it nor of those above it, and a link to it is the same folder. What stands at that path
later is trusted with it; \`bosun trust --forget\` before you put something else there.

"Always in this project" writes the rule into \`.bosun/settings.local.json\` and nothing else; put that file into your .gitignore if it is not to be shared.

## Modes

| mode | what runs without asking, when no rule says it |
|---|---|
${modes.join("\n")}

${ruleForms}
## Protected files and secrets

A protected file is changed only after a person's word, whatever rules and modes say. Reading a secret asks, unless an allow rule names it.

| kind | files | why |
|---|---|---|
${files.join("\n")}
`;
}

const ruleForms = `## Rules

\`tool\` speaks of every call of a tool, \`*\` of every tool, \`tool(specifier)\` of some calls. Deny rules win, then ask rules, then allow rules
(see above for sources of different strength). In the name of a tool \`*\` stands for any characters: \`mcp__github__*\`, \`weather__*\`.
A wildcard that \`bash\`, \`skill\`, \`read\` or \`edit\` fit too stands without parentheses: what is between them would mean another thing for each.

- \`bash(npm test)\`: this command, word by word. \`bash(git log *)\`: any words may follow. \`*\` inside a word stands for any
  characters; quotes and backslashes take characters as they are. Each simple command of a compound must be allowed by some
  rule. A command that is not understood wholly (expansions, redirections to files, assignments …) is allowed by no rule: it asks.
  Deny and ask rules are generous: they also match inside wrappers (\`sudo\`, \`xargs\`, \`sh -c\` …), by a program's base name, and in parts of what is not understood.
- \`read(src/**)\` speaks of every tool that reads files, \`edit(src/**)\` of every tool that changes them; a plugin's tool they
  refuse, and allow only where a rule names it itself (\`fmt__*(src/**)\`), since what it does is its own claim. With a slash inside
  a pattern is anchored at the project's root, without one it holds at any depth, \`~/\` is your home folder, \`//\` the root of
  the file system; a folder stands for all that is in it. Allow rules match where a path leads after its links; deny and ask
  rules match that or the path as asked, in any case and Unicode form.
- \`fetch(domain:example.com)\`: this host; \`fetch(domain:*.example.com)\`: hosts below it.
- \`skill(pdf-*)\`: by name.

"Always" offers the narrowest rule that is of use: it is checked to allow the call, what else it would allow is said, and
where no narrow one does there is none.
`;
