/** The same days and times wherever the simulation runs. */
import type * as real from '../../../src/base/local-date.ts';

export const localDay: typeof real.localDay = (at) => new Date(at).toISOString().slice(0, 10);

export const utcOffset: typeof real.utcOffset = () => 0;
