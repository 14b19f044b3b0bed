/** A session id as people and callers may choose it. It never becomes a path unchecked: see the store. */
export const SESSION_ID = /^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,127}$/;

/** In `cron-<name>` a job goes on that names no session. */
export const OF_JOBS = 'cron-';
