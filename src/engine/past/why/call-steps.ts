/** A tool call: what was looked at, who let it run or not, how often it was tried, and what came of it. */
import { callsMade } from '../../session/calls-made.ts';
import { utcTime } from '../../../base/utc-time.ts';
import type { EntryOf, Seq } from '../../../contract/entries.ts';
import type { CommandFact, Facts, HostFact } from '../../../contract/values.ts';
import type { WhyLine, WhyStep } from '../../../contract/why.ts';
import { ruleInWords } from '../../../kernel/policy/explain.ts';
import { known, inTurn, lasted, missing, quote, shortened, type Evidence, type TurnSpan } from './evidence.ts';

/** From the call itself to its end. */
export async function callSteps(evidence: Evidence, span: TurnSpan, call_id: string): Promise<WhyStep[]> {
  const steps: WhyStep[] = [
    { topic: 'call', lines: await madeLines(evidence, call_id) },
    { topic: 'inspected', lines: inspectedLines(evidence, call_id) },
    { topic: 'policy', lines: policyLines(evidence, span, call_id) },
    { topic: 'approval', lines: approvalLines(evidence, span, call_id) },
    { topic: 'started', lines: startedLines(evidence, call_id) },
    { topic: 'outcome', lines: await outcomeLines(evidence, span, call_id) },
  ];
  return steps.filter(({ lines }) => lines.length > 0);
}

async function madeLines({ all, blobs }: Evidence, call_id: string): Promise<WhyLine[]> {
  for (const entry of [...all('model.replied'), ...all('check.requested')]) {
    const call = callsMade(entry).find((one) => one.call_id === call_id);
    if (call) return [known(`${call_id}: ${call.name} ${await shortened(call.arguments_raw, blobs)}`, entry)];
  }
  return [missing(`no reply that makes ${call_id} is recorded`)];
}

function inspectedLines({ all }: Evidence, call_id: string): WhyLine[] {
  const inspected = all('call.inspected', (data) => data.call_id === call_id);
  if (inspected.length === 0) return [missing('it was not inspected')];
  return inspected.flatMap((entry) => {
    const { presentation, facts, invalid = [], args_digest, facts_digest } = entry.data;
    return [
      known(`${presentation.title}; arguments ${args_digest}, facts ${facts_digest}`, entry),
      ...factLines(facts).map((text) => known(text, entry)),
      ...invalid.map(({ path, message }) => known(`its arguments are not valid: ${path} ${message}`, entry)),
    ];
  });
}

function factLines({
  paths,
  hosts,
  commands,
  executable,
  runs = [],
  links = [],
  unbound = [],
  secrets = [],
  preimages,
  taint = [],
}: Facts): string[] {
  const pathLines = paths.map(({ path, real, inside_root, kind, secret_shaped, closed, runs_later }) => {
    const marks = [kind, ...(inside_root ? [] : ['outside the project']), ...(secret_shaped ? ['may hold a secret'] : []), ...(closed ? ["the runtime's own"] : []), ...(runs_later ? ['runs by itself later'] : [])]; // prettier-ignore
    return `path ${path} is ${real} (${marks.join(', ')})`;
  });
  return [
    ...pathLines,
    ...hosts.map(hostLine),
    ...commands.map(commandLine),
    ...(executable ? [`program ${executable.path}, ${executable.digest}`] : []),
    ...runs.map(
      ({ path, digest }) => `goes by ${digest === undefined ? `whatever ${path} is by then` : `${path}, ${digest}`}`,
    ),
    ...links.map(({ path }) => `link ${path}`),
    ...unbound.map((folder) => `not bound: whatever else lies in ${folder} by then`),
    ...secrets.map(({ variable, name }) => `gets the secret ${name} of the vault as ${variable}`),
    ...preimages.map(({ path, before, after }) => `file ${path}: ${before ?? 'not there'} → ${after ?? 'not there'}`),
    ...(taint.length > 0 ? [`tainted by ${taint.join(', ')}`] : []),
  ];
}

function hostLine({ url, host, port, scope, refused, dynamic }: HostFact): string {
  const marks = [...(scope ? [`no public place: ${scope}`] : []), ...(refused ? [`refused: ${refused}`] : []), ...(dynamic ? ['made by the shell'] : [])]; // prettier-ignore
  return `host ${host}:${port} for ${url}${marks.length === 0 ? '' : ` (${marks.join(', ')})`}`;
}

function commandLine({ words, assignments, redirects, via, unclear, names_runtime }: CommandFact): string {
  const marks = [...(via ? [`by ${via}`] : []), ...(unclear ? [`unclear: ${unclear}`] : []), ...(names_runtime ? ['names the runtime'] : [])]; // prettier-ignore
  const text = [...assignments, ...words, ...redirects].join(' ');
  return `command ${text}${marks.length === 0 ? '' : ` (${marks.join(', ')})`}`;
}

function policyLines(evidence: Evidence, span: TurnSpan, call_id: string): WhyLine[] {
  const { all } = evidence;
  const decisions = all('policy.decided', (data) => data.call_id === call_id);
  const refused = all('call.refused', (data) => data.call_id === call_id)[0];
  if (decisions.length === 0) {
    return refused
      ? [known('no policy was asked: it was refused before', refused)]
      : [missing('no policy has judged it')];
  }
  const { started } = span;
  return decisions.flatMap((decided) => {
    const { verdict, reason, rules, taint, grant_id, effect } = decided.data;
    const by = rules.map(({ id, verdict: one }) => `${id} says ${one}`).join(', ');
    const changes = [...inTurn(evidence, span, 'policy.changed'), ...inTurn(evidence, span, 'session.opened')].filter(
      ({ seq, data }) => seq < decided.seq && data.policy !== started.data.rights.policy,
    );
    return [
      known(`${verdict}: ${reason} (effect ${effect}; ${by || 'no rule'})`, decided),
      known(`by policy ${started.data.rights.policy}, frozen with the turn`, started),
      ...changes.map((entry) =>
        known(`and by policy ${entry.data.policy}, in force since; the stricter counts`, entry),
      ),
      ...(taint.length > 0 ? [known(`the session was tainted by ${taint.join(', ')}`, decided)] : []),
      ...(grant_id === undefined ? [] : [grantLine(evidence, grant_id, decided)]),
    ];
  });
}

function grantLine({ all }: Evidence, grant_id: string, decided: EntryOf<'policy.decided'>): WhyLine {
  const [given] = all('approval.resolved', (data) => data.grant_id === grant_id);
  if (!given) return known(`grant ${grant_id} answered for it; it was given in another session: see \`runtime approvals grants\``, decided); // prettier-ignore
  const { by, scope, approval_id, rule } = given.data;
  return known(
    `grant ${grant_id} answered for it, given by ${by.actor.id} with ${approval_id} (${scope}${rule ? `, ${ruleInWords(rule)}` : ''})`,
    decided,
    given,
  );
}

function approvalLines({ all, end }: Evidence, { ended }: TurnSpan, call_id: string): WhyLine[] {
  return all('approval.requested', (data) => data.call_id === call_id).flatMap((asked) => {
    const { approval_id, approver_roles, expires_at, digest, may_repeat_of } = asked.data;
    const [shown] = all('call.inspected', (data) => data.call_id === call_id).slice(-1);
    const resolved = all('approval.resolved', (data) => data.approval_id === approval_id);
    const lines = [
      known(`${approval_id} asked ${approver_roles.join(' or ')} at ${utcTime(asked.at)}, until ${utcTime(expires_at)}, for exactly ${digest}`, asked), // prettier-ignore
      known(
        `shown was: ${shown?.data.presentation.title ?? '?'}; the whole: \`runtime approvals show ${approval_id}\``,
        shown,
      ),
      ...(may_repeat_of === undefined ? [] : [known(`with the warning that it may repeat ${may_repeat_of}`, asked)]),
      ...all('policy.decided', (data) => data.call_id === call_id).flatMap((decided) => {
        const { approver_roles: fewer } = decided.data;
        return fewer
          ? [known(`from then on ${fewer.join(' or ')} may answer, by a policy that came since`, decided)]
          : [];
      }),
      ...resolved.map((entry) => resolvedLine(entry, asked.at)),
    ];
    if (resolved.length > 0) return lines;
    if (ended) return [...lines, known('nobody answered: the turn ended, and it is void', ended)];
    return [...lines, end.failure ? missing(`the journal is damaged behind seq ${end.seq}: an answer is not known`) : known('nobody has answered', asked)]; // prettier-ignore
  });
}

export function resolvedLine(entry: EntryOf<'approval.resolved'>, asked_at: number): WhyLine {
  const { outcome, scope, by, reason, grant_id } = entry.data;
  const after = `${lasted(entry.at - asked_at)} after it was asked`;
  if (outcome === 'expired') return known(`it expired, ${after}`, entry);
  const what = outcome === 'granted' ? `granted (${scope ?? 'once'}${grant_id === undefined ? '' : `, grant ${grant_id}`})` : 'denied'; // prettier-ignore
  return known(`${what} by ${by.actor.id} (${by.actor.role}) via ${by.via} at ${utcTime(entry.at)}, ${after}${reason === undefined ? '' : `: ${reason}`}`, entry); // prettier-ignore
}

function startedLines({ all, stored }: Evidence, call_id: string): WhyLine[] {
  const isRead = all('policy.decided', (data) => data.call_id === call_id).at(-1)?.data.effect === 'read';
  return all('call.started', (data) => data.call_id === call_id).flatMap((started) => {
    const { attempt, idempotency_key, approval_id, grant_id, files = [] } = started.data;
    const by = [...(approval_id === undefined ? [] : [`on ${approval_id}`]), ...(grant_id === undefined ? [] : [`on ${grant_id}`])]; // prettier-ignore
    return [
      known(`attempt ${attempt} at ${utcTime(started.at)}${by.length > 0 ? `, ${by.join(', ')}` : ''}, key ${idempotency_key}`, started), // prettier-ignore
      isRead
        ? known('a read is not synced for this: at worst it is made again', started)
        : durableLine(stored, started.seq),
      ...(files.length === 0 ? [] : [known(`its intent says what each of ${files.length} files is before and after: cut off, it can be finished`, started)]), // prettier-ignore
    ];
  });
}

/** The next line was built when its sync had returned. */
function durableLine(stored: Evidence['stored'], seq: Seq): WhyLine {
  const next = stored.find(({ entry }) => entry.seq > seq);
  if (!next) return missing('nothing stands behind it that could say that it was durable');
  const { durable, entry } = next;
  if (durable >= seq) return known(`it was durable before anything followed (durable ${durable})`, entry);
  return known(`when the next line was written it was not known to be durable (durable ${durable})`, entry);
}

async function outcomeLines({ all, blobs, end }: Evidence, { ended }: TurnSpan, call_id: string): Promise<WhyLine[]> {
  const is = (data: { call_id: string }): boolean => data.call_id === call_id;
  const lines: WhyLine[] = [];
  for (const finished of all('call.finished', is)) {
    const { attempt, outcome, exit_code, signal, error, output, files, duration_ms, output_truncated } = finished.data;
    const facts = [
      ...(exit_code === undefined ? [] : [`exit code ${exit_code}`]),
      ...(signal === undefined ? [] : [`ended by ${signal}`]),
      lasted(duration_ms),
      ...(output_truncated ? ['its output was cut'] : []),
    ];
    lines.push(known(`attempt ${attempt}: ${outcome} (${facts.join(', ')})`, finished));
    if (error) lines.push(known(`${error.code}: ${error.message}`, finished));
    if (output !== '') lines.push(known(`it said ${await quote(output, blobs)}`, finished));
    for (const { path, action, before, after } of files) {
      lines.push(known(`${action} ${path}: ${before ?? 'not there'} → ${after ?? 'not there'}`, finished));
    }
  }
  for (const entry of all('call.refused', is))
    lines.push(known(`not run (${entry.data.why}): ${entry.data.message}`, entry));
  for (const entry of all('call.abandoned', is)) {
    lines.push(known(`attempt ${entry.data.attempt}: nobody knows how it ended: ${entry.data.message}`, entry));
  }
  if (lines.length > 0) return lines;
  if (ended) return [known('it has no end of its own: the turn ended', ended)];
  return [end.failure ? missing(`the journal is damaged behind seq ${end.seq}: how it ended is not known`) : missing('it has not ended yet')]; // prettier-ignore
}
