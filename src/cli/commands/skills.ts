// `bosun skills`: which skills a session here would have, why others are not used, what one says; and a folder held against the standard.
import { basename, resolve } from "node:path";
import { BosunError, type Json, loadSettings, type Outcome, redact, redactJson } from "../../base/index.ts";
import { findTools } from "../../compose/index.ts";
import { createFiles } from "../../exec/index.ts";
import { findPlace } from "../../index.ts";
import { readRule } from "../../permissions/index.ts";
import { type AbsentSkill, builtinTools, type FoundSkills, loadSkillReader, nearest, ruleOfEntry, type Skill } from "../../tools/index.ts";
import type { Arguments } from "../arguments.ts";
import { type ExitCode, exitTable } from "../exit.ts";
import type { Options } from "../option-table.ts";
import { fromSettings } from "../options.ts";
import { reportError } from "../report.ts";
import type { Terminal } from "../terminal.ts";
import { clip, columns, oneLine, visible } from "../text.ts";

export async function run({ words, options }: Arguments, terminal: Terminal): Promise<ExitCode> {
  const [what = "list", ...more] = words;
  const fits = what === "list" ? more.length === 0 : (what === "show" || what === "check") && more.length === 1;
  if (!fits) {
    const says =
      what === "show" ? "skills show takes the name of one skill." : what === "check" ? "skills check takes one folder." : `skills has no "${what}".`;
    return reportError(terminal, new BosunError("usage", says, { next: "`bosun help skills` tells its forms." }));
  }
  const [given = ""] = more;
  if (what === "check") return check(given, options, terminal);
  const found = await findHere(options, terminal);
  if (!found.ok) return reportError(terminal, found.error);
  return what === "list" ? list(found.value, options, terminal) : show(given, found.value, options, terminal);
}

async function findHere(options: Options, terminal: Terminal): Promise<Outcome<FoundSkills>> {
  const place = findPlace(options.cwd === undefined ? {} : { cwd: options.cwd }, terminal.environment);
  if (!place.ok) return place;
  const loaded = await loadSettings(place.value);
  if (!loaded.ok) return loaded;
  return { ok: true, value: (await findTools(fromSettings(loaded.value), place.value)).skills };
}

const safe = (text: string): string => visible(oneLine(redact(text)));
const rowOf = (skill: Skill) => ({ ...skill, problems: [...skill.warnings, ...entryProblems(skill.allowedTools)] });

async function list({ skills, absent }: FoundSkills, options: Options, terminal: Terminal): Promise<ExitCode> {
  if (options.json === true) {
    await terminal.outJson(redactJson({ skills: skills.map(rowOf), absent } as unknown as Json));
    return exitTable.answered.code;
  }
  const rows = skills.map((skill) => [skill.name, skill.where, `${(skill.bytes / 1000).toFixed(1)} kB`, clip(safe(skill.description), 80)]);
  const problems = skills.map(rowOf).flatMap(({ where, problems }) => problems.map((says) => [`  ${safe(where)}`, safe(says)]));
  await terminal.out(skills.length === 0 ? "There are no skills here.\n" : columns([["NAME", "WHERE", "SIZE", "TITLE"], ...rows]));
  if (problems.length > 0) await terminal.out(`\nNot as it should be:\n${columns(problems)}`);
  if (absent.length > 0) await terminal.out(`\nNot used:\n${columns(absent.map(({ where, why }) => [`  ${safe(where)}`, safe(why)]))}`);
  return exitTable.answered.code;
}

async function show(name: string, { skills, absent }: FoundSkills, options: Options, terminal: Terminal): Promise<ExitCode> {
  const skill = skills.find((each) => each.name === name);
  if (skill === undefined) return reportError(terminal, missing(name, skills, absent));
  const { openSkill, listSkillFiles } = await loadSkillReader();
  const opened = await openSkill(skill, createFiles(), () => null);
  if (!opened.ok) return reportError(terminal, new BosunError("settings-malformed", `The skill ${name}: ${opened.says}.`, { next: "Mend it." }));
  const { names, more } = await listSkillFiles(skill.folder, createFiles());
  const body = redact(opened.value.body);
  const row = rowOf(skill);
  if (options.json === true) {
    await terminal.outJson(redactJson({ ...row, files: names, moreFiles: more, body } as unknown as Json));
    return exitTable.answered.code;
  }
  const lines = [
    `${skill.name} (${safe(skill.where)}): ${safe(skill.description)}`,
    `folder: ${safe(skill.folder)}`,
    ...(skill.license === undefined ? [] : [`license: ${safe(skill.license)}`]),
    ...(skill.compatibility === undefined ? [] : [`compatibility: ${safe(skill.compatibility)}`]),
    `limits itself to: ${skill.allowedTools === null ? "nothing is said" : safe(skill.allowedTools.join(", ")) || "no tool"}`,
    ...row.problems.map((says) => `not as it should be: ${safe(says)}`),
    `files: ${names.length === 0 ? "none beside SKILL.md" : safe(names.join(", "))}${more ? ", and more" : ""}`,
    "",
    visible(body).trim(),
  ];
  await terminal.out(`${lines.join("\n")}\n`);
  return exitTable.answered.code;
}

function missing(name: string, skills: readonly Skill[], absent: readonly AbsentSkill[]): BosunError {
  const left = absent.find((each) => each.name === name);
  if (left !== undefined) return new BosunError("usage", `The skill in ${left.where} is not used: ${left.why}.`);
  const near = nearest(
    name,
    skills.map((each) => each.name),
  );
  return new BosunError("usage", `There is no skill "${name}" here.`, {
    next: near.length === 0 ? "`bosun skills` lists all." : `Did you mean ${near.join(", ")}? \`bosun skills\` lists all.`,
  });
}

/** A folder by the standard, wherever it is. */
async function check(path: string, options: Options, terminal: Terminal): Promise<ExitCode> {
  const { openSkill, readSkillFolder } = await loadSkillReader();
  const folder = resolve(options.cwd ?? process.cwd(), path);
  const look = await createFiles().look(folder);
  const read =
    look.kind === "folder"
      ? await readSkillFolder(look.real, basename(folder))
      : { ok: false as const, says: `${path} is no folder: name the one that SKILL.md is in` };
  const skill: Skill | null = read.ok ? { ...read.value, owner: "person", where: path } : null;
  const opened = skill === null ? read : await openSkill(skill, createFiles(), () => null);
  const problems = opened.ok ? [] : [opened.says];
  const warnings = skill === null ? [] : [...skill.warnings, ...entryProblems(skill.allowedTools)];
  if (options.json === true) await terminal.outJson({ path: folder, valid: problems.length === 0, problems, warnings });
  else {
    const lines = [...problems.map((says) => `✗ ${safe(says)}`), ...warnings.map((says) => `! ${safe(says)}`)];
    if (problems.length === 0) lines.push(`✓ ${safe(path)} is a skill after the standard.`);
    await terminal.out(`${lines.join("\n")}\n`);
  }
  return problems.length === 0 ? exitTable.answered.code : exitTable.usage.code;
}

/** Entries of allowed-tools that are no rules, or name no tool that is built in. */
function entryProblems(entries: Skill["allowedTools"]): readonly string[] {
  const subjectsOf = (name: string) => builtinTools.find((tool) => tool.name === name)?.subjects.map(({ kind }) => kind);
  return (entries ?? []).flatMap((entry) => {
    const reading = readRule({ text: ruleOfEntry(entry), verdict: "allow", source: "allowed-tools" }, { root: "/", home: "/", subjectsOf });
    if (!reading.ok) return [`allowed-tools: ${JSON.stringify(entry)} can't be read and matches nothing: ${reading.problem.says}.`];
    return subjectsOf(reading.rule.name) === undefined && !/[*_]/.test(reading.rule.name)
      ? [`allowed-tools: no tool that is built in is called ${JSON.stringify(entry)}.`]
      : [];
  });
}
