// What settings and command line say of models reaches the agent: the command line for the session, the settings for new ones.
import * as fs from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadSettings, type Settings } from "../../src/base/index.ts";
import { fromSettings } from "../../src/cli/options.ts";
import { makePlace } from "../agent/support.ts";

async function optionsFor(settings: object, flags: Partial<Settings> = {}) {
  const place = makePlace();
  fs.mkdirSync(place.home, { recursive: true });
  fs.writeFileSync(join(place.home, "settings.json"), JSON.stringify(settings));
  const loaded = await loadSettings({ root: place.project, home: place.home, flags });
  if (!loaded.ok) throw loaded.error;
  return fromSettings(loaded.value);
}

test("model and effort of the settings are for sessions that name none themselves; those of the command line are the session's", async () => {
  const settings = { model: "anthropic/claude-opus-5-5", effort: "low" };
  const usual = await optionsFor(settings);
  expect(usual).toMatchObject({ usualModel: "anthropic/claude-opus-5-5", usualEffort: "low" });
  expect([usual.model, usual.effort]).toEqual([undefined, undefined]);
  const named = await optionsFor(settings, { model: "openai/gpt-6-sol", effort: "high" });
  expect(named).toMatchObject({ model: "openai/gpt-6-sol", effort: "high" });
});

test("fallback, money a minute, OpenAI's protocol and Gemini's place", async () => {
  const options = await optionsFor({
    fallback: ["openai/gpt-6-sol", "gemini/gemini-4-argon"],
    limits: { usdPerMinute: 0.5 },
    providers: { openai: { wire: "chat" }, gemini: { baseUrl: "https://gemini.example", keyEnvironment: "MY_KEY" } },
  });
  expect(options).toMatchObject({
    fallback: ["openai/gpt-6-sol", "gemini/gemini-4-argon"],
    usdPerMinute: 0.5,
    providers: { openai: { wire: "chat" }, gemini: { baseUrl: "https://gemini.example", keyName: "MY_KEY" } },
  });
});

test("an effort or a protocol that is none is refused with what there is", async () => {
  await expect(optionsFor({ effort: "extreme" })).rejects.toThrow(/"effort" is one of "minimal", "low", "medium", "high"/);
  await expect(optionsFor({ providers: { openai: { wire: "soap" } } })).rejects.toThrow(/"responses", "chat"/);
});
