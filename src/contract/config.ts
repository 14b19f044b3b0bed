/**
 * The one source of the configuration: types, defaults, environment names, `config view --origin`, the JSON schema for
 * editors and the reference page come from it. No transforms or refinements: a validator is generated from it at build
 * time (rules between keys are in engine/config/check.ts). Objects are strict: an unknown key is an error.
 */
import * as z from 'zod';
import { DURATION_PATTERN } from '../base/duration.ts';
import { modelAbility } from './manifest.ts';
import { ruleText } from './policy-rule.ts';
import { PROVIDER_NAMES } from './providers.ts';
import { approverRole } from './values.ts';
import { SECRET_NAME } from './secret-name.ts';

const duration = z.string().regex(DURATION_PATTERN);
const count = z.int().min(0);
const atLeastOne = z.int().min(1);
/** Beyond these nothing is limited, and sums in micro-USD could no longer be written. */
const MOST_USD = 1_000_000_000;
const MOST_PRICE = 100_000;
const MOST_TOKENS = 1_000_000_000;
const usd = z.number().min(0).max(MOST_USD);
const price = z.number().min(0).max(MOST_PRICE);
const tokens = atLeastOne.max(MOST_TOKENS);
const toolNames = z.array(z.string().min(1));
const perTool = z.union([count, z.record(z.string().min(1), count)]);

/** The limits of a budget; 0 is none. */
function limitsOf(whose: string, { cost = 0 }: { cost?: number }) {
  return {
    calls: count.default(0).describe(`Most model calls of ${whose}, each attempt counted. 0: no limit.`),
    tokens: count.default(0).describe(`Most tokens of ${whose}. 0: no limit.`),
    cost: usd.default(cost).describe(`Most USD of ${whose}, where the model has a price. 0: no limit.`),
    wall: duration.default('0s').describe(`Most active time of ${whose}. 0s: no limit.`),
  };
}

const providerName = z.enum(PROVIDER_NAMES);

const modelEntry = z.strictObject({
  name: z.string().min(1).describe('Name by which --model and models.default choose it.'),
  provider: providerName.describe('Who serves it.').default('openai'),
  model: z.string().min(1).exactOptional().describe('Model id sent to the provider. Default: the name.'),
  base_url: z.string().min(1).exactOptional().describe('Endpoint of a compatible service.'),
  api_key: z.string().exactOptional().meta({ description: 'The key itself. Better: api_key_env.', writeOnly: true }),
  api_key_env: z.string().min(1).exactOptional().describe('Environment variable that holds the key.'),
  api_key_vault: z.string().regex(SECRET_NAME).exactOptional().describe('Name of the key in the vault (`runtime vault put`).'),
  more_key_envs: z.array(z.string().min(1)).exactOptional().describe('Variables with further keys of the same service: when one is refused or limited, the next is used.'),
  aliases: z.array(z.string().min(1)).exactOptional().describe('Other names by which it can be chosen.'),
  wire: z.enum(['responses', 'chat']).exactOptional().describe('Wire format, where the API of OpenAI is spoken. Default: responses; for a base_url, zai and ollama: chat.'),
  price: z
    .strictObject({
      input: price.describe('USD per million input tokens.'),
      output: price.describe('USD per million output tokens.'),
      cached: price.exactOptional().describe('USD per million cached input tokens. Default: as input.'),
    })
    .exactOptional()
    .describe('Needed for money limits. Default: as the catalogue says (`runtime models ls`).'),
  context: tokens.exactOptional().describe('Context window in tokens. Default: as the catalogue says.'),
  max_output: tokens.exactOptional().describe('Most tokens of one reply. Default: 16384, or what the catalogue says where that is less.'),
  sees: z.array(modelAbility).exactOptional().describe('What it takes beside text: image, file (PDF); []: nothing, so images are left out and named to it. Default: as the catalogue says, else all is sent.'),
  headers: z.array(z.string().min(1)).exactOptional().describe('Further headers of each request, each as "Name: value".'),
  proxy: z.string().min(1).exactOptional().describe('Proxy for this model, as http://127.0.0.1:3128; none: no proxy. Default: HTTPS_PROXY and HTTP_PROXY, but for NO_PROXY.'),
  ca: z.string().min(1).exactOptional().describe('File with certificates (PEM) that are trusted beside the usual ones.'),
  connect_timeout: duration.exactOptional().describe('Longest wait for a connection. Default: 30s.'),
  first_token_timeout: duration.exactOptional().describe('Longest wait for the first piece of a reply. Default: as request_timeout.'),
  request_timeout: duration.exactOptional().describe('Longest wait for the next piece of a reply. Default: 120s.'),
  total_timeout: duration.exactOptional().describe('Longest time for a whole reply. Default: 30m.'),
  script: z.string().min(1).exactOptional().describe('Script file of a script model (docs/script-model.md).'),
  replay: z.string().min(1).exactOptional().describe('Of a model with `provider: replay`: the session, or the exported file, whose replies it gives again.'),
}); // prettier-ignore

export const configSchema = z
  .strictObject({
    models: z
      .strictObject({
        default: z.string().min(1).exactOptional().describe('Name of the model that answers. Default: by the keys found.'),
        fallback: z.array(z.string().min(1)).default([]).describe('Names of models asked when the default fails.'),
        purposes: z
          .strictObject({
            compact: z.string().min(1).exactOptional().describe('Name of the model that sums up long conversations. Default: the one that answers.'),
            plan: z.string().min(1).exactOptional().describe('Name of the model that plans goals. Default: the one that answers.'),
            heartbeat: z.string().min(1).exactOptional().describe('Name of the model that answers heartbeats. Default: as for other messages.'),
          })
          .prefault({}),
        registry: z.array(modelEntry).default([]).describe('The models there are.'),
      })
      .prefault({}),
    auth: z
      .strictObject({
        codex: z
          .strictObject({
            issuer: z.string().min(1).default('https://auth.openai.com').describe('Who logs in with ChatGPT and renews the login.'),
            redirect_uri: z.string().min(1).default('http://localhost:1455/auth/callback').describe('Where the browser brings the login back to, on this machine. The issuer must know it.'),
            token_path: z.string().regex(/^auth\/[A-Za-z0-9][A-Za-z0-9_-]*\.json$/).default('auth/codex.json').describe('File of the login, within RUNTIME_HOME.'),
            timeout: duration.default('5m').describe('How long a login by the browser may take.'),
          })
          .prefault({}),
      })
      .prefault({}),
    vault: z
      .strictObject({
        passphrase_file: z.string().exactOptional().describe("File that holds the vault's passphrase, readable by you only, for a daemon; a relative path is within RUNTIME_HOME. Default: the system's keyring, or whoever is at the terminal is asked."),
        keyring: z.enum(['auto', 'off']).default('auto').describe("Whether the passphrase is looked for in the system's keyring (secret-tool, or security on macOS)."),
      })
      .prefault({}),
    governance: z
      .strictObject({
        profile: z.enum(['careful', 'readonly', 'workspace', 'autonomous']).default('careful').describe('A ready-made policy, beside which lists and rules hold. careful: asks before commands and changes; readonly: refuses them; workspace: changes files of the project and runs commands in the sandbox; autonomous: reads the web, too, and refuses what would leave the sandbox.'),
        auto_allow: toolNames.exactOptional().describe('Tools that run without asking. Beats the default ask list.'),
        require_approval: toolNames.exactOptional().describe('Tools that always ask. Default: exec_command, apply_patch and all that send or use the network.'),
        deny: toolNames.default([]).describe('Tools that never run. Beats all other lists.'),
        rules: z.array(ruleText).max(1000).default([]).describe('Rules that look at what a call does, who asked for it, and when.'),
        daily_tool_limit: perTool.default(0).describe('Most calls of each tool that run on a day; or a map of tools with a number each, `*` for all others. 0: no limit.'),
        approval_ttl: duration.default('1h').describe('How long an approval may wait for its answer.'),
        idempotency_ttl: duration.default('24h').describe('How long an idempotency key is remembered.'),
        approver_roles: z.array(approverRole).default(['operator', 'admin', 'overlord']).describe('Roles that may answer approvals; `overlord` always may. A rule may name fewer (`approvers`).'),
      })
      .prefault({}),
    orchestrator: z
      .strictObject({
        max_turns: atLeastOne.default(10).describe('Most model replies (thinks) in one turn.'),
        max_tool_calls: atLeastOne.default(200).describe('Most tool calls in one turn.'),
        max_calls_per_reply: atLeastOne.default(64).describe('Calls of one reply that run; the rest are refused.'),
        model_attempts: atLeastOne.default(4).describe('Attempts of one model call before it counts as failed.'),
        max_sub_tasks: atLeastOne.max(10).default(10).describe("Most steps of a goal's plan."),
        max_parallel_subtasks: atLeastOne.max(32).default(4).describe('Most steps of a goal that are done at the same time.'),
        subtask_retry_max: atLeastOne.max(10).default(3).describe('Tries of a step before it counts as failed.'),
        subtask_retry_backoff: duration.default('1s').describe('Wait before another try of a step, times the tries so far.'),
        structured_retry_max: count.max(10).default(1).describe('How often a model is asked again for a plan that can be used.'),
        instructions: z.string().exactOptional().describe('Replaces the built-in instructions to the model.'),
      })
      .prefault({}),
    budget: z
      .strictObject({
        turn: z
          .strictObject({
            calls: count.default(0).describe('Most model calls of one turn, each attempt counted. 0: no limit.'),
            tokens: count.default(1_000_000).describe('Most tokens of one turn. 0: no limit.'),
            cost: usd.default(2).describe('Most USD of one turn, where the model has a price. 0: no limit.'),
            wall: duration.default('10m').describe('Most active time of one turn.'),
          })
          .prefault({}),
        goal: z
          .strictObject({
            calls: count.default(0).describe('Most model calls of one goal, its steps included. 0: no limit.'),
            tokens: count.default(5_000_000).describe('Most tokens of one goal, its steps included. 0: no limit.'),
            cost: usd.default(10).describe('Most USD of one goal, its steps included, where the model has a price. 0: no limit.'),
            wall: duration.default('2h').describe('Most active time of one goal; what is done at the same time counts once.'),
          })
          .prefault({}),
        session: z
          .strictObject(limitsOf('one session, its children included', { cost: 20 }))
          .prefault({}),
        day: z.strictObject(limitsOf('all sessions of a day', { cost: 20 })).prefault({}),
        month: z.strictObject(limitsOf('all sessions of a month', { cost: 200 })).prefault({}),
        sender: z.strictObject(limitsOf('one sender, a day', {})).prefault({}),
        schedule: z.strictObject(limitsOf('one job, a day', {})).prefault({}),
      })
      .prefault({}),
    sandbox: z
      .strictObject({
        mode: z.enum(['auto', 'required', 'off']).default('auto').describe('auto: commands run in a sandbox, and ask where they would run without one; required: they are refused then; off: none has one.'),
        write: z.array(z.string()).default([]).describe('Paths outside of the project that commands may change, as `~/.cache/pip`.'),
        read: z.array(z.string()).default([]).describe('Paths that commands may read although they are hidden, as `~/.npmrc`.'),
        hide: z.array(z.string()).default([]).describe('Further paths that commands may not see.'),
        processes: count.default(4096).describe('Most processes and threads of confined commands, beyond those that run. 0: no limit.'),
        memory: count.default(8192).describe('Most memory (MiB) of each process of a confined command. 0: no limit.'),
        file_size: count.default(4096).describe('Most bytes (MiB) of each file that a confined command writes. 0: no limit.'),
      })
      .prefault({}),
    network: z
      .strictObject({
        allow_private: z.array(z.string().min(1)).default([]).describe('Places that are not public and that tools may connect to all the same: `host`, `host:port`, an address or a range as `10.0.0.0/8`.'),
      })
      .prefault({}),
    ingress: z
      .strictObject({
        interactive_queue_size: atLeastOne.default(100).describe('Most interactive messages that wait for their turn.'),
        background_queue_size: atLeastOne.default(1000).describe('Most background messages that wait for their turn.'),
        interactive_submit_timeout: duration.default('500ms').describe('How long an interactive message waits for room before it is refused.'),
        delivery_attempts: atLeastOne.default(3).describe('How often giving a message to its session is tried before it is a dead letter.'),
        dead_letter_ttl: duration.default('30d').describe('How long a dead letter is kept at least, unless it is dropped.'),
      })
      .prefault({}),
    worker: z
      .strictObject({
        interactive_concurrency: atLeastOne.default(8).describe('Most sessions that work on interactive messages at the same time.'),
        background_concurrency: atLeastOne.default(4).describe('Most sessions that work on background messages at the same time.'),
        sender_concurrency: count.default(0).describe('Most sessions that work for one sender in a lane at the same time. 0: no limit.'),
      })
      .prefault({}),
    tools: z
      .strictObject({
        exec_command: z
          .strictObject({
            timeout: duration.default('2m').describe('Longest run of a command that names no timeout.'),
            max_timeout: duration.default('10m').describe('Longest timeout that the model may ask for.'),
            env: z.array(z.string().min(1)).default([]).describe('Further environment variables that commands may see.'),
            secrets: z.record(z.string().min(1), z.string().regex(SECRET_NAME)).default({}).describe('Secrets that the model may ask for, for one command: the variable under which it gets it, and the name in the vault.'),
          })
          .prefault({}),
      })
      .prefault({}),
    server: z
      .strictObject({
        host: z.string().min(1).default('127.0.0.1').describe('Address that the daemon listens on.'),
        port: z.int().min(0).max(65535).default(8080).describe('Port that the daemon listens on. 0: any that is free.'),
        allowed_hosts: z.array(z.string().min(1)).default([]).describe('Names by which the daemon may be asked, beside its addresses and localhost.'),
        tls: z
          .strictObject({
            cert: z.string().exactOptional().describe('File of the certificate chain (PEM). With server.tls.key: the daemon speaks HTTPS alone.'),
            key: z.string().exactOptional().describe('File of its private key (PEM).'),
          })
          .prefault({}),
      })
      .prefault({}),
    daemon: z
      .strictObject({
        project_root: z.string().exactOptional().describe('Project folder of sessions that the daemon makes. Default: the folder in which it was started.'),
        shutdown_timeout: duration.default('30s').describe('How long turns may take to reach a safe point when the daemon is stopped.'),
      })
      .prefault({}),
    scheduler: z
      .strictObject({
        max_catchup_runs: count.default(10).describe('Most runs that a job with --catch-up all makes up for after a downtime.'),
        history: atLeastOne.default(1000).describe('Firings of each job that are kept.'),
        command_concurrency: atLeastOne.default(4).describe('Commands of jobs that run at once; the others wait, and go in the order of their due times.'),
      })
      .prefault({}),
    log: z
      .strictObject({
        level: z.enum(['error', 'warn', 'info', 'debug']).default('info').describe('What the daemon logs: this and all that is worse.'),
        file: z.string().default('').describe("File of the daemon's log; a relative path is within RUNTIME_HOME. Empty: standard error."),
        max_size: atLeastOne.default(10).describe('Size of a log file (MiB) at which the next one begins.'),
        keep: atLeastOne.max(100).default(5).describe('How many full log files are kept beside the current one.'),
      })
      .prefault({}),
    telemetry: z
      .strictObject({
        endpoint: z.string().exactOptional().describe('Base address of a collector that takes OpenTelemetry traces and metrics by OTLP over HTTP, as http://127.0.0.1:4318. Default: OTEL_EXPORTER_OTLP_ENDPOINT; without either nothing is sent.'),
        service_name: z.string().exactOptional().describe('Name under which they are sent. Default: OTEL_SERVICE_NAME, else runtime.'),
        interval: duration.default('10s').describe('How often what has come together is sent.'),
        timeout: duration.default('5s').describe('How long the collector may take to answer, tries included.'),
      })
      .prefault({}),
    store: z
      .strictObject({
        workspace: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/).default('default').describe('Workspace that commands use.'),
        redact: z.enum(['shapes', 'known']).default('shapes').describe('What is replaced by placeholders before anything is stored, streamed or sent: known: the secrets that the program was given; shapes: also what looks like a key or token of a well-known service.'),
      })
      .prefault({}),
  })
  .prefault({}); // prettier-ignore

/** The configuration with its defaults filled in. */
export type Config = z.output<typeof configSchema>;
export type ModelEntry = Config['models']['registry'][number];
