/** `note`: worth knowing, nothing to mend. */
export interface Finding {
  check:
    | 'config'
    | 'policy'
    | 'model'
    | 'home'
    | 'secrets'
    | 'vault'
    | 'workspace'
    | 'lock'
    | 'control'
    | 'records'
    | 'disk'
    | 'node'
    | 'sandbox'
    | 'terminal';
  status: 'ok' | 'note' | 'problem';
  message: string;
  /** How to mend it. */
  next?: string;
}
