// Tools that are not in the prompt's head: found and called through one tool that is.
//
// Invariants
//  F1  A call through `find_tool` is, from before the gate on, the call that it means: it is validated, judged, ordered,
//      recorded and recovered as that. Only the planned step and the conversation keep it as the model wrote it.
//  F2  `find_tool` opens nothing: what may not be called by its own name may not be called through it.
import { sha256 } from "../exec/index.ts";
import { findToolName, meantCall, type ToolCall } from "../model/index.ts";
import type { DeferredTool, LatchedPool } from "../session/index.ts";
import type { Pool, ToolMeta } from "../tools/index.ts";
import type { Execution } from "./execution.ts";

/** The call that is meant: of a call through `find_tool`, the one of the tool behind it. */
export function calledTool({ agent }: Pick<Execution, "agent">, call: ToolCall): ToolCall {
  const meant = meantCall(call);
  return agent.pool.callable.has(findToolName) && agent.tools.get(meant.tool) !== undefined ? meant : call;
}

/** What the journal keeps of a pool beside the head. `render`: a tool as a model is shown it. */
export const latchedPool = ({ deferred, absent }: Pool, render: (tool: ToolMeta) => string): LatchedPool => ({
  deferred: deferred.map((tool) => latchedTool(tool, render)),
  absent: absent.map(({ name, why }) => ({ name, why })),
});
const latchedTool = (tool: ToolMeta, render: (tool: ToolMeta) => string): DeferredTool => ({ name: tool.name, sha256: sha256(render(tool)) });

/** Most lines of one note. */
const mostTold = 40;

/** Once in a run: what can be called now and was not there when the head was rendered, or is not what it was. */
export async function noteTools({ agent, world, session, emit }: Execution): Promise<void> {
  const { prefix, pool } = session.state;
  if (prefix === null) return;
  const head = new Set(prefix.tools.map(({ name }) => name));
  const known = new Map(pool?.deferred.map(({ name, sha256 }) => [name, sha256]));
  const present = [...agent.pool.head, ...agent.pool.deferred].filter(({ name }) => name !== findToolName && !head.has(name));
  const come = present.filter((tool) => known.get(tool.name) !== latchedTool(tool, world.renderTool).sha256);
  if (come.length === 0) return;
  if (!head.has(findToolName)) {
    const says = `Tools that came since this session began are not shown to its model: ${namesOf(come)}. A new session has them.`;
    return emit({ type: "notice", level: "info", code: "tools-new", says });
  }
  const lines = come.slice(0, mostTold).map(({ name, responsibility }) => `- ${name}: ${oneLine(responsibility)}${known.has(name) ? " (changed)" : ""}`);
  const rest = come.length > mostTold ? [`- and ${come.length - mostTold} more`] : [];
  const text = ["[bosun] These tools can be used now; find_tool gives their input schemas and calls them:", ...lines, ...rest].join("\n");
  const tools = come.map((tool) => latchedTool(tool, world.renderTool));
  await session.append({ type: "note", about: "tools", parts: [{ type: "text", text }], tools });
}

const namesOf = (tools: readonly ToolMeta[]): string => tools.map(({ name }) => name).join(", ");
const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim().slice(0, 200);
