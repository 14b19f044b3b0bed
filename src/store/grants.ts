/** The port `Grants` on `governance/grants.jsonl`: a short file, read whole when it isn't what it was. */
import { lstatSync } from 'node:fs';
import type { Clock } from '../base/clock.ts';
import { sha256 } from '../base/digest.ts';
import { createSerial } from '../base/serial.ts';
import type { StandingGrant } from '../contract/answers.ts';
import type { Grants } from '../contract/ports.ts';
import type { GrantRecord } from '../contract/records.ts';
import { damageError, openChainFile } from './chain/file.ts';
import type { ChainLine } from './chain/line.ts';
import { openOnce } from './chain/open-once.ts';
import { scanChain } from './chain/scan.ts';
import { withFile } from './files.ts';
import { knowsGrant } from './line-types.ts';

export interface GrantsOptions {
  path: string;
  tornFolder: string;
  /** The workspace's id, which begins the chain. */
  workspace: () => string;
  clock: Clock;
  requireLock: () => void;
}

const NAME = 'grants.jsonl';

type Standing = Map<string, StandingGrant>;

export function createGrants(options: GrantsOptions): { grants: Grants; close: () => Promise<void> } {
  const { path, tornFolder, workspace, clock, requireLock } = options;
  const rules = () => ({ genesis: sha256(`${NAME}:${workspace()}`), knows: knowsGrant });

  const serial = createSerial();
  const inOrder = <T>(work: () => Promise<T>): Promise<T> => serial(path, work);

  const chain = openOnce(async () => {
    const torn = { folder: tornFolder, name: NAME };
    return (await openChainFile({ path, name: NAME, ...rules(), torn }, () => {})).file;
  });

  /** What was read last, and proved, and of which state of the file. */
  let known: { state: string; standing: Standing } = { state: '', standing: new Map() };

  async function read(): Promise<Standing> {
    const state = stateOf(path);
    if (state === known.state) return known.standing;
    const standing: Standing = new Map();
    const end = await withFile(path, (fd) => scanChain(fd, rules(), (line) => apply(standing, line)));
    if (end.failure !== undefined) throw damageError(NAME, end.failure);
    known = { state, standing };
    return standing;
  }

  const grants: Grants = {
    async list() {
      const standing = await read();
      const now = clock.now();
      return [...standing.values()].filter(({ expires_at }) => expires_at === undefined || expires_at > now);
    },

    async holds(grant_id) {
      if (!(await grants.list()).some((grant) => grant.grant_id === grant_id)) return false;
      requireLock();
      await inOrder(() => chain.use((file) => file.sync()));
      return true;
    },

    async append({ type, data }) {
      requireLock();
      await inOrder(() =>
        chain.use((file) => {
          file.append([{ at: Math.max(clock.now(), file.end().at), type, data }]);
          return file.sync();
        }),
      );
    },
  };

  return { grants, close: () => inOrder(chain.close) };
}

/** Changes with whatever is done to the file; empty when there is none. */
function stateOf(path: string): string {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found === undefined ? '' : [found.ino, found.size, found.ctimeMs].join(':');
}

function apply(standing: Standing, { type, data, at }: ChainLine): void {
  const record = { type, data } as GrantRecord;
  if (record.type === 'grant.added') {
    const { rule, ...given } = record.data;
    standing.set(given.grant_id, { ...given, ...rule, added_at: at });
  } else {
    standing.delete(record.data.grant_id);
  }
}
