// Secrets that are known by their value: what counts as one, and that it is taken out whatever it looks like.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { redact, rememberSecrets, rememberSecretsOf } from "../../src/base/index.ts";
import { isSecretSetting, secretsOfText } from "../../src/base/known-secrets.ts";

test("a variable's value counts where its name or its form says secret", () => {
  for (const [name, value] of [
    ["DEPLOY_TOKEN", "unlikely.Value/0042"],
    ["DB_PASSWORD", "correcthorsebattery"],
    ["MY_API_KEY", "abcd-1234-efgh"],
    ["MY_KEY", "0123456789abcdef0123456789abcdef"],
    ["DATABASE_URL", "postgres://user:pass-word@host/db"],
  ] as const)
    expect(isSecretSetting(name, value), name).toBe(true);
  for (const [name, value] of [
    ["PATH", "/usr/bin:/bin"],
    ["TOKEN_FILE", "/var/run/secrets/token"],
    ["PASSWORD", "changeme"],
    ["PASSWORD", "short"],
    ["MAX_TOKENS", "1000000000"],
    ["HOMEPAGE", "https://example.com/a"],
    ["SORT_KEY", "created_at_2"],
    ["EDITOR", "some-editor --wait"],
    ["X_TOKEN", "known-secret"],
  ] as const)
    expect(isSecretSetting(name, value), `${name}=${value}`).toBe(false);
});

test("of a .env file also what looks drawn by lot", () => {
  const text =
    'PORT=3000\nNODE_ENV=development\nHOST=my-host.example.com\nTHING="Zx81-spectrum-Q7w9-plain"\n# C=Zx81-comment-Q7w9-none\nAPI_TOKEN=abcdefgh-ijkl\nPROJECT=my-app-2';
  expect([...secretsOfText(text)].sort()).toEqual(["Zx81-spectrum-Q7w9-plain", "abcdefgh-ijkl"]);
});

test("it is taken out alone, in JSON, in addresses and beside others; again changes nothing", () => {
  const folder = mkdtempSync(join(tmpdir(), "bosun-env-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, ".env.local"), "A_SECRET='we\"ird \\ value 7'\n");
  writeFileSync(join(folder, ".env.example"), "B_SECRET=stays-as-it-is-7\n");
  rememberSecretsOf(folder);
  rememberSecretsOf(join(folder, "nowhere"));
  rememberSecrets(["Plain.Value-17", "Plain.Value-17-longer"]);
  const text = `we"ird \\ value 7 ${JSON.stringify('we"ird \\ value 7')} Plain.Value-17-longer,Plain.Value-17 ${encodeURIComponent('we"ird \\ value 7')} stays-as-it-is-7`;
  const clean = redact(text);
  expect(clean).not.toMatch(/ird|Plain|longer/);
  expect(clean).toContain("stays-as-it-is-7");
  expect(clean.match(/known-secret/g)?.length).toBe(5);
  expect(redact(clean)).toBe(clean);
});
