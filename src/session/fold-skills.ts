// The part of the fold that follows which skills were opened: what they limit themselves to holds until the person speaks.
import { isJsonObject, type Json } from "../base/index.ts";
import { meantCall } from "../model/index.ts";
import type { Step } from "../workflow/index.ts";
import type { OpenedSkill } from "./entry.ts";

const isText = (value: Json): value is string => typeof value === "string";

/** Null: the step opened none. Where what it limits itself to is lost, it allows nothing: that it did not is not known. */
export function openedSkill(step: Step): OpenedSkill | null {
  if (step.state !== "done" || step.result === undefined || step.result.failed) return null;
  const call = meantCall(step.call);
  const input = step.intent?.input ?? call.input;
  if (call.tool !== "skill" || !isJsonObject(input) || input["name"] === "*") return null;
  const detail = isJsonObject(step.result.detail) ? step.result.detail : {};
  const { skill = input["name"], allowedTools = [] } = detail;
  const entries = allowedTools === null ? null : Array.isArray(allowedTools) ? allowedTools.filter(isText) : [];
  return { skill: typeof skill === "string" ? skill : "", allowedTools: entries };
}
