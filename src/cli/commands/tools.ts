// `bosun tools`: which tools a session here would have, which of them its model is shown, and why each other one is absent.
// Metadata alone: no implementation is loaded.
import { homedir } from "node:os";
import { BosunError, loadSettings, redact } from "../../base/index.ts";
import { findTools, poolOf } from "../../compose/index.ts";
import { estimateTokens, renderTool } from "../../context/index.ts";
import { sha256 } from "../../exec/index.ts";
import { findPlace } from "../../index.ts";
import { createPolicy, ruleError } from "../../permissions/index.ts";
import { type Absent, agentTypeNames, isAgentType, type Pool, type Registry, type Source, type Tool, type ToolMeta } from "../../tools/index.ts";
import type { Arguments } from "../arguments.ts";
import { type ExitCode, exitTable } from "../exit.ts";
import { fromSettings } from "../options.ts";
import { reportError } from "../report.ts";
import type { Terminal } from "../terminal.ts";
import { columns, oneLine, visible } from "../text.ts";

interface Row {
  readonly name: string;
  /** "head": shown from the start; "deferred": found through `find_tool`. */
  readonly state: "head" | "deferred" | "absent";
  /** Absent: by what kind of reason. */
  readonly by?: Absent["by"] | "size";
  readonly why?: string;
  /** These are missing where nothing but its name is known here. */
  readonly source?: Source;
  readonly tier?: Source["tier"];
  readonly responsibility?: string;
  readonly effect?: ToolMeta["effect"];
  readonly redo?: ToolMeta["redo"];
  readonly independent?: boolean;
  readonly subjects?: ToolMeta["subjects"];
  /** Of the bytes that a model is shown of it. */
  readonly sha256?: string;
  readonly bytes?: number;
  readonly tokens?: number;
}

export async function run({ words, options }: Arguments, terminal: Terminal): Promise<ExitCode> {
  if (words.length > 0) return reportError(terminal, new BosunError("usage", "tools takes no words.", { next: "`bosun help tools` tells its options." }));
  const agent = options.agent ?? "main";
  if (!isAgentType(agent))
    return reportError(terminal, new BosunError("usage", `There is no kind of agent "${agent}".`, { next: `The kinds are ${agentTypeNames.join(", ")}.` }));
  const place = findPlace(options.cwd === undefined ? {} : { cwd: options.cwd }, terminal.environment);
  if (!place.ok) return reportError(terminal, place.error);
  const loaded = await loadSettings(place.value);
  if (!loaded.ok) return reportError(terminal, loaded.error);
  const given = fromSettings(loaded.value);
  const mode = options.for ?? loaded.value.settings["permissions.mode"];
  const found = await findTools(given, place.value);
  const { policy, problems } = createPolicy({ root: place.value.root, home: homedir(), mode, rules: given.rules ?? [] });
  const unreadable = ruleError(problems);
  if (unreadable) return reportError(terminal, unreadable);
  const pool = poolOf(found, given, policy.rules.deny, mode, agent);
  const rows = rowsOf(found.registry, pool);
  if (options.json === true) await terminal.outJson({ mode, agent, limit: given.toolTokens, tools: rows });
  else await terminal.out(inWords(rows, mode, agent));
  return exitTable.answered.code;
}

function rowsOf(registry: Registry, { head, deferred, absent }: Pool): readonly Row[] {
  const size = "the tools before it fill the limit limits.toolTokens: it is found through find_tool";
  const rows: readonly Row[] = [
    ...head.map((tool) => ({ ...factsOf(tool), state: "head" as const })),
    ...deferred.map((tool) => ({ ...factsOf(tool), state: "deferred" as const, by: "size" as const, why: size })),
    ...absent.map(({ name, by, why }): Row => {
      const tool = registry.get(name);
      return { ...(tool === undefined ? { name } : factsOf(tool)), state: "absent", by, why: redact(why) };
    }),
  ];
  return [...rows].sort((one, other) => (one.name < other.name ? -1 : 1));
}

function factsOf(tool: Tool): Omit<Row, "state"> {
  const { name, source, responsibility, effect, redo, independent = false, subjects } = tool;
  const shown = renderTool(tool);
  const bytes = Buffer.byteLength(shown);
  return { name, source, tier: source.tier, responsibility, effect, redo, independent, subjects, sha256: sha256(shown), bytes, tokens: estimateTokens(shown) };
}

function inWords(rows: readonly Row[], mode: string, agent: string): string {
  const here = rows.filter(({ state }) => state !== "absent");
  const gone = rows.filter(({ state }) => state === "absent");
  const table = here.map((row) => [row.name, row.state, row.effect ?? "", sourceOf(row), (row.sha256 ?? "").slice(0, 12), row.responsibility ?? ""]);
  const tokens = here.reduce((sum, row) => sum + (row.state === "head" ? (row.tokens ?? 0) : 0), 0);
  const title = `A new session here in mode ${mode}, agent ${agent}: ${here.length} tools, about ${tokens} tokens of them at its beginning.\n\n`;
  const absent = gone.length === 0 ? "" : `\nAbsent:\n${columns(gone.map(({ name, why = "" }) => [`  ${name}`, why].map(safe)))}`;
  return `${title}${columns([["NAME", "WHERE", "EFFECT", "SOURCE", "SCHEMA", "ANSWERS FOR"], ...table.map((row) => row.map(safe))])}${absent}`;
}

const safe = (text: string): string => visible(oneLine(text));

function sourceOf({ source }: Row): string {
  switch (source?.tier) {
    case undefined:
      return "";
    case "builtin":
      return "built in";
    case "plugin":
      return `plugin ${source.id}${source.server === undefined ? "" : `, server ${source.server}`}`;
    case "skill":
      return `skill ${source.path}`;
  }
}
