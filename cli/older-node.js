// What the code uses and Node.js 20 lacks, for the bundle of the command line: `npx` takes the Node.js that is there.
import 'core-js/actual/map/group-by.js';
import 'core-js/actual/object/group-by.js';
import 'core-js/actual/promise/with-resolvers.js';
import 'core-js/actual/url/parse.js';
