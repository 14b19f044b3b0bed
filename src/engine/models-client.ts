/** The client for models, with what some of them need of us: a login, or what a session recorded. */
import { createModelClient, type Models } from '../adapters/models/router.ts';
import type { ModelSettings } from '../adapters/models/settings.ts';
import type { Clock } from '../base/clock.ts';
import type { Environment } from '../base/environment.ts';
import type { Config } from '../contract/config.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { Login } from '../contract/login.ts';
import { runtimeHome } from './config/home.ts';
import { codexLoginPath } from './config/login-path.ts';
import type { ReplySources } from './past/recorded-replies.ts';
import { createLateVault, type LateVault } from './vault/late-vault.ts';

export interface ModelPorts {
  config: Config;
  clock: Clock;
  environment: Environment;
  /** Where recorded sessions are. */
  sources?: ReplySources | undefined;
  /** Told of each login that is used: its tokens are secrets. */
  learned?: ((login: Login) => void) | undefined;
  /** Absent: one of its own, of which nobody else hears. */
  vault?: Pick<LateVault, 'open'> | undefined;
}

export function createModels(models: ModelSettings[], ports: ModelPorts): Models {
  const { config, clock, environment, sources, learned } = ports;
  const vault =
    ports.vault ?? createLateVault({ home: runtimeHome(environment), environment, clock, config: () => config });
  return createModelClient({
    models,
    clock,
    environment,
    async login(routes) {
      const { createBearers } = await import('./login/bearers.ts');
      const { createIssuer } = await import('../adapters/models/codex/issuer.ts');
      const issuerAt = (address: string) => createIssuer(address, { clock, routes });
      return createBearers({ path: codexLoginPath(config, environment), issuerAt, clock, learned });
    },
    secret: async (name) => (await vault.open()).secret(name),
    async recorded(source) {
      const { recordedReplies } = await import('./past/recorded-replies.ts');
      if (sources === undefined) throw new RuntimeError('not_found', `There is no session ${source} here.`);
      return recordedReplies(sources, source);
    },
  });
}
