/** One entry of the map from which every sandbox is made. */

/** `scratch`: an empty folder of the command's own is there instead. */
export type Access = 'read' | 'write' | 'none' | 'scratch';

export interface Place {
  /** Absolute, links resolved. */
  path: string;
  access: Access;
  /** Good to have: a level that can't do it is a level all the same. */
  soft?: true;
}

/** What is kept as it is, for git and for homes. */
export interface Kept {
  places: Place[];
  /** What isn't there and would be kept as it is: no command can be stopped from making it, so it is set aside afterwards. */
  absent: string[];
  /** Folders of git that commands may change, but for what is a place of its own in them. */
  repositories: string[];
  /** Links of the project, where they really lie, by which what is kept is found: who leads one elsewhere puts other code in its place. */
  links: string[];
}

export interface Layout extends Kept {
  /** Why it doesn't hold: a link that a command could lead elsewhere says what is hidden, or kept. */
  loose: string | undefined;
}
