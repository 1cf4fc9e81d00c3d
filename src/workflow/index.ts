// workflow: tasks and steps as their own structures, apart from the chat.

export { argumentsHash } from "./arguments.ts";
export * from "./reconcile.ts";
export * from "./step.ts";
export * from "./task.ts";
