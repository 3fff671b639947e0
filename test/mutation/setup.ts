import fc from 'fast-check';

// Here it matters only whether a property fails, and not what the smallest example is.
fc.configureGlobal({ endOnFailure: true });
