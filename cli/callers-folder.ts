// Loaded with `node --import` before the entry points of this project's npm scripts: npm runs them in the project's folder,
// but paths in arguments are relative to the folder where npm was called. The bundle does not need it: npx, and the scripts
// of other packages, start it in the right folder.
const { INIT_CWD } = process.env;
if (INIT_CWD !== undefined) process.chdir(INIT_CWD);
