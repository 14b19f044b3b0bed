/** The port `Grants` on `governance/grants.jsonl`. */
import type { StandingGrant } from '../contract/answers.ts';
import type { Grants } from '../contract/ports.ts';
import type { GrantRecord } from '../contract/records.ts';
import type { ChainLine } from './chain/line.ts';
import { knowsGrant } from './line-types.ts';
import { createShortFile, type ShortFileOptions } from './short-file.ts';

type Standing = Map<string, StandingGrant>;

export function createGrants(options: ShortFileOptions): { grants: Grants; close: () => Promise<void> } {
  const { clock } = options;
  const file = createShortFile<Standing>(options, {
    name: 'grants.jsonl',
    knows: knowsGrant,
    empty: () => new Map(),
    apply,
  });

  const grants: Grants = {
    async list() {
      const standing = await file.read();
      const now = clock.now();
      return [...standing.values()].filter(({ expires_at }) => expires_at === undefined || expires_at > now);
    },

    async holds(grant_id) {
      if (!(await grants.list()).some((grant) => grant.grant_id === grant_id)) return false;
      await file.sync();
      return true;
    },

    append: (record) => file.append([record]),
  };

  return { grants, close: file.close };
}

function apply(standing: Standing, { type, data, at }: ChainLine): void {
  const record = { type, data } as GrantRecord;
  if (record.type === 'grant.added') {
    const { rule, ...given } = record.data;
    // Where nothing says whose it is: of the least role that may give one.
    standing.set(given.grant_id, { ...given, by_role: 'operator', ...rule, added_at: at });
  } else {
    standing.delete(record.data.grant_id);
  }
}
