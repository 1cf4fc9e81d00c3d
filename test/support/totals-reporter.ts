// Says why each skipped test was skipped, fails the run when one does not say it, and prints the totals as one plain line.
import type { Reporter, TestCase, TestModule, TestRunEndReason } from "vitest/node";

const reasoned = /\((skipped|needs|only)\b[^)]*\)/;

export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[], reason: TestRunEndReason): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const skipped = tests.filter((test) => test.result().state === "skipped");
    // A file that cannot be loaded has no tests to fail, and is a failure all the same.
    const broken = modules.filter((module) => module.state() === "failed" && module.errors().length > 0).length;
    const failed = tests.filter((test) => test.result().state === "failed").length + broken + unhandled.length;
    for (const test of skipped) console.log(`skipped: ${test.module.relativeModuleId}: ${test.fullName}${noteOf(test)}`);
    const silent = skipped.filter((test) => !reasoned.test(test.fullName) && noteOf(test) === "");
    if (silent.length > 0 && reason !== "interrupted") {
      console.log(`${silent.length} skipped tests do not say what they miss: use needs() of test/support/needs.ts, or context.skip("why").`);
      process.exitCode = 1;
    }
    console.log(
      `${tests.length - skipped.length - (failed - broken - unhandled.length)} passed, ${failed + silent.length} failed, ${skipped.length - silent.length} skipped`,
    );
  }
}

function noteOf(test: TestCase): string {
  const result = test.result();
  return result.state === "skipped" && result.note !== undefined ? ` (${result.note})` : "";
}
