// "Always allow": the narrowest rule that is still of use, and what else it would allow, in words.
import { dirname } from "node:path";
import type { CommandFact, FindingFact, Request } from "./decision.ts";
import { escapeGlob } from "./glob.ts";
import { judge } from "./judge.ts";
import { isInside } from "./protected.ts";
import { readRule, type SubjectKind } from "./rules.ts";

export interface Suggestion {
  readonly rule: string;
  /** A sentence: what the rule allows beyond this call. */
  readonly alsoAllows: string;
}

/** Programs whose second word says what they do: a rule on the two covers one kind of act. */
const families = new Set(
  "git npm pnpm yarn bun deno cargo go docker podman kubectl helm terraform gh glab pip pip3 uv poetry brew apt apt-get systemctl mvn gradle dotnet make just task bundle rails mix composer".split(
    " ",
  ),
);
/** Second words that run what follows them: no rule but the exact one is narrow. */
const openEnded = new Set("exec run x dlx create init config -c -C eval alias remote filter-branch bisect submodule".split(" "));

/** Null: no rule can allow this, or none that is narrow; it can only be allowed once. What is offered does allow it. */
export function suggest(request: Request, home: string): Suggestion | null {
  const found = narrowest(request, home);
  return found !== null && doesAllow(found.rule, request, home) ? found : null;
}

function doesAllow(text: string, request: Request, home: string): boolean {
  const { paths, commands, domains, names = [], root } = request.facts;
  const kinds: readonly SubjectKind[] = [
    ...(commands === null || commands.length > 0 ? (["command"] as const) : []),
    ...(paths.length > 0 ? (["path"] as const) : []),
    ...(domains.length > 0 ? (["domain"] as const) : []),
    ...(names.length > 0 ? (["name"] as const) : []),
  ];
  const reading = readRule({ text, verdict: "allow", source: "suggested" }, { root, home, subjectsOf: () => kinds });
  if (!reading.ok) return false;
  return judge(request, { mode: "ask", onUnattendedAsk: "deny", rules: { deny: [], ask: [], allow: [reading.rule] } }).verdict === "allow";
}

function narrowest(request: Request, home: string): Suggestion | null {
  const { facts, call, effect, source } = request;
  if (source.tier !== "skill" && facts.findings !== undefined && facts.commands !== null) return suggestFor(call.tool, facts.commands, facts.findings);
  if (source.tier === "skill" || facts.unclear !== undefined || facts.commands === null) return null;
  if (facts.paths.length + facts.commands.length + facts.domains.length + (facts.names?.length ?? 0) > 1) return null;
  const [path] = facts.paths;
  if (path !== undefined) {
    if (path.protected !== null && effect === "write") return null;
    return suggestPath(call.tool, path.real, facts.root, home, effect, "secret" in path && path.secret !== null);
  }
  const [command] = facts.commands;
  if (command !== undefined) return suggestCommand(call.tool, command, []);
  const [domain] = facts.domains;
  if (domain !== undefined) return { rule: `${call.tool}(domain:${domain})`, alsoAllows: `every other address of ${domain}, and what is sent along in it` };
  const [name] = facts.names ?? [];
  if (name !== undefined)
    return { rule: `${call.tool}(${escapeGlob(name)})`, alsoAllows: `every other call of ${call.tool} that names "${name}", whatever else is in it` };
  return { rule: call.tool, alsoAllows: `every call of ${call.tool}, whatever its input` };
}

/** Only what something was found about needs a rule; there is one for one command. */
function suggestFor(tool: string, commands: readonly CommandFact[], findings: readonly FindingFact[]): Suggestion | null {
  const [first] = findings;
  const command = first?.command === undefined ? undefined : commands[first.command];
  if (command === undefined || findings.some((each) => each.command !== first?.command || each.kind === "unclear" || each.kind === "never")) return null;
  return suggestCommand(
    tool,
    command,
    findings.filter(({ kind }) => kind === "option"),
  );
}

/** `options`: findings that a rule answers for only if it spells them out. */
function suggestCommand(tool: string, { words, open = [] }: CommandFact, options: readonly FindingFact[]): Suggestion | null {
  const [name = "", act = ""] = words;
  const known = Math.min(words.length, ...open);
  if (known === 0) return null;
  if (options.length === 0 && known > 1 && families.has(name) && /^[a-z][a-z-]*$/.test(act) && !openEnded.has(act)) {
    const rule = `${tool}(${name} ${act} *)`;
    return { rule, alsoAllows: `every other "${name} ${act}", with any options and arguments that only do what "${name} ${act}" is for` };
  }
  const fixed = words.slice(0, known).map(quoteWord).join(" ");
  if (known === words.length)
    return { rule: `${tool}(${fixed})`, alsoAllows: "nothing but this very command, in whatever folder it runs and whatever it finds there" };
  // the program's name alone is no narrow rule
  if (known < 2) return null;
  const isSpelt = options.every(({ words: about }) => about?.every((index) => index < known));
  return isSpelt ? { rule: `${tool}(${fixed} *)`, alsoAllows: `whatever follows "${words.slice(0, known).join(" ")}"` } : null;
}

/** As the rules read it back: one word that stands for itself. */
function quoteWord(word: string): string {
  if (/^[\w./:=@%+,-]+$/.test(word)) return word;
  return word.includes("'") ? word.replace(/[^\w./:=@%+,-]/g, "\\$&") || "''" : `'${word}'`;
}

/** The folder of a file, unless that is a place that holds everything: the project's top, the home folder or one above them, a top folder of the disk. */
function suggestPath(tool: string, real: string, root: string, home: string, effect: string, secret: boolean): Suggestion | null {
  const act = effect === "write" ? "change" : "read";
  const parent = dirname(real);
  const isWide = [root, home].some((place) => isInside(place, parent)) || parent.split("/").length < 3;
  const alone = secret || isWide;
  const named = alone ? real : parent;
  const anchored = isBelow(named, root) ? `/${named.slice(root.length + 1)}` : isBelow(named, home) ? `~/${named.slice(home.length + 1)}` : `/${named}`;
  if (real !== root && [root, home].some((place) => isInside(place, real))) return null;
  if (real === root) return { rule: `${tool}(/**)`, alsoAllows: `to ${act} every file of the project` };
  if (!alone) return { rule: `${tool}(${escapeGlob(anchored)}/**)`, alsoAllows: `to ${act} every file in ${anchored}, and in the folders below it` };
  return { rule: `${tool}(${escapeGlob(anchored)})`, alsoAllows: `to ${act} this file again, whatever it holds by then; of a folder all that is in it` };
}

const isBelow = (path: string, folder: string): boolean => path !== folder && folder !== "/" && isInside(path, folder);
