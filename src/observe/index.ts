// observe: what bosun did, for those who look later. Subscribers of run events: they may lag, they never block.
export { formatLogLine } from "./format-log.ts";
export type { LogBody, LogHead, LogLine } from "./log-line.ts";
export { type ReadLog, readSystemLog } from "./read-log.ts";
export { createSystemLog, type SystemLog, type SystemLogOptions } from "./system-log.ts";
