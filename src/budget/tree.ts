// Limits as a tree: a child is given a slice of its parent's limits; what it leaves of it goes back. Pure: values in, values out.
//
// Owns: how calls and slices add up. Calls: the ruling on one call.
// Invariants
//  B1  In every node and unit with a limit: spent + open calls at worst + slices ≤ the limit, whatever was admitted in whichever
//      order. Only a provider that counts more than was reserved can break it, and then nothing is admitted there any more.
//  B2  A slice counts in full in its parent from the moment it is cut until it is given back, and then what was used of it.
//  B3  A call is settled once, a slice given back once: a line that comes twice changes nothing.
//  B4  Replaying the lines of all journals gives the tree that wrote them; a call or a slice without its closing line stays held.
import { type Amount, add, type Budget, type BudgetRefusal, type BudgetRuling, nothing, type Scope } from "./budget.ts";
import type { CallToProject } from "./project.ts";
import { refuse, ruleWithin } from "./reserve.ts";

export interface BudgetNode {
  readonly budget: Budget;
  /** Settled: its own calls, and what children used that gave their slice back. */
  readonly spent: Amount;
  /** Calls that are open, or whose end is not known, at worst case. */
  readonly open: ReadonlyMap<string, Amount>;
  /** Calls and slices that are closed. */
  readonly closed: ReadonlySet<string>;
  /** Its `budget` is the slice: what a unit of it is not named in counts above as it is used. */
  readonly children: ReadonlyMap<string, BudgetNode>;
}
/** Names of children, from the top down; empty: the top itself. */
export type BudgetPath = readonly string[];

export type Sliced = { readonly ok: true; readonly tree: BudgetNode } | { readonly ok: false; readonly refusal: BudgetRefusal };

const units = ["usd", "tokens", "turns", "seconds"] as const;
const amount = (of: (unit: keyof Amount) => number): Amount => ({ usd: of("usd"), tokens: of("tokens"), turns: of("turns"), seconds: of("seconds") });

export const plant = (budget: Budget): BudgetNode => ({ budget, spent: nothing, open: new Map(), closed: new Set(), children: new Map() });

/** What a node has used or promised: spent, open calls, and its children. */
export function taken(node: BudgetNode): Amount {
  let sum = node.spent;
  for (const worst of node.open.values()) sum = add(sum, worst);
  for (const child of node.children.values()) sum = add(sum, counted(child));
  return sum;
}

/** What a node and all below it have used: slices do not count, open calls do. */
export function used(node: BudgetNode): Amount {
  let sum = node.spent;
  for (const worst of node.open.values()) sum = add(sum, worst);
  for (const child of node.children.values()) sum = add(sum, used(child));
  return sum;
}

/** What a child counts in its parent: its slice, or more, where it was overdrawn; what it takes, in units without one. */
function counted(child: BudgetNode): Amount {
  const all = taken(child);
  return amount((unit) => Math.max(child.budget[unit] ?? 0, all[unit]));
}

/** The limits on the way from the caller at `path` up to the top, the nearest first. Throws for a path that leads nowhere. */
export function scopesOf(tree: BudgetNode, path: BudgetPath): readonly Scope[] {
  const scopes: Scope[] = [];
  const nodes = [tree];
  for (const name of path) nodes.push(childOf(nodes.at(-1) as BudgetNode, name));
  let sliced = nothing;
  for (const [depth, node] of [...nodes.entries()].reverse()) {
    const all = taken(node);
    const reserved = amount((unit) => all[unit] - node.spent[unit]);
    scopes.push({ scope: depth === 0 ? "session" : (path[depth - 1] as string), budget: node.budget, spent: node.spent, reserved, sliced });
    const below = sliced;
    sliced = amount((unit) => below[unit] + Math.max(0, (node.budget[unit] ?? 0) - all[unit]));
  }
  return scopes;
}

/** Whether the call fits every limit above its caller; when it does, it is open in the tree. */
export function admit(tree: BudgetNode, path: BudgetPath, id: string, call: CallToProject): { readonly ruling: BudgetRuling; readonly tree: BudgetNode } {
  const ruling = ruleWithin(scopesOf(tree, path), call);
  if (!ruling.fits) return { ruling, tree };
  return { ruling, tree: openCall(tree, path, id, ruling.projection.worst) };
}

export const openCall = (tree: BudgetNode, path: BudgetPath, id: string, worst: Amount): BudgetNode =>
  at(tree, path, (node) => (node.closed.has(id) ? node : { ...node, open: new Map(node.open).set(id, worst) }));

/** What the call cost takes the place of what was held for it. */
export const settleCall = (tree: BudgetNode, path: BudgetPath, id: string, cost: Amount): BudgetNode =>
  at(tree, path, (node) => {
    if (node.closed.has(id)) return node;
    const open = new Map(node.open);
    open.delete(id);
    return { ...node, open, closed: new Set(node.closed).add(id), spent: add(node.spent, cost) };
  });

/** Cuts a slice for a new child of the node at `path`; refused where the limits above have no room for it. */
export function slice(tree: BudgetNode, path: BudgetPath, child: string, budget: Budget): Sliced {
  const worst = amount((unit) => budget[unit] ?? 0);
  for (const scope of scopesOf(tree, path)) {
    const refusal = refuse(scope, { worst, priced: true });
    if (refusal) return { ok: false, refusal };
  }
  return { ok: true, tree: at(tree, path, (node) => withChild(node, child, plant(budget))) };
}

/** The slice goes back, and every slice below it; what was used of them stays spent, and what is open in them counts at worst. */
export const giveBack = (tree: BudgetNode, path: BudgetPath, child: string): BudgetNode =>
  at(tree, path, (node) => closeChild(node, child, node.children.has(child) ? used(childOf(node, child)) : nothing));

function closeChild(node: BudgetNode, child: string, cost: Amount): BudgetNode {
  if (node.closed.has(child)) return node;
  const children = new Map(node.children);
  children.delete(child);
  return { ...node, children, closed: new Set(node.closed).add(child), spent: add(node.spent, cost) };
}

/** What a journal says of its budget, in its order. */
export type BudgetLine =
  | { readonly type: "open"; readonly call: string; readonly worst: Amount }
  | { readonly type: "settled"; readonly call: string; readonly cost: Amount }
  | { readonly type: "sliced"; readonly child: string; readonly slice: Budget }
  | { readonly type: "given-back"; readonly child: string; readonly used: Amount };

/** The tree as the journals have it. `linesOf`: the lines of the journal at a path; of a child that never wrote any, none. */
export function replay(budget: Budget, linesOf: (path: BudgetPath) => readonly BudgetLine[], path: BudgetPath = []): BudgetNode {
  let node = plant(budget);
  for (const line of linesOf(path)) {
    switch (line.type) {
      case "open":
        node = openCall(node, [], line.call, line.worst);
        break;
      case "settled":
        node = settleCall(node, [], line.call, line.cost);
        break;
      case "sliced":
        if (!node.closed.has(line.child)) node = withChild(node, line.child, replay(line.slice, linesOf, [...path, line.child]));
        break;
      case "given-back":
        node = closeChild(node, line.child, line.used);
        break;
    }
  }
  return node;
}

const withChild = (node: BudgetNode, name: string, child: BudgetNode): BudgetNode => ({ ...node, children: new Map(node.children).set(name, child) });

function childOf(node: BudgetNode, name: string): BudgetNode {
  const child = node.children.get(name);
  if (!child) throw new Error(`the budget has no slice "${name}"`);
  return child;
}

function at(tree: BudgetNode, path: BudgetPath, change: (node: BudgetNode) => BudgetNode): BudgetNode {
  const [name, ...rest] = path;
  if (name === undefined) return change(tree);
  return withChild(tree, name, at(childOf(tree, name), rest, change));
}

/** Units that a node has used more of than it was allowed: a provider counted beyond what was reserved. */
export function overdrawn(node: BudgetNode): readonly (keyof Budget)[] {
  const all = taken(node);
  return units.filter((unit) => (node.budget[unit] ?? Number.POSITIVE_INFINITY) < all[unit] - 1e-9);
}
