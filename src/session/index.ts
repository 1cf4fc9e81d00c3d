// session: the journal, its fold and where it lives.
export { type Answered, answerQuestion, requestOf } from "./answer-question.ts";
export { type AnswerBox, createAnswerFolder, decidedBy, isSameAnswer, type RecordedAnswer, systemUser } from "./answers.ts";
export { type AuditView, auditViews, type ColumnType, type ViewColumn } from "./audit-views.ts";
export { type CallRow, type MessageRow, type RequestRow, readBooks, type SessionBooks, titleOf } from "./books.ts";
export { type CallStory, readCallStory } from "./call-story.ts";
export { childState } from "./child-state.ts";
export { type CostReport, type CostSum, costReport, countedOf, type ProjectionError, type PurposeError } from "./cost-report.ts";
export type { DecisionRow, EffectRow } from "./decision-row.ts";
export * from "./entry.ts";
export { type ExportOptions, exportSession } from "./export.ts";
export { createFileStore, type FileStoreOptions } from "./file-store.ts";
export { closedFolders, type FoundSession, findSession, latestSession, listAllSessions } from "./find-session.ts";
export { findingWords } from "./finding-words.ts";
export { addUsage, createFold, type Fold, wordsOf } from "./fold.ts";
export { type ForkPoint, forkSession } from "./fork.ts";
export { collectGarbage, type Garbage, type GarbageOptions } from "./garbage.ts";
export { decodeLine, encodeLine, firstPrev, lineLimit, payloadOf } from "./line.ts";
export { findPlace, homeOf, type Place, projectSlug } from "./place.ts";
export { type AskedQuestion, readQuestions, type SessionQuestions } from "./questions.ts";
export { findingsOf, type ReadEntries, readEntries, tailOf } from "./read-entries.ts";
export { type RecordedCall, readRecordedCalls } from "./recorded-calls.ts";
export { type ScanGap, type ScanResult, scanJournal } from "./scan.ts";
export {
  type IndexedSession,
  type IndexOptions,
  openIndex,
  type RememberedHead,
  type RewrittenLine,
  type SearchHit,
  type SessionFilter,
  type SessionIndex,
} from "./search-index.ts";
export { createSession, openSession, readSession, type Session, type SessionStart } from "./session.ts";
export { createSharedBudget, type SharedBudget, type SharedBudgetOptions, type SharedLimits } from "./shared-budget.ts";
export { formatBooks } from "./show.ts";
export { answerStatement, onlyAnswer, openReadOnly, problemOf, type SqlAnswer, type SqlValue } from "./sql-statement.ts";
export * from "./state.ts";
export * from "./store.ts";
export { type JournalProblem, type VerifiedJournal, verifyJournal } from "./verify.ts";
export { withoutLocks } from "./without-locks.ts";
