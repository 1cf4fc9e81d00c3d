// Limits that all sessions of a project, or of a day, hold to together, in however many processes.
//
// Owns: $BOSUN_HOME/budget.lock. Calls: the journals, through spending-file.ts.
// Invariants
//  U1  Between reading what all journals add up to and the request line that it was read for, nobody else reads: two processes
//      never take the same money.
//  U2  The kernel frees the lock of a process that dies. What it had reserved stands in its journal, and counts from there.
//  U3  Nothing in this process opens the lock file but SQLite.
import { BosunError, type Clock, codeOf, messageOf } from "../base/index.ts";
import { type Budget, nothing, type Scope } from "../budget/index.ts";
import { dayOf, openSpendingFile, type Spending, type SpendingFile } from "./spending-file.ts";
import type { SessionStore } from "./store.ts";

/** In money and tokens. */
export interface SharedLimits {
  readonly project?: Pick<Budget, "usd" | "tokens">;
  /** Of a day of the person's clock, in all projects of the home. */
  readonly day?: Pick<Budget, "usd" | "tokens">;
}
export interface SharedBudget {
  /**
   * Runs `work` while no other process is at this point. What it appends to its journal counts for the next one.
   * Rejects with a BosunError (lock-unavailable) where the lock cannot be had.
   */
  within<Value>(work: (scopes: readonly Scope[]) => Promise<Value>, signal?: AbortSignal): Promise<Value>;
  close(): void;
}

export interface SharedBudgetOptions {
  /** `$BOSUN_HOME`. */
  readonly home: string;
  /** Of the project. */
  readonly sessionsFolder: string;
  readonly clock: Clock;
  /** As they are now: a person may raise them. Without one nothing is read or locked. */
  readonly limits: () => SharedLimits;
  /** A store of one's own: only its sessions count, and only in this process. */
  readonly store?: SessionStore;
}

const longestWait = 30_000;

export function createSharedBudget(options: SharedBudgetOptions): SharedBudget {
  const path = `${options.home}/budget.lock`;
  let file: SpendingFile | undefined;
  const database = `${options.home}/budget.db`;
  const totals = (limits: SharedLimits): Totals => {
    try {
      file ??= openSpendingFile(database);
      return readFile(file, limits, options);
    } catch {
      // disposable: damaged, or deleted under us
      file?.close();
      for (const name of [database, `${database}-journal`]) process.getBuiltinModule("node:fs").rmSync(name, { force: true });
      file = openSpendingFile(database);
      return readFile(file, limits, options);
    }
  };
  return {
    async within(work, signal) {
      const limits = options.limits();
      if (Object.keys(limits).length === 0) return work([]);
      return inTurn(path, async () => {
        if (options.store) return work(scopesOf(limits, await readStore(options.store, dayOf(options.clock.now()))));
        const unlock = await lockFile(path, signal);
        try {
          return await work(scopesOf(limits, totals(limits)));
        } finally {
          unlock();
        }
      });
    },
    close: () => {
      file?.close();
      file = undefined;
    },
  };
}

type Totals = { readonly project: Spending; readonly day: Spending };

function scopesOf({ project, day }: SharedLimits, totals: Totals): readonly Scope[] {
  return [
    ...(project === undefined ? [] : [{ scope: "project", budget: project, ...totals.project }]),
    ...(day === undefined ? [] : [{ scope: "day", budget: day, ...totals.day }]),
  ];
}

function readFile(file: SpendingFile, { day }: SharedLimits, { home, sessionsFolder, clock }: SharedBudgetOptions): Totals {
  file.refresh(day === undefined ? [sessionsFolder] : projectsOf(home, sessionsFolder));
  return { project: file.total({ project: sessionsFolder }), day: file.total({ since: dayOf(clock.now()) }) };
}

function projectsOf(home: string, own: string): readonly string[] {
  const fs = process.getBuiltinModule("node:fs");
  const folder = `${home}/projects`;
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  return [...new Set([...names.map((name) => `${folder}/${name}`), own])];
}

/** What the sessions of a store add up to. */
async function readStore(store: SessionStore, since: string): Promise<Totals> {
  const open = new Map<string, { readonly day: string; readonly usd: number; readonly tokens: number }>();
  const sums = { project: { usd: 0, tokens: 0 }, day: { usd: 0, tokens: 0 } };
  for (const { session } of await store.list()) {
    await store.read(session, (entry) => {
      if (entry.type === "request") open.set(`${session} ${entry.request}`, { day: dayOf(entry.ts), ...entry.projection.worst });
      if (entry.type !== "reply" && entry.type !== "request-failed") return;
      const name = `${session} ${entry.request}`;
      const day = open.get(name)?.day ?? dayOf(entry.ts);
      open.delete(name);
      for (const sum of day >= since ? [sums.project, sums.day] : [sums.project]) {
        sum.usd += entry.cost.usd;
        sum.tokens += entry.cost.tokens;
      }
    });
  }
  const held = (all: readonly { readonly usd: number; readonly tokens: number }[]) => ({
    ...nothing,
    usd: all.reduce((sum, { usd }) => sum + usd, 0),
    tokens: all.reduce((sum, { tokens }) => sum + tokens, 0),
  });
  const still = [...open.values()];
  return {
    project: { spent: { ...nothing, ...sums.project }, reserved: held(still) },
    day: { spent: { ...nothing, ...sums.day }, reserved: held(still.filter(({ day }) => day >= since)) },
  };
}

/** The last one in line for each lock, in this process: SQLite would make two of them wait for each other without letting either run. */
const lines = new Map<string, Promise<unknown>>();

function inTurn<Value>(name: string, work: () => Promise<Value>): Promise<Value> {
  const turn = (lines.get(name) ?? Promise.resolve()).then(work, work);
  lines.set(
    name,
    turn.catch(() => undefined),
  );
  return turn;
}

const busyCode = 5; // SQLITE_BUSY

async function lockFile(path: string, signal: AbortSignal | undefined): Promise<() => void> {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const until = performance.now() + longestWait;
  let database: InstanceType<typeof DatabaseSync> | undefined;
  try {
    makePrivate(path);
    database = new DatabaseSync(path, { timeout: 0 });
    const open = database;
    for (let wait = 1; ; wait = Math.min(25, wait * 2)) {
      try {
        open.exec("BEGIN EXCLUSIVE");
        return () => open.close();
      } catch (error) {
        const code = ((error as { errcode?: number }).errcode ?? 0) & 0xff;
        if (code !== busyCode || performance.now() > until || signal?.aborted) throw error;
        await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random())));
      }
    }
  } catch (error) {
    database?.close();
    const says = `The budget that sessions share cannot be locked (${path}): ${messageOf(error)}.`;
    throw new BosunError("lock-unavailable", says, { cause: error });
  }
}

function makePrivate(path: string): void {
  const fs = process.getBuiltinModule("node:fs");
  try {
    fs.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true, mode: 0o700 });
    fs.closeSync(fs.openSync(path, "wx", 0o600));
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
}
