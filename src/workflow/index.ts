// workflow: tasks and steps as their own structures, apart from the chat.
export * from "./step.ts";
export * from "./task.ts";
export * from "./reconcile.ts";
