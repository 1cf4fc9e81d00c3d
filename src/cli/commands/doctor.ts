// `bosun doctor`: what works here, what is missing, and what to do about it. Keys are named, never shown.
import { accessSync, constants, existsSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { type LoadedSettings, loadSettings, messageOf, newId } from "../../base/index.ts";
import { findTools } from "../../compose/index.ts";
import { cleanEnvironment, createCages, createSandbox, findRepository, nodeMachine, runProgram, whyNoCommands } from "../../exec/index.ts";
import { findPlace, type Place, version } from "../../index.ts";
import { createHttpClient, findLocalServers } from "../../model/index.ts";
import { createPolicy, loadRuleReport, type RuleText } from "../../permissions/index.ts";
import { createFileStore } from "../../session/index.ts";
import type { Arguments } from "../arguments.ts";
import { type ExitCode, exitTable } from "../exit.ts";
import { fromSettings } from "../options.ts";
import { reportError } from "../report.ts";
import type { Terminal } from "../terminal.ts";
import { columns, oneLine } from "../text.ts";

interface Finding {
  readonly state: "good" | "note" | "bad";
  readonly about: string;
  readonly says: string;
}
const marks = { good: "✓", note: "·", bad: "✗" } as const;

/** Exit code 2 when something is bad. */
export async function run({ options }: Arguments, terminal: Terminal): Promise<ExitCode> {
  const place = findPlace(options.cwd === undefined ? {} : { cwd: options.cwd }, terminal.environment);
  if (!place.ok) return reportError(terminal, place.error);
  const { environment } = terminal;
  const loaded = await loadSettings(place.value);
  const findings = [
    { state: "good", about: "bosun", says: `${version} on Node ${process.versions.node}, ${process.platform} ${process.arch}` } as const,
    repository(place.value),
    ...commands(),
    await program("bash", ["--version"], environment, { state: "bad", says: "not found: the bash tool can't run. Install bash, version 3.2 or newer" }),
    await program("git", ["--version"], environment, { state: "note", says: "not found: nothing of bosun needs it, your model will" }),
    await ripgrep(environment),
    await program("bwrap", ["--version"], environment, { state: "note", says: "no bubblewrap: commands run without a sandbox" }),
    sandbox(place.value, environment),
    await home(place.value),
    ...(await models(loaded.ok ? loaded.value : null, environment)),
    ...(await settings(loaded, place.value)),
  ] satisfies readonly Finding[];
  await terminal.out(columns(findings.map(({ state, about, says }) => [marks[state], about, oneLine(says)])));
  return findings.some(({ state }) => state === "bad") ? exitTable.usage.code : exitTable.answered.code;
}

/** What no installing mends. */
function commands(): readonly Finding[] {
  const says = whyNoCommands();
  return says === null ? [] : [{ state: "bad", about: "commands", says }];
}

/** A sandbox is really made. */
function sandbox({ home, root }: Place, environment: Terminal["environment"]): Finding {
  if (whyNoCommands() !== null) return { state: "note", about: "sandbox", says: "no command runs here" };
  const path = environment["PATH"] ?? "";
  const cages = createCages(path, () => undefined);
  const state = createSandbox({
    ...{ root, home: homedir(), path, environment: cleanEnvironment(environment), own: home, cages, machine: nodeMachine },
    ...{ temporary: join(home, "tmp", "doctor"), network: true, writable: [], isSecret: () => false },
  }).state();
  if (state.works)
    return { state: "good", about: "sandbox", says: "commands that only read can be kept from everything but the project, others from everything outside it" };
  return { state: "note", about: "sandbox", says: `none can be made: ${state.why}` };
}

function repository({ cwd, root }: Place): Finding {
  const found = findRepository(cwd);
  if (!found) return { state: "note", about: "project", says: `${cwd} is in no git repository: what is changed here can't be compared with a commit` };
  return { state: "good", about: "project", says: `${root}, ${found.branch === null ? "no branch" : `branch ${found.branch}`}` };
}

async function program(name: string, ask: readonly string[], environment: Terminal["environment"], missing: Omit<Finding, "about">): Promise<Finding> {
  const path = find(name, environment);
  if (path === null) return { about: name, ...missing };
  const said = await firstLine(path, ask, environment);
  return said === null ? { state: "bad", about: name, says: `${path} does not run` } : { state: "good", about: name, says: `${said} (${path})` };
}

async function ripgrep(environment: Terminal["environment"]): Promise<Finding> {
  try {
    const { rgPath } = await import("@vscode/ripgrep");
    const said = await firstLine(rgPath, ["--version"], environment);
    if (said !== null) return { state: "good", about: "ripgrep", says: `${said}, as installed with bosun` };
    return { state: "bad", about: "ripgrep", says: `${rgPath} does not run: install bosun again without --omit=optional` };
  } catch (error) {
    return { state: "bad", about: "ripgrep", says: `${messageOf(error)}: install bosun again without --omit=optional` };
  }
}

function find(name: string, environment: Terminal["environment"]): string | null {
  for (const folder of (environment["PATH"] ?? "").split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not in this one
    }
  }
  return null;
}

async function firstLine(path: string, ask: readonly string[], environment: Terminal["environment"]): Promise<string | null> {
  let text = "";
  const request = { program: path, arguments: ask, cwd: "/", environment: cleanEnvironment(environment), timeout: 5000, signal: new AbortController().signal };
  const onOutput = (chunk: Uint8Array): boolean => {
    text += Buffer.from(chunk).toString("utf8");
    return text.length < 10_000;
  };
  const outcome = await runProgram({ ...request, onOutput });
  return outcome.ended === "exited" && outcome.exitCode === 0 ? (text.split("\n", 1)[0] ?? "") : null;
}

/** A session is really made, locked and removed: what the store needs of a file system is then there. */
async function home({ home }: Place): Promise<Finding> {
  const { nodeDisk } = await import("../../exec/index.ts");
  const { systemClock } = await import("../../base/index.ts");
  const folder = join(home, "tmp", `doctor-${process.pid}`);
  const store = createFileStore({ disk: nodeDisk, clock: systemClock, folder, version });
  try {
    const created = await store.create(newId<"session">("s", Date.now()));
    if (!created.ok) return { state: "bad", about: "home", says: `${home}: ${created.error.message}` };
    await created.value.release();
    return {
      state: "good",
      about: "home",
      says: `${home} can be written and locked${existsSync(join(home, "settings.json")) ? "" : "; it has no settings.json"}`,
    };
  } catch (error) {
    return { state: "bad", about: "home", says: `${home}: ${messageOf(error)}. Set BOSUN_HOME to a folder on a local disk.` };
  } finally {
    process.getBuiltinModule("node:fs").rmSync(folder, { recursive: true, force: true });
  }
}

async function models(loaded: LoadedSettings | null, environment: Terminal["environment"]): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const provider of ["anthropic", "openai"] as const) {
    const name = loaded?.settings[`providers.${provider}.keyEnvironment`] ?? `${provider.toUpperCase()}_API_KEY`;
    const base = loaded?.settings[`providers.${provider}.baseUrl`] ?? environment[`${provider.toUpperCase()}_BASE_URL`];
    const at = base === undefined ? "" : `, at ${withoutPassword(base)}`;
    const set = (environment[name] ?? "").trim() !== "";
    found.push({ state: set ? "good" : "note", about: provider, says: `${set ? `a key is set in ${name}` : `no key in ${name}`}${at}` });
  }
  const servers = await findLocalServers(createHttpClient(environment));
  for (const { name, baseUrl, models: offered } of servers)
    found.push({ state: "good", about: "local", says: `${name} at ${baseUrl}, ${offered.length} models` });
  if (servers.length === 0) found.push({ state: "note", about: "local", says: "no model server answers on the usual ports of this machine" });
  if (found.some(({ state }) => state === "good") || environment["ANTHROPIC_BASE_URL"] || environment["OPENAI_BASE_URL"]) return found;
  return [
    ...found,
    { state: "bad", about: "model", says: "none can be called. Set ANTHROPIC_API_KEY or OPENAI_API_KEY, start a local server, or try `bosun demo`" },
  ];
}

function withoutPassword(address: string): string {
  if (!URL.canParse(address)) return "an address that can't be read";
  const url = new URL(address);
  return `${url.protocol}//${url.host}${url.pathname}`;
}

async function settings(loaded: Awaited<ReturnType<typeof loadSettings>>, place: Place): Promise<readonly Finding[]> {
  if (!loaded.ok) return loaded.error.message.split("\n").map((says) => ({ state: "bad", about: "settings", says }) as const);
  const { files, notices, withheld, rules, settings: values } = loaded.value;
  const { registry } = await findTools(fromSettings(loaded.value), place);
  const subjectsOf = (tool: string) => registry.get(tool)?.subjects.map(({ kind }) => kind);
  const rulePlace = { root: place.root, home: homedir() };
  const { problems } = createPolicy({ ...rulePlace, mode: values["permissions.mode"], rules, subjectsOf });
  const reportRules = await loadRuleReport();
  const remarks = reportRules(rules, { ...rulePlace, tools: registry.list(), exists: existsSync, realPath: realPathOf });
  const named = ({ text, verdict, source }: RuleText): string => `${text} (${verdict}, ${source})`;
  return [
    { state: "good", about: "settings", says: files.length === 0 ? "none, the defaults hold" : files.join(", ") },
    ...notices.map((says) => ({ state: "note", about: "settings", says }) as const),
    // the notice names the first ones
    ...withheld.slice(6).map(({ name, source, why }) => ({ state: "note", about: "settings", says: `"${name}" (${source}) is ignored: ${why}` }) as const),
    ...problems.map(({ source, text, says }) => ({ state: "bad", about: "rule", says: `${text} (${source}) can't be read: ${says}` }) as const),
    ...remarks.map(({ rule, says }) => ({ state: "note", about: "rule", says: `${named(rule)} ${says}` }) as const),
  ];
}

/** Of what is not there: itself. */
function realPathOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}
