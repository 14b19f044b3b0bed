import type * as z from 'zod';
import type { TokenRole } from './tokens.ts';

/** One thing that can be asked over HTTP, as the OpenAPI document tells it. */
export interface Operation {
  summary: string;
  /** What else there is to know. */
  description?: string;
  /** The lowest role that may ask; undefined: whoever comes, without a token. */
  role: TokenRole | undefined;
  query?: Record<string, z.ZodType>;
  /** Headers that it honours. */
  headers?: Record<string, z.ZodType>;
  body?: z.ZodType;
  /** By status; undefined: no body. What is refused is a problem. */
  answers: Record<number, z.ZodType | undefined>;
  /** It answers with server-sent events, whose data has this shape. */
  events?: z.ZodType;
  /** It answers with text of this media type. */
  text?: string;
  /** What a refusal looks like, where it is no problem. */
  refusals?: z.ZodType;
}
