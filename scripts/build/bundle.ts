// The bundle: flat ES modules in dist. Two passes, one for the command and one for the library's doors: were they one,
// each module they share would become a chunk of its own, and starting the command would open dozens of files.
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type OutputChunk, rolldown } from "rolldown";

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

async function pass(root: string, dist: string, entries: Readonly<Record<string, string>>): Promise<OutputChunk[]> {
  const present = Object.entries(entries).filter(([, path]) => existsSync(join(root, path)));
  for (const [name, path] of Object.entries(entries)) {
    if (!existsSync(join(root, path))) console.warn(`dist/${name}.js is not built: there is no ${path} (publint and the package tests will say so).`);
  }
  if (present.length === 0) return [];
  const build = await rolldown({
    cwd: root,
    input: Object.fromEntries(present),
    platform: "node",
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
    entryFileNames: "[name].js",
    chunkFileNames: (chunk) => `${chunkName(chunk.moduleIds.at(-1) ?? "", chunk.name)}-[hash].js`,
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
