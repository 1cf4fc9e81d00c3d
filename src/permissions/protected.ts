// Files that only a person changes, and files whose content is a secret. Tables: a row is a pattern and its reason.
import { escapeGlob, fold, matchesPattern, type PathPattern, readPattern, segmentsOf } from "./glob.ts";

type Row = readonly [patterns: string, reason: string];

/** Each of these is run, or changes what is run, by something other than the agent's own calls. `~` is the home folder. */
const protectedRows: readonly Row[] = [
  ["**/.git **/.git/**", "git's own store: its hooks and settings run programs"],
  [
    "**/.gitmodules **/.husky/** **/lefthook.{yml,yaml,toml,json} **/.lefthook.{yml,yaml,toml,json} **/.pre-commit-config.yaml",
    "run by git at the next commit or fetch",
  ],
  ["**/.bosun/**", "bosun's own settings: they decide what is permitted"],
  [
    "**/.{bashrc,bash_profile,bash_login,bash_logout,bash_aliases,profile,zshrc,zshenv,zprofile,zlogin,zlogout,kshrc,cshrc,tcshrc,inputrc} ~/.config/fish/**",
    "run by the next shell",
  ],
  ["**/.envrc **/.direnv/** **/{mise,.mise}.toml **/.mise/**", "run when a shell enters the folder"],
  [
    "**/.github/workflows/** **/.github/actions/** **/.gitlab-ci.yml **/.circleci/** **/.buildkite/** **/Jenkinsfile **/azure-pipelines.yml **/bitbucket-pipelines.yml **/.travis.yml **/.drone.yml **/.woodpecker/** **/.forgejo/workflows/** **/.gitea/workflows/**",
    "run by CI, with the project's secrets",
  ],
  [
    "**/.vscode/** **/.idea/** **/.zed/** **/.fleet/** **/.devcontainer/** **/*.code-workspace **/.exrc **/.nvimrc **/.nvim.lua **/.vimrc **/.editor.lua",
    "run by the editor when the folder is opened",
  ],
  ["**/.mcp.json **/.{claude,codex,gemini,cursor,opencode}/**", "settings of another agent"],
  ["**/.agents/**", "skills: instructions that later sessions go by"],
  [
    "**/.npmrc **/.yarnrc **/.yarnrc.yml **/.pnpmfile.cjs **/bunfig.toml **/pip.conf **/.cargo/config **/.cargo/config.toml",
    "decides where packages come from and what runs when they are installed",
  ],
  ["**/.gitconfig ~/.config/git/** ~/.ssh/** ~/.gnupg/** ~/.netrc ~/.aws/** ~/.kube/** ~/.docker/**", "the person's identity and keys"],
  [
    "~/.config/systemd/** ~/.config/autostart/** ~/.local/bin/** ~/bin/** ~/Library/LaunchAgents/** /etc/** /usr/** /bin/** /sbin/** /lib/** /boot/** /var/spool/cron/** /Library/** /System/**",
    "part of the system, or started with it",
  ],
];

const secretRows: readonly Row[] = [
  ["**/.env **/.env.* **/*.env", "an environment file, usually with keys"],
  ["**/*.{pem,key,p12,pfx,jks,keystore,kdbx,ppk} **/id_{rsa,dsa,ecdsa,ed25519}", "a private key"],
  ["**/.ssh/** **/.gnupg/** **/.aws/** **/.kube/** **/.docker/config.json **/.azure/** ~/.config/gcloud/** ~/.config/gh/**", "the person's identity and keys"],
  [
    "**/.netrc **/_netrc **/.git-credentials **/.pgpass **/.my.cnf **/.pypirc **/.vault-token **/.htpasswd ~/.npmrc ~/.cargo/credentials*",
    "stored passwords or tokens",
  ],
  [
    "**/{credentials,secrets,secret}.{json,yml,yaml,toml,ini} **/service-account*.json **/*.tfstate **/*.tfstate.backup **/.terraform.d/credentials*",
    "stored credentials",
  ],
  ["**/.bash_history **/.zsh_history **/.python_history **/.node_repl_history", "what the person typed"],
  ["/proc/*/environ /proc/*/mem /etc/shadow /etc/gshadow /etc/sudoers", "secrets of the system"],
];
/** What looks like a secret file and is made to be shared. */
const exampleRows: readonly Row[] = [["**/.env.{example,sample,template,dist,schema} **/*.{example,sample,template}.env **/*.d.ts", "an example"]];

interface Compiled {
  readonly pattern: PathPattern;
  /** Holds for one place of the machine, not at any depth of a project. */
  readonly anchored: boolean;
  readonly reason: string;
}
/** Where the person and the project are: absolute, links resolved. */
export interface Place {
  readonly home: string;
  readonly root: string;
  /** The folder that bosun keeps its settings, plugins and sessions in, by each of its names: it may be called anything, and lie anywhere. */
  readonly own?: readonly string[];
}
const compiled = new Map<string, readonly Compiled[]>();

function compile(rows: readonly Row[], home: string): readonly Compiled[] {
  const key = `${rows[0]?.[0]}\0${home}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const made = rows.flatMap(([patterns, reason]) =>
    patterns.split(" ").flatMap((text) => {
      const whole = text.startsWith("~/") ? `${escapeGlob(home)}${text.slice(1)}` : text;
      return (readPattern(fold(whole)) ?? []).map((pattern) => ({ pattern, reason, anchored: !text.startsWith("**/") }));
    }),
  );
  compiled.set(key, made);
  return made;
}

/** The reason why only a person changes this file, or null. `path` is absolute and real. Case and Unicode form don't count. */
export const protectedReason = (path: string, place: Place): string | null =>
  isOwn(path, place) ? "bosun's own folder: it decides what is permitted, and what was answered" : find(protectedRows, path, place);

/** The reason why the content of this file is a secret, or null. */
export function secretReason(path: string, place: Place): string | null {
  const reason = find(secretRows, path, place);
  return reason !== null && find(exampleRows, path, place) !== null ? null : reason;
}

function isOwn(path: string, { root, own = [] }: Place): boolean {
  const folded = fold(path.normalize("NFC"));
  return own.some((folder) => isInside(folded, fold(folder.normalize("NFC"))) && !isInside(root, folder));
}

/** Of a project only what lies below its root counts: a project may itself live in `/usr/src` or below a `.claude` folder. */
function find(rows: readonly Row[], path: string, { home, root }: Place): string | null {
  const segments = segmentsOf(fold(path.normalize("NFC")));
  const above = segmentsOf(fold(root.normalize("NFC")));
  const inside = isInside(path, root);
  const below = inside ? segments.slice(above.length) : segments;
  for (const { pattern, anchored, reason } of compile(rows, home)) {
    if (!anchored) {
      if (matchesPattern(pattern, below)) return reason;
    } else if (matchesPattern(pattern, segments) && !(inside && matchesPattern(pattern, above))) return reason;
  }
  return null;
}

export const isInside = (path: string, folder: string): boolean => path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);

/** Both tables as rows of a document: what, pattern, reason. */
export const protectedTable: readonly { readonly kind: "protected" | "secret"; readonly patterns: readonly string[]; readonly reason: string }[] = [
  ...protectedRows.map(([patterns, reason]) => ({ kind: "protected" as const, patterns: patterns.split(" "), reason })),
  ...secretRows.map(([patterns, reason]) => ({ kind: "secret" as const, patterns: patterns.split(" "), reason })),
];
