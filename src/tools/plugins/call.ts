// A call of a plugin's tool. Preparing it does not reach the plugin: what it would do is known to it alone.
import type { Json } from "../../base/index.ts";
import type { ToolResult } from "../../model/index.ts";
import { failed, succeeded } from "../builtin/answer.ts";
import type { PluginsPort } from "../ports.ts";
import type { Prepare, ToolContext } from "../tool.ts";
import type { PluginManifest, PluginTool } from "./manifest.ts";

const longestPreview = 8000;

export function prepareCall(manifest: PluginManifest, tool: PluginTool): Prepare {
  return async (input, context) => ({
    preview: { kind: "text", text: previewOf(manifest, tool, input) },
    before: [],
    after: null,
    commit: ({ plugins }) => call(plugins, manifest, tool, input, context),
  });
}

function previewOf({ id, version }: PluginManifest, { name, effect }: PluginTool, input: Json): string {
  const text = JSON.stringify(input, null, 2);
  const shown = text.length <= longestPreview ? text : `${text.slice(0, longestPreview)}\n… ${text.length - longestPreview} more characters`;
  return `${name} of the plugin ${id} ${version}, which says its effect is "${effect}", with:\n${shown}`;
}

async function call(
  port: PluginsPort | undefined,
  { id }: PluginManifest,
  { fullName, effect }: PluginTool,
  input: Json,
  { key, signal, progress }: ToolContext,
): Promise<ToolResult> {
  if (port === undefined) return failed(`Nothing was done: no plugins run in this session, so ${fullName} can't be called.`);
  const answer = await port.call({ plugin: id, tool: fullName, input, key, signal, onProgress: (text) => progress({ output: text }) });
  switch (answer.ended) {
    case "answered":
      return answer.failed ? failed(answer.text) : succeeded(answer.text);
    case "not-begun":
      return failed(`Nothing was done: the plugin ${id} was not asked: ${answer.says}.`);
    case "lost": {
      const harmless = effect === "none" || effect === "read";
      return failed(`The plugin ${id} did not answer this call: ${answer.says}.`, harmless ? {} : { effect: "unknown" });
    }
  }
}
