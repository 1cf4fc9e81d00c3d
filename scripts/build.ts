// Builds dist: bundle, declarations, assets, notices. Into a folder beside it first, so that a failed build leaves the old one.
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { copyAssets } from "./build/assets.ts";
import { bundle } from "./build/bundle.ts";
import { emitDeclarations } from "./build/declarations.ts";
import { writeNotices } from "./build/notices.ts";

const root = join(import.meta.dirname, "..");
const next = join(root, `dist.next-${process.pid}`);
const dist = join(root, "dist");

rmSync(next, { recursive: true, force: true });
mkdirSync(next);
try {
  const modules = await bundle(root, next);
  emitDeclarations(root, next);
  copyAssets(root, next);
  writeNotices(next, modules);
  rmSync(dist, { recursive: true, force: true });
  renameSync(next, dist);
} catch (error) {
  rmSync(next, { recursive: true, force: true });
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
