export const page = `# Configuration

None is needed: with OPENAI_API_KEY set OpenAI answers, else Anthropic
(ANTHROPIC_API_KEY) or Gemini (GEMINI_API_KEY); without a key an offline demo.
On a terminal the first start of \`runtime\` asks which model should answer,
tries it, and writes the file. Or:

\`\`\`sh
runtime config init            # a commented file, with the models it finds
runtime config view --origin   # what applies, and where it comes from
runtime config path            # where the file is
runtime doctor                 # is all in place? if not, how to mend it
\`\`\`

A flag beats the environment, which beats the file, which beats the default. Any
key is a flag and a variable:

\`\`\`sh
runtime run --budget.turn.cost 5 "…"
RUNTIME_BUDGET_TURN_COST=5 runtime run "…"
\`\`\`

## Models

\`\`\`yaml
models:
  default: main
  registry:
    - name: main
      model: gpt-6.1-terra
      api_key_env: OPENAI_API_KEY # the variable that holds the key
      price: { input: 1, output: 5 } # USD a million tokens; for money limits
    - { name: claude, provider: anthropic, model: claude-sonnet-5-5 }
    - { name: local, provider: ollama, model: 'qwen3:8b' }
\`\`\`

\`--model\` takes a name of the registry; \`--model demo\` is the offline demo.

## Other variables

- RUNTIME_HOME: folder of everything that is kept (~/.runtime).
- RUNTIME_PAGER, else PAGER: shows what is longer than the screen; \`cat\`
  switches it off.
- NO_COLOR: no colours.
`;
