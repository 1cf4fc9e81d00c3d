// What a run says of itself at its beginning and its end.
import type { Usage } from "../model/index.ts";
import type { Finding, RunEnd } from "../session/index.ts";
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

function noticeOf(finding: Finding): RunEventBody {
  const notice = (code: string, says: string): RunEventBody => ({ type: "notice", level: "warning", code, says });
  switch (finding.kind) {
    case "repair":
      return notice("journal-repaired", `The journal ended in ${finding.cut} bytes that were not whole; they were copied to ${finding.aside} and cut off.`);
    case "gap":
      return notice(
        "journal-gap",
        `The journal cannot be read after line ${finding.afterSeq} (bytes ${finding.fromByte} to ${finding.toByte}: ${finding.says}). What stood there is missing.`,
      );
    case "blob-missing":
      return notice("blob-missing", `The payload ${finding.sha256.slice(0, 12)} of line ${finding.seq} is missing; the model is told so.`);
    case "broken-chain":
      return notice("journal-chain", `Line ${finding.seq} of the journal does not carry the hash of the line before it: somebody changed the file.`);
  }
}

const subtract = (left: Usage, right: Usage): Usage => ({
  input: left.input - right.input,
  output: left.output - right.output,
  cacheRead: left.cacheRead - right.cacheRead,
  cacheWrite: left.cacheWrite - right.cacheWrite,
  cacheWriteLong: (left.cacheWriteLong ?? 0) - (right.cacheWriteLong ?? 0),
  reasoning: (left.reasoning ?? 0) - (right.reasoning ?? 0),
});
