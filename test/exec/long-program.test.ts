// Programs that stay: their end, and that nothing of them outlives the process that began them.
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { groupAlive, locate, nodeMachine, startLongProgram } from "../../src/exec/index.ts";
import { needs } from "../support/needs.ts";

/** Processes that carry this mark in their environment. */
function marked(mark: string): readonly string[] {
  return fs.readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && fs.readFileSync(`/proc/${pid}/environ`, "utf8").includes(`LONG_PROGRAM_MARK=${mark}`);
    } catch {
      return false;
    }
  });
}

async function until(holds: () => boolean): Promise<void> {
  for (const from = performance.now(); !holds(); await new Promise((wake) => setTimeout(wake, 10)))
    if (performance.now() - from > 5000) throw new Error("it did not come about within 5 s");
}

async function killOwner(kind: "namespace" | "watched"): Promise<void> {
  const mark = `${kind}-${process.pid}-${performance.now()}`;
  const program = locate("bwrap", (process.env["PATH"] ?? "").split(":")) ?? "";
  const owner = spawn(process.execPath, [join(import.meta.dirname, "long-program-runtime.ts"), kind, program], {
    env: { PATH: process.env["PATH"], LONG_PROGRAM_MARK: mark },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void owner.kill("SIGKILL"));
  await new Promise((resolve) => owner.stdout.once("data", resolve));
  await until(() => marked(mark).length > 1);
  owner.kill("SIGKILL");
  await until(() => marked(mark).length === 0);
}

const run = (command: string) => {
  const started = startLongProgram({
    ...{ program: "/bin/sh", arguments: ["-c", command], cwd: "/", environment: { PATH: "/usr/bin:/bin" } },
    ...{ cage: { kind: "watched" }, machine: nodeMachine },
  });
  if (typeof started === "string") throw new Error(started);
  onTestFinished(() => started.end(0));
  return started;
};

describe.skipIf(process.platform !== "linux")("a program that stays", () => {
  test("ends with its owner, however that ends, when it is watched", () => killOwner("watched"));
  needs("bwrap").test("ends with its owner, however that ends, in a namespace", () => killOwner("namespace"));

  test("is deaf to being asked, and is ended all the same, with what it began", async () => {
    const program = run('trap "" TERM; sleep 1000 & echo there; while :; do sleep 1; done');
    await new Promise<void>((resolve) => program.onOutput(() => resolve()));
    await program.end(100);
    expect(await program.ended).toMatchObject({ exitCode: null });
    expect(groupAlive(program.pid)).toBe(false);
  });

  test("keeps the end of its errors, and no more than 64 KiB", async () => {
    const program = run(
      "i=0; while [ $i -lt 3000 ]; do echo 0123456789012345678901234567890123456789012345678901234567890123 >&2; i=$((i+1)); done; echo last >&2; exit 4",
    );
    expect(await program.ended).toEqual({ exitCode: 4, signal: null });
    expect(program.errors()).toMatch(/last\n$/);
    expect(program.errors().length).toBeLessThanOrEqual(64 * 1024);
  });

  test("that can't be started is said", () => {
    const request = { program: "x\0", arguments: [], cwd: "/", environment: {}, machine: nodeMachine } as const;
    expect(startLongProgram({ ...request, cage: { kind: "watched" } })).toContain("NUL");
    const away = startLongProgram({ ...request, program: "x", cage: { kind: "namespace", program: "/none/bwrap", view: [] } });
    expect(away).toContain("could not be started");
  });
});
