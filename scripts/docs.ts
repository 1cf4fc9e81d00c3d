// `npm run docs`: writes every generated document again.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { generators } from "./docs/generators.ts";

for (const { path, generate } of await generators()) {
  const file = join(import.meta.dirname, "..", path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, await generate());
  console.log(path);
}
