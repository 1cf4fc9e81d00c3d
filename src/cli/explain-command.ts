// One command explained to a person: verdict, decider, findings and effects with their places, and the narrowest rule.
import { homedir } from "node:os";
import { loadSettings } from "../base/index.ts";
import type { Place } from "../index.ts";
import { createPolicy, explainRuling, onlyReads, ruleError, type Suggestion, suggest } from "../permissions/index.ts";
import { builtinTools, type Profile } from "../tools/index.ts";
import { type ExitCode, exitTable } from "./exit.ts";
import { type JudgedCommand, judgeCommand, judgedJson } from "./judged.ts";
import type { Options } from "./option-table.ts";
import { commandPolicy } from "./options.ts";
import { reportError } from "./report.ts";
import type { Terminal } from "./terminal.ts";
import { visible } from "./text.ts";
import { effectInWords, underlined } from "./underlined.ts";

export async function explainCommand(command: string, place: Place, options: Options, terminal: Terminal): Promise<ExitCode> {
  const loaded = await loadSettings(place);
  if (!loaded.ok) return reportError(terminal, loaded.error);
  const { settings, rules } = loaded.value;
  const mode = options.mode ?? settings["permissions.mode"];
  const subjectsOf = (tool: string) => builtinTools.find(({ name }) => name === tool)?.subjects.map(({ kind }) => kind);
  const { policy, problems } = createPolicy({
    ...commandPolicy(settings),
    root: place.root,
    home: homedir(),
    mode,
    rules,
    subjectsOf,
    onUnattendedAsk: settings["permissions.onUnattendedAsk"],
  });
  const unreadable = ruleError(problems);
  if (unreadable) return reportError(terminal, unreadable);
  const judged = await judgeCommand(command, place, policy);
  const rule = judged.ruling.verdict === "allow" ? null : suggest(judged.request, homedir());
  const profile = judged.ruling.verdict === "deny" ? null : profileOf(judged, policy.open === true);
  if (options.json === true) await terminal.outJson({ command, cwd: place.cwd, mode, ...judgedJson(judged), profile, rule });
  else await terminal.out(inWords(command, judged, profile, rule));
  return exitTable.answered.code;
}

/** What the sandbox would be. */
const profileOf = ({ request }: JudgedCommand, open: boolean): Profile => (open ? "open" : onlyReads(request) ? "read-only" : "workspace");

function inWords(command: string, { request, ruling }: JudgedCommand, profile: string | null, rule: Suggestion | null): string {
  const { findings = [], effects = [], moreEffects = 0 } = request.facts;
  const lines = [explainRuling(ruling)];
  if (findings.length > 0) lines.push("", "What stands against it:");
  for (const { check, says, span } of findings) lines.push(...underlined(command, span), `  check ${check}: ${says}`);
  if (effects.length > 0) lines.push("", "What it does:");
  for (const effect of effects) {
    lines.push(...underlined(command, effect.span), `  ${effectInWords(effect)}`);
  }
  if (moreEffects > 0) lines.push(`  and ${moreEffects} more`);
  lines.push("");
  if (profile !== null) lines.push(`It runs in the sandbox "${profile}"${ruling.verdict === "ask" ? " once it is allowed" : ""}.`);
  if (rule !== null) lines.push(`The narrowest rule that allows it: ${rule.rule}`, `It also allows ${rule.alsoAllows}.`);
  else if (ruling.verdict !== "allow") lines.push("No narrow rule allows it.");
  return `${lines.map((line) => visible(line)).join("\n")}\n`;
}
