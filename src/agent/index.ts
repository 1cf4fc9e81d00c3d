// agent: the loop, what an agent is, and what a run says.
export { failureOf, replyInTime } from "./attempt.ts";
export { type Channel, createChannel } from "./channel.ts";
export type { AgentDefinition, Classifier, ClassifierModel, ConfirmBreak, EffectHooks, Fallback, ModelChoice, RunLimits, World } from "./definition.ts";
export { bindEffects, ripgrepPath } from "./effects.ts";
export type { Emit, RunEvent, RunEventBody } from "./event.ts";
export type { Execution } from "./execution.ts";
export { adoptJobs, lastJobOf, noteJobs } from "./job-notes.ts";
export { keepAlive } from "./keep-alive.ts";
export { nextBatch } from "./partition.ts";
export { run } from "./run.ts";
export { tellOpened } from "./tell-opened.ts";
export { type Said, type Terms, termsOf } from "./terms.ts";
export { todoOf } from "./todo.ts";
export { createTreeLock, type TreeLock, type TreeLockOptions } from "./tree-lock.ts";
export { type WhatChanges, whatChanges } from "./what-changes.ts";
