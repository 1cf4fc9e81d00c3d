// `bosun -p`: one run, its output in the format asked for, an exit code.
import { homedir } from "node:os";
import type { Agent, Conversation, RunEvent } from "../index.ts";
import type { Handler } from "../permissions/index.ts";
import { type ExitCode, exitOfEnd } from "./exit.ts";
import { follow, openLog } from "./follow.ts";
import { watchInterrupts } from "./interrupts.ts";
import { leave } from "./kept-jobs.ts";
import type { LineInput } from "./line-input.ts";
import type { Options } from "./option-table.ts";
import { prepareAgent } from "./options.ts";
import { createOutput } from "./output.ts";
import { ruleWriter } from "./project-rules.ts";
import { endInWords, reportError, warn } from "./report.ts";
import { createScreen, type Screen } from "./screen.ts";
import { chooseSession } from "./session-choice.ts";
import type { Terminal } from "./terminal.ts";
import { plain } from "./text.ts";

/** `prompt` null: go on where the session stopped. */
export async function answer(prompt: string | null, options: Options, terminal: Terminal): Promise<ExitCode> {
  const format = options["output-format"] ?? "text";
  const screen = createScreen(terminal);
  const person = terminal.stdin && terminal.stderr ? createPerson(terminal, screen) : null;
  const prepared = await prepareAgent(options, terminal.environment, person?.handler);
  if (!prepared.ok) return reportError(terminal, prepared.error, format);
  const { agent, notices } = prepared.value;
  for (const notice of notices) warn(terminal, notice);
  const chosen = await chooseSession(agent, options);
  if (!chosen.ok) return reportError(terminal, chosen.error, format);
  const conversation = chosen.value;
  warnOfPrompt(conversation, options, terminal);
  for (const notice of conversation.notices) warn(terminal, notice);

  const controller = new AbortController();
  const interrupts = watchInterrupts(
    () => {
      if (terminal.stderr) screen.write("Interrupting; Ctrl-C again exits at once.\n");
      controller.abort();
    },
    () => person?.leave() || controller.abort(),
  );
  person?.onInterrupt(interrupts.interrupt);
  if (prepared.value.settings.trusted) person?.trust(agent.root);
  if (prepared.value.settings.settings["permissions.managedRulesOnly"]) person?.withoutRules();
  terminal.gone.addEventListener("abort", () => controller.abort());
  try {
    return await carryOut(prompt, { agent, conversation, options, terminal, screen, signal: controller.signal });
  } finally {
    interrupts.stop();
    await leave(conversation, terminal);
  }
}

interface Task {
  readonly agent: Agent;
  readonly conversation: Conversation;
  readonly options: Options;
  readonly terminal: Terminal;
  readonly screen: Screen;
  readonly signal: AbortSignal;
}

async function carryOut(prompt: string | null, task: Task): Promise<ExitCode> {
  const { agent, conversation, options, terminal, screen, signal } = task;
  const output = createOutput(terminal, options["output-format"] ?? "text", conversation.model);
  const run = conversation.send(prompt, signal);
  const narrate = options.verbose ? (await import("./words.ts")).eventInWords : () => null;
  const progress = screen.live ? (await import("./progress.ts")).createProgress(screen) : null;
  const log = openLog(agent, conversation, (says) => warn(terminal, says));
  const end = await follow(run, log, (event) => {
    const words = narrate(event) ?? warningOf(event, options);
    if (words !== null) screen.write(`${plain(words)}\n`);
    progress?.event(event);
    return output.event(event);
  });
  progress?.stop();
  await output.end(end);
  const says = terminal.gone.aborted ? null : endInWords(end, conversation.session.id);
  if (says !== null) warn(terminal, says);
  return exitOfEnd(end);
}

const warningOf = (event: RunEvent, options: Options): string | null =>
  event.type === "notice" && event.level === "warning" && !options.verbose ? `bosun: ${event.says}` : null;

/** The head of the prompt is rendered once in a session's life. */
function warnOfPrompt(conversation: Conversation, options: Options, terminal: Terminal): void {
  if (options["append-system-prompt"] === undefined || conversation.session.state.prefix === null) return;
  warn(terminal, "--append-system-prompt has no effect on a session that has begun: its system prompt stays as it was. Say it in the prompt instead.");
}

interface Person {
  readonly handler: Handler;
  onInterrupt(handle: () => void): void;
  /** Rules may be written into the settings of this project. */
  trust(root: string): void;
  /** No rule of a person counts here, so none is offered. */
  withoutRules(): void;
  /** The terminal is gone: a question that is open stays open for a later run. False when there is none. */
  leave(): boolean;
}

/** Somebody sits at the terminal. The keyboard is taken for a question only, and given back after it. */
function createPerson(terminal: Terminal, screen: Screen): Person {
  let interrupt: () => void = () => undefined;
  let open: LineInput | null = null;
  let handler: Handler | undefined;
  let gone = false;
  let writeRule: ReturnType<typeof ruleWriter> | undefined;
  let rulesCount = true;
  const ask = async (prompt: string, signal: AbortSignal): Promise<string | null> => {
    if (gone) return null;
    const { createLineInput } = await import("./line-input.ts");
    open = createLineInput({ input: process.stdin, write: terminal.error, columns: terminal.columns, onInterrupt: () => interrupt() });
    const line = await open.ask(prompt, signal);
    open.close();
    open = null;
    return line;
  };
  return {
    handler: {
      context: "interactive",
      async settle(...question) {
        const { createPersonHandler } = await import("./approve.ts");
        handler ??= createPersonHandler({
          screen,
          ask,
          home: homedir(),
          environment: terminal.environment,
          aside: (work) => work(),
          project: () => writeRule,
          rules: () => rulesCount,
        });
        return handler.settle(...question);
      },
    },
    onInterrupt: (handle) => {
      interrupt = handle;
    },
    trust: (root) => {
      writeRule = ruleWriter(root);
    },
    withoutRules() {
      rulesCount = false;
    },
    leave() {
      gone = true;
      const asking = open !== null;
      open?.close();
      return asking;
    },
  };
}
