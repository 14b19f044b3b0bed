import { expect, test } from 'vitest';
import { rewriteCoreImports } from './core-imports.ts';

const get = (name: string): string => `globalThis.process.getBuiltinModule('node:${name}')`;

test.each([
  [`import fs from 'node:fs';`, `const fs = ${get('fs')};`],
  [`import fs from 'fs';`, `const fs = ${get('fs')};`],
  [`import * as path from 'node:path';`, `const path = ${get('path')};`],
  [`import { join, sep as s } from "node:path";`, `const { join, sep: s } = ${get('path')};`],
  [`import {a as b}from"fs/promises";x()`, `const { a: b } = ${get('fs/promises')};x()`],
  [`import fs, { type Stats, statSync } from 'node:fs';`, `const fs = ${get('fs')}, { statSync } = ${get('fs')};`],
  [`import fs, * as all from 'node:fs';`, `const fs = ${get('fs')}, all = ${get('fs')};`],
  [`import {\n  join,\n  sep,\n} from 'node:path';`, `const { join, sep } = ${get('path')};`],
  [`import { default as fs } from 'node:fs';`, `const fs = ${get('fs')};`],
  [`import { type Stats } from 'node:fs';`, `const {  } = ${get('fs')};`],
  [`import 'node:fs';`, `${get('fs')};`],
  [`const fs = await import('node:fs');`, `const fs = await Promise.resolve(${get('fs')});`],
])('%s', (source, rewritten) => {
  expect(rewriteCoreImports(source)).toBe(rewritten);
});

test.each([
  `import type { Stats } from 'node:fs';`,
  `import type fs from 'node:fs';`,
  `import type * as fs from 'node:fs';`,
  `import { Command } from 'commander';`,
  `import { join } from './node:path';`,
  `const other = await import('./other.ts');`,
  `export { join } from 'node:path';`,
  `reimport 'node:fs'`,
])('leaves %s', (source) => {
  expect(rewriteCoreImports(source)).toBe(source);
});

test('rewrites each of several imports', () => {
  const source = `import a from 'node:fs';\nimport { b } from './b.ts';\nimport c from 'node:path';`;
  expect(rewriteCoreImports(source)).toBe(
    `const a = ${get('fs')};\nimport { b } from './b.ts';\nconst c = ${get('path')};`,
  );
});
