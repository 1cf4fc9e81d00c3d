// Git's own form of settings (git-config(1), "Syntax"), read strictly: what git would refuse or this doesn't know is null, never skipped.

const section = /^\[([A-Za-z0-9.-]+)(?:[ \t]+"((?:[^"\\\n]|\\.)*)")?[ \t]*\]/;
const key = /^([A-Za-z][A-Za-z0-9-]*)[ \t]*/;

export interface GitSetting {
  /** Section and key in lower case, the part between as written: "diff.Spy.textconv". */
  readonly name: string;
  readonly value: string;
}

/** Every setting in order, or null where it can't be read. */
export function readGitConfig(source: string): readonly GitSetting[] | null {
  let text = source.replace(/^\ufeff/, "").replaceAll("\r\n", "\n");
  const found: GitSetting[] = [];
  let prefix: string | null = null;
  for (;;) {
    text = text.replace(/^[\s\0]+/, "");
    if (text === "") return found;
    if (text.startsWith("#") || text.startsWith(";")) {
      text = afterLine(text);
      continue;
    }
    const head = section.exec(text);
    if (head !== null) {
      const [whole, name = "", sub] = head;
      prefix = sub === undefined ? name.toLowerCase() : `${name.toLowerCase()}.${sub.replaceAll(/\\(.)/gs, "$1")}`;
      text = text.slice(whole.length);
      continue;
    }
    const named = key.exec(text);
    if (named === null || prefix === null) return null;
    const name = `${prefix}.${(named[1] ?? "").toLowerCase()}`;
    text = text.slice(named[0].length);
    if (text.startsWith("=")) {
      const read = readValue(text.slice(1));
      if (read === null) return null;
      found.push({ name, value: read.value });
      text = read.rest;
    } else if (text === "" || /^[\n#;]/.test(text)) {
      found.push({ name, value: "true" });
      text = afterLine(text);
    } else return null;
  }
}

function afterLine(text: string): string {
  const end = text.indexOf("\n");
  return end < 0 ? "" : text.slice(end + 1);
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", b: "\b", '"': '"', "\\": "\\", "\n": "" };

function readValue(text: string): { readonly value: string; readonly rest: string } | null {
  let value = "";
  let blanks = "";
  let quoted = false;
  for (let at = 0; ; at++) {
    const character = text[at];
    if (character === undefined || character === "\n") return quoted ? null : { value, rest: text.slice(at + 1) };
    if (!quoted && (character === "#" || character === ";")) return { value, rest: afterLine(text.slice(at)) };
    if (!quoted && (character === " " || character === "\t")) {
      if (value !== "") blanks += character;
      continue;
    }
    value += blanks;
    blanks = "";
    if (character === '"') quoted = !quoted;
    else if (character === "\\") {
      const escaped = escapes[text[++at] ?? ""];
      if (escaped === undefined) return null;
      value += escaped;
    } else value += character;
  }
}
