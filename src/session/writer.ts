// Appends to one journal file, in order, together where they come together.
//
// Invariants
//  P1  Appends go out in the order they were asked for; those of one tick share one write and one sync.
//  P2  A payload is durable before the line that names it is written.
//  P3  After one failed write or sync nothing is written any more: the handle is poisoned. A full disk is no failure while
//      lines that close what has begun fit into the reserve; they are then synced at once, and nothing else is written.
import { BosunError, messageOf, type Outcome, type SessionId } from "../base/index.ts";
import type { DiskFile } from "../exec/index.ts";
import { isFull, type Reserve } from "./reserve.ts";
import type { LineRole, SessionWriter } from "./store.ts";

export interface WriterParts {
  readonly file: DiskFile;
  readonly session: SessionId;
  readonly lock: { readonly fence: number; release(): Promise<void> };
  readonly seq: number;
  readonly prev: string;
  readonly put: (bytes: Uint8Array) => Promise<Outcome<string>>;
  readonly reserve: Reserve;
}
interface Waiting {
  readonly bytes: Buffer;
  readonly sync: boolean;
  readonly payloads: readonly Uint8Array[];
  readonly role: LineRole;
  readonly done: () => void;
  readonly fail: (error: BosunError) => void;
}

export function createWriter(parts: WriterParts): SessionWriter {
  let next = parts.seq;
  let waiting: Waiting[] = [];
  let flushing: Promise<void> | null = null;
  let poison: BosunError | null = null;
  let isSpent = false; // the reserve
  let isReleased = false;
  const flush = async (): Promise<void> => {
    await Promise.resolve(); // the rest of this tick joins
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        if (poison) throw poison;
        if (isSpent && !batch.some(({ role }) => role === "closes")) throw reserveSpent();
        isSpent = await writeBatch(parts, batch, isSpent);
        for (const one of batch) one.done();
      } catch (error) {
        poison ??= BosunError.isInstance(error) ? error : journalFailed(error);
        for (const one of batch) one.fail(poison);
      }
    }
    flushing = null;
  };
  return {
    session: parts.session,
    fence: parts.lock.fence,
    next: { seq: parts.seq, prev: parts.prev },
    append(sequence, lines, sync, payloads = [], role = "plain") {
      if (poison) return Promise.reject(poison);
      if (sequence !== next) throw new Error(`append of line ${sequence} where ${next} is due`);
      next += lines.length;
      return new Promise<void>((done, fail) => {
        waiting.push({ bytes: Buffer.from(lines.join("")), sync, payloads, role, done, fail });
        flushing ??= flush();
      });
    },
    async release() {
      while (flushing !== null) await flushing;
      poison ??= new BosunError("journal-failed", "The session was closed.");
      if (isReleased) return; // by now the descriptor's number may be somebody else's
      isReleased = true;
      await parts.file.close().catch(() => undefined);
      await parts.reserve.drop();
      await parts.lock.release();
    },
  };
}

/** Resolves with whether the reserve is spent. */
async function writeBatch({ file, put, reserve }: WriterParts, batch: readonly Waiting[], wasSpent: boolean): Promise<boolean> {
  for (const payload of batch.flatMap((one) => one.payloads)) {
    const stored = await put(payload);
    if (!stored.ok) throw stored.error;
  }
  if (batch.some(({ role }) => role === "begins")) await reserve.make();
  const mayFree = !wasSpent && batch.some(({ role }) => role === "closes");
  const bytes = batch.length === 1 && batch[0] ? batch[0].bytes : Buffer.concat(batch.map((one) => one.bytes));
  const isSpent = (await writeOut(file, bytes, mayFree ? reserve : null)) || wasSpent;
  if (isSpent || batch.some((one) => one.sync)) await file.sync();
  return isSpent;
}

/** Writes all of it, however many short writes that takes. Resolves with whether the reserve was given up for it. */
async function writeOut(file: DiskFile, bytes: Buffer, reserve: Reserve | null): Promise<boolean> {
  let isFreed = false;
  for (let done = 0; done < bytes.length; ) {
    try {
      const count = await file.write(done === 0 ? bytes : bytes.subarray(done));
      if (count <= 0) throw Object.assign(new Error("a write made no progress"), { code: "EIO" });
      done += count;
    } catch (error) {
      if (!isFull(error) || !reserve || isFreed) throw error;
      isFreed = true;
      await reserve.free();
    }
  }
  return isFreed;
}

const fullSays = "The disk is full: the journal cannot be written.";
const reserveSpent = (): BosunError =>
  new BosunError("journal-failed", `${fullSays} What had begun is recorded, in space that was kept for it; nothing was begun after it.`);

function journalFailed(error: unknown): BosunError {
  return new BosunError("journal-failed", isFull(error) ? fullSays : `The journal cannot be written: ${messageOf(error)}.`, { cause: error });
}
