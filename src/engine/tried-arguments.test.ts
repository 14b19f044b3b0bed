/** Arguments as a model may send them, to have a command run outside of the sandbox though it didn't ask for that plainly. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Confined, confined, LEVELS, levelsUnmet } from './testing/confined.ts';

const unmet = await levelsUnmet();
const level = LEVELS.find(({ name }) => !unmet.has(name));

describe.skipIf(level === undefined)(`in a sandbox${[...unmet.values()].join('')}`, () => {
  let c: Confined;
  beforeAll(() => {
    c = confined(level!);
  });
  afterAll(() => c.remove());

  /** `OUT` is a folder of the home, outside of the project. */
  const inspect = async (raw: string) => {
    const arguments_raw = raw.replaceAll('OUT', join(c.home, 'notes'));
    const request = { ...c.t.request('exec_command', {}), arguments_raw, sandbox: 'best' as const };
    return { request: { ...request, sandbox: level!.name }, inspection: await c.t.host.inspect(request) };
  };

  test.each([
    '{"cmd":"id","cmd":"touch OUT/R","sandbox_permissions":"require_escalated"}',
    '{"cmd":"touch OUT/R","sandbox_permissions":"use_default","sandbox_permissions":"require_escalated"}',
    '{"cmd":"touch OUT/R","sandbox_permissions":"none"}', '{"cmd":"touch OUT/R","sandbox_permissions":null}',
    '{"cmd":"touch OUT/R","sandbox_permissions":["require_escalated"]}', '{"cmd":"touch OUT/R","sandbox":"off"}',
    '{"cmd":"touch OUT/R","__proto__":{"sandbox_permissions":"require_escalated"}}', '{"cmd":"touch OUT/R","constructor":{"prototype":{"x":1}}}',
    '{"c\\u006dd":"id","cmd":"touch OUT/R"}', '{"cmd":"id","command":"/usr/bin/touch","args":["OUT/R"]}', '{"cmd":["touch","OUT/R"]}',
    '{"cmd":"id","timeout_ms":-1}', '{"cmd":"id","timeout_ms":1e400}', '{"cmd":"id\\u0000; touch OUT/R"}', '{"cmd":"id"} {"cmd":"touch OUT/R"}',
    '{"command":"--bind","args":["/","/"]}',
  ])('is refused: %s', async (raw) => {
    expect((await inspect(raw)).inspection.invalid).toBeDefined();
  }); // prettier-ignore

  test.each([
    '{"command":"/usr/bin/touch","args":["OUT/R"],"workdir":"OUT"}', '{"cmd":"touch R","workdir":"../notes"}',
    '{"command":"../../../../../usr/bin/touch","args":["../notes/R"]}', '{"cmd":"touch OUT/R","sandbox_permissions":"use_default"}',
  ])('changes nothing outside: %s', async (raw) => {
    const { request, inspection } = await inspect(raw);
    expect(inspection.facts.sandbox).toBe(level!.name);
    await c.t.run(request, inspection);
    expect(existsSync(join(c.home, 'notes/R'))).toBe(false);
  }); // prettier-ignore
});
