// The core prompt: a Markdown file beside this one, copied beside the bundle when it is built.
import { readFileSync } from "node:fs";

/** Throws when the file is missing: then the installation is broken. */
export const corePrompt = (): string => readFileSync(new URL("./system.md", import.meta.url), "utf8").trim();
