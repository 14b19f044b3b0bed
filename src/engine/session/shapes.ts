/**
 * What secrets look like whom nobody told us: the formats that services give their keys. Each begins with letters that are
 * looked for (`anchors`); what stands behind decides. The formats are facts that services publish and that lists of such
 * rules (gitleaks') keep; a shape that ordinary texts have, as 40 hexadecimal digits do, is none.
 */
import { type Find, type Shape, behind, token } from './shape-finders.ts';
import { authorization, awsId, awsSecret, bearer, jwt, pem, telegram, url } from './shape-forms.ts';
import { ALNUM, BASE64, CAPITAL, DOTTED, HEX, SMALL_HEX, WORD, WORD_OR_SLASH } from './shape-classes.ts';

const shape = (name: string, anchors: string[], find: Find): Shape => ({ name, anchors, find });

export const SHAPES: readonly Shape[] = [
  shape('private-key', ['-----BEGIN '], pem),
  shape('jwt', ['eyJ'], jwt),
  shape('url-password', ['://'], url),
  shape('bearer-token', ['Bearer ', 'bearer ', 'BEARER '], bearer),
  shape('authorization', ['uthorization', 'UTHORIZATION'], authorization),
  shape('age-key', ['AGE-SECRET-KEY-1'], token(CAPITAL, { least: 58, most: 58 })),

  shape('anthropic-key', ['sk-ant-'], token(WORD, { least: 32, digits: 1 })),
  shape('openai-key', ['sk-proj-', 'sk-svcacct-', 'sk-admin-'], token(WORD, { least: 40, digits: 1 })),
  shape('openrouter-key', ['sk-or-v1-'], token(HEX, { least: 64, most: 64 })),
  shape('api-key', ['sk-'], token(ALNUM, { least: 20, look: 32, digits: 1 })),
  shape('groq-key', ['gsk_'], token(ALNUM, { least: 40 })),
  shape('xai-key', ['xai-'], token(ALNUM, { least: 60 })),
  shape('perplexity-key', ['pplx-'], token(ALNUM, { least: 40 })),
  shape('replicate-key', ['r8_'], token(ALNUM, { least: 37, most: 37 })),
  shape('huggingface-token', ['hf_'], token(ALNUM, { least: 34, most: 40 })),

  shape('github-token', ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'], token(ALNUM, { least: 36 })),
  shape('github-token', ['github_pat_'], token(WORD, { least: 40 })),
  shape(
    'gitlab-token',
    ['glpat-', 'gldt-', 'glrt-', 'glcbt-', 'glptt-', 'glft-', 'glsoat-', 'glimt-', 'gloas-', 'glagent-', 'glffct-'],
    token(WORD, { least: 20, digits: 1 }),
  ),
  shape('atlassian-token', ['ATATT3'], token(WORD, { least: 60 })),
  shape('npm-token', ['npm_'], token(ALNUM, { least: 36, most: 36 })),
  shape('pypi-token', ['pypi-AgE'], token(WORD, { least: 50 })),
  shape('rubygems-token', ['rubygems_'], token(HEX, { least: 48, most: 48 })),
  shape('docker-token', ['dckr_pat_'], token(WORD, { least: 20 })),

  shape('aws-key', ['AKIA', 'ASIA', 'ABIA', 'ACCA'], awsId),
  shape('aws-secret', ['ecret_access_key', 'ECRET_ACCESS_KEY', 'ecretAccessKey', 'ecretaccesskey'], awsSecret),
  shape('aws-bedrock-key', ['ABSK'], token(BASE64, { least: 100 })),
  shape('google-key', ['AIza'], token(WORD, { least: 35, most: 35 })),
  shape('google-token', ['ya29.'], token(WORD, { least: 20, digits: 1 })),
  shape('google-secret', ['GOCSPX-'], token(WORD, { least: 28, most: 28 })),
  shape('azure-key', ['AccountKey=', 'SharedAccessKey='], behind(BASE64, { least: 40 })),
  shape('alibaba-key', ['LTAI'], token(ALNUM, { least: 20, most: 20, digits: 1 })),
  shape('digitalocean-token', ['dop_v1_', 'doo_v1_', 'dor_v1_'], token(HEX, { least: 64, most: 64 })),
  shape('heroku-key', ['HRKU-AA'], token(WORD, { least: 58, most: 58 })),
  shape('fly-token', ['fm2_', 'fm1a_', 'fm1r_'], token(BASE64, { least: 100 })),
  shape('fly-token', ['fo1_'], token(WORD, { least: 43, most: 43 })),
  shape('supabase-token', ['sbp_'], token(HEX, { least: 40, most: 40 })),
  shape('netlify-token', ['nfp_'], token(ALNUM, { least: 36 })),
  shape('pulumi-token', ['pul-'], token(SMALL_HEX, { least: 40, most: 40 })),
  shape('vault-token', ['hvs.', 'hvb.'], token(WORD, { least: 24, digits: 1 })),
  shape('terraform-token', ['.atlasv1.'], behind(WORD, { least: 60 })),
  shape('openshift-token', ['sha256~'], token(WORD, { least: 43, most: 43 })),
  shape('tailscale-key', ['tskey-'], token(WORD, { least: 30, digits: 1 })),
  shape('doppler-token', ['dp.pt.', 'dp.st.', 'dp.sa.', 'dp.ct.'], token(DOTTED, { least: 40 })),
  shape('1password-token', ['ops_eyJ'], token(BASE64, { least: 100 })),
  shape('planetscale-token', ['pscale_tkn_', 'pscale_oauth_', 'pscale_pw_'], token(DOTTED, { least: 32 })),
  shape('databricks-token', ['dapi'], token(SMALL_HEX, { least: 32, most: 32 })),

  shape('stripe-key', ['sk_live_', 'sk_test_', 'sk_prod_', 'rk_live_', 'rk_test_', 'rk_prod_'], token(ALNUM, { least: 16 })), // prettier-ignore
  shape('stripe-secret', ['whsec_'], token(BASE64, { least: 24, digits: 1 })),
  shape('shopify-token', ['shpat_', 'shpca_', 'shppa_', 'shpss_'], token(HEX, { least: 32, most: 32 })),
  shape('square-token', ['sq0atp-', 'sq0csp-'], token(WORD, { least: 22 })),
  shape('easypost-key', ['EZAK', 'EZTK'], token(ALNUM, { least: 54, most: 54 })),

  shape('slack-token', ['xoxa-', 'xoxb-', 'xoxd-', 'xoxe-', 'xoxo-', 'xoxp-', 'xoxr-', 'xoxs-'], token(WORD, { least: 20, digits: 2 })), // prettier-ignore
  shape('slack-token', ['xapp-'], token(WORD, { least: 30, digits: 4 })),
  shape(
    'slack-webhook',
    ['hooks.slack.com/services/', 'hooks.slack.com/workflows/', 'hooks.slack.com/triggers/'],
    behind(WORD_OR_SLASH, { least: 30 }),
  ),
  shape('discord-webhook', ['discord.com/api/webhooks/', 'discordapp.com/api/webhooks/'], behind(WORD_OR_SLASH, { least: 60 })), // prettier-ignore
  shape('telegram-token', [':AA'], telegram),
  shape('twilio-key', ['SK'], token(SMALL_HEX, { least: 32, most: 32 })),
  shape('sendgrid-key', ['SG.'], token(DOTTED, { least: 66 })),
  shape('brevo-key', ['xkeysib-'], token(WORD, { least: 60 })),

  shape('grafana-token', ['glc_', 'glsa_'], token(WORD, { least: 40 })),
  shape('newrelic-key', ['NRAK-'], token(CAPITAL, { least: 27, most: 27 })),
  shape('dynatrace-token', ['dt0c01.'], token(DOTTED, { least: 80 })),
  shape('sentry-token', ['sntrys_', 'sntryu_'], token(BASE64, { least: 60 })),
  shape('linear-key', ['lin_api_'], token(ALNUM, { least: 40 })),
  shape('notion-token', ['ntn_'], token(ALNUM, { least: 40 })),
  shape('postman-key', ['PMAK-'], token(WORD, { least: 59 })),
  shape('figma-token', ['figd_'], token(WORD, { least: 36 })),
  shape('contentful-token', ['CFPAT-'], token(WORD, { least: 43 })),
  shape('prefect-key', ['pnu_'], token(ALNUM, { least: 36, most: 36 })),
  shape('readme-key', ['rdme_'], token(ALNUM, { least: 60 })),
  shape('sourcegraph-token', ['sgp_'], token(WORD, { least: 40 })),
];
