// todo: the whole list at once.
import type { TodoItem } from "../../ports.ts";
import type { Prepare } from "../../tool.ts";
import { counted, succeeded } from "../answer.ts";

export const prepare: Prepare = async (input) => {
  const { items } = input as unknown as { readonly items: readonly TodoItem[] };
  return {
    preview: { kind: "text", text: items.map((item) => `${item.state}: ${item.text}`).join("\n") },
    before: [],
    after: [],
    async commit(effects) {
      await effects.replaceTodo(items);
      const done = items.filter((item) => item.state === "done").length;
      const doing = items.filter((item) => item.state === "doing").map((item) => item.text);
      const now = doing.length === 0 ? "" : ` Now: ${doing.join("; ")}.`;
      const says = items.length === 0 ? "The list is empty." : `${done} of ${counted(items.length, "item")} done.${now}`;
      return succeeded(says, { detail: { items: items.map(({ text, state }) => ({ text, state })) } });
    },
  };
};
