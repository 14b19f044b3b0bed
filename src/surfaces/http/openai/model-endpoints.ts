/** `/v1/models`: those that are configured. */
import { RuntimeError } from '../../../contract/errors.ts';
import { ProblemWith, send } from '../answer.ts';
import type { Exchange, ExchangePorts } from './exchange.ts';

export async function listModels({ models }: ExchangePorts, { response }: Exchange): Promise<void> {
  send(response, { status: 200, body: { object: 'list', data: models().map(modelOf) } });
}

export async function readModel(ports: ExchangePorts, { response, id }: Exchange): Promise<void> {
  send(response, { status: 200, body: modelOf(knownModel(ports, id)) });
}

/** @throws ProblemWith, when nobody has configured it */
export function knownModel({ models }: ExchangePorts, model: string): string {
  if (models().includes(model)) return model;
  const error = new RuntimeError('not_found', `The model \`${model.slice(0, 200)}\` does not exist.`, {
    next: 'GET /v1/models lists those that there are.',
  });
  throw new ProblemWith(error, { body: { param: 'model', code: 'model_not_found' } });
}

function modelOf(id: string): object {
  return { id, object: 'model', created: 0, owned_by: 'runtime' };
}
