import type * as real from '../../../src/engine/config/policy-now.ts';
import { ownerOf } from '../machine/process.ts';

export const policyNow: typeof real.policyNow = async ({ home }) => ownerOf(home).process.machine.outside.policy();
