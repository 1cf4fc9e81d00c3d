// docs/settings.schema.json: the table of src/base/settings-table.ts for editors.
import { type JsonObject, type Setting, type SettingKind, settingsTable } from "../../src/base/index.ts";

export const path = "docs/settings.schema.json";

type Branch = { [key: string]: Branch | JsonObject };

export function generate(): string {
  const properties: Branch = { $schema: { type: "string" } };
  for (const [name, setting] of Object.entries(settingsTable as Readonly<Record<string, Setting>>)) {
    const parts = name.split(".");
    let branch = properties;
    for (const part of parts.slice(0, -1)) {
      branch[part] ??= { type: "object", additionalProperties: false, properties: {} } as unknown as Branch;
      branch = (branch[part] as Branch).properties as Branch;
    }
    const shown = setting.default === undefined ? {} : { default: setting.default };
    branch[parts.at(-1) as string] = { ...schemaOf(setting.type), description: setting.says, ...shown };
  }
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Settings of bosun",
    type: "object",
    additionalProperties: false,
    properties,
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function schemaOf(type: SettingKind): JsonObject {
  switch (type.kind) {
    case "text":
      return { type: "string", minLength: 1, ...(type.pattern === undefined || type.pattern.flags !== "" ? {} : { pattern: type.pattern.source }) };
    case "choice":
      return { enum: type.among };
    case "number":
      return { type: type.whole ? "integer" : "number", minimum: type.least };
    case "flag":
      return { type: "boolean" };
    case "list":
      return { type: "array", items: { type: "string" } };
  }
}
