// The built-in tools: metadata now, each implementation when it is first called.
import type { Prepare, Tool, ToolMeta } from "../tool.ts";
import { bash } from "./bash/meta.ts";
import { edit } from "./edit/meta.ts";
import { findTool } from "./find-tool/meta.ts";
import { glob } from "./glob/meta.ts";
import { grep } from "./grep/meta.ts";
import { jobs } from "./jobs/meta.ts";
import { read } from "./read/meta.ts";
import { skill } from "./skill/meta.ts";
import { todo } from "./todo/meta.ts";
import { write } from "./write/meta.ts";

function tool(meta: ToolMeta, load: () => Promise<Prepare>): Tool {
  // Even of a module that is there, an import costs a tenth of a millisecond.
  let prepare: Prepare | undefined;
  return { ...meta, load: async () => (prepare ??= await load()) };
}

export const builtinTools: readonly Tool[] = [
  tool(bash, () => import("./bash/run.ts").then((module) => module.prepare)),
  tool(edit, () => import("./edit/run.ts").then((module) => module.prepare)),
  tool(findTool, () => import("./find-tool/run.ts").then((module) => module.prepare)),
  tool(glob, () => import("./glob/run.ts").then((module) => module.prepare)),
  tool(grep, () => import("./grep/run.ts").then((module) => module.prepare)),
  tool(jobs, () => import("./jobs/run.ts").then((module) => module.prepare)),
  tool(read, () => import("./read/run.ts").then((module) => module.prepare)),
  tool(skill, () => import("./skill/run.ts").then((module) => module.prepare)),
  tool(todo, () => import("./todo/run.ts").then((module) => module.prepare)),
  tool(write, () => import("./write/run.ts").then((module) => module.prepare)),
];
