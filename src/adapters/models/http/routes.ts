/** The connections to model services: kept open, shared by all models, through a proxy where the environment names one. */
import http from 'node:http';
import type https from 'node:https';
import type { Environment } from '../../../base/environment.ts';

/** How to send a request to a URL. */
export interface Route {
  request: typeof http.request;
  agent: http.Agent;
}

export type Routes = (url: URL) => Route;

const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'] as const;

/** `HTTP_PROXY`, `HTTPS_PROXY` (by CONNECT) and `NO_PROXY` hold as for other programs; lower case wins. */
export function createRoutes(environment: Environment): Routes {
  const options: http.AgentOptions = { keepAlive: true };
  const proxy = PROXY_VARIABLES.flatMap((name) => (environment[name] ? [[name, environment[name]]] : []));
  if (proxy.length > 0) options.proxyEnv = Object.fromEntries(proxy) as NonNullable<http.AgentOptions['proxyEnv']>;
  let plain: Route | undefined;
  let secure: Route | undefined;
  return ({ protocol }) => {
    if (protocol !== 'https:') return (plain ??= { request: http.request, agent: new http.Agent(options) });
    if (!secure) {
      // Not imported: it brings in TLS, which a local model doesn't need.
      const module: typeof https = process.getBuiltinModule('node:https');
      secure = { request: module.request, agent: new module.Agent(options) };
    }
    return secure;
  };
}
