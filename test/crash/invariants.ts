// What must hold after every crash, fault and loss, each under its name. Pure but for the bytes it is given.

import { sha256 } from "../../src/exec/index.ts";
import type { RunEvent } from "../../src/index.ts";
import type { Message } from "../../src/model/index.ts";
import type { Entry } from "../../src/session/index.ts";
import { decodeLine, firstPrev, scanJournal } from "../../src/session/index.ts";
import type { StepChange } from "../../src/workflow/index.ts";
import type { Life } from "./walk.ts";

export const invariants = [
  "no synced entry is lost",
  "no mutating effect happens twice",
  "what is said to be done was done",
  "no unpaired call is sent",
  "every file edit is judged right",
  "every unknown is said to model and person",
  "no silent gap",
  "no process is left",
  "the chain of lines is whole",
  "an end in bounded steps",
] as const;
export type Invariant = (typeof invariants)[number];
export interface Violation {
  readonly invariant: Invariant;
  readonly says: string;
}

/** Everything a trial left, in the order of its lives. */
export interface Remains {
  readonly lives: readonly Life[];
  /** The journal at its end. */
  readonly journal: Buffer;
  /** Those of the sessions that parts were delegated to. */
  readonly delegates: readonly { readonly journal: Buffer; readonly confirmed: readonly Buffer[] }[];
  /** What was confirmed durable of it at the end of each life: its beginning, byte for byte. */
  readonly confirmed: readonly Buffer[];
  /** How often each effect happened. */
  readonly effects: ReadonlyMap<string, number>;
  /** Content of a file of the project, null when there is none. */
  file(name: string): string | null;
  /** What the server refused, in its words. */
  readonly refused: readonly string[];
  /** Last body a model was sent. */
  readonly lastBody: string;
  /** Last body that the model of a delegate was sent. */
  readonly lastDelegateBody: string;
  /** Commands of processes that still run. */
  readonly processes: readonly string[];
  /** Of what no sync had confirmed lines may then be missing between others: a gap, which is said. */
  readonly powerLost: boolean;
}

export async function violationsOf(remains: Remains): Promise<readonly Violation[]> {
  const found: Violation[] = [];
  const say = (invariant: Invariant, says: string): void => void found.push({ invariant, says });
  const entries = entriesIn(remains.journal);
  checkJournal(remains, entries, say);
  await checkChain(remains, say);
  const isLeft = closedSteps(entries).some(({ tool, change }) => tool === "delegate" && change.to === "reconciled" && change.verdict === "unknown");
  for (const { journal, confirmed } of remains.delegates) await checkDelegate(remains, journal, confirmed, isLeft, say);
  checkEffects(remains, entries, say);
  checkUnknowns(remains, entries, remains.lives.at(-1)?.messages ?? [], say);
  for (const words of remains.refused) say("no unpaired call is sent", words);
  for (const words of remains.processes) say("no process is left", words);
  const last = remains.lives.at(-1);
  if (!last?.through) say("an end in bounded steps", `${remains.lives.length} lives, ${last?.runs} runs in the last, ${JSON.stringify(last?.end)}`);
  return found;
}

/** The same for the session of a delegate. `isLeft`: its parent has said of all of it that it is not known, and left it as it was. */
async function checkDelegate(remains: Remains, journal: Buffer, confirmed: readonly Buffer[], isLeft: boolean, say: Say): Promise<void> {
  const entries = entriesIn(journal);
  checkConfirmed(journal, confirmed, say);
  checkNumbers(entries, say);
  const whole = isLeft ? journal.subarray(0, entries.length === 0 ? 0 : journal.lastIndexOf(10) + 1) : journal;
  await checkChain({ ...remains, journal: whole }, say);
  checkEffects(remains, entries, say);
  if (!isLeft) checkUnknowns({ ...remains, lastBody: remains.lastDelegateBody }, entries, null, say);
}

type Say = (invariant: Invariant, says: string) => void;

export function entriesIn(journal: Buffer): readonly Entry[] {
  let last = -1;
  return linesIn(journal).flatMap((line) => {
    const decoded = decodeLine(line);
    if (decoded.kind !== "entry" || decoded.entry.seq <= last) return [];
    last = decoded.entry.seq;
    return [decoded.entry];
  });
}

function checkJournal({ journal, confirmed, lives, powerLost }: Remains, entries: readonly Entry[], say: Say): void {
  checkConfirmed(journal, confirmed, say);
  checkNumbers(entries, say);
  const notices = lives.flatMap((life) => life.events).filter((event) => event.type === "notice");
  for (const entry of entries) {
    if (entry.type === "gap" && !powerLost) say("no silent gap", `a gap after line ${entry.afterSeq}: ${entry.says}`);
  }
  for (const entry of entries) {
    // the life that repaired may have died before it could say so; then the line alone says it
    if (entry.type === "repair" && !notices.some((notice) => notice.says.includes(entry.aside)) && lives.at(-1)?.through !== true)
      say("no silent gap", `the repair ${entry.aside} was not said`);
  }
  for (const notice of notices) {
    const aside = notice.code === "journal-repaired" ? /copied to (\S+)/.exec(notice.says)?.[1] : undefined;
    if (aside !== undefined && !entries.some((entry) => entry.type === "repair" && entry.aside === aside))
      say("no silent gap", `the repair ${aside} is not in the journal`);
  }
}

function checkConfirmed(journal: Buffer, confirmed: readonly Buffer[], say: Say): void {
  for (const [index, before] of confirmed.entries()) {
    if (!journal.subarray(0, before.length).equals(before))
      say("no synced entry is lost", `after life ${index} ${before.length} bytes were durable; they are not there any more`);
  }
}

function checkNumbers(entries: readonly Entry[], say: Say): void {
  let last = -1;
  for (const { seq } of entries) {
    const said = entries.some((one) => one.type === "gap" && one.afterSeq === last && one.seq >= seq);
    if (seq !== last + 1 && !said) say("no silent gap", `line ${seq} follows line ${last}`);
    last = seq;
  }
}

async function checkChain({ journal, powerLost }: Remains, say: Say): Promise<void> {
  const scanned = await scanJournal(
    async (into, position) => journal.copy(into, 0, position),
    () => undefined,
  );
  if (scanned.broken.length > 0) say("the chain of lines is whole", `broken at ${scanned.broken}`);
  if (scanned.badTail > 0) say("the chain of lines is whole", `${scanned.badTail} bytes at its end: ${scanned.badTailWhy}`);
  let prev: string | null = firstPrev;
  for (const line of linesIn(journal)) {
    const decoded = decodeLine(line);
    const isEntry = decoded.kind === "entry";
    if (isEntry && prev !== null && decoded.entry.prev !== prev && !powerLost) say("the chain of lines is whole", `"prev" of ${line.toString("utf8", 0, 40)}`);
    if (!isEntry && !powerLost) say("the chain of lines is whole", `no line: ${line.toString("utf8", 0, 40)}`);
    prev = isEntry ? sha256(line) : null;
  }
}

function linesIn(journal: Buffer): readonly Buffer[] {
  const lines: Buffer[] = [];
  for (let at = 0, end = journal.indexOf(10); end >= 0; at = end + 1, end = journal.indexOf(10, at)) lines.push(journal.subarray(at, end));
  return lines;
}

interface Closed {
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly change: Extract<StepChange, { readonly to: "done" | "failed" | "denied" | "cancelled" | "reconciled" }>;
  readonly text: string;
  readonly seq: number;
}

function closedSteps(entries: readonly Entry[]): readonly Closed[] {
  const planned = new Map<string, { readonly tool: string; readonly input: Readonly<Record<string, unknown>> }>();
  const closed: Closed[] = [];
  for (const entry of entries) {
    if (entry.type !== "step") continue;
    const { change } = entry;
    if (change.to === "planned") planned.set(change.step, { tool: change.call.tool, input: change.call.input as Closed["input"] });
    if (change.to === "done" || change.to === "failed" || change.to === "denied" || change.to === "cancelled" || change.to === "reconciled") {
      const text = "result" in change ? change.result.parts.map((part) => (part.type === "text" ? part.text : "")).join("") : change.why;
      closed.push({ ...(planned.get(change.step) ?? { tool: "?", input: {} }), change, text, seq: entry.seq });
    }
  }
  return closed;
}

function checkEffects(remains: Remains, entries: readonly Entry[], say: Say): void {
  for (const [name, times] of remains.effects) if (times > 1) say("no mutating effect happens twice", `${name}: ${times} times`);
  for (const step of closedSteps(entries)) {
    if (step.tool === "edit" || step.tool === "write") checkFile(remains, step, say);
    const name = typeof step.input["name"] === "string" ? step.input["name"] : /^echo (\w+) >>/.exec(String(step.input["command"] ?? ""))?.[1];
    if (name === undefined) continue;
    const times = remains.effects.get(name) ?? 0;
    // of a command in the background it is said that it was begun, of a delegate that it gave an answer
    const isClaimed = step.change.to === "done" && step.input["background"] !== true && step.tool !== "delegate";
    if (isClaimed && times !== 1) say("what is said to be done was done", `${name} was said to be done and happened ${times} times`);
    if ((step.change.to === "denied" || step.change.to === "cancelled") && times > 0)
      say("what is said to be done was done", `${name}: ${step.change.to}, yet it happened`);
  }
}

/** Each edit touches a line of its own and each write a file of its own, so that the end still tells of every one. */
function checkFile({ file }: Remains, { tool, input, change, text }: Closed, say: Say): void {
  const path = String(input["path"]);
  const content = file(path);
  const wanted = tool === "edit" ? String((input["edits"] as readonly { readonly new: string }[])[0]?.new) : String(input["content"]);
  const old = tool === "edit" ? String((input["edits"] as readonly { readonly old: string }[])[0]?.old) : null;
  const isThere = content?.includes(wanted) ?? false;
  const isWhole = old === null ? content === null || content === wanted : isThere !== (content?.includes(old) ?? false);
  if (!isWhole) say("every file edit is judged right", `${path} is neither as it was nor as the call would leave it: ${JSON.stringify(content)}`);
  if (change.to === "reconciled") {
    const expected = isThere ? "applied" : "not-applied";
    if (change.verdict === "unknown" && isThere && / was written, but the disk did not confirm it/.test(text)) return;
    // lines that would tell are missing: nothing is guessed
    if (change.verdict === "unknown" && text.startsWith("Lines of the journal are missing")) return;
    if (change.verdict !== expected) say("every file edit is judged right", `${tool} ${path} was judged ${change.verdict}, and is ${expected}`);
    return;
  }
  const claimed = change.to === "done" || / was written, but /.test(text);
  if (claimed !== isThere)
    say(
      "every file edit is judged right",
      `${tool} ${path} (${wanted.trim()}): told ${change.to} "${text.slice(0, 80)}", and it is ${isThere ? "there" : "not there"}`,
    );
}

/** `messages` null: not known. */
function checkUnknowns({ lives, lastBody }: Remains, entries: readonly Entry[], messages: readonly Message[] | null, say: Say): void {
  const shown = lives.flatMap((life) => life.events).flatMap((event: RunEvent) => (event.type === "notice" ? [event.says] : []));
  for (const { change, text } of closedSteps(entries)) {
    if (change.to !== "reconciled" || change.verdict === "applied") continue;
    if (
      messages !== null &&
      !messages.some((message: Message) => message.role === "tool" && message.parts.some((part) => part.type === "text" && part.text === text))
    )
      say("every unknown is said to model and person", `not in the conversation: ${text.slice(0, 80)}`);
    if (!lastBody.includes(JSON.stringify(text).slice(1, -1))) say("every unknown is said to model and person", `no model was sent: ${text.slice(0, 80)}`);
    if (!shown.some((words) => words.includes(text))) say("every unknown is said to model and person", `no person saw: ${text.slice(0, 80)}`);
  }
  // a step whose plan was lost with a gap is nobody's: its call has another one
  const known = new Set<string>();
  const begun = new Set<string>();
  for (const entry of entries) {
    if (entry.type !== "step") continue;
    if (entry.change.to === "planned") known.add(entry.change.step);
    else if (entry.change.to === "executing" && known.has(entry.change.step)) begun.add(entry.change.step);
    else if (entry.change.to !== "awaiting-approval" && entry.change.to !== "unknown") begun.delete(entry.change.step);
  }
  for (const step of begun) say("every unknown is said to model and person", `${step} was begun and has no end`);
}
