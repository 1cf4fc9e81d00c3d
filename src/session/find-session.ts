// Finds sessions by name in the folders of a home, without the index: it may be missing, old, or being written.
import { BosunError, codeOf, messageOf, type Outcome, type SessionId } from "../base/index.ts";
import { type Disk, nodeDisk } from "../exec/index.ts";
import type { SessionSummary } from "./store.ts";

export interface FoundSession extends SessionSummary {
  /** Slug: the name of the project's folder. */
  readonly project: string;
  /** `$BOSUN_HOME/projects/<slug>`: what a store is made for. */
  readonly projectFolder: string;
}

/** Every session of every project, in no order. A home that does not exist has none. */
export async function listAllSessions(home: string, disk: Disk = nodeDisk): Promise<readonly FoundSession[]> {
  const projects = await disk.list(`${home}/projects`).catch(() => []);
  const found = await Promise.all(projects.map((project) => listProject(`${home}/projects/${project}`, disk)));
  return found.flat();
}

async function listProject(projectFolder: string, disk: Disk): Promise<readonly FoundSession[]> {
  const names = await disk.list(projectFolder).catch(() => []);
  const project = projectFolder.slice(projectFolder.lastIndexOf("/") + 1);
  const found: FoundSession[] = [];
  for (const name of names) {
    const folder = `${projectFolder}/${name}`;
    const stat = await disk.stat(`${folder}/journal.jsonl`).catch(() => null);
    if (stat?.kind === "file") found.push({ session: name as SessionId, folder, bytes: stat.size, changed: stat.modified, project, projectFolder });
  }
  return found;
}

/** The folders of sessions that can't be looked into, with why. What is not there at all is none of them. */
export async function closedFolders(home: string, disk: Disk = nodeDisk): Promise<readonly BosunError[]> {
  const problems: BosunError[] = [];
  const look = async (folder: string): Promise<readonly string[]> => {
    try {
      return await disk.list(folder);
    } catch (error) {
      const next = "Ask as the user whose sessions these are, or set BOSUN_HOME to your own folder.";
      if (!["ENOENT", "ENOTDIR"].includes(codeOf(error)))
        problems.push(new BosunError("journal-damaged", `The sessions in ${folder} can't be read: ${messageOf(error)}.`, { cause: error, next }));
      return [];
    }
  };
  for (const project of await look(`${home}/projects`)) await look(`${home}/projects/${project}`);
  return problems;
}

const shortestEnding = 4;

/**
 * The one session of this name, whose name begins with it, or else ends with it (four characters and more: names begin
 * with their time, so their ends tell them apart). One of `projectFolder` comes before those of other projects.
 */
export async function findSession(home: string, idOrPrefix: string, projectFolder?: string, disk: Disk = nodeDisk): Promise<Outcome<FoundSession>> {
  if (idOrPrefix === "") return missing(idOrPrefix);
  const all = await listAllSessions(home, disk);
  const here = projectFolder === undefined ? [] : all.filter((one) => one.projectFolder === projectFolder);
  const ways: readonly ((name: string) => boolean)[] = [
    (name) => name === idOrPrefix,
    (name) => name.startsWith(idOrPrefix),
    (name) => idOrPrefix.length >= shortestEnding && name.endsWith(idOrPrefix),
  ];
  for (const way of ways) {
    for (const place of [here, all]) {
      const [first, ...more] = place.filter((one) => way(one.session)).sort((left, right) => right.changed - left.changed);
      if (first && more.length > 0) return ambiguous(idOrPrefix, [first, ...more]);
      if (first) return { ok: true, value: first };
    }
  }
  return missing(idOrPrefix);
}

/** The session of a project whose journal was changed last; null where there is none. */
export async function latestSession(projectFolder: string, disk: Disk = nodeDisk): Promise<FoundSession | null> {
  const all = await listProject(projectFolder, disk);
  return all.reduce<FoundSession | null>((latest, one) => (latest && latest.changed >= one.changed ? latest : one), null);
}

const most = 5;
function ambiguous(text: string, all: readonly FoundSession[]): Outcome<never> {
  const names = all.slice(0, most).map((one) => `${one.session} (${one.project}, ${new Date(one.changed).toISOString().slice(0, 16).replace("T", " ")})`);
  const more = all.length > most ? ` and ${all.length - most} more` : "";
  return { ok: false, error: new BosunError("session-ambiguous", `"${text}" fits ${all.length} sessions: ${names.join(", ")}${more}.`) };
}
function missing(text: string): Outcome<never> {
  return { ok: false, error: new BosunError("session-missing", `There is no session whose name begins or ends with "${text}".`) };
}
