// base: what every room may know. It imports nothing above it.
import type { Outcome } from "./errors.ts";

export { type Breaker, type BreakerLimits, type BreakerState, createBreaker, nothingSaved, type Saved } from "./breaker.ts";
export { type BreakerName, type BreakerRow, breakerTable } from "./breaker-table.ts";
export { type Clock, systemClock } from "./clock.ts";
export { BosunError, codeOf, type ErrorCode, type ErrorKind, errorKinds, messageOf, type Outcome } from "./errors.ts";
export type { FileState } from "./file-state.ts";
export { type CallId, type EntryId, type Id, isSessionName, newId, type RequestId, type SessionId, type StepId, type TaskId } from "./ids.ts";
export { canonicalJson, isJson, isJsonObject, type Json, type JsonObject, type JsonSchema, parseJson } from "./json.ts";
export { rememberSecrets, rememberSecretsOf } from "./known-secrets.ts";
export { redact, redactJson } from "./redact.ts";
export { type RedactedStream, redactStream } from "./redact-stream.ts";
export {
  type LoadedSettings,
  loadSettings,
  managedPath,
  type RuleLevel,
  ruleLevels,
  type SettingsPlace,
  type SettingsRule,
  type WithheldSetting,
} from "./settings.ts";
export { formOf, type Setting, type SettingKind, type SettingName, type Settings, settingsTable } from "./settings-table.ts";
export { forgetTrust, readTrust, recordTrust, type TrustBook, type TrustRecord } from "./trust.ts";

/** Writes an allow rule into `<root>/.bosun/settings.local.json`; resolves with the path written. See project-rule.ts. */
export const addProjectRule = async (root: string, rule: string): Promise<Outcome<string>> => (await import("./project-rule.ts")).addProjectRule(root, rule);

/** What reads one settings file: loaded when there is one. */
export const loadSettingsReader = async () => (await import("./settings-file.ts")).readSettingsFile;
