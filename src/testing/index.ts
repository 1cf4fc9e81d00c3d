// testing: a model that follows a script, and time that can be held still. Product code, public as `bosun/testing`.
export type { CacheBill } from "./cache.ts";
export { createManualClock, type ManualClock } from "./manual-clock.ts";
export { createMemoryStore, type MemoryStore } from "./memory-store.ts";
export { type ModelServer, type ModelServerOptions, startModelServer } from "./model-server.ts";
export { checkScript, parseScript } from "./parse-script.ts";
export { type CommonPrefix, type PrefixComparison, prefixExtends, type SegmentShare } from "./prefix.ts";
export type { LedgerRow, RecordedRequest } from "./record.ts";
export type {
  Afterwards,
  Delay,
  Fault,
  FaultKind,
  Match,
  Reply,
  RetryAfter,
  Script,
  ScriptModel,
  TextMatch,
  Times,
  ToolResultMatch,
  Turn,
  UsageOverride,
  Variable,
} from "./script.ts";
export { type RunningServer, readScript, serveScript } from "./serve.ts";
export { blockTokens, imageTokens, tokensOf } from "./tokens.ts";
export type { SegmentName, WireName } from "./wire/wire.ts";
