// The list of things to do, as the tool shows it and as tasks in the journal.
import { type Clock, newId } from "../base/index.ts";
import type { Session } from "../session/index.ts";
import type { TodoItem } from "../tools/index.ts";

const todoStates = { pending: "planned", doing: "executing", done: "done" } as const;

export function todoOf(session: Session): readonly TodoItem[] {
  const items = [...session.state.tasks.values()].filter((task) => task.kind === "todo" && task.state !== "abandoned");
  const states = { "planned": "pending", "executing": "doing", "awaiting-approval": "doing", "done": "done", "failed": "done", "abandoned": "done" } as const;
  return items.sort((left, right) => left.order - right.order).map((task) => ({ text: task.says, state: states[task.state] }));
}

/** The list as tasks in the journal: kept items keep their identity, dropped ones are abandoned. */
export async function replaceTodo(session: Session, clock: Clock, items: readonly TodoItem[]): Promise<void> {
  const known = [...session.state.tasks.values()].filter((task) => task.kind === "todo" && task.state !== "abandoned");
  const unused = new Set(known);
  const changes = items.map((item, order) => {
    const same = [...unused].find((task) => task.says === item.text);
    if (same) unused.delete(same);
    return { task: same?.id ?? newId<"task">("t", clock.now()), kind: "todo" as const, to: todoStates[item.state], says: item.text, order };
  });
  const dropped = [...unused].map((task) => ({ task: task.id, kind: "todo" as const, to: "abandoned" as const, says: task.says, order: task.order }));
  await Promise.all([...dropped, ...changes].map((change) => session.append({ type: "task", change })));
}
