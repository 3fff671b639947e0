/** One item of CAST AI's blacklist, whoever wrote it. */
export interface Entry {
  readonly organizationId: string | null;
  /** The cluster that it is for, or null for the whole organization. */
  readonly clusterId: string | null;
  /** Exactly one of the two is there, by contract. */
  readonly instanceType: string | null;
  readonly instanceFamily: string | null;
  /** `unknown`: a value that this version does not know. */
  readonly lifecycle: 'all' | 'spot' | 'on_demand' | 'unknown';
  /** When it was written, by CAST AI's account: milliseconds since 1970; null where it does not say. */
  readonly disabledAt: number | null;
  /** Milliseconds since 1970; null for no expiry. */
  readonly expiresAt: number | null;
  /** Free text; empty where CAST AI does not give it back. */
  readonly reason: string;
  /** Its place in the list (`items[17].lifecycle`) if something in it is not understood. It then covers nothing. */
  readonly unclear: string | null;
}
