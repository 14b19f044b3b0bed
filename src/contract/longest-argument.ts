/** Of arguments of which rules speak. Longer ones aren't recorded: nobody can know then whether a rule is about them. */
export const LONGEST_ARGUMENT = 1000;
