// The plugins that the person approved: `plugins.json` in bosun's folder, and a copy of each as it was approved.
//
// Owns: $BOSUN_HOME/plugins.json and $BOSUN_HOME/plugins/. Calls: tree, manifest. Runs nothing of a plugin.
// Invariants
//  I1  What runs is the copy, and only while its hash is the one that was approved.
//  I2  A source that is there and differs from what was approved withholds its tools until it is approved anew.
//  I3  plugins.json is replaced as one step, and is private.
import * as fs from "node:fs";
import { join, resolve } from "node:path";
import { BosunError, codeOf, isJsonObject, type Json, messageOf, type Outcome, parseJson } from "../../base/index.ts";
import { type ManifestLimits, manifestFile, mostManifestBytes, type PluginManifest, readManifest } from "./manifest.ts";
import { copyTree, hashTree, markOf, readAsIs, type Tree, walkTree } from "./tree.ts";

export interface PluginRecord {
  readonly id: string;
  /** The folder that it was added from, absolute. */
  readonly source: string;
  readonly sha256: string;
  /** ISO 8601. */
  readonly approved: string;
  /** Full names of its tools. */
  readonly tools: readonly string[];
}
export type PluginState = "approved" | "source-changed" | "copy-changed" | "copy-missing" | "unreadable";
export interface InstalledPlugin extends PluginRecord {
  readonly state: PluginState;
  /** What is wrong and what mends it; null when nothing is. */
  readonly why: string | null;
  /** Where the approved copy is. */
  readonly folder: string;
  /** Of the copy; null when it can't be had. */
  readonly manifest: PluginManifest | null;
}
/** What adding a folder would register. */
export interface PluginCandidate {
  readonly manifest: PluginManifest;
  readonly source: string;
  readonly sha256: string;
  readonly files: number;
  readonly bytes: number;
  readonly tree: Tree;
}

const fileOf = (home: string): string => join(home, "plugins.json");
const copyOf = (home: string, { id, sha256 }: Pick<PluginRecord, "id" | "sha256">): string => join(home, "plugins", id, sha256);

const failed = (says: string, next: string, cause?: unknown): { readonly ok: false; readonly error: BosunError } => ({
  ok: false,
  error: new BosunError("plugin-refused", says, { next, ...(cause === undefined ? {} : { cause }) }),
});

/** Reads a folder that may become a plugin. */
export function readCandidate(path: string, limits: ManifestLimits): Outcome<PluginCandidate> {
  const folder = resolve(path);
  const tree = walkTree(folder);
  const mend = `Mend it, and call \`bosun plugins add ${path}\` again.`;
  if (!tree.ok) return failed(`${folder} can't be a plugin: ${tree.why}.`, mend);
  const manifest = manifestIn(tree.value.root, limits);
  if (typeof manifest === "string") return failed(`${folder} can't be a plugin: ${manifest}.`, mend);
  const { files, bytes, root } = tree.value;
  const { skills } = manifest;
  if (skills !== null && !files.some((file) => file.path === skills && file.kind === "folder")) {
    return failed(`${folder} can't be a plugin: its folder of skills "${skills}" is not there.`, mend);
  }
  try {
    return { ok: true, value: { manifest, source: root, sha256: hashTree(tree.value), files: files.length, bytes, tree: tree.value } };
  } catch (error) {
    return failed(`${folder} can't be read: ${messageOf(error)}.`, mend, error);
  }
}

function manifestIn(root: string, limits: ManifestLimits): PluginManifest | string {
  try {
    const bytes = readAsIs(join(root, manifestFile));
    if (bytes.length > mostManifestBytes) return `${manifestFile} has more than ${mostManifestBytes / 1024} kB`;
    const read = readManifest(new TextDecoder("utf-8", { fatal: true }).decode(bytes), limits);
    return read.ok ? read.value : read.problems.join("; ");
  } catch (error) {
    return codeOf(error) === "ENOENT" ? `it holds no ${manifestFile}` : `${manifestFile} can't be read: ${messageOf(error)}`;
  }
}

/** Copies what was shown, and records it. What changed since it was shown is refused. */
export function approve(home: string, { manifest, source, sha256, tree }: PluginCandidate, now: number): Outcome<PluginRecord> {
  const records = readRecords(home);
  if (!records.ok) return records;
  const record = { id: manifest.id, source, sha256, approved: new Date(now).toISOString(), tools: manifest.tools.map(({ fullName }) => fullName) };
  const other = records.value.find(({ id }) => id === manifest.id);
  if (other !== undefined && other.source !== source) {
    return failed(`A plugin "${manifest.id}" is there already, from ${other.source}.`, `Remove it first: bosun plugins remove ${manifest.id}.`);
  }
  const to = copyOf(home, record);
  const next = `${to}.${process.pid}.new`;
  try {
    fs.rmSync(next, { recursive: true, force: true });
    copyTree(tree, next);
    const copied = walkTree(next);
    if (!copied.ok || hashTree(copied.value) !== sha256) {
      fs.rmSync(next, { recursive: true, force: true });
      return failed(`${source} changed while it was copied; nothing was approved.`, "Look at it again and approve it then.");
    }
    fs.rmSync(to, { recursive: true, force: true });
    fs.renameSync(next, to);
    writeRecords(home, [...records.value.filter(({ id }) => id !== record.id), record]);
    for (const name of fs.readdirSync(join(home, "plugins", record.id))) {
      if (name !== sha256) fs.rmSync(join(home, "plugins", record.id, name), { recursive: true, force: true });
    }
    return { ok: true, value: record };
  } catch (error) {
    fs.rmSync(next, { recursive: true, force: true });
    return failed(`The plugin ${record.id} could not be kept in ${home}: ${messageOf(error)}.`, "Check the folder's permissions and the free space.", error);
  }
}

export function removePlugin(home: string, id: string): Outcome<PluginRecord> {
  const records = readRecords(home);
  if (!records.ok) return records;
  const record = records.value.find((each) => each.id === id);
  if (record === undefined) return failed(`No plugin "${id}" is approved.`, "`bosun plugins` lists those that are.");
  try {
    writeRecords(
      home,
      records.value.filter((each) => each !== record),
    );
    for (const name of [id, `${id}.copy.seen`, `${id}.source.seen`]) fs.rmSync(join(home, "plugins", name), { recursive: true, force: true });
    return { ok: true, value: record };
  } catch (error) {
    return failed(`The plugin ${id} could not be removed: ${messageOf(error)}.`, `Check the permissions of ${home}.`, error);
  }
}

/** All that are recorded, each looked at as it is now. */
export function listPlugins(home: string, limits: ManifestLimits): Outcome<readonly InstalledPlugin[]> {
  const records = readRecords(home);
  return records.ok ? { ok: true, value: records.value.map((record) => inspect(home, record, limits)) } : records;
}

/** Null: the copy is as it was approved. */
export function whyChanged(home: string, record: Pick<PluginRecord, "id" | "sha256">): string | null {
  const found = hashOf(home, record.id, "copy", copyOf(home, record));
  if (found === null) return `its approved copy is gone from ${join(home, "plugins", record.id)}: bosun plugins approve ${record.id}`;
  return found === record.sha256
    ? null
    : `its approved copy in ${join(home, "plugins", record.id)} was changed by something else than bosun: look at what did, then bosun plugins approve ${record.id}`;
}

function inspect(home: string, record: PluginRecord, limits: ManifestLimits): InstalledPlugin {
  const { id, source, sha256, approved } = record;
  const folder = copyOf(home, record);
  const base = { ...record, folder };
  const copy = whyChanged(home, record);
  if (copy !== null) return { ...base, state: fs.existsSync(folder) ? "copy-changed" : "copy-missing", why: copy, manifest: null };
  const manifest = manifestIn(folder, limits);
  if (typeof manifest === "string") {
    return {
      ...base,
      state: "unreadable",
      why: `this bosun does not take its manifest: ${manifest}. Mend it in ${source}, then bosun plugins approve ${id}`,
      manifest: null,
    };
  }
  const now = fs.existsSync(source) ? hashOf(home, id, "source", source) : sha256;
  if (now === sha256) return { ...base, state: "approved", why: null, manifest };
  const how = now === null ? "can't be read as it was" : "changed";
  return { ...base, state: "source-changed", why: `${source} ${how} since it was approved (${approved}): bosun plugins approve ${id}`, manifest };
}

/** Changes within this time of hashing may not show in a file's times: nothing is remembered then. */
const settleMilliseconds = 2000;

/** The hash of a folder as it is now; what nobody wrote to since it was hashed is not read again. Null: it is no plugin any more. */
function hashOf(home: string, id: string, what: "copy" | "source", folder: string): string | null {
  const tree = walkTree(folder);
  if (!tree.ok) return null;
  const mark = markOf(tree.value);
  const path = join(home, "plugins", `${id}.${what}.seen`);
  try {
    const [known, sha256] = fs.readFileSync(path, "utf8").split(" ");
    if (known === mark && sha256 !== undefined) return sha256;
  } catch {
    // not seen before
  }
  try {
    const sha256 = hashTree(tree.value);
    const newest = Math.max(0, ...tree.value.files.map(({ changed }) => changed));
    if (Date.now() - newest > settleMilliseconds) remember(path, `${mark} ${sha256}`);
    return sha256;
  } catch {
    return null;
  }
}

function remember(path: string, text: string): void {
  try {
    fs.writeFileSync(`${path}.${process.pid}`, text, { mode: 0o600 });
    fs.renameSync(`${path}.${process.pid}`, path);
  } catch {
    // then it is hashed again
  }
}

function readRecords(home: string): Outcome<readonly PluginRecord[]> {
  const path = fileOf(home);
  const mend = `Mend it, or delete it and add the plugins again with bosun plugins add.`;
  let text: string;
  try {
    text = fs.readFileSync(path, "utf8");
  } catch (error) {
    return codeOf(error) === "ENOENT" ? { ok: true, value: [] } : failed(`${path} can't be read: ${messageOf(error)}.`, mend, error);
  }
  const parsed = parseJson(text);
  const list = parsed.ok && isJsonObject(parsed.value) && parsed.value["version"] === 1 ? parsed.value["plugins"] : null;
  if (!Array.isArray(list)) return failed(`${path} is not what bosun wrote${parsed.ok ? "" : ` (${parsed.why})`}; no plugin is loaded.`, mend);
  const records = (list as readonly Json[]).map(recordOf);
  const bad = records.indexOf(null);
  if (bad >= 0) return failed(`${path}: entry ${bad + 1} is not what bosun wrote; no plugin is loaded.`, mend);
  return { ok: true, value: records.filter((record) => record !== null) };
}

/** Its id and hash become a path: nothing else than these forms. */
function recordOf(value: Json): PluginRecord | null {
  if (!isJsonObject(value)) return null;
  const { id, source, sha256, approved, tools } = value;
  if (typeof id !== "string" || !/^[a-z0-9-]{1,24}$/.test(id) || typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256)) return null;
  if (typeof source !== "string" || typeof approved !== "string" || !Array.isArray(tools)) return null;
  const names = (tools as readonly Json[]).filter((name): name is string => typeof name === "string" && name.startsWith(`${id}__`));
  return { id, source, sha256, approved, tools: names };
}

function writeRecords(home: string, plugins: readonly PluginRecord[]): void {
  fs.mkdirSync(home, { recursive: true, mode: 0o700 });
  const path = fileOf(home);
  const next = `${path}.${process.pid}.new`;
  const sorted = [...plugins].sort((one, other) => (one.id < other.id ? -1 : 1));
  const descriptor = fs.openSync(next, "w", 0o600);
  try {
    fs.writeFileSync(descriptor, `${JSON.stringify({ version: 1, plugins: sorted }, null, 2)}\n`);
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
  fs.renameSync(next, path);
}
