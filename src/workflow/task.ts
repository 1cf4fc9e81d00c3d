// A task: something that was asked for (a prompt, a plan item, a delegation).
import type { TaskId } from "../base/index.ts";

export type TaskState = "planned" | "executing" | "awaiting-approval" | "done" | "failed" | "abandoned";
export const taskTransitions: Readonly<Record<TaskState, readonly TaskState[]>> = {
  "planned": ["executing", "done", "failed", "abandoned"],
  // a plan item may be put back; a prompt never is
  "executing": ["planned", "awaiting-approval", "done", "failed", "abandoned"],
  "awaiting-approval": ["executing", "done", "failed", "abandoned"],
  "done": ["planned", "executing"],
  "failed": ["planned", "executing"],
  "abandoned": ["planned", "executing"],
};

export type TaskKind = "prompt" | "todo" | "delegation";
export interface TaskChange {
  readonly task: TaskId;
  readonly kind: TaskKind;
  readonly to: TaskState;
  readonly says: string;
  /** Position among its siblings: the order of a to-do list. */
  readonly order: number;
}
export interface Task {
  readonly id: TaskId;
  readonly kind: TaskKind;
  readonly state: TaskState;
  readonly says: string;
  readonly order: number;
}
