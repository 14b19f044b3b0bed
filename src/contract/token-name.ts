/** What a token may be called. */
export const TOKEN_NAME = /^[A-Za-z0-9][\w.@-]{0,63}$/;
