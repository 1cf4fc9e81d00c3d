// Answers from other processes to questions that a session asked: one file each in its folder, the first one wins.
//
// Owns: `<session folder>/answers/<asking>.json`. Nothing of it is needed once its decision stands in the journal.
// Invariants
//  B1  An answer has its name only once it is whole and durable: written aside, synced, then linked (which never replaces).
//  B2  There is one answer to a question. Whoever comes later is given the first one.
//  B3  What cannot be read as an answer is none: it allows nothing.
import { userInfo } from "node:os";
import { BosunError, codeOf, isJson, isJsonObject, type Json, messageOf, newId, type Outcome, parseJson, type SessionId } from "../base/index.ts";
import { type Disk, readWhole, writeAll } from "../exec/index.ts";
import type { Decision, Holds } from "../permissions/index.ts";

/** What a person said to one question, as it lies in the mailbox. */
export interface RecordedAnswer {
  readonly asking: string;
  readonly verdict: "allow" | "deny";
  /** Their words. */
  readonly says?: string;
  readonly holds: Holds;
  /** The allow rule that goes with "session" or "project". */
  readonly rule?: string;
  /** The command is to run without a sandbox. */
  readonly profile?: "open";
  /** To be carried out in place of the model's input. */
  readonly input?: Json;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Which user of the system. */
  readonly who: string;
}

/** The part of a store that takes answers. */
export interface AnswerBox {
  /** Durable when it resolves. `first`: the answer that counts; it may be somebody else's. */
  put(session: SessionId, answer: RecordedAnswer): Promise<Outcome<{ readonly first: RecordedAnswer; readonly isFirst: boolean }>>;
  /** Null: there is none that can be read. */
  get(session: SessionId, asking: string): Promise<RecordedAnswer | null>;
}

/** Bytes of one answer. */
const most = 256 * 1024;
const isName = (asking: string): boolean => /^[\w-]{1,80}$/.test(asking);

/** `at`: the folder of a session. */
export function createAnswerFolder(disk: Disk, at: (session: SessionId) => string): AnswerBox {
  const folderOf = (session: SessionId): string => `${at(session)}/answers`;
  const get: AnswerBox["get"] = async (session, asking) => {
    if (!isName(asking)) return null;
    try {
      return readAnswer(Buffer.from(await readWhole(disk, `${folderOf(session)}/${asking}.json`, most)).toString("utf8"), asking);
    } catch {
      return null;
    }
  };
  const put: AnswerBox["put"] = async (session, answer) => {
    const folder = folderOf(session);
    const path = `${folder}/${answer.asking}.json`;
    const bytes = Buffer.from(`${JSON.stringify(answer)}\n`);
    if (!isName(answer.asking)) return refused(`"${answer.asking}" can't name a question.`, "`bosun approvals` lists those that are open.");
    if (bytes.length > most) return refused(`The answer has ${bytes.length} bytes, the most is ${most}.`, "Say it shorter.");
    try {
      await disk.stat(at(session));
      await disk.makeFolder(folder, 0o700);
      const isFirst = await place(disk, `${folder}/.${newId("answer", answer.at)}.tmp`, path, bytes);
      await disk.syncFolder(folder);
      await disk.syncFolder(at(session));
      if (isFirst) return { ok: true, value: { first: answer, isFirst } };
    } catch (error) {
      const says = `The answer can't be recorded in ${folder}: ${messageOf(error)}.`;
      return {
        ok: false,
        error: new BosunError("journal-failed", says, { cause: error, next: "Nothing was allowed. Answer on a terminal, with bosun --resume." }),
      };
    }
    const first = await get(session, answer.asking);
    if (first) return { ok: true, value: { first, isFirst: false } };
    return refused(`There is an answer to this question that can't be read: ${path}.`, "Look at that file, remove it if it is nobody's, and answer again.");
  };
  return { put, get };
}

/** False: the name is taken. */
async function place(disk: Disk, temporary: string, path: string, bytes: Uint8Array): Promise<boolean> {
  const file = await disk.open(temporary, "create", 0o600);
  try {
    try {
      await writeAll(file, bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await disk.link(temporary, path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    await disk.remove(temporary).catch(() => undefined);
  }
}

const refused = (says: string, next: string): Outcome<never> => ({ ok: false, error: new BosunError("usage", says, { next }) });

/** Null where anything in it is not as it must be. */
function readAnswer(text: string, asking: string): RecordedAnswer | null {
  const parsed = parseJson(text);
  if (!parsed.ok || !isJsonObject(parsed.value)) return null;
  const { verdict, says, holds, rule, profile, at, who, ...more } = parsed.value;
  const isText = (value: Json | undefined): boolean => value === undefined || typeof value === "string";
  if (more["asking"] !== asking || (verdict !== "allow" && verdict !== "deny")) return null;
  if (holds !== "call" && holds !== "session" && holds !== "project") return null;
  // a denial grants nothing, and a time is one that can be told
  if ((verdict === "deny" && rule !== undefined) || typeof at !== "number" || !(Math.abs(at) <= 8.64e15)) return null;
  if (more["input"] !== undefined && !isJson(more["input"])) return null;
  if (typeof who !== "string" || !isText(says) || !isText(rule) || (profile !== undefined && profile !== "open")) return null;
  return parsed.value as unknown as RecordedAnswer;
}

/** The part of a decision that the answer gives. */
export function decidedBy(answer: RecordedAnswer): Pick<Decision, "verdict" | "reason" | "holds" | "rule" | "profile" | "more"> {
  const { verdict, holds, rule, profile, at, who } = answer;
  const says = answer.says?.trim() ?? "";
  const refusal = says === "" ? "the person said no" : `the person said no, and: ${says}`;
  const words = verdict === "deny" ? refusal : says;
  return {
    verdict,
    reason: { by: "person", ...(words === "" ? {} : { says: words }) },
    holds,
    ...(rule === undefined ? {} : { rule }),
    ...(profile === undefined ? {} : { profile }),
    more: { answeredBy: who, answeredAt: at },
  };
}

/** Whether two answers say the same, whoever gave them and when. */
export function isSameAnswer(left: RecordedAnswer, right: RecordedAnswer): boolean {
  const words = ({ at: _at, who: _who, ...rest }: RecordedAnswer): string =>
    JSON.stringify(Object.entries(rest).sort(([one], [other]) => (one < other ? -1 : 1)));
  return words(left) === words(right);
}

/** The name of the system's user, for the record. */
export function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown";
  }
}
