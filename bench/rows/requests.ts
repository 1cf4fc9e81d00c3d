// What is sent: the size of the first request, what thirty turns cost as input, what a provider's cache can share. No times.
import { prefixExtends } from "../../src/testing/index.ts";
import type { Contender } from "../contender.ts";
import { inputCost, partBytes, sharedHead } from "../cost.ts";
import { row } from "../row.ts";
import { hi, marker, reads } from "../script.ts";
import { type Bench, type Group, runOnce } from "./context.ts";

const turns = 30;
const manyTurns = 200;
/** Added to bosun's own for what thirty turns cost, as plugins would: twelve and more in all. */
const addedTools = 5;

export const requestRows: Group = async (bench) => {
  const { bosun, bare } = bench.contenders;
  const own = (await runOnce(bench, bosun, reads(turns), { keep: true })).bodies;
  const floor = (await runOnce(bench, bare, reads(turns), { keep: true })).bodies;
  for (let turn = 0; turn < turns; turn++) {
    if (!own.at(-1)?.includes(marker(turn))) throw new Error(`the file of turn ${turn} never reached the model: nothing was measured`);
  }
  const many = inputCost((await runOnce(bench, bosun, reads(manyTurns), { keep: true })).bodies);
  const manyFloor = inputCost((await runOnce(bench, bare, reads(manyTurns), { keep: true })).bodies);
  const firsts = await firstRequests(bench);
  const size = partBytes(own[0] ?? "{}");
  const floorSize = partBytes(floor[0] ?? "{}");
  const equipped = (await runOnce(bench, withTools(bench), reads(turns), { keep: true })).bodies;
  const cost = inputCost(equipped);
  const { toolCount, all: equippedSize } = partBytes(equipped[0] ?? "{}");
  if (toolCount < 12) throw new Error(`${toolCount} tools reached the model where twelve were due: nothing was measured`);
  const parts = `${size.toolCount} tools ${size.tools}, system ${size.system}, messages ${size.messages}; with ${toolCount} tools ${equippedSize} in all; bare: ${floorSize.toolCount} tools`;
  const bytes = `${toolCount} tools; with bosun's ${size.toolCount} ${kilobytes(inputCost(own).units)}; miss ${kilobytes(cost.miss)}, write ${kilobytes(cost.write)}, hit ${kilobytes(cost.hit)} kB`;
  const worktree = sharedHead(firsts.one, firsts.worktree);
  const session = sharedHead(firsts.one, firsts.other);
  return [
    row("request-bytes", "first request", "bytes", { bosun: size.all, bare: floorSize.all, note: parts }),
    row("request-growth", "growth per read turn", "bytes", { bosun: growthOf(own), bare: growthOf(floor) }),
    row("input-cost", `input cost of ${turns} turns`, "kB", { bosun: cost.units / 1000, bare: inputCost(floor).units / 1000, note: bytes }),
    row("input-cost-many", `… of ${manyTurns} turns`, "kB", { bosun: many.units / 1000, bare: manyFloor.units / 1000 }),
    row("prefix-breaks", "prefix breaks in them", "calls", { bosun: breaks(own) + breaks(equipped), bare: breaks(floor) }),
    row("head-sessions", "tools and system shared by two sessions", "%", { bosun: session.head * 100, note: `${percent(session.all)} of the request` }),
    row("head-worktrees", "… by two worktrees", "%", { bosun: worktree.head * 100, note: `${percent(worktree.all)} of the request` }),
  ];
};

/** bosun by its library, since the command takes tools only from plugins that were approved. */
function withTools({ contenders: { bosun }, place }: Bench): Contender {
  const environment = (home: string, url: string) => ({ ...bosun.environment(home, url), BENCH_TOOLS: String(addedTools) });
  return { ...bosun, prompt: (text) => [place.driver, text], environment };
}

const kilobytes = (bytes: number): string => (bytes / 1000).toFixed(1);
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const growthOf = (bodies: readonly string[]): number => (Buffer.byteLength(bodies.at(-1) ?? "") - Buffer.byteLength(bodies[0] ?? "")) / (bodies.length - 1);

/** Requests that do not begin with all of the one before. */
export function breaks(bodies: readonly string[]): number {
  const parsed = bodies.map((body) => JSON.parse(body));
  return parsed.slice(1).filter((body, index) => !prefixExtends(parsed[index], body).extends).length;
}

async function firstRequests(bench: Bench): Promise<{ readonly one: string; readonly other: string; readonly worktree: string }> {
  const first = async (cwd: string): Promise<string> => (await runOnce(bench, bench.contenders.bosun, hi, { keep: true, cwd })).bodies[0] ?? "{}";
  const { repository, worktree } = bench.place;
  return { one: await first(repository), other: await first(repository), worktree: await first(worktree) };
}
