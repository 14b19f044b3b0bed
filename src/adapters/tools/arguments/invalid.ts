/** Why arguments are refused. `path` is a JSON pointer to the argument, empty for the whole. */
export interface Invalid {
  path: string;
  message: string;
}
