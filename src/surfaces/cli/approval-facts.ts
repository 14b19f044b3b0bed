/** What is known of an approval beside what would happen. */
import type { ApprovalRecord } from '../../contract/answers.ts';
import { factRows } from '../call-facts.ts';
import { heldRows } from '../terminal/held-rows.ts';
import { oneLine } from '../terminal/width.ts';
import { ruleLine } from '../../engine/rule-text.ts';
import { ago, until } from './times.ts';

/** A line for each fact. `columns`: undefined where there is no terminal. */
export function approvalFacts(record: ApprovalRecord, now: number, columns?: number): string[] {
  const { resolved } = record;
  const lines: string[] = [];
  const row = (name: string, text: string): void => {
    const first = `${`${name}:`.padEnd(12)} `;
    lines.push(...heldRows(oneLine(text), columns, { first, more: '↪ '.padStart(first.length) }));
  };
  row('approval', record.id);
  row('status', record.status);
  row('tool', `${record.tool} (${record.effect})`);
  row('why', record.reason);
  const others = record.rules.filter(({ verdict }) => verdict !== 'allow').map(({ id }) => id);
  if (others.length > 0) row('asks by', others.join(', '));
  for (const [name, text] of factRows({ facts: record.facts })) row(name, text);
  row('folder', record.project_root);
  row('session', `${record.session_id}, turn ${record.turn}, call ${record.call_id}`);
  if (record.parent) row('step', `${record.parent.title} (${record.parent.step_id}), of session ${record.parent.root}`);
  row('asked by', `${record.requester.id} (${record.requester.role}), ${ago(record.created_at, now)}`);
  if (record.may_repeat_of !== undefined)
    row('careful', `${record.may_repeat_of} was the same call; it may have taken effect`);
  if (record.taint.length > 0) row('tainted by', record.taint.join(', '));
  if (record.status === 'pending') row('expires', until(record.expires_at, now));
  // Who runs the machine is told when it isn't theirs to answer.
  if (record.status === 'pending' && !record.approver_roles.includes('operator')) {
    row('may answer', record.approver_roles.join(', '));
  }
  if (resolved)
    row(
      'answered',
      `${resolved.outcome} by ${resolved.by.id} (${resolved.by.role}) via ${resolved.via}${resolved.reason ? `: ${resolved.reason}` : ''}`,
    );
  if (record.once_only) row('grant', 'once only: no sandbox would confine it');
  if (record.proposed_rule) row('always', ruleLine(record.proposed_rule));
  row('digest', record.digest);
  return lines;
}
