// Generators of documents: each other file in this folder exports `path` (from the root) and `generate()`.
import { readdirSync } from "node:fs";

export interface Generator {
  readonly path: string;
  generate(): string | Promise<string>;
}

export async function generators(): Promise<Generator[]> {
  const names = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".ts") && name !== "generators.ts");
  return Promise.all(names.sort().map(async (name) => (await import(new URL(name, import.meta.url).href)) as Generator));
}
