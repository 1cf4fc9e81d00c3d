// The head of a SKILL.md: found, cut off, read as YAML. Nothing of it is ever run.
//
// Owns: where front matter ends, and which YAML is taken. Calls: yaml.
// Invariants
//  M1  YAML 1.2, core schema: no tag makes anything but data, and a tag that is written out is refused.
//  M2  No aliases and no anchors: what is read is no larger than what was written.
//  M3  Every failure is a value with the line it stands on.
import { frontMatterLimit } from "./skill.ts";

export interface Split {
  /** Between the two lines of dashes. */
  readonly head: string;
  readonly body: string;
}
export type Read<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly says: string };
const failed = (says: string): { readonly ok: false; readonly says: string } => ({ ok: false, says });

/** UTF-8, a byte order mark taken off. `whole`: nothing comes after these bytes. */
export function decodeText(bytes: Uint8Array, whole: boolean): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: !whole });
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}

/** `text`: of the whole file, or as much of its beginning as front matter may have. */
export function splitFrontMatter(text: string): Read<Split> {
  const opening = /^---[ \t]*\r?\n/.exec(text);
  if (opening === null) return failed('it does not begin with front matter: write "---", name and description, and "---" on lines of their own');
  const rest = text.slice(opening[0].length);
  const closing = /^---[ \t]*(?:\r?\n|$)/m.exec(rest);
  if (closing === null && Buffer.byteLength(rest) < frontMatterLimit) return failed('its front matter is not closed: end it with "---" on a line of its own');
  const head = rest.slice(0, closing?.index ?? rest.length);
  if (Buffer.byteLength(head) > frontMatterLimit || closing === null)
    return failed(`its front matter is larger than ${frontMatterLimit / 1024} kB: move what is long below it`);
  return { ok: true, value: { head, body: rest.slice(closing.index + closing[0].length) } };
}

/** The fields, in the order they stand in. Maps are `Map`, so that no name of a field is special. */
export async function readYaml(head: string): Promise<Read<ReadonlyMap<string, unknown>>> {
  const yaml = await import("yaml");
  try {
    const marker = head.split(/\r?\n/).findIndex((line) => /^(?:%|\.\.\.)/.test(line));
    if (marker >= 0) return failed(`line ${marker + 2}: directives and ends of documents can't stand in front matter`);
    const document = yaml.parseDocument(head, {
      version: "1.2",
      schema: "core",
      merge: false,
      resolveKnownTags: false,
      uniqueKeys: true,
      stringKeys: true,
      strict: true,
      prettyErrors: true,
      logLevel: "silent",
    });
    const [error] = [...document.errors, ...document.warnings];
    if (error !== undefined) return failed(`line ${(error.linePos?.[0].line ?? 0) + 1}: ${inWords(error.code, error.message)}`);
    const refused: string[] = [];
    const refuse = ({ anchor, tag }: { readonly anchor?: string | undefined; readonly tag?: string | undefined }): void => {
      if (anchor !== undefined) refused.push("it holds an anchor (&), which is not taken here: leave it out");
      if (tag !== undefined) refused.push(`it holds the tag ${tag}, and no tag is taken here: leave it out`);
    };
    yaml.visit(document, {
      Alias: () => void refused.push("it holds an alias (*), which is not taken here: write the value out"),
      // below the first level a number stays as it is written: "1.0" is a version
      Scalar: (_, node, path) => {
        if (path.length > 3 && typeof node.value === "number" && node.source !== undefined) node.value = node.source;
        refuse(node);
      },
      Collection: (_, node) => refuse(node),
    });
    if (refused[0] !== undefined) return failed(refused[0]);
    const value: unknown = document.toJS({ mapAsMap: true, maxAliasCount: 0 });
    return value instanceof Map ? { ok: true, value } : failed("its front matter holds no fields: write `name: …` and `description: …`");
  } catch (thrown) {
    // a stack that is too deep, an alias that escaped the look above
    return failed(`its front matter can't be read (${thrown instanceof Error ? (thrown.message.split("\n", 1)[0] ?? "") : "nested too deeply"})`);
  }
}

function inWords(code: string, message: string): string {
  const says = (message.split("\n", 1)[0] ?? "").replace(/ at line \d+, column \d+:?$/, "");
  switch (code) {
    case "DUPLICATE_KEY":
      return "a field stands there twice: leave one of them out";
    case "TAG_RESOLVE_FAILED":
      return `${says}: no tag is taken here, and nothing of a skill's head is run`;
    case "RESOURCE_EXHAUSTION":
      return "it is nested too deeply";
    case "BLOCK_AS_IMPLICIT_KEY":
      return `${says}: put a value that holds ": " into quotes`;
    default:
      return says;
  }
}
