/** What is known of a program by its name: the one place that asks all who know some. */
import { builtinOf } from './builtins.ts';
import { interpreterOf } from './interpreters.ts';
import { misleads } from './characters.ts';
import { type Dialect, type Judgement, nothing, unclear } from './judgement.ts';
import { optionsOf } from './options-that-run.ts';
import { packageRunnerOf } from './package-runners.ts';
import type { ShellWord } from './words.ts';
import { wrapperOf } from './wrappers.ts';

/** `more`: further words follow that are not in the text. */
export function judgeProgram(words: readonly ShellWord[], dialect: Dialect, more: boolean): Judgement {
  const [first] = words;
  if (first === undefined) return more ? unclear('dynamic_command') : nothing;
  if (first.dynamic) return unclear('dynamic_command');
  const misleading = misleads(first.text);
  if (misleading) return unclear(misleading);
  // Letters of another alphabet look like ours.
  if (/[^ -~]/.test(first.text)) return unclear('misleading_characters');
  const name = first.text.slice(first.text.lastIndexOf('/') + 1);
  const judge =
    builtinOf(first.text) ?? wrapperOf(name) ?? interpreterOf(name) ?? packageRunnerOf(name) ?? optionsOf(name);
  return judge === undefined ? nothing : judge(words, dialect, more);
}
