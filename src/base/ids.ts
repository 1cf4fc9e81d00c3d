// Identifiers: branded strings that sort by the time they were made.
declare const brand: unique symbol;
/** A string that only its maker may produce: `Id<"call">` is not an `Id<"step">`. */
export type Id<Kind extends string> = string & { readonly [brand]: Kind };
export type SessionId = Id<"session">;
export type EntryId = Id<"entry">;
export type RequestId = Id<"request">;
export type CallId = Id<"call">;
export type StepId = Id<"step">;
export type TaskId = Id<"task">;

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"; // Crockford base 32 in lower case: no i, l, o, u
let lastTime = 0;
let counter = 0;

/**
 * A new identifier: `prefix`, "_", ten characters of time in milliseconds, four of a counter within that
 * millisecond and eight random ones. Later identifiers of one process sort after earlier ones, also when
 * the clock steps back.
 */
export function newId<Kind extends string>(prefix: string, now: number): Id<Kind> {
  if (now > lastTime) {
    lastTime = now;
    counter = 0;
  } else counter += 1;
  let random = "";
  for (let index = 0; index < 8; index++) random += alphabet[Math.floor(Math.random() * 32)];
  return `${prefix}_${encode(lastTime, 10)}${encode(counter, 4)}${random}` as Id<Kind>;
}

function encode(value: number, length: number): string {
  let rest = value;
  let text = "";
  for (let index = 0; index < length; index++) {
    text = alphabet[rest % 32] + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

/** What may name a session: it becomes a folder beside `blobs`, so no separators, no leading dot, 1 to 64 characters. */
export function isSessionName(text: string): text is SessionId {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text) && !text.endsWith(".") && text.toLowerCase() !== "blobs";
}
