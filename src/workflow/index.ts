// workflow: tasks and steps as their own structures, apart from the chat.

export * from "./reconcile.ts";
export * from "./step.ts";
export * from "./task.ts";
