// The budget as a tree: slices, what goes back, crashes at any point, and sums that never exceed a limit.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  admit,
  type BudgetLine,
  type BudgetNode,
  type BudgetPath,
  type CallToProject,
  giveBack,
  overdrawn,
  type PriceOf,
  plant,
  project,
  replay,
  settle,
  settleCall,
  slice,
  taken,
  used,
} from "../../src/budget/index.ts";

const call = (price: PriceOf, size: number, maxOutput: number): CallToProject => ({
  inputTokens: size,
  worstInputTokens: size,
  cachedTokens: 0,
  cacheAge: 0,
  cacheLife: 300,
  writesCache: true,
  maxOutput,
  price,
});

const rate = fc.integer({ min: 0, max: 200_000 }).map((one) => one / 1_000);
/** A price table: every rate, and for some a dearer row for long prompts. */
const table: fc.Arbitrary<PriceOf> = fc
  .tuple(rate, rate, rate, rate, fc.integer({ min: 1, max: 300_000 }), fc.boolean())
  .map(([input, output, cacheRead, cacheWrite, over, steps]) => (tokens: number) => {
    const times = steps && tokens > over ? 2 : 1;
    return { input: input * times, output: (output + 0.001) * times, cacheRead: cacheRead * times, cacheWrite: cacheWrite * times };
  });

/** The tree beside the journals it can be rebuilt from: a line is written first, then the tree changes. */
class Books {
  tree: BudgetNode;
  readonly journals = new Map<string, BudgetLine[]>();
  readonly open: { readonly path: BudgetPath; readonly id: string; readonly one: CallToProject; readonly maxOutput: number }[] = [];
  sent = 0;
  made = 0;
  readonly top: number;
  readonly topTokens: number | undefined;
  constructor(usd: number, tokens?: number) {
    this.top = usd;
    this.topTokens = tokens;
    this.tree = plant(this.budget());
  }
  budget() {
    return { usd: this.top, ...(this.topTokens === undefined ? {} : { tokens: this.topTokens }) };
  }
  write(path: BudgetPath, line: BudgetLine): void {
    const key = path.join("/");
    this.journals.set(key, [...(this.journals.get(key) ?? []), line]);
  }
  /** The process is gone; another one reads the journals. */
  crash(): void {
    this.tree = replay(this.budget(), (path) => this.journals.get(path.join("/")) ?? []);
  }
  paths(node: BudgetNode = this.tree, path: BudgetPath = []): BudgetPath[] {
    return [path, ...[...node.children].flatMap(([name, child]) => this.paths(child, [...path, name]))];
  }
  /** `crashes`: after the line is durable and before the tree heard of it. */
  send(path: BudgetPath, one: CallToProject, crashes: boolean): boolean {
    const id = `c${this.made++}`;
    const { ruling, tree } = admit(this.tree, path, id, one);
    if (!ruling.fits) return false;
    this.write(path, { type: "open", call: id, worst: ruling.projection.worst });
    this.sent += 1;
    if (crashes) this.crash();
    else this.tree = tree;
    this.open.push({ path, id, one, maxOutput: ruling.projection.maxOutput });
    return true;
  }
  /** `share`: of what was reserved; null: all of it. */
  settle(at: number, share: number | null, crashes: boolean): void {
    const [found] = this.open.splice(at % Math.max(1, this.open.length), 1);
    if (!found) return;
    const { path, id, one, maxOutput } = found;
    if (!this.paths().some((known) => known.join("/") === path.join("/"))) return; // its slice went back: counted there at worst
    const projection = project({ ...one, maxOutput });
    const part = share ?? 1;
    const usage = { input: 0, output: Math.floor(maxOutput * part), cacheRead: 0, cacheWrite: Math.floor(one.worstInputTokens * part) };
    const ended = { usage, usageFinal: share !== null, began: true, projection, price: one.price, seconds: 0 };
    const { cost } = settle(ended);
    this.write(path, { type: "settled", call: id, cost });
    if (crashes) this.crash();
    else this.tree = settleCall(this.tree, path, id, cost);
  }
  slice(path: BudgetPath, usd: number, crashes: boolean, tokens?: number): boolean {
    if (path.length >= 2) return false;
    const child = `n${this.made++}`;
    const budget = { usd, ...(tokens === undefined ? {} : { tokens }) };
    const cut = slice(this.tree, path, child, budget);
    if (!cut.ok) return false;
    this.write(path, { type: "sliced", child, slice: budget });
    if (crashes) this.crash();
    else this.tree = cut.tree;
    return true;
  }
  giveBack(path: BudgetPath, crashes: boolean): void {
    const child = path.at(-1);
    const above = path.slice(0, -1);
    if (child === undefined) return;
    const node = path.reduce<BudgetNode>((one, name) => one.children.get(name) as BudgetNode, this.tree);
    this.write(above, { type: "given-back", child, used: used(node) });
    if (crashes) this.crash();
    else this.tree = giveBack(this.tree, above, child);
  }
}

const billionths = (usd: number): number => Math.round(usd * 1e9);

interface Act {
  readonly what: "send" | "settle" | "slice" | "give-back" | "crash";
  readonly where: number;
  readonly share: number;
  readonly crashes: boolean;
}
const acts = fc.array(
  fc.record<Act>({
    what: fc.constantFrom("send", "send", "send", "settle", "slice", "give-back", "crash"),
    where: fc.nat({ max: 1_000 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    crashes: fc.boolean(),
  }),
  { maxLength: 40 },
);

describe("a tree of budgets", () => {
  test("property: a limit of k worst cases sends exactly k calls, over trees of depth three with crashes anywhere", () => {
    fc.assert(
      fc.property(
        table,
        fc.integer({ min: 1, max: 200_000 }),
        fc.integer({ min: 1, max: 4_096 }),
        fc.integer({ min: 1, max: 20 }),
        acts,
        (price, size, maxOutput, k, script) => {
          const one = call(price, size, maxOutput);
          const { worst } = project(one);
          const books = new Books((billionths(worst.usd) * k) / 1e9);
          for (const act of script) {
            const paths = books.paths();
            const path = paths[act.where % paths.length] as BudgetPath;
            if (act.what === "send") books.send(path, one, act.crashes);
            else if (act.what === "settle") books.settle(act.where, null, act.crashes);
            else if (act.what === "slice") books.slice(path, (billionths(worst.usd) * Math.ceil(act.share * 4)) / 1e9, act.crashes);
            else if (act.what === "give-back") books.giveBack(path, act.crashes);
            else books.crash();
            expect(books.sent).toBeLessThanOrEqual(k);
          }
          for (let path = books.paths().find(({ length }) => length > 0); path; path = books.paths().find(({ length }) => length > 0))
            books.giveBack(path, false);
          while (books.send([], one, false)) expect(books.sent).toBeLessThanOrEqual(k);
          expect(books.sent).toBe(k);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test("property: no node and no sum over the tree exceeds its limit, and the journals say what the tree says", () => {
    fc.assert(
      fc.property(
        table,
        fc.array(fc.integer({ min: 0, max: 200_000 }), { minLength: 1, maxLength: 5 }),
        acts,
        fc.double({ min: 0, max: 30, noNaN: true }),
        fc.integer({ min: 0, max: 2_000_000 }),
        (price, sizes, script, usd, tokens) => {
          const books = new Books(usd, tokens);
          const within = (node: BudgetNode): void => {
            expect(overdrawn(node)).toEqual([]);
            for (const child of node.children.values()) within(child);
          };
          for (const [turn, act] of script.entries()) {
            const paths = books.paths();
            const path = paths[act.where % paths.length] as BudgetPath;
            if (act.what === "send") books.send(path, call(price, sizes[turn % sizes.length] as number, 1 + Math.floor(act.share * 32_000)), act.crashes);
            else if (act.what === "settle") books.settle(act.where, act.share, act.crashes);
            else if (act.what === "slice") books.slice(path, usd * act.share, act.crashes, act.where % 2 === 0 ? Math.floor(tokens * act.share) : undefined);
            else if (act.what === "give-back") books.giveBack(path, act.crashes);
            else books.crash();
            within(books.tree);
            const live = books.tree;
            books.crash();
            expect(books.tree).toEqual(live);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });

  const flat: PriceOf = () => ({ input: 1, output: 1 });
  test("what a child leaves of its slice goes back, what it used stays; what is open in it stays at worst", () => {
    const one = call(flat, 1_000, 1_000); // 0.002 at worst
    let tree = plant({ usd: 0.01 });
    const cut = slice(tree, [], "child", { usd: 0.008 });
    if (!cut.ok) throw new Error("no room");
    tree = cut.tree;
    expect(taken(tree).usd).toBe(0.008);
    expect(admit(tree, [], "own", one).ruling.fits).toBe(true);
    tree = admit(tree, ["child"], "a", one).tree;
    tree = admit(tree, ["child"], "b", one).tree;
    expect(taken(tree).usd).toBe(0.008);
    tree = settleCall(tree, ["child"], "a", { usd: 0.0005, tokens: 500, turns: 1, seconds: 1 });
    tree = giveBack(tree, [], "child");
    expect(taken(tree).usd).toBeCloseTo(0.0025, 12);
    expect(giveBack(tree, [], "child")).toEqual(tree);
  });

  test("a slice that is not there is refused with whose limit it is; a unit that a slice does not name counts above", () => {
    const cut = slice(plant({ usd: 1, turns: 3 }), [], "explore", { usd: 0.5 });
    if (!cut.ok) throw new Error("no room");
    expect(slice(cut.tree, [], "second", { usd: 0.6 })).toMatchObject({ ok: false, refusal: { limit: "usd", allowed: 1, reserved: 0.5, projected: 0.6 } });
    expect(slice(cut.tree, ["explore"], "deeper", { usd: 0.6 })).toMatchObject({ ok: false, refusal: { scope: "explore", allowed: 0.5 } });
    let { tree } = cut;
    const one = call(flat, 10, 10);
    for (const id of ["a", "b", "c"]) tree = admit(tree, ["explore"], id, one).tree;
    expect(admit(tree, ["explore"], "d", one).ruling).toMatchObject({ fits: false, limit: "turns", says: expect.stringContaining("3 of 3 turns are used") });
  });

  test("a provider that counts more than was reserved overdraws a slice: nothing more is sent there, nor beyond the parent's limit", () => {
    const cut = slice(plant({ usd: 0.01 }), [], "child", { usd: 0.004 });
    if (!cut.ok) throw new Error("no room");
    const one = call(flat, 1_000, 1_000);
    let tree = admit(cut.tree, ["child"], "a", one).tree;
    tree = settleCall(tree, ["child"], "a", { usd: 0.009, tokens: 9_000, turns: 1, seconds: 1 });
    expect(admit(tree, ["child"], "b", one).ruling.fits).toBe(false);
    expect(admit(tree, [], "c", one).ruling).toMatchObject({ fits: false, reserved: 0.009 });
  });
});
