// Runs before each test file.
import fc from "fast-check";
import { afterAll } from "vitest";

// Nobody's keys, servers or home: a test that needs one sets it itself.
const foreign = ["ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN", "OPENAI_API_KEY", "OPENAI_BASE_URL", "BOSUN_HOME", "BOSUN_MODEL"];
for (const name of foreign) delete process.env[name];

const factor = Number(process.env.BOSUN_PROPERTY_FACTOR ?? "1");
// `npm test` takes the same cases each time, so that a change is what breaks it; the long run looks for new ones.
const seed = factor > 1 ? {} : { seed: 20_261_122 };
fc.configureGlobal({ ...fc.readConfigureGlobal(), ...seed, numRuns: 100 * factor });
afterAll(() => fc.resetConfigureGlobal());
