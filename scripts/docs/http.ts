/** The generated page about the HTTP API: every operation with its role. */
import type { Operation } from '../../src/contract/operation.ts';
import { NAMED, OPERATIONS } from '../../src/contract/operations.ts';

export function httpPage(generated: string): string {
  const rows = Object.entries(OPERATIONS).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) =>
      rowOf(`${method} ${path.replace(/:(\w+)/g, '{$1}')}`, operation),
    ),
  );
  return `# HTTP operations

${generated} How to use them: [the HTTP API](../http.md). Their shapes are in the OpenAPI document that the daemon gives at
\`/openapi.json\`, by the names below.

| Request | Does | Role | Body | Answers |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

function rowOf(request: string, { summary, role, query = {}, body, answers, events }: Operation): string {
  const asked = Object.keys(query);
  const given = Object.entries(answers).map(([status, schema]) => `${status}${schema ? named(schema) : ''}`);
  const cells = [
    `\`${request}${asked.length > 0 ? `?${asked.join('&')}` : ''}\``,
    summary,
    role ?? 'none needed',
    body ? named(body).trim() : '',
    [...given, ...(events ? [`events:${named(events)}`] : [])].join(', '),
  ];
  return `| ${cells.join(' | ')} |`;
}

function named(schema: NonNullable<Operation['body']>): string {
  const name = Object.entries(NAMED).find(([, known]) => known === schema)?.[0];
  return name === undefined ? '' : ` \`${name}\``;
}
