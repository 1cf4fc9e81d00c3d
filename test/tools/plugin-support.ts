// A folder with a plugin, and the limits of its tier.
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { ceilings } from "../../src/permissions/index.ts";
import { approve, readCandidate } from "../../src/tools/plugins/index.ts";

export const limits = { effects: ceilings.plugin.effects };

const anything = { type: "object", properties: { act: { type: "string" }, path: { type: "string" }, port: { type: "integer" } }, required: ["act"] };
export const toolOf = (name: string, effect: string, more: object = {}): object => ({
  ...{ name, description: "Does as it is told.", responsibility: "Does things.", input: anything, effect },
  ...more,
});
export const manifestOf = (more: object = {}): Readonly<Record<string, unknown>> => ({
  id: "odd",
  version: "1.0.0",
  description: "Behaves as it is told.",
  command: ["node", "server.mjs"],
  tools: [toolOf("look", "read", { timeoutSeconds: 5 }), toolOf("change", "write"), toolOf("send", "network"), toolOf("quick", "write", { timeoutSeconds: 1 })],
  ...more,
});

export interface Odd {
  readonly top: string;
  readonly source: string;
  readonly home: string;
  readonly project: string;
  /** Approves the source as it is now. */
  add(): void;
}

export function makeOdd(manifest: object | string = manifestOf()): Odd {
  const top = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "bosun-plugin-")));
  onTestFinished(() => fs.rmSync(top, { recursive: true, force: true }));
  const [source, home, project] = [join(top, "source"), join(top, "home"), join(top, "project")];
  for (const folder of [source, home, project]) fs.mkdirSync(folder);
  fs.copyFileSync(join(import.meta.dirname, "plugin-server.mjs"), join(source, "server.mjs"));
  fs.writeFileSync(join(source, "plugin.json"), typeof manifest === "string" ? manifest : JSON.stringify(manifest));
  const add = () => {
    const read = readCandidate(source, limits);
    if (!read.ok) throw read.error;
    const kept = approve(home, read.value, Date.parse("2026-01-01T00:00:00Z"));
    if (!kept.ok) throw kept.error;
  };
  return { top, source, home, project, add };
}
