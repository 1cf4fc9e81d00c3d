// docs/audit.schema.json: one line of `bosun audit --json`.
import { auditViews } from "../../src/session/index.ts";

export const path = "docs/audit.schema.json";

const types = { text: "string", integer: "integer", real: "number" } as const;

export function generate(): string {
  const columns = auditViews.find(({ name }) => name === "decisions")?.columns ?? [];
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "A line of bosun audit --json",
    description: "Generated from src/session/audit-views.ts by npm run docs; do not edit.",
    type: "object",
    properties: Object.fromEntries(
      columns.map(({ name, type, open, says }) => [name, { type: open ? [types[type], "null"] : types[type], description: says }]),
    ),
    required: columns.map(({ name }) => name),
    additionalProperties: false,
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}
