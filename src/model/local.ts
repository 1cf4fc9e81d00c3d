// Model servers on this machine: asked only when nothing else says which model to use.
import { isJsonObject, parseJson } from "../base/index.ts";
import type { HttpClient } from "./http.ts";

export interface LocalServer {
  readonly name: string;
  /** With "/v1". */
  readonly baseUrl: string;
  readonly models: readonly { readonly id: string; readonly window?: number }[];
}
export interface LocalPlace {
  readonly name: string;
  readonly baseUrl: string;
}

export const localPlaces: readonly LocalPlace[] = [
  { name: "Ollama", baseUrl: "http://127.0.0.1:11434/v1" },
  { name: "llama.cpp", baseUrl: "http://127.0.0.1:8080/v1" },
  { name: "vLLM", baseUrl: "http://127.0.0.1:8000/v1" },
  { name: "LM Studio", baseUrl: "http://127.0.0.1:1234/v1" },
];
const probeMilliseconds = 300;

/** Those of `places` that answer with a list of models within 300 ms, in the order given. All are asked at once. */
export async function findLocalServers(http: HttpClient, places: readonly LocalPlace[] = localPlaces): Promise<readonly LocalServer[]> {
  const answers = await Promise.all(places.map((place) => ask(http, place)));
  return answers.filter((server) => server !== undefined);
}

async function ask(http: HttpClient, place: LocalPlace): Promise<LocalServer | undefined> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(new Error("no answer in time")), probeMilliseconds);
  try {
    const answer = await http.send({ url: `${place.baseUrl}/models`, method: "GET", headers: { accept: "application/json" }, signal: timeout.signal });
    if (answer.status !== 200) return undefined;
    let text = "";
    for await (const chunk of answer.chunks()) {
      text += Buffer.from(chunk).toString("utf8");
      if (text.length > 1_000_000) return undefined;
    }
    const models = readModels(text);
    return models && { ...place, models };
  } catch {
    return undefined; // nothing listens there, or something else than a model server
  } finally {
    clearTimeout(timer);
    timeout.abort(new Error("asked"));
  }
}

function readModels(text: string): LocalServer["models"] | undefined {
  const parsed = parseJson(text);
  if (!parsed.ok || !isJsonObject(parsed.value) || !Array.isArray(parsed.value.data)) return undefined;
  return parsed.value.data.filter(isJsonObject).flatMap((model) => {
    if (typeof model.id !== "string") return [];
    const window = model.max_model_len; // vLLM says it
    return [typeof window === "number" ? { id: model.id, window } : { id: model.id }];
  });
}
