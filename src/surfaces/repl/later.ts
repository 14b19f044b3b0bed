/** What the terminal needs only when its input is there: loaded behind the first picture of it. */
export { chooseModels } from '../../engine/config/models.ts';
export { runCommand } from './commands.ts';
export { tellConfig } from './config-notice.ts';
export { completionsOf } from './completions.ts';
export { workList } from '../../engine/past/unfinished.ts';
export { untoldNotice } from '../../engine/trust/trusted-files.ts';
export { MOST_LEFT, tellLeft, watchOthers } from './others.ts';
export { page } from './page.ts';
export { createConversation } from './conversation.ts';
