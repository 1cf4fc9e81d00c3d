// The bundle: flat ES modules in dist. Two passes, one for the command and one for the library's doors: were they one,
// each module they share would become a chunk of its own, and starting the command would open dozens of files.
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type OutputChunk, type Plugin, rolldown } from "rolldown";

const command = { cli: "src/cli/main.ts" };
const doors = {
  index: "src/index.ts",
  tools: "src/tools/index.ts",
  permissions: "src/permissions/index.ts",
  session: "src/session/index.ts",
  model: "src/model/index.ts",
  testing: "src/testing/index.ts",
};

/** Writes both passes and returns the ids of all modules that went in. */
export async function bundle(root: string, dist: string): Promise<ReadonlySet<string>> {
  const chunks = [...(await pass(root, dist, command)), ...(await pass(root, dist, doors))];
  const cli = join(dist, "cli.js");
  if (existsSync(cli)) {
    writeFileSync(cli, `#!/usr/bin/env node\n${readFileSync(cli, "utf8").replace(/^#!.*\n/, "")}`);
    chmodSync(cli, 0o755);
  }
  return new Set(chunks.flatMap((chunk) => chunk.moduleIds));
}

/** What is needed before the first request can go out, whichever way it is imported: one file to open instead of twenty. */
const startRoots = [
  "src/cli/program.ts",
  "src/cli/commands/prompt.ts",
  "src/model/adapters/anthropic.ts",
  "src/model/adapters/openai-compatible.ts",
  "src/model/adapters/openai-responses.ts",
];

/** Notes who imports whom while modules are read; `inStart` is asked when all are. */
function startChunk(root: string): { readonly plugin: Plugin; readonly inStart: (id: string) => boolean } {
  const imports = new Map<string, readonly string[]>();
  let reached: Set<string> | undefined;
  const reach = (): Set<string> => {
    const found = new Set<string>();
    const open = startRoots.map((path) => join(root, path));
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      // The manifest stands alone: with it the entry answers --version without opening anything else.
      if (found.has(id) || id.endsWith("package.json")) continue;
      found.add(id);
      open.push(...(imports.get(id) ?? []));
    }
    return found;
  };
  return {
    plugin: { name: "start-chunk", moduleParsed: (module) => void imports.set(module.id, module.importedIds) },
    inStart: (id) => {
      reached ??= reach();
      return reached.has(id);
    },
  };
}

async function pass(root: string, dist: string, entries: Readonly<Record<string, string>>): Promise<OutputChunk[]> {
  const present = Object.entries(entries).filter(([, path]) => existsSync(join(root, path)));
  for (const [name, path] of Object.entries(entries)) {
    if (!existsSync(join(root, path))) console.warn(`dist/${name}.js is not built: there is no ${path} (publint and the package tests will say so).`);
  }
  if (present.length === 0) return [];
  const start = startChunk(root);
  const build = await rolldown({
    cwd: root,
    plugins: entries === command ? [start.plugin] : [],
    input: Object.fromEntries(present),
    platform: "node",
    preserveEntrySignatures: "allow-extension",
    // Some packages hide an ES module behind "module"; their "main" calls require in a way that no bundle can hold.
    resolve: { mainFields: ["module", "main"] },
    transform: { target: "node24" },
    tsconfig: join(root, "tsconfig.json"),
    external: [/^node:/, ...Object.keys(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).dependencies)],
    onLog(level, log) {
      if (level === "warn") throw new Error(`rolldown warns, and a warning here breaks at run time: ${log.message}`);
    },
  });
  const { output } = await build.write({
    dir: dist,
    format: "esm",
    ...(entries === command
      ? {
          codeSplitting: {
            includeDependenciesRecursively: false,
            groups: [
              { name: "manifest", test: /\/package\.json$/ },
              { name: "start", test: start.inStart },
            ],
          },
        }
      : {}),
    entryFileNames: "[name].js",
    chunkFileNames: (chunk) =>
      chunk.name === "start" || chunk.name === "manifest" ? "[name]-[hash].js" : `${chunkName(chunk.moduleIds.at(-1) ?? "", chunk.name)}-[hash].js`,
    // Names stay, so that a stack trace can be read; blanks and comments go, so that less is parsed at the start.
    minify: { mangle: false, compress: true, codegen: { removeWhitespace: true } },
    comments: { legal: false },
  });
  await build.close();
  return output.filter((file) => file.type === "chunk");
}

/** Chunks of packages are named after the package: half of all packages call their file "dist/index.js". */
function chunkName(module: string, otherwise: string): string {
  return /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(module)?.[1]?.replace(/[@/]+/g, "-").replace(/^-/, "") ?? otherwise;
}
