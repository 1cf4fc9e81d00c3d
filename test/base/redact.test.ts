import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { redact, redactJson } from "../../src/base/index.ts";

const letters = "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xYzAbCdEfGh";
const jwt = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.${letters}`;
const secrets: readonly (readonly [string, string])[] = [
  ["anthropic", `sk-ant-api03-${letters}-AA`],
  ["openai", `sk-proj-${letters}`],
  ["openai, old", "sk-abcdefghijklmnopqrst1234567890ABCDEFGHIJKLMNOPQR"],
  ["aws", "AKIAIOSFODNN7EXAMPLE"],
  ["github", `ghp_${letters.slice(0, 36)}`],
  ["github, fine-grained", `github_pat_11ABCDEFG0_${letters}`],
  ["slack", "xoxb-123456789012-abcdefGHIJKL"],
  ["google", `AIzaSy${letters.slice(0, 33)}`],
  ["jwt", jwt],
];

describe("keys of known forms", () => {
  const places: readonly ((secret: string) => string)[] = [
    (secret) => secret,
    (secret) => `the key is ${secret}, keep it`,
    (secret) => `{"x":"${secret}"}`,
    (secret) => JSON.stringify(JSON.stringify({ text: `a\n${secret}\nb` })),
    (secret) => `(${secret})`,
    (secret) => `curl -H 'x: ${secret}' https://example.org`,
    (secret) => `line\n${secret}`,
  ];
  test.each(secrets)("%s: gone wherever it stands", (_name, secret) => {
    for (const place of places) {
      const clean = redact(place(secret));
      expect(clean).not.toContain(secret);
      expect(clean).not.toContain(secret.slice(-12));
      expect(clean).toContain("[redacted: ");
    }
  });
  test("the marker tells kind and length and nothing else", () => {
    expect(redact("AKIAIOSFODNN7EXAMPLE")).toBe("[redacted: aws-key, 20 characters]");
    expect(redact(`x ghp_${letters.slice(0, 36)} y`)).toBe("x [redacted: github-token, 40 characters] y");
  });
});

describe("names set to a secret", () => {
  const lines: readonly (readonly [string, string])[] = [
    ["password=hunter22", "hunter22"],
    ["DB_PASSWORD=correcthorse", "correcthorse"],
    ["export API_KEY='a b c d 1'", "a b c d 1"],
    ['{"password": "open sesame 9"}', "open sesame 9"],
    ['{"a":1,"api_key":"q1w2e3r4"}', "q1w2e3r4"],
    ['"{\\"token\\":\\"q1w2e3r4t5\\"}"', "q1w2e3r4t5"],
    ["token: q1w2e3r4t5", "q1w2e3r4t5"],
    ["password: correcthorse\nuser: x", "correcthorse"],
    ["  client_secret: 'zxcvb-nm12'", "zxcvb-nm12"],
    ["aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI/K7MDENG"],
    ['apiKey: "abc\'def1"', "abc'def1"],
    ['password="say \\"friend\\" 12"', "friend"],
    ["https://x.org/?token=abc123def&b=1", "abc123def"],
    ["Authorization: Bearer abcdefghijklmnop", "abcdefghijklmnop"],
    ["authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"],
    ["{'Authorization': 'Bearer abc.def-123'}", "abc.def-123"],
    ["bearer 0123456789abcdef", "0123456789abcdef"],
    ["mysql --password hunter22 -u me", "hunter22"],
    ["gh --api-key=abcd1234", "abcd1234"],
    ["postgres://me:s3cr3t@db.local/x", "s3cr3t"],
    ["https://me:p@ss@host/x", "p@ss"],
    ["https://0123456789abcdef0123456789@github.com/a/b", "0123456789abcdef0123456789"],
  ];
  test.each(lines)("%s", (line, secret) => {
    expect(redact(line)).not.toContain(secret);
    expect(redact(line)).toContain("[redacted: ");
  });
  test("what follows a secret stays", () => {
    expect(redact("https://x.org/?token=abc123def&b=1")).toMatch(/&b=1$/);
    expect(redact("password: correcthorse\nuser: x")).toMatch(/\nuser: x$/);
    expect(redact("postgres://me:s3cr3t@db.local/x")).toBe("postgres://me:[redacted: password, 6 characters]@db.local/x");
  });
});

describe("private keys", () => {
  const body = `${`${letters}${letters.slice(0, 20)}\n`.repeat(6)}`;
  test("a whole block", () => {
    const clean = redact(`a\n-----BEGIN RSA PRIVATE KEY-----\n${body}-----END RSA PRIVATE KEY-----\nb`);
    expect(clean).toMatch(/^a\n\[redacted: private-key, \d+ characters\]\nb$/);
  });
  test("inside JSON, with escaped newlines", () => {
    expect(redact(JSON.stringify({ pem: `-----BEGIN PRIVATE KEY-----\n${body}-----END PRIVATE KEY-----` }))).not.toContain(letters);
  });
  test("a block whose end was cut off", () => {
    const clean = redact(`-----BEGIN PRIVATE KEY-----\n${body}`);
    expect(clean).not.toContain(letters);
  });
  test("a mention of the heading hides nothing after it", () => {
    const prose = "A file that starts with -----BEGIN PRIVATE KEY----- is a key; say so and go on reading here.";
    expect(redact(prose)).toBe(prose);
  });
});

describe("what is no secret stays as it is", () => {
  const innocent = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "commit 5613456f00dcafe5613456f00dcafe5613456f00",
    "123e4567-e89b-12d3-a456-426614174000",
    "s_01jd8qk2v00000abcd1234 e_01jd8qk2v00000abcd1234",
    "The password: it must be long, and the token: a word of a sentence. A secret: nobody knows.",
    'tokens: 12000, maxTokens=4096, "tokens": 1200, token_count: 55',
    "interface Login { password: string; token: CancellationToken; secret?: boolean }",
    "const token = createToken(12);\nconst password = request.body.password;",
    "if (token === undefined) return; token = next();",
    "API_KEY=$OTHER_KEY TOKEN=${GITHUB_TOKEN} password=<your password>",
    "task-sk-list disk-space risk-assessment-of-the-whole-thing",
    "https://example.org/a/b?c=d#e ssh://git@github.com/a/b.git user@example.org",
    "eyJhIjoxfQ is base64 of an object",
    'secrets: "kept by the vault", "tokens": "counted here"',
    "bearer certificates and basic understanding",
    "src/session/search-index.ts:123:45 (see https://nodejs.org/api/sqlite.html)",
    '{"type":"step","change":{"step":"st_01","to":"done"}}',
    "error: token expected, got ';' at line 3",
  ];
  test.each(innocent)("%s", (text) => expect(redact(text)).toBe(text));
  test("hashes and UUIDs at large", () => {
    fc.assert(fc.property(fc.uuid(), fc.stringMatching(/^[0-9a-f]{64}$/), (uuid, hash) => redact(`${uuid} ${hash}`) === `${uuid} ${hash}`));
  });
  test("this project's design prose", () => {
    const prose =
      "Retries, classifier and compaction reserve too. Secrets are kept; passwords never leave. Tokens: anchored on the last real usage, the delta estimated.";
    expect(redact(prose)).toBe(prose);
  });
});

describe("redacting", () => {
  test("twice is the same as once", () => {
    const texts = [...secrets.map(([, secret]) => secret), "password=hunter22", "a://b:c12345@d", "Authorization: Bearer abcdefghijk1"];
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...texts, " ", '"', "\n", "token: ", "="), fc.string()), { maxLength: 12 }), (parts) => {
        const once = redact(parts.join(""));
        expect(redact(once)).toBe(once);
      }),
    );
  });
  test("leaves no secret in text put together at random", () => {
    const fill = fc.stringMatching(/^[ .,:;\n(){}[\]"'/=]{0,8}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(fill, fc.constantFrom(...secrets.map(([, secret]) => secret))), { maxLength: 8 }), (parts) => {
        const clean = redact(parts.flat().join(" "));
        for (const [, secret] of parts) expect(clean).not.toContain(secret);
      }),
    );
  });
  const hostile = ["a", "A", "0", "-", "_", ".", ":", "/", "@", "=", '"', "'", "\\", " ", "\n", "{", "e", "s", "\u0000", "é", "x"];
  test.each(hostile)("1 MB of %j takes less than 50 ms", (character) => {
    const text = character.repeat(1024 * 1024);
    redact(text.slice(0, 1000));
    const best = Math.min(...[1, 2, 3].map(() => timed(() => redact(text))));
    expect(best).toBeLessThan(50);
  });
  const repeated = [
    "sk-",
    "eyJ-",
    "eyJa.",
    "password=",
    "password",
    'password="',
    "token:'\\",
    "://",
    "a://b:c",
    "-----BEGIN PRIVATE KEY-----",
    "--token ",
    "Bearer ",
    "AKIA",
    "secret_",
  ];
  test.each(repeated)("time grows in proportion for %j over and over", (piece) => {
    const text = piece.repeat(Math.ceil((1024 * 1024) / piece.length));
    const best = Math.min(...[1, 2, 3].map(() => timed(() => redact(text))));
    expect(best).toBeLessThan(600);
  });
});

const timed = (work: () => void): number => {
  const start = performance.now();
  work();
  return performance.now() - start;
};

describe("redactJson", () => {
  test("walks every string and goes by the names of fields", () => {
    const value = { env: { GITHUB_TOKEN: "abcd-efgh", HOME: "/home/me" }, list: ["AKIAIOSFODNN7EXAMPLE", 3, null, true], password: "hunter22", tokens: 5 };
    expect(redactJson(value)).toEqual({
      env: { GITHUB_TOKEN: "[redacted: token, 9 characters]", HOME: "/home/me" },
      list: ["[redacted: aws-key, 20 characters]", 3, null, true],
      password: "[redacted: password, 8 characters]",
      tokens: 5,
    });
  });
  test("does not overflow on deep nesting and keeps __proto__ a field", () => {
    let deep: unknown = "AKIAIOSFODNN7EXAMPLE";
    for (let index = 0; index < 100_000; index++) deep = [deep];
    expect(JSON.stringify(redactJson(deep as never))).toContain("nested too deeply");
    expect(JSON.stringify(redactJson(JSON.parse('{"__proto__":{"a":"b"}}')))).toBe('{"__proto__":{"a":"b"}}');
  });
  test("leaves the bytes of an image", () => {
    const image = { type: "image", mediaType: "image/png", data: "AKIAIOSFODNN7EXAMPLE" };
    expect(redactJson(image)).toEqual(image);
  });
});
