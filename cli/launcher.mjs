#!/usr/bin/env node
// What npm and npx start from the packed package. It has to run on every Node.js, so that an old one gets a sentence
// instead of a stack trace: imports are linked before anything is checked, and some of the command line's do not exist there.
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
