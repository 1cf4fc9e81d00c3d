// Files of the project whose content is a secret, so that they can be covered, and its links. Nearest to the root first, in bounded work.
import * as fs from "node:fs";
import { join } from "node:path";

export interface SecretFinder {
  /** Absolute. `also`: a folder to look into in any case. */
  find(also: string): Found;
}

export interface Found {
  /** Files and folders. */
  readonly secrets: readonly string[];
  readonly links: readonly string[];
}

/** Names that are worth asking about: most names are not. */
const suspicious =
  /^\.(?:env|netrc|git-credentials|pgpass|my\.cnf|pypirc|vault-token|htpasswd|[a-z_]*history$|npmrc)|\.env(?:\.|$)|\.(?:pem|key|p12|pfx|jks|keystore|kdbx|ppk)$|^id_|^_netrc$|credential|secret|service-account|tfstate/i;
const secretFolders = new Set([".ssh", ".gnupg", ".aws", ".kube", ".azure"]);
const skipped = new Set(["node_modules", ".git", "target", "dist", "build", "vendor", ".venv", "venv", "__pycache__", ".cache", ".next", ".tox"]);
const mostFolders = 400;
const mostNames = 5000;
const mostLinks = 50;

interface Known extends Found {
  readonly changed: number;
  readonly below: readonly string[];
}

export function createSecretFinder(root: string, isSecret: (path: string) => boolean): SecretFinder {
  const known = new Map<string, Known>();
  const look = (folder: string): Known | null => {
    const changed = fs.statSync(folder, { throwIfNoEntry: false })?.mtimeMs;
    if (changed === undefined) return null;
    const before = known.get(folder);
    if (before?.changed === changed) return before;
    const now = { changed, ...list(folder, isSecret) };
    known.set(folder, now);
    return now;
  };
  return {
    find(also) {
      const secrets = new Set<string>();
      const links: string[] = [];
      const waiting = [root, also];
      const seen = new Set<string>();
      for (const folder of waiting) {
        if (seen.has(folder) || seen.size >= mostFolders) continue;
        seen.add(folder);
        const found = safely(() => look(folder));
        for (const path of found?.secrets ?? []) secrets.add(path);
        links.push(...(found?.links ?? []));
        waiting.push(...(found?.below ?? []));
      }
      return { secrets: [...secrets], links: links.slice(0, mostLinks) };
    },
  };
}

function list(folder: string, isSecret: (path: string) => boolean): Omit<Known, "changed"> {
  const secrets: string[] = [];
  const links: string[] = [];
  const below: string[] = [];
  for (const entry of fs.readdirSync(folder, { withFileTypes: true }).slice(0, mostNames)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (secretFolders.has(entry.name)) secrets.push(path);
      else if (!skipped.has(entry.name)) below.push(path);
    } else if (entry.isSymbolicLink()) links.push(path);
    else if (entry.isFile() && suspicious.test(entry.name) && isSecret(path)) secrets.push(path);
  }
  return { secrets, links, below };
}

function safely<Value>(work: () => Value): Value | null {
  try {
    return work();
  } catch {
    return null;
  }
}
