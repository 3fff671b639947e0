// npm 10 removes the command `node` together with the package for the other architecture, whose command has the same name.
// This restores it. If npm has linked it, or there is no package for this machine, it does nothing.
import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url));
const binary = join('..', `node-${process.platform}-${process.arch}`, 'bin', 'node');

if (existsSync(bin) && existsSync(join(bin, binary)) && !existsSync(join(bin, 'node')))
  symlinkSync(binary, join(bin, 'node'));
