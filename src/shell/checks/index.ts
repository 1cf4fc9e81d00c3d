// Every check, in order. A new one takes the next number; a number is never given twice.
import { controlCharacter } from "./01-control-character.ts";
import { carriageReturn } from "./02-carriage-return.ts";
import { bidi } from "./03-bidi.ts";
import { invisible } from "./04-invisible.ts";
import { oddBlank } from "./05-odd-blank.ts";
import { halfCharacter } from "./06-half-character.ts";
import { unassigned } from "./07-unassigned.ts";
import { homoglyph } from "./08-homoglyph.ts";
import { tooLong } from "./09-too-long.ts";
import { tooDeep } from "./10-too-deep.ts";
import { tooMany } from "./11-too-many.ts";
import { syntaxError } from "./12-syntax-error.ts";
import { secondParser } from "./13-second-parser.ts";
import { unlistedSyntax } from "./14-unlisted-syntax.ts";
import { list } from "./15-list.ts";
import { lines } from "./16-lines.ts";
import { pipeline } from "./17-pipeline.ts";
import { keyword } from "./18-keyword.ts";
import { group } from "./19-group.ts";
import { background } from "./20-background.ts";
import { coproc } from "./21-coproc.ts";
import { condition } from "./22-condition.ts";
import { loop } from "./23-loop.ts";
import { caseCheck } from "./24-case.ts";
import { select } from "./25-select.ts";
import { functionCheck } from "./26-function.ts";
import { alias } from "./27-alias.ts";
import { substitution } from "./28-substitution.ts";
import { backquotes } from "./29-backquotes.ts";
import { processInput } from "./30-process-input.ts";
import { processOutput } from "./31-process-output.ts";
import { heredocBody } from "./32-heredoc-body.ts";
import { parameterCode } from "./33-parameter-code.ts";
import { prompt } from "./34-prompt.ts";
import { arithmetic } from "./35-arithmetic.ts";
import { subscript } from "./36-subscript.ts";
import { brace } from "./37-brace.ts";
import { tilde } from "./38-tilde.ts";
import { globCommand } from "./39-glob-command.ts";
import { globOption } from "./40-glob-option.ts";
import { escapedWord } from "./41-escaped-word.ts";
import { localeString } from "./42-locale-string.ts";
import { splicedWord } from "./43-spliced-word.ts";
import { continuation } from "./44-continuation.ts";
import { separators } from "./45-separators.ts";
import { variableCommand } from "./46-variable-command.ts";
import { dangerousVariable } from "./47-dangerous-variable.ts";
import { prefixVariable } from "./48-prefix-variable.ts";
import { exportCheck } from "./49-export.ts";
import { array } from "./50-array.ts";
import { shellOption } from "./51-shell-option.ts";
import { evalBuiltin } from "./52-eval-builtin.ts";
import { interpreter } from "./53-interpreter.ts";
import { pipedInterpreter } from "./54-piped-interpreter.ts";
import { heredocInterpreter } from "./55-heredoc-interpreter.ts";
import { wrapper } from "./56-wrapper.ts";
import { privilege } from "./57-privilege.ts";
import { projectProgram } from "./58-project-program.ts";
import { projectCode } from "./59-project-code.ts";
import { unknownProgram } from "./60-unknown-program.ts";
import { execOption } from "./61-exec-option.ts";
import { writeOption } from "./62-write-option.ts";
import { refusedOption } from "./63-refused-option.ts";
import { listOption } from "./64-list-option.ts";
import { abbreviatedOption } from "./65-abbreviated-option.ts";
import { bundledOption } from "./66-bundled-option.ts";
import { unknownOption } from "./67-unknown-option.ts";
import { unknownPath } from "./68-unknown-path.ts";
import { programText } from "./69-program-text.ts";
import { gitOption } from "./70-git-option.ts";
import { repository } from "./71-repository.ts";
import { network } from "./72-network.ts";
import { mutation } from "./73-mutation.ts";
import { catastrophic } from "./74-catastrophic.ts";
import { hang } from "./75-hang.ts";
import { environment } from "./76-environment.ts";
import { output } from "./77-output.ts";
import { sensitiveTarget } from "./78-sensitive-target.ts";
import { device } from "./79-device.ts";
import { descriptor } from "./80-descriptor.ts";
import { inputFile } from "./81-input-file.ts";
import { heredocEnd } from "./82-heredoc-end.ts";
import { heredocFile } from "./83-heredoc-file.ts";
import { zshEquals } from "./84-zsh-equals.ts";
import { zshModule } from "./85-zsh-module.ts";
import { zshQualifier } from "./86-zsh-qualifier.ts";
import { zshFlag } from "./87-zsh-flag.ts";
import { zshRedirect } from "./88-zsh-redirect.ts";
import { zshWord } from "./89-zsh-word.ts";
import { zshHook } from "./90-zsh-hook.ts";
import { cd } from "./91-cd.ts";
import { outside } from "./92-outside.ts";
import { symlink } from "./93-symlink.ts";
import { secret } from "./94-secret.ts";
import { plainShell } from "./95-plain-shell.ts";
import type { AnyCheck, Check } from "./check.ts";

export type { Check } from "./check.ts";

export const checks: readonly Check[] = [
  controlCharacter,
  carriageReturn,
  bidi,
  invisible,
  oddBlank,
  halfCharacter,
  unassigned,
  homoglyph,
  tooLong,
  tooDeep,
  tooMany,
  syntaxError,
  secondParser,
  unlistedSyntax,
  list,
  lines,
  pipeline,
  keyword,
  group,
  background,
  coproc,
  condition,
  loop,
  caseCheck,
  select,
  functionCheck,
  alias,
  substitution,
  backquotes,
  processInput,
  processOutput,
  heredocBody,
  parameterCode,
  prompt,
  arithmetic,
  subscript,
  brace,
  tilde,
  globCommand,
  globOption,
  escapedWord,
  localeString,
  splicedWord,
  continuation,
  separators,
  variableCommand,
  dangerousVariable,
  prefixVariable,
  exportCheck,
  array,
  shellOption,
  evalBuiltin,
  interpreter,
  pipedInterpreter,
  heredocInterpreter,
  wrapper,
  privilege,
  projectProgram,
  projectCode,
  unknownProgram,
  execOption,
  writeOption,
  refusedOption,
  listOption,
  abbreviatedOption,
  bundledOption,
  unknownOption,
  unknownPath,
  programText,
  gitOption,
  repository,
  network,
  mutation,
  catastrophic,
  hang,
  environment,
  output,
  sensitiveTarget,
  device,
  descriptor,
  inputFile,
  heredocEnd,
  heredocFile,
  zshEquals,
  zshModule,
  zshQualifier,
  zshFlag,
  zshRedirect,
  zshWord,
  zshHook,
  cd,
  outside,
  symlink,
  secret,
  plainShell,
];

/** Number by name. */
export const checkNumbers: ReadonlyMap<AnyCheck, number> = new Map(checks.map((check) => [check.name, check.id]));
