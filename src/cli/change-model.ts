// /model and /effort: what can be had, what it would take, and the person's word before it is taken.
import type { Change, Conversation } from "../index.ts";
import { type Effort, type ListedModel, listModels, type ModelSettings } from "../model/index.ts";
import type { LineInput } from "./line-input.ts";
import { warn } from "./report.ts";
import type { Screen } from "./screen.ts";
import type { Terminal } from "./terminal.ts";
import { columns, money, oneLine, plain, tokens } from "./text.ts";

interface Person {
  readonly conversation: Conversation;
  readonly screen: Screen;
  readonly terminal: Terminal;
  readonly ask: LineInput["prompt"];
  readonly providers: ModelSettings["providers"] | undefined;
}

const levels: readonly Effort[] = ["minimal", "low", "medium", "high"];

/** `name`: a model; "": those that can be called from here are listed, and one is chosen. */
export async function changeModel(person: Person, name: string): Promise<void> {
  const { conversation, screen } = person;
  const chosen = name === "" ? await pickModel(person) : name;
  if (chosen === null) return;
  if (chosen === conversation.model) return screen.write(`${plain(chosen)} answers already.\n`);
  await change(person, { model: chosen }, ({ model }) => `Go over to ${plain(model)}?`);
}

async function pickModel({ conversation, screen, terminal, providers, ask }: Person): Promise<string | null> {
  const models = await listModels({ environment: terminal.environment, ...(providers ? { providers } : {}) });
  const usable = models.filter((model) => model.usable);
  screen.write(columns(usable.map((model, at) => rowOf(model, at + 1, model.reference === conversation.model))));
  for (;;) {
    const text = (await ask("number or provider/name, or Enter for none › "))?.trim() ?? "";
    if (text === "") return null;
    if (!/^\d+$/.test(text)) return text;
    const chosen = usable[Number(text) - 1];
    if (chosen) return chosen.reference;
    screen.write(`There is no ${oneLine(text)} in the list: 1 to ${usable.length}.\n`);
  }
}

const rowOf = ({ reference, row }: ListedModel, number: number, isNow: boolean): readonly string[] => [
  String(number).padStart(3),
  isNow ? "●" : " ",
  plain(reference),
  row?.price ? `$${row.price.input} / $${row.price.output}` : "",
];

export async function changeEffort(person: Person, word: string): Promise<void> {
  const { conversation, screen } = person;
  if (word === "") return screen.write(`The effort is ${conversation.effort ?? "the model's default"}; another one: /effort ${levels.join("|")}|default.\n`);
  const effort = word === "default" ? word : levels.find((level) => level === word);
  if (effort === undefined) return screen.write(`There is no effort ${oneLine(word)}: ${levels.join(", ")} or default.\n`);
  if (effort === (conversation.effort ?? "default")) return screen.write(`The effort is ${effort} already.\n`);
  await change(person, { effort }, () => `Set the effort to ${effort}?`);
}

/** What costs nothing is taken at once. */
async function change(person: Person, to: Parameters<Conversation["change"]>[0], question: (change: Change) => string): Promise<void> {
  const { conversation, screen, terminal, ask } = person;
  const found = await conversation.change(to);
  if (!found.ok) return warn(terminal, found.error.message);
  const { value } = found;
  if (value.lost !== "") screen.write(`${plain(value.lost)}\n`);
  if (value.tokens > 0) {
    const price = value.usd === null ? "at a price that is not known" : `for ${money(value.usd, true)} more than reading them`;
    screen.write(`The provider's cache is of no use then: about ${tokens(value.tokens)} are paid again with the next request, ${price}.\n`);
    for (;;) {
      const line = await ask(`${question(value)} [y]es, [n]o › `);
      const word = line?.trim().toLowerCase();
      if (word === "y" || word === "yes") break;
      if (word === undefined || word === "" || word === "n" || word === "no") return screen.write("Nothing was changed.\n");
      screen.write("Answer y or n.\n");
    }
  }
  await value.take();
  const effort = value.effort === undefined ? "" : `, effort ${value.effort}`;
  screen.write(`From now on ${plain(value.model)}${effort} answers.\n`);
}
