/** The ETags that are taken from a feed: short, and without anything that would have to be escaped. */
export const ETAG = /^(W\/)?"[\w.+/=-]{1,64}"$/;
