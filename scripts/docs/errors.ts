// docs/errors.md: the table of src/base/errors.ts as a page.
import { errorKinds } from "../../src/base/index.ts";

export const path = "docs/errors.md";

export function generate(): string {
  const rows = Object.entries(errorKinds)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([code, kind]) => `| \`${code}\` | ${kind.title} | ${kind.retryable ? "yes" : "no"} | ${kind.next} |`);
  return `# Errors

Generated from src/base/errors.ts by \`npm run docs\`; do not edit.

Each error that reaches a person or a program is a \`BosunError\` with one of these codes. Its message says what happened
and what to do next. "Retry" says whether the same call can succeed later without anybody changing anything.

| code | what it means | retry | what to do next |
|---|---|---|---|
${rows.join("\n")}
`;
}
