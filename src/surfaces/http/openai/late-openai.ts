/** The OpenAI-compatible endpoints, loaded when somebody asks for one. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Host } from '../../../contract/host.ts';
import type { OpenaiApi, OpenaiOptions } from './openai-api.ts';

const PATHS = /^\/v1\/(models|chat\/completions|responses)(?![^/?])/;

export interface LateOpenai {
  /** What is asked for, without what follows; undefined: none of these endpoints. */
  route(url: string | undefined): string | undefined;
  handle(request: IncomingMessage, response: ServerResponse): void;
  close(): void;
}

export function lateOpenai(host: Host, options: OpenaiOptions): LateOpenai {
  let loading: Promise<OpenaiApi> | undefined;
  let closed = false;
  const load = async (): Promise<OpenaiApi> => {
    const { createOpenaiApi } = await import('./openai-api.ts');
    const api = createOpenaiApi(host, options);
    if (closed) api.close();
    return api;
  };
  return {
    route: (url = '') => PATHS.exec(url)?.[0],
    handle(request, response) {
      loading ??= load();
      loading.then(
        (api) => api.handle(request, response),
        () => response.destroy(),
      );
    },
    close() {
      closed = true;
      void loading?.then((api) => api.close());
    },
  };
}
