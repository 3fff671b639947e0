/** @returns whether a code of Node.js or OpenSSL means that a TLS certificate is not trusted */
export function isUntrusted(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|HOSTNAME_MISMATCH|^INVALID_(CA|PURPOSE)$/.test(code);
}

/** What to do about it. */
export const HOW_TO_TRUST =
  'If a proxy inspects TLS, set NODE_EXTRA_CA_CERTS to a file containing its certificate authority.';
