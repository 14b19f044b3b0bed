/** The connections to model services: kept open, shared by all models, through a proxy where the environment names one. */
import { readFileSync } from 'node:fs';
import http from 'node:http';
import type https from 'node:https';
import type tls from 'node:tls';
import type { Environment } from '../../../base/environment.ts';
import { isHttpUrl } from '../../../base/http-url.ts';
import { RuntimeError } from '../../../contract/errors.ts';
import { ModelFault } from '../reply/fault.ts';

/** How to send a request to a URL. */
export interface Route {
  request: typeof http.request;
  agent: http.Agent;
}

export type Routes = (url: URL) => Route;

const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'] as const;

/** What a model has of its own. */
export interface RouteOptions {
  /** Address of a proxy, or `none`. */
  proxy?: string;
  /** File with certificates (PEM) that are trusted beside the usual ones. */
  ca?: string;
}

/**
 * `HTTP_PROXY`, `HTTPS_PROXY` (by CONNECT) and `NO_PROXY` hold as for other programs; lower case wins. A route throws a
 * ModelFault where they name a proxy that can't be used: to go round it would tell the service, and the network, what was
 * not meant for them.
 * @throws RuntimeError config_unreadable, when the certificates can't be read
 */
export function createRoutes(environment: Environment, own: RouteOptions = {}): Routes {
  const options: http.AgentOptions & https.AgentOptions = { keepAlive: true, ...(own.ca && { ca: trusted(own.ca) }) };
  const proxies = own.proxy === undefined ? environment : own.proxy === 'none' ? {} : proxyBy(own.proxy);
  const proxy = PROXY_VARIABLES.flatMap((name) => (proxies[name] ? [[name, addressOf(name, proxies[name])]] : []));
  if (proxy.length > 0) options.proxyEnv = Object.fromEntries(proxy) as NonNullable<http.AgentOptions['proxyEnv']>;
  let plain: Route | undefined;
  let secure: Route | undefined;
  return ({ protocol, hostname }) => {
    if (!LOOPBACK.test(hostname)) checkProxy(proxies, protocol);
    if (protocol !== 'https:') return (plain ??= { request: http.request, agent: new http.Agent(options) });
    if (!secure) {
      // Not imported: it brings in TLS, which a local model doesn't need.
      const module: typeof https = process.getBuiltinModule('node:https');
      secure = { request: module.request, agent: new module.Agent(options) };
    }
    return secure;
  };
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** As other programs read it: without a scheme it is one of HTTP. What can't be used, Node would stumble over. */
function addressOf(name: string, value: string): string {
  if (/no_proxy/i.test(name)) return value;
  return isHttpUrl(value) ? value : !value.includes('://') && isHttpUrl(`http://${value}`) ? `http://${value}` : '';
}

/** @throws ModelFault, without the address: it may hold a password */
function checkProxy(proxies: Environment, protocol: string): void {
  const scheme = protocol.slice(0, -1);
  const name = [`${scheme}_proxy`, `${scheme}_proxy`.toUpperCase()].find((one) => proxies[one]);
  if (name === undefined || addressOf(name, proxies[name]!) !== '') return;
  throw new ModelFault(
    'invalid_request',
    'proxy_invalid',
    `the proxy in ${name} can't be used: write http://host:port, or set \`proxy: none\` of the model`,
  );
}

function proxyBy(address: string): Environment {
  return { HTTP_PROXY: address, HTTPS_PROXY: address };
}

function trusted(path: string): string[] {
  // Not imported: hardly anybody needs it.
  const { rootCertificates }: typeof tls = process.getBuiltinModule('node:tls');
  try {
    return [...rootCertificates, readFileSync(path, 'utf8')];
  } catch (cause) {
    throw new RuntimeError('config_unreadable', `The certificates in ${path} can't be read.`, {
      next: 'Set `ca` of the model to a file of certificates in PEM.',
      cause,
    });
  }
}
