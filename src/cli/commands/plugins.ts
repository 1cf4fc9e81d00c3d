// `bosun plugins`: which plugins were approved, what each may do, and the way in and out. Runs nothing of a plugin.
import { existsSync } from "node:fs";
import { BosunError, type Outcome } from "../../base/index.ts";
import { findPlace } from "../../index.ts";
import { ceilingRows, ceilings } from "../../permissions/index.ts";
import { type InstalledPlugin, loadPlugins, type PluginCandidate, type PluginManifest } from "../../tools/index.ts";
import type { Arguments } from "../arguments.ts";
import { type ExitCode, exitTable } from "../exit.ts";
import { createLineInput } from "../line-input.ts";
import type { Options } from "../option-table.ts";
import { reportError, warn } from "../report.ts";
import type { Terminal } from "../terminal.ts";
import { columns, visible } from "../text.ts";

interface Call {
  readonly home: string;
  readonly plugins: Awaited<ReturnType<typeof loadPlugins>>;
  readonly options: Options;
  readonly terminal: Terminal;
}

/** What a plugin may be, by its tier. */
const limits = { effects: ceilings.plugin.effects };
const done = exitTable.answered.code;
const usage = (says: string): BosunError =>
  new BosunError("usage", says, { next: "Write `bosun plugins [list]`, `bosun plugins add PATH`, or `bosun plugins approve|show|remove ID`." });

export async function run({ words, options }: Arguments, terminal: Terminal): Promise<ExitCode> {
  const place = findPlace(options.cwd === undefined ? {} : { cwd: options.cwd }, terminal.environment);
  if (!place.ok) return reportError(terminal, place.error);
  const call: Call = { home: place.value.home, plugins: await loadPlugins(), options, terminal };
  const [act = "list", given, ...more] = words;
  const fails = (error: BosunError) => reportError(terminal, error, options.json === true ? "json" : "text");
  if (act === "list" && given === undefined) return list(call, fails);
  if (given === undefined || more.length > 0) return fails(usage(`"plugins ${words.join(" ")}" can't be understood.`));
  switch (act) {
    case "add":
      return approve(call, call.plugins.readCandidate(given, limits), fails);
    case "approve":
      return approve(call, again(call, given), fails);
    case "show":
      return show(call, given, fails);
    case "remove":
      return remove(call, given, fails);
    default:
      return fails(usage(`"plugins ${act}" is not known.`));
  }
}

type Fails = (error: BosunError) => Promise<ExitCode>;

async function list({ home, plugins, options, terminal }: Call, fails: Fails): Promise<ExitCode> {
  const found = plugins.listPlugins(home, limits);
  if (!found.ok) return fails(found.error);
  if (options.json === true) {
    await terminal.outJson({ plugins: found.value, tiers: ceilings });
    return done;
  }
  const rows = found.value.map(({ id, state, manifest, tools, why, source }) => [
    id,
    manifest?.version ?? "–",
    state,
    `${tools.length} tools`,
    why === null ? source : visible(why),
  ]);
  if (rows.length === 0) warn(terminal, "No plugin is approved yet. Look at one, and approve it, with: bosun plugins add PATH.");
  else await terminal.out(columns([["ID", "VERSION", "STATE", "TOOLS", "FROM"], ...rows]));
  await terminal.out(`${rows.length === 0 ? "" : "\n"}${columns(ceilingRows())}`);
  return done;
}

async function show({ home, plugins, options, terminal }: Call, id: string, fails: Fails): Promise<ExitCode> {
  const found = byId(plugins.listPlugins(home, limits), id);
  if (!found.ok) return fails(found.error);
  const plugin = found.value;
  if (options.json === true) await terminal.outJson(plugin);
  else {
    const { state, why, source, sha256, approved, folder, manifest } = plugin;
    const facts = [`state        ${state}${why === null ? "" : `: ${why}`}`, `from         ${source}`, `approved     ${approved}`, `copy         ${folder}`];
    const lines = manifest === null ? [id, ...facts, `sha256       ${sha256}`] : [...inWords(manifest), ...facts, `sha256       ${sha256}`];
    await terminal.out(`${visible(lines.join("\n"))}\n`);
  }
  return done;
}

function byId(listed: Outcome<readonly InstalledPlugin[]>, id: string): Outcome<InstalledPlugin> {
  if (!listed.ok) return listed;
  const plugin = listed.value.find((each) => each.id === id);
  if (plugin !== undefined) return { ok: true, value: plugin };
  return { ok: false, error: new BosunError("plugin-refused", `No plugin "${id}" is approved.`, { next: "`bosun plugins` lists those that are." }) };
}

/** The source as it is now, of a plugin that was approved before. */
function again({ home, plugins }: Call, id: string): Outcome<PluginCandidate> {
  const found = byId(plugins.listPlugins(home, limits), id);
  if (!found.ok) return found;
  const { source } = found.value;
  if (!existsSync(source)) {
    return {
      ok: false,
      error: new BosunError("plugin-refused", `${source}, where ${id} came from, is gone.`, {
        next: `Remove it (bosun plugins remove ${id}), and add it from where it is now.`,
      }),
    };
  }
  const read = plugins.readCandidate(source, limits);
  if (!read.ok || read.value.manifest.id === id) return read;
  return {
    ok: false,
    error: new BosunError("plugin-refused", `The plugin in ${source} calls itself ${read.value.manifest.id} now, not ${id}.`, {
      next: `Remove ${id}, and add it anew.`,
    }),
  };
}

async function approve(call: Call, read: Outcome<PluginCandidate>, fails: Fails): Promise<ExitCode> {
  if (!read.ok) return fails(read.error);
  const { home, plugins, options, terminal } = call;
  const { manifest, source, sha256, files, bytes } = read.value;
  const facts = [`from         ${source}`, `holds        ${files} files and folders, ${bytes} bytes`, `sha256       ${sha256}`];
  const shown = visible([...inWords(manifest), ...facts].join("\n"));
  if (options.json !== true) await terminal.out(`${shown}\n`);
  if (options.yes !== true && !(await agreed(terminal, manifest.id))) {
    return fails(
      new BosunError("plugin-refused", `Nothing was approved.`, { next: `To approve ${manifest.id} as it is now, answer y, or call again with --yes.` }),
    );
  }
  const kept = plugins.approve(home, read.value, Date.now());
  if (!kept.ok) return fails(kept.error);
  if (options.json === true) await terminal.outJson({ ...kept.value, manifest, files, bytes });
  else await terminal.out(`\nApproved. Its ${manifest.tools.length} tools are there in the next session; its code runs at the first call of one.\n`);
  return done;
}

async function remove({ home, plugins, options, terminal }: Call, id: string, fails: Fails): Promise<ExitCode> {
  const removed = plugins.removePlugin(home, id);
  if (!removed.ok) return fails(removed.error);
  if (options.json === true) await terminal.outJson(removed.value);
  else await terminal.out(`Removed ${id}. What it came from, ${visible(removed.value.source)}, is as it was.\n`);
  return done;
}

/** Nobody at the terminal: no. */
async function agreed(terminal: Terminal, id: string): Promise<boolean> {
  if (!terminal.stdin || !terminal.stderr) return false;
  const gone = new AbortController();
  const line = createLineInput({
    input: process.stdin,
    write: (text) => terminal.error(text),
    columns: () => terminal.columns(),
    onInterrupt: () => gone.abort(),
  });
  const answer = await line.ask(`Approve ${id} as it is now? [y/N] `, gone.signal);
  line.close();
  return /^y(?:es)?$/i.test(answer?.trim() ?? "");
}

/** All that somebody has to know who approves it. */
function inWords({ id, name, version, description, command, environment, skills, tools }: PluginManifest): readonly string[] {
  const rows = tools.map(({ fullName, effect, redo, timeout, responsibility }) => [
    `  ${fullName}`,
    effect,
    `redo ${redo}`,
    `${timeout / 1000} s`,
    responsibility,
  ]);
  return [
    `${id} ${version}${name === id ? "" : ` (${name})`}: ${description}`,
    "",
    ...(tools.length === 0 ? ["no tools"] : columns(rows).trimEnd().split("\n")),
    "",
    "The model is told:",
    ...tools.map(({ fullName, description: told }) => `  ${fullName}: ${told.replaceAll("\n", "\n    ")}`),
    "",
    `runs         ${command.map((word) => (/^[\w./=:@-]+$/.test(word) ? word : JSON.stringify(word))).join(" ")}`,
    `environment  ${environment.length === 0 ? "nothing of yours" : environment.join(", ")}`,
    `skills       ${skills ?? "none"}`,
  ];
}
