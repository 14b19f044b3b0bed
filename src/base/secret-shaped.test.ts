import { expect, test } from 'vitest';
import { isSecretShaped, isSecretShapedFolder } from './secret-shaped.ts';

test.each([
  '.env', 'a/.env.production', '.ENV', 'id_rsa', '/root/.ssh/config', '.aws/credentials', 'server.pem', 'tls/server.key',
  '.npmrc', 'daemon.token', 'access_token', 'secrets.yaml', 'credentials', '/proc/self/environ', '.docker/config.json',
  '/etc/shadow', '.git-credentials', 'api-tokens.json', '.netrc~', '.npmrc.bak', 'id_rsa.old', 'server.key.orig', '.env~',
  'prod.env', 'env/prod.env', 'docker/db.env', '.dev.vars', '.dev.vars.staging', 'terraform.tfvars', 'prod.auto.tfvars',
  'prod.tfvars.json', 'terraform.tfstate', 'terraform.tfstate.backup', 'terraform.tfstate.1700000000.backup', 'kubeconfig',
  'dev.kubeconfig', 'kubeconfig.yaml', '.my.cnf', '.vault_pass', '.vault-pass', 'service-account.json',
  'service_account_prod.json', 'my-service-account.json', 'gcp-key.json', 'gcp_key.json', 'deploy_key', 'ssh_key', 'sshkey',
  'mykey', 'private-key', 'ssh_host_ed25519_key', 'id_ed25519_work', 'private_dot_ssh/config', 'exact_private_dot_aws/x',
  'private_dot_netrc', 'dot_netrc', 'dot_env', 'dot_env.local', 'private_id_ed25519', 'encrypted_readonly_dot_npmrc',
  'private_dot_docker/private_config.json', '.ssh.bak/config', '.aws.old/credentials.x', '.ssh~/config', '.docker.bak/config.json',
])('%s is shaped like a secret', (path) => expect(isSecretShaped(path)).toBe(true)); // prettier-ignore

test.each([
  'src/tokenizer.ts', 'tokens.css', 'environment.ts', 'keyboard.ts', 'id_rsa.pub', 'docs/secrets.md', 'key', 'monkey.ts', 'notes.bak', 'key.bak',
  '.env.example', '.env.sample', '.env.template', '.env.production.example', '.env.example~', '.dev.vars.example', 'example.env',
  'sample.env', 'prod.template.env', 'terraform.tfvars.example', 'example.tfvars', 'jest.env.js', 'vite.env.d.ts', 'env/x.ts',
  'env', 'turkey.json', 'hotkey.ts', 'monkey', 'turkey', 'hotkey', 'public-key.json', 'id_ed25519_work.pub', 'kubeconfig.go',
  'terraform.tf', 'service-account.ts', 'service-account.yaml', '.yarnrc.yml', 'dot_env.py', 'dot_env_loader.rb', 'dot_gitconfig',
  'private_notes.md', 'config.json', 'docker/config.json', 'my.cnf',
])('%s is not', (path) => expect(isSecretShaped(path)).toBe(false)); // prettier-ignore

test.each([
  ['.ssh', true],
  ['.ssh.bak', true],
  ['.aws.old', true],
  ['private_dot_ssh', true],
  ['dot_gnupg', true],
  ['.env', true],
  ['env', false],
  ['kubeconfig', false],
  ['prod.env', false],
  ['ssh-key', false],
  ['dot_env', false],
])('of a folder %s: %s', (name, is) => expect(isSecretShapedFolder(name)).toBe(is));
