// Loaded by `node --import` before what an npm script of this project runs: npm starts it in the project's folder, but
// the paths that somebody types are relative to where they are. Not part of the bundle: what npx, or a script of
// another package, runs is already where it should be.
const { INIT_CWD } = process.env;
if (INIT_CWD !== undefined) process.chdir(INIT_CWD);
