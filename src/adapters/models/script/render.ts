import type { JsonValue } from '../../../base/json.ts';
import type { Scene } from './scene.ts';

/** `{{source}}`, `{{source view}}` or `{{source view 3}}`. */
const PLACEHOLDER =
  /\{\{ *(asked|line|result|result\.\w{1,64}|args\.\w{1,64})(?: +(names|quote)(?: +(\d{1,4}))?)? *\}\}/g;

/**
 * Fills in what a script's text takes from the request. What is filled in isn't looked at again, and what is no
 * placeholder stays as it is. docs/script-model.md lists them.
 */
export function render(text: string, scene: Scene, line: string | undefined): string {
  return text.replace(PLACEHOLDER, (_whole, source: string, view: string | undefined, limit: string | undefined) => {
    const value = valueOf(source, scene, line);
    return view === undefined ? value : viewOf(value, view, limit === undefined ? Infinity : Number(limit));
  });
}

/** The same for every string within a value. */
export function renderAll(value: JsonValue, scene: Scene, line: string | undefined): JsonValue {
  if (typeof value === 'string') return render(value, scene, line);
  if (Array.isArray(value)) return value.map((one) => renderAll(one, scene, line));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, renderAll(one, scene, line)]));
}

function valueOf(source: string, scene: Scene, line: string | undefined): string {
  if (source === 'asked') return scene.asked;
  if (source === 'line') return line ?? '';
  if (source === 'result') return scene.last.tool === undefined ? '' : scene.last.text;
  const [kind, name] = source.split('.') as [string, string];
  return (kind === 'args' ? scene.args : scene.results)[name] ?? '';
}

const SHOWN_CHARACTERS = 100;

/** `names`: lines that are one name (`a`, `a/`), neither hidden nor a remark in brackets. `quote`: lines as a quotation. */
function viewOf(text: string, view: string, limit: number): string {
  const lines = text
    .split('\n')
    .filter((one) => one.trim() !== '' && (view === 'quote' || /^[^.[/][^/]*\/?$/.test(one)));
  const shown = lines
    .slice(0, limit)
    .map((one) => (one.length > SHOWN_CHARACTERS ? `${one.slice(0, SHOWN_CHARACTERS)}…` : one));
  if (lines.length > shown.length) shown.push('…');
  return view === 'names' ? shown.join(', ') : shown.map((one) => `> ${one}`).join('\n');
}
