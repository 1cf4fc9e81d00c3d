// What a run says of itself at its beginning and its end.
import type { Usage } from "../model/index.ts";
import { type Finding, findingWords, type RunEnd } from "../session/index.ts";
import type { RunEventBody } from "./event.ts";
import type { Execution } from "./execution.ts";

export interface Report {
  /** Since the run began. */
  seconds(): number;
  /** Instruction files in the prefix. */
  loaded(): readonly string[];
  end(end: RunEnd): void;
}

export function beginReport(execution: Execution): Report {
  const { agent, session, world, emit } = execution;
  const { state } = session;
  const from = world.clock.monotonic();
  const before = { usage: state.usage, spent: state.spent, turns: state.turns };
  emit({
    type: "run-start",
    agent: agent.name,
    provider: agent.provider.id,
    model: agent.model,
    mode: agent.policy.mode,
    cwd: world.cwd,
    resumed: session.resumed,
  });
  for (const finding of session.findings) emit(noticeOf(finding));
  const seconds = () => (world.clock.monotonic() - from) / 1000;
  return {
    seconds,
    loaded: () => state.loaded,
    end(end) {
      const { spent, usage, turns } = state;
      const cost = {
        usd: spent.usd - before.spent.usd,
        tokens: spent.tokens - before.spent.tokens,
        turns: spent.turns - before.spent.turns,
        seconds: seconds(),
      };
      const priced = agent.price(0) !== undefined;
      emit({
        type: "run-end",
        end,
        turns: turns - before.turns,
        usage: subtract(usage, before.usage),
        cost,
        priced,
        milliseconds: Math.round(seconds() * 1000),
      });
    },
  };
}

const noticeOf = (finding: Finding): RunEventBody => ({ type: "notice", level: "warning", code: noticeCodes[finding.kind], says: findingWords(finding) });
const noticeCodes: Readonly<Record<Finding["kind"], string>> = {
  "repair": "journal-repaired",
  "tail": "journal-tail",
  "empty": "journal-empty",
  "gap": "journal-gap",
  "blob-missing": "blob-missing",
  "broken-chain": "journal-chain",
};

const subtract = (left: Usage, right: Usage): Usage => ({
  input: left.input - right.input,
  output: left.output - right.output,
  cacheRead: left.cacheRead - right.cacheRead,
  cacheWrite: left.cacheWrite - right.cacheWrite,
  cacheWriteLong: (left.cacheWriteLong ?? 0) - (right.cacheWriteLong ?? 0),
  reasoning: (left.reasoning ?? 0) - (right.reasoning ?? 0),
});
