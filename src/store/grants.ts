/** The port `Grants` on `governance/grants.jsonl`. */
import type { StandingGrant } from '../contract/answers.ts';
import type { Grants } from '../contract/ports.ts';
import type { GrantRecord } from '../contract/records.ts';
import type { ChainLine } from './chain/line.ts';
import { knowsGrant } from './line-types.ts';
import { createShortFile, type ShortFileOptions } from './short-file.ts';

interface Said {
  standing: Map<string, StandingGrant>;
  /** Ids of those that were taken back, and by whom. */
  revoked: Map<string, string>;
}

interface GrantsFile {
  grants: Grants;
  /** @throws RuntimeError store_damaged | entry_too_new */
  revoked: () => Promise<Said['revoked']>;
  close: () => Promise<void>;
}

export function createGrants(options: ShortFileOptions): GrantsFile {
  const { clock } = options;
  const file = createShortFile<Said>(options, {
    name: 'grants.jsonl',
    knows: knowsGrant,
    empty: () => ({ standing: new Map(), revoked: new Map() }),
    apply,
  });

  const grants: Grants = {
    async list() {
      const { standing } = await file.read();
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

  return { grants, revoked: async () => (await file.read()).revoked, close: file.close };
}

function apply({ standing, revoked }: Said, { type, data, at }: ChainLine): void {
  const record = { type, data } as GrantRecord;
  if (record.type === 'grant.added') {
    const { rule, ...given } = record.data;
    // Where nothing says whose it is: of the least role that may give one.
    standing.set(given.grant_id, { ...given, by_role: 'operator', ...rule, added_at: at });
  } else {
    standing.delete(record.data.grant_id);
    revoked.set(record.data.grant_id, record.data.by);
  }
}
