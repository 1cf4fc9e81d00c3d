// Mode "auto": a second model is asked whether a call is what the person meant. What is asked and how: ask-classifier.ts.
import type { ClassifierRecord, Request, Ruling } from "../permissions/index.ts";
import type { Classified } from "./ask-classifier.ts";
import type { Course } from "./course.ts";

/** The ruling as it is after that; unchanged where nothing is left open to a classifier. */
export async function classify(course: Course, request: Request, ruling: Ruling): Promise<Classified> {
  if (ruling.verdict !== "ask" || ruling.classifier !== true || course.signal.aborted) return { ruling };
  // a person was asked this already: nobody else answers in their place
  const before = course.known?.asked;
  if (before !== undefined) {
    const said = before.classifier as ClassifierRecord | undefined;
    return { ruling: { verdict: "ask", because: ruling.because }, ...(said === undefined ? {} : { classifier: said }) };
  }
  const { askClassifier } = await import("./ask-classifier.ts");
  return askClassifier(course, request, ruling.because);
}
