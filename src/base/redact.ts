// Takes secrets out of text on its way out of the journal: to the index, the system log, exports and screens.
//
// Owns: what counts as a secret by its form; secrets by their value come from known-secrets.
// Invariants
//  X1  Time grows linearly with the text, whatever it says: each pattern ends in a run that it consumes whole, so that no two
//      attempts look at the same stretch, and everything before that run has a fixed bound.
//  X2  What is put in a secret's place tells its kind and length, nothing of its content; redacting again changes nothing.
//  X3  Hashes, UUIDs and prose stay as they are, unless a name of a secret is set to them.
import type { Json } from "./json.ts";
import { knownSecrets } from "./known-secrets.ts";

const mark = (kind: string, length: number): string => `[redacted: ${kind}, ${length} characters]`;
const marked = "[redacted:";

/** `text` with secrets replaced by a marker such as `[redacted: aws-key, 20 characters]`. */
export function redact(text: string): string {
  let clean = text.length < 8 ? text : withoutKnown(text);
  // A secret glued to another one is seen only once its neighbour is gone.
  for (let pass = 0; pass < mostPasses; pass++) {
    const again = redactOnce(clean);
    if (again === clean) break;
    clean = again;
  }
  return clean;
}

function withoutKnown(text: string): string {
  let clean = text;
  for (const value of knownSecrets()) if (clean.includes(value)) clean = clean.replaceAll(value, () => mark("known-secret", value.length));
  return clean;
}

/** Secrets glued together in a longer row than this are nobody's doing by accident; time stays bounded. */
const mostPasses = 16;

function redactOnce(text: string): string {
  if (text.length < 8) return text;
  let clean = text;
  if (clean.includes("PRIVATE KEY")) clean = clean.replace(pemBlock, hidePem);
  if (clean.includes("://")) clean = clean.replace(userInfo, hideUserInfo);
  clean = clean.replace(knownKey, hideKnownKey);
  clean = clean.replace(assignment, hideAssignment);
  clean = clean.replace(commandOption, (whole, option: string, value: string) => (value.startsWith(marked) ? whole : option + mark("secret", value.length)));
  return clean.replace(bearer, (whole, scheme: string, value: string) => (looksRandom(value) ? scheme + mark("bearer-token", value.length) : whole));
}

// A block without its end (cut output) is hidden as far as its lines of base64 go.
const pemBlock = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----([^-]*(?:-(?!----)[^-]*)*)(-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?/g;
const pemHeading = /^-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const pemLines = /^(?:\s|\\[rn]|[A-Za-z0-9+/=]{16,})*/;
function hidePem(whole: string, body: string, end: string | undefined): string {
  if (end !== undefined) return mark("private-key", whole.length);
  const length = (pemLines.exec(body)?.[0] ?? "").trimEnd().length;
  if (length < 32) return whole;
  return `${pemHeading.exec(whole)?.[0] ?? ""}${mark("private-key", length)}${body.slice(length)}`;
}

// user:password@ of an address; a user alone only where it is too long for a name.
const userInfo = /:\/\/([^\s/@:"'`<>\\]*)(:[^\s/"'`<>\\]*)?@/g;
function hideUserInfo(whole: string, user: string, password: string | undefined): string {
  if (password !== undefined && password.length > 1) return password.startsWith(`:${marked}`) ? whole : `://${user}:${mark("password", password.length - 1)}@`;
  return user.length >= 16 && !user.startsWith(marked) ? `://${mark("user-info", user.length)}@` : whole;
}

const forms: readonly { readonly kind: string; readonly form: string; readonly accept?: (match: string, before: string) => boolean }[] = [
  { kind: "anthropic-key", form: "sk-ant-[\\w-]{8,}" },
  { kind: "openai-key", form: "sk-[\\w-]{20,}", accept: (match, before) => opensWord(before) && /\d/.test(match) && /[A-Za-z]{3}/.test(match.slice(3)) },
  { kind: "aws-key", form: "A[KS]IA[A-Z0-9]{16,}", accept: (match, before) => match.length === 20 && opensWord(before) },
  { kind: "github-token", form: "github_pat_\\w{20,}" },
  { kind: "github-token", form: "gh[pousr]_[A-Za-z0-9]{20,}" },
  { kind: "gitlab-token", form: "glpat-[\\w-]{16,}" },
  { kind: "slack-token", form: "xox[a-z]-[\\w-]{8,}" },
  { kind: "google-key", form: "AIza[\\w-]{30,}", accept: (match, before) => match.length < 60 && opensWord(before) },
  { kind: "stripe-key", form: "[rs]k_(?:live|test)_[A-Za-z0-9]{16,}" },
  { kind: "npm-token", form: "npm_[A-Za-z0-9]{30,}", accept: (match) => /\d/.test(match) },
  { kind: "hugging-face-token", form: "hf_[A-Za-z0-9]{30,}", accept: (_match, before) => opensWord(before) },
  {
    kind: "json-web-token",
    form: "eyJ[\\w-]{8,}(?:\\.[\\w-]*)*",
    accept: (match) => /^[\w-]+\.eyJ[\w-]{4,}\.[\w-]/.test(match) || /^[\w-]+(?:\.[\w-]*){4}$/.test(match),
  },
];
const knownKey = new RegExp(forms.map(({ form }) => `(${form})`).join("|"), "g");
/** Whether a word may begin after `before` (the two characters there); `\n` written out inside JSON counts as a blank. */
const opensWord = (before: string): boolean => !/[A-Za-z0-9+_-]$/.test(before) || /\\[nrt]$/.test(before);

function hideKnownKey(...found: (string | number | undefined)[]): string {
  const match = String(found[0]);
  const [offset, whole] = found.slice(-2) as [number, string];
  const which = forms.findIndex((_, index) => found[index + 1] !== undefined);
  const form = forms[which];
  if (!form || (form.accept && !form.accept(match, whole.slice(Math.max(0, offset - 2), offset)))) return match;
  return mark(form.kind, match.length);
}

const secretWord =
  "(?i:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|account[_-]?key|encryption[_-]?key|credential|authorization)";
/** What stands before a secret that has no form of its own. */
export const mayNameSecret = new RegExp(`${secretWord}|(?i:bearer)`);
/** What may follow the word within a name: `_FILE`, `AccessKey`, `2`; a plural `s` may not: "tokens" are counted. */
const secretTail = "(?:[_-]\\w{0,24}|[A-Z]\\w{0,24}|\\d{1,4})?";
// name, then = or : with what stands around it, then perhaps the scheme of a header, then the value: quoted inside quotes, quoted, or bare
const assignment = new RegExp(
  `(${secretWord}${secretTail})((?:\\\\?["'\`])?\\s{0,4}(?:=>|:=|[=:])\\s{0,4})((?:\\\\?["'\`])?(?i:bearer|basic|token|digest|negotiate)\\s{1,3})?(\\\\"[^"\\\\\\n]*|"[^"\\\\\\n]*(?:\\\\[^\\n][^"\\\\\\n]*){0,999}|'[^'\\\\\\n]*(?:\\\\[^\\n][^'\\\\\\n]*){0,999}|[^\\s"'\`,;&\\\\)\\]}]+)`,
  "g",
);

function hideAssignment(whole: string, name: string, joint: string, scheme: string | undefined, value: string, offset: number, text: string): string {
  const opening = /^(?:\\"|["'])?/.exec(value)?.[0] ?? "";
  const secret = value.slice(opening.length);
  const rest = text.slice(offset + whole.length, offset + whole.length + 40);
  const quoted = opening !== "" || /^\\?["'`]/.test(scheme ?? "");
  const hidden = scheme === undefined ? isSecretValue(name, secret, { quoted, joint, rest }) : secret.length >= 8 && !secret.startsWith(marked);
  return hidden ? `${name}${joint}${scheme ?? ""}${opening}${mark(kindOf(name), secret.length)}` : whole;
}

const kindOf = (name: string): string => (/pass|pwd/i.test(name) ? "password" : /key/i.test(name) ? "key" : /token/i.test(name) ? "token" : "secret");

interface Setting {
  readonly quoted: boolean;
  /** What stands between name and value. */
  readonly joint: string;
  /** What follows the value, a few characters. */
  readonly rest: string;
}
const noSecret = /^(?:null|nil|none|true|false|undefined|void|required|optional|any|unknown|never|string|number|boolean|bigint|object|str|bytes|int)$/i;
const reference = /^(?:\$|<|%|\*|#|\[redacted:|\.\.\.|…|\{\{|process\.|os\.|env\.|ENV\[|secrets\.|vault:|file:)/;
const path = /^[A-Za-z_][\w$]*(?:(?:\.|\?\.|::)[A-Za-z_][\w$]*)*[([<!?]*$/;

/** Whether what a secret's name is set to is a secret, not a type, a variable, a count, or the next words of a sentence. */
function isSecretValue(name: string, value: string, { quoted, joint, rest }: Setting): boolean {
  if (value.length < 4 || noSecret.test(value) || (reference.test(value) && !/\d/.test(value.replace(/^\$\{?[A-Za-z_]\w*\}?$/, "")))) return false;
  if (value.includes(marked)) return false;
  if (/^[\d.,_]+$/.test(value)) return /pass|pwd|secret/i.test(name);
  if (quoted) return !/^[A-Z]?[a-z]+(?: [a-z]+){2,}[.:!]?$/.test(value);
  const blanks = /\s/.test(joint);
  if (joint.includes("=") && !blanks) return !/^[A-Za-z_$][\w$.?]*\(/.test(value) && !/^[([{]/.test(rest);
  // with blanks around it is code, YAML, a header or a sentence
  if ((path.test(value) && !/\d.*\d/.test(value)) || /^[A-Za-z_$][\w$.?]*[(<[]/.test(value))
    return /pass|pwd/i.test(name) && /^[a-z]+$/.test(value) && /^[ \t]*(?:\r?\n|$)/.test(rest);
  return /\d/.test(value) || /[^A-Za-z.'’!?-]/.test(value);
}

const commandOption = /(--(?:[a-z]{1,12}-){0,2}(?:password|token|secret|api-?key)[ =]["']?)([^\s"'`;|&)-][^\s"'`;|&)]{3,})/gi;
const bearer = /(\bbearer\s{1,3})([\w.~+/=-]{8,})/gi;
const looksRandom = (text: string): boolean => /\d/.test(text) || text.length >= 24;

const deepest = 100;
const secretName = new RegExp(`${secretWord}${secretTail}$`);

/**
 * A copy of a JSON value with every string in it redacted; a string whose key is a name of a secret (`password`,
 * `GITHUB_TOKEN` …) goes wholly. Images are left as they are; what is nested deeper than 100 is replaced by a remark.
 */
export function redactJson(value: Json, depth = 0): Json {
  if (typeof value === "string") return redact(value);
  if (value === null || typeof value !== "object") return value;
  if (depth >= deepest) return "[left out: nested too deeply]";
  if (Array.isArray(value)) return value.map((one: Json) => redactJson(one, depth + 1));
  const object = value as { readonly [key: string]: Json };
  if (object.type === "image" && typeof object.data === "string") return value;
  return Object.fromEntries(Object.entries(object).map(([key, one]) => [redact(key), redactField(key, one, depth)]));
}

function redactField(key: string, value: Json, depth: number): Json {
  if (typeof value !== "string" || !secretName.test(key)) return redactJson(value, depth + 1);
  return isSecretValue(key, value, { quoted: true, joint: ":", rest: "" }) ? mark(kindOf(key), value.length) : redact(value);
}
