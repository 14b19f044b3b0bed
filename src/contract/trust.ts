/**
 * `RUNTIME_HOME/trusted.json`: files of projects that a person looked at and lets agents be told. The file's validator is
 * generated; import the types only.
 */
import * as z from 'zod';
import { absolutePath, digest, int } from './values.ts';

export const trustedSchema = z.strictObject({
  v: z.literal(1),
  files: z.array(
    z.strictObject({
      /** Links resolved. */
      path: absolutePath,
      /** Of what is told of it. */
      digest,
      at: int,
    }),
  ),
});

export type Trusted = z.infer<typeof trustedSchema>;
export type TrustedFile = Trusted['files'][number];
