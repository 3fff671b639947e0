#!/usr/bin/env node
// The script that npm and npx start in the package. It must run on every Node.js, so that an old one prints a sentence
// instead of a stack trace: imports are linked before any check runs, and old versions lack some that the command line
// needs.
const OLDEST = 22;

if (Number.parseInt(process.versions.node, 10) < OLDEST) {
  console.error(
    'spot-blacklist needs Node.js ' +
      OLDEST +
      ' or newer, but this is ' +
      process.version +
      '. Use: npx --package node@24 --package <this package> spot-blacklist',
  );
  process.exitCode = 2;
} else {
  await import(new URL('main.mjs', import.meta.url).href);
}
