/** What a process holds in memory is what the disk says, whatever way it was made. */
import { canonicalJson } from '../../../src/base/canonical-json.ts';
import { sha256 } from '../../../src/base/digest.ts';
import type { ModelRequest } from '../../../src/contract/messages.ts';
import { createMessages } from '../../../src/engine/session/request.ts';
import { modelRequest } from '../../../src/kernel/turn/prompt.ts';
import type { Invariant } from '../world/parts.ts';
import type { OpenedRunner } from '../world/parts.ts';

export const statesAgree: Invariant = {
  letter: 'h',
  says: 'the state in memory, the snapshots and the requests are those that the journal folds to',
  watch(world, broken) {
    const { journals } = world;
    const compared = new WeakMap<OpenedRunner, number>();

    function compare(opened: OpenedRunner, when: string): void {
      const { session, fold } = opened;
      const { state } = fold;
      const view = journals.view(session);
      const written = view?.fold.state.seq ?? 0;
      if (view === undefined || written === 0 || state.seq !== written) return;
      const { contents, lastReply } = view.fold;
      const memory = { state, contents: fold.contents, lastReply: fold.lastReply };
      const disk = { state: view.fold.state, contents, lastReply };
      // Of a snapshot the keys may stand in another order.
      if (JSON.stringify(memory) === JSON.stringify(disk) || canonicalJson(memory) === canonicalJson(disk)) return;
      broken(`${session} is another in memory than on the disk, ${when}, at entry ${state.seq}`);
    }

    /** What the model is asked must be what the file says. */
    async function rebuild(request: ModelRequest): Promise<void> {
      const session = request.cache_key;
      const view = journals.view(session);
      if (view?.fold.state.turn == null) return broken(`${session}: a model is asked, and no turn is open`);
      const { state, contents } = view.fold;
      const blobs = {
        put: () => Promise.reject(new Error('nothing is written')),
        get: async (digest: `sha256:${string}`) => journals.blob(digest),
      };
      const messages = await createMessages(sha256, [...contents], blobs).upTo(state);
      const rebuilt = modelRequest(state, state.turn!, messages, state.turn!.ask.max_output_tokens);
      if (canonicalJson(rebuilt) !== canonicalJson(request))
        broken(`${session}: the model is asked something else than its journal says`);
    }

    return {
      opened(opened) {
        compare(opened, 'when it was opened');
      },
      asked(_process, request) {
        rebuild(request).catch((thrown: unknown) => broken(`${request.cache_key}: ${String(thrown)}`));
      },
      step() {
        for (const opened of world.runners) {
          const { seq } = opened.fold.state;
          if (!opened.process.isAlive() || compared.get(opened) === seq) continue;
          compared.set(opened, seq);
          compare(opened, 'in the middle of things');
        }
      },
    };
  },
};
