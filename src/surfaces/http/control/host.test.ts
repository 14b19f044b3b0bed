import { createFakeHost } from '../testing/fake-host.ts';
import { describeHost, type Words } from '../testing/host-suite.ts';
import { serveFake } from '../testing/served-host.ts';

const WORDS: Words = { plain: 'hello', asking: 'ask me', slow: 'slow as can be' };

describeHost('a host in memory', async () => ({ host: createFakeHost().host, close: async () => {} }), WORDS);

describeHost(
  'the same through a control socket',
  async () => {
    const served = await serveFake();
    return { host: await served.connect(), close: served.close };
  },
  WORDS,
);
