/** How a secret of the vault may be called: it stands in configurations and commands, and in placeholders. */
export const SECRET_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** What stands behind the name in a placeholder. */
export const OF_THE_VAULT = ' of the vault';
