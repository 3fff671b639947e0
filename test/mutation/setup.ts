import fc from 'fast-check';

// Here it matters only whether a property fails, and not what the smallest example is.
// And always with the same examples, so that what survives today survives tomorrow.
fc.configureGlobal({ endOnFailure: true, seed: 1 });
