// Plain `bosun` on a terminal: a conversation, line by line. What is typed while a run works is queued for its next turn.
import { homedir } from "node:os";
import type { Outcome } from "../base/index.ts";
import { type Agent, type AgentOptions, type ConfirmBreak, type Conversation, type Handler, type RunEnd, type RunEvent, version } from "../index.ts";
import { explainRuling } from "../permissions/index.ts";
import { createPersonHandler } from "./approve.ts";
import { createBreakQuestion } from "./ask-break.ts";
import { type ExitCode, exitTable } from "./exit.ts";
import { type EventLog, follow, openLog } from "./follow.ts";
import { type Interrupts, watchInterrupts } from "./interrupts.ts";
import { leave } from "./kept-jobs.ts";
import { createLineInput, type LineInput } from "./line-input.ts";
import type { Options } from "./option-table.ts";
import { type AskTrust, fromSettings, type Prepared, prepareAgent } from "./options.ts";
import { createProgress } from "./progress.ts";
import { ruleWriter } from "./project-rules.ts";
import { endInWords, reportError, warn } from "./report.ts";
import { createScreen, type Screen } from "./screen.ts";
import { chooseSession } from "./session-choice.ts";
import { pickSession } from "./session-picker.ts";
import type { Terminal } from "./terminal.ts";
import { duration, money, oneLine, plain, tokens } from "./text.ts";
import { eventInWords, stepInWords, total } from "./words.ts";

/** All of one conversation on one terminal. */
interface Talk {
  readonly agent: Agent;
  readonly terminal: Terminal;
  readonly screen: Screen;
  readonly verbose: boolean;
  readonly input: LineInput;
  readonly providers: AgentOptions["providers"];
  conversation: Conversation;
  log: EventLog;
  /** Set while a run works. */
  running: AbortController | null;
  /** Lines that were typed while nobody asked for one: taken at the next prompt. */
  readonly deferred: string[];
}

export async function converse(options: Options, terminal: Terminal): Promise<ExitCode> {
  const screen = createScreen(terminal);
  const deferred: string[] = [];
  let talk: Talk | null = null;
  let interrupts: Interrupts | null = null;
  const input = createLineInput({
    input: process.stdin,
    write: terminal.error,
    columns: terminal.columns,
    history: true,
    onInterrupt: () => interrupts?.interrupt(),
    onLine: (line) => void (talk?.running ? enqueue(talk, line) : deferred.push(line)),
  });
  let writeRule: ReturnType<typeof ruleWriter> | undefined;
  let rulesCount = true;
  const handler = createPersonHandler({
    screen,
    ask: input.ask,
    home: homedir(),
    environment: terminal.environment,
    aside: input.aside,
    project: () => writeRule,
    rules: () => rulesCount,
  });
  const askTrust: AskTrust = async (loaded, place) => (await import("./ask-trust.ts")).askTrust({ ask: input.ask, screen }, loaded, place);
  const asking = { handler, askTrust, confirmBreak: createBreakQuestion({ ask: input.ask, screen }) };
  const opened = await open(options, terminal, asking, (agent) => pickSession(agent, screen, input.prompt));
  if (!opened.ok || opened.value.conversation === null) {
    input.close();
    return opened.ok ? exitTable.answered.code : reportError(terminal, opened.error);
  }
  const { prepared, conversation } = opened.value;
  rulesCount = !prepared.settings.settings["permissions.managedRulesOnly"];
  if (prepared.settings.trusted) writeRule = ruleWriter(prepared.agent.root);
  talk = {
    agent: prepared.agent,
    terminal,
    screen,
    verbose: options.verbose === true,
    input,
    providers: fromSettings(prepared.settings).providers,
    conversation,
    log: logOf(prepared.agent, conversation, terminal),
    running: null,
    deferred,
  };
  interrupts = watchInterrupts(onInterrupt(talk), () => input.close());
  for (const notice of prepared.notices) warn(terminal, notice);
  greet(talk);
  await talkOn(talk);
  interrupts.stop();
  await leave(talk.conversation, talk.terminal);
  return exitTable.answered.code;
}

/** What a person is asked with. */
interface Asking {
  readonly handler: Handler;
  readonly askTrust: AskTrust;
  readonly confirmBreak: ConfirmBreak;
}

async function open(
  options: Options,
  terminal: Terminal,
  { handler, askTrust, confirmBreak }: Asking,
  pick: (agent: Agent) => ReturnType<typeof pickSession>,
): Promise<Outcome<{ readonly prepared: Prepared; readonly conversation: Conversation | null }>> {
  const prepared = await prepareAgent(options, terminal.environment, handler, askTrust, confirmBreak);
  if (!prepared.ok) return prepared;
  const chosen = await chooseSession(prepared.value.agent, options, () => pick(prepared.value.agent));
  return chosen.ok ? { ok: true, value: { prepared: prepared.value, conversation: chosen.value } } : chosen;
}

const logOf = (agent: Agent, conversation: Conversation, terminal: Terminal): EventLog => openLog(agent, conversation, (says) => warn(terminal, says));

const onInterrupt = (talk: Talk) => (): void => {
  if (talk.running) {
    talk.screen.write("\nInterrupting; Ctrl-C again leaves at once.\n");
    talk.running.abort();
  } else talk.screen.write("\nCtrl-C again, or Ctrl-D, leaves.\n");
};

function greet({ agent, conversation, screen, terminal }: Talk): void {
  const { session, model, mode } = conversation;
  screen.write(`${screen.paint(`bosun ${version}`, "bold")} · ${plain(model)} · mode ${mode} · ${plain(agent.cwd)}\n`);
  screen.write(`${screen.paint(`session ${session.id}${session.resumed ? ", continued" : ""} · /help lists the commands`, "dim")}\n`);
  for (const notice of conversation.notices) warn(terminal, notice);
  if (isOpen(conversation)) screen.write("It stopped before it was done: Enter goes on, or say what to do instead.\n");
}

/** Something is left to do without a word of the person. */
function isOpen({ session: { state } }: Conversation): boolean {
  const last = state.messages.at(-1);
  return state.pending.length > 0 || state.queue.length > 0 || (last !== undefined && last.role !== "assistant");
}

async function talkOn(talk: Talk): Promise<void> {
  for (;;) {
    const line = talk.deferred.shift() ?? (await talk.input.prompt("› "));
    if (line === null) return talk.screen.write("\n");
    const text = line.trim();
    if (text.startsWith("/")) {
      if (await command(talk, text)) return;
    } else if (text !== "" || isOpen(talk.conversation)) {
      await work(talk, text === "" ? null : line);
      // what came too late for the last turn
      while (talk.conversation.session.state.queue.length > 0 && talk.conversation.session.state.end?.reason === "answered") await work(talk, null);
    }
  }
}

async function work(talk: Talk, text: string | null): Promise<void> {
  const { conversation, screen, terminal, verbose, log } = talk;
  const controller = new AbortController();
  talk.running = controller;
  const progress = createProgress(screen, talk.input.typed);
  const show = createTeller(screen);
  const run = conversation.send(text, controller.signal);
  const end = await follow(run, log, (event) => {
    const words = verbose ? eventInWords(event) : null;
    if (words !== null) screen.write(`${screen.paint(words, "dim")}\n`);
    else show(event);
    progress.event(event);
    return undefined;
  });
  progress.stop();
  talk.running = null;
  if (end.reason !== "budget") return sayEnd(end, conversation, terminal);
  const { askBudget } = await import("./ask-budget.ts");
  if (await askBudget({ ask: talk.input.ask, screen }, conversation, end.ruling)) await work(talk, null);
}

function sayEnd(end: RunEnd, conversation: Conversation, terminal: Terminal): void {
  const says = end.reason === "aborted" ? "Interrupted. Enter goes on, or say what to do instead." : endInWords(end, conversation.session.id);
  if (says !== null) warn(terminal, says);
}

/** Shows events as a conversation: the model's words as they come, a line for each call. */
function createTeller(screen: Screen): (event: RunEvent) => void {
  let midLine = false;
  const newLine = (): void => {
    if (midLine) screen.write("\n");
    midLine = false;
  };
  const line = (text: string, colour: Parameters<Screen["paint"]>[1]): void => {
    newLine();
    screen.write(`${screen.paint(text, colour)}\n`);
  };
  return (event) => {
    if (event.type === "model" && event.part.type === "text-delta") {
      const text = plain(event.part.text);
      if (text === "") return;
      screen.write(text);
      midLine = !text.endsWith("\n");
    } else if (event.type === "model" && event.part.type !== "thinking-delta") newLine();
    else if (event.type === "model-retry")
      line(`(that attempt broke off: ${oneLine(event.failure.message)} again in ${duration(event.waitMilliseconds)})`, "yellow");
    else if (event.type === "notice") line(oneLine(event.says), event.level === "warning" ? "yellow" : "dim");
    else if (event.type === "decision" && event.decision.verdict === "deny") {
      line(oneLine(`⊘ ${event.tool} ${event.decision.subject}: ${explainRuling({ verdict: "deny", reason: event.decision.reason })}`), "red");
    } else if (event.type === "step" && event.to !== "denied") {
      const words = stepInWords(event);
      if (words !== null) line(words, event.to === "done" ? "dim" : "yellow");
    } else if (event.type === "reply" || event.type === "run-end") {
      newLine();
      if (event.type === "run-end") line(`${tokens(total(event.usage))} · ${money(event.cost.usd, event.priced)} · ${duration(event.milliseconds)}`, "dim");
    }
  };
}

async function enqueue(talk: Talk, line: string): Promise<void> {
  const text = line.trim();
  if (text === "") return;
  if (text.startsWith("/")) {
    talk.deferred.push(text);
    return talk.screen.write(`${talk.screen.paint(`after this run: ${oneLine(text)}; Ctrl-C interrupts it`, "dim")}\n`);
  }
  await talk.conversation.queue(line);
  talk.screen.write(`${talk.screen.paint(`queued for the next turn: ${oneLine(text)}`, "dim")}\n`);
}

const commands = {
  "/help": "lists these",
  "/model": "goes over to another model: a name behind it, or chosen from a list",
  "/effort": "says or sets how much the model thinks: minimal, low, medium, high, default",
  "/cost": "says what the session has used and spent",
  "/clear": "begins a new session",
  "/resume": "goes on with another session of this project",
  "/exit": "leaves; so does Ctrl-D",
} as const;

/** True: leave. */
async function command(talk: Talk, text: string): Promise<boolean> {
  const { screen, conversation, agent } = talk;
  const { state } = conversation.session;
  const [name = ""] = text.split(/\s/, 1);
  switch (name) {
    case "/exit":
      return true;
    case "/help":
      for (const [each, says] of Object.entries(commands)) screen.write(`  ${each.padEnd(8)} ${says}\n`);
      return false;
    case "/model":
    case "/effort": {
      const { changeEffort, changeModel } = await import("./change-model.ts");
      const person = { conversation, screen, terminal: talk.terminal, ask: talk.input.prompt, providers: talk.providers };
      await (name === "/model" ? changeModel : changeEffort)(person, text.slice(name.length).trim());
      return false;
    }
    case "/cost": {
      screen.write(
        `${state.turns} ${state.turns === 1 ? "reply" : "replies"} · ${tokens(total(state.usage))} · $${state.spent.usd.toFixed(4)} spent in this session\n`,
      );
      return false;
    }
    case "/clear":
      return changeTo(talk, await agent.start());
    case "/resume": {
      const picked = await pickSession(agent, screen, talk.input.prompt);
      if (!picked.ok) return changeTo(talk, picked);
      if (picked.value === null || picked.value === conversation.session.id) return false;
      return changeTo(talk, await agent.resume(picked.value));
    }
    default:
      screen.write(`There is no ${text}. The commands are ${Object.keys(commands).join(", ")}.\n`);
      return false;
  }
}

/** The conversation goes on in another session; where that can't be opened, in this one. False: it goes on. */
async function changeTo(talk: Talk, opened: Outcome<Conversation>): Promise<false> {
  if (!opened.ok) {
    warn(talk.terminal, opened.error.message);
    return false;
  }
  await leave(talk.conversation, talk.terminal);
  talk.conversation = opened.value;
  talk.log = logOf(talk.agent, opened.value, talk.terminal);
  greet(talk);
  return false;
}
