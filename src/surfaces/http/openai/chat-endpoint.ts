/** `POST /v1/chat/completions` */
import { validate } from '#generated/chat-request-validator.js';
import { send } from '../answer.ts';
import { sessionNamed } from './accept.ts';
import { chatFormat, completionOf, sessionOfUser } from './chat.ts';
import { readConversation } from './conversation.ts';
import { sendFailure, turnFailure, unsettled } from './errors.ts';
import {
  acceptFor, type Exchange, type ExchangePorts, modelIn, noteIgnored, noticeOf, readRequest, settledFor, streamTurn,
} from './exchange.ts'; // prettier-ignore
import { knownModel } from './model-endpoints.ts';
import { CHAT_PARAMETERS, checkParameters } from './parameters.ts';

export async function createCompletion(ports: ExchangePorts, exchange: Exchange): Promise<void> {
  const { host, request, response } = exchange;
  const body = await readRequest(exchange, validate);
  noteIgnored(exchange, checkParameters(body, CHAT_PARAMETERS));
  const model = body.model == null ? undefined : knownModel(ports, body.model);
  const message = await acceptFor(ports, exchange, {
    conversation: readConversation(body.messages, 'messages'),
    session_id: sessionNamed(request, body.metadata) ?? sessionOfUser(body),
    model,
    content: ['chat', body],
    stream: body.stream === true,
  });
  const name = model ?? (await modelIn(ports, host, message.session_id));
  if (message.watch) {
    const format = chatFormat(message, name, body.stream_options?.include_usage === true);
    return streamTurn(ports, exchange, message, message.watch, format);
  }
  const status = await settledFor(ports, exchange, message);
  if (status === undefined) return sendFailure(request, response, unsettled(message.event_id));
  if (status.approvals.length > 0) response.setHeader('x-approvals', status.approvals.join(', '));
  const completion = completionOf(message, name, status, await noticeOf(ports, status));
  if (completion === undefined) return sendFailure(request, response, turnFailure(status));
  send(response, { status: 200, body: completion });
}
