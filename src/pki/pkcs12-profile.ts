// SPDX-License-Identifier: Apache-2.0
/**
 * The one profile of our PKCS#12 files (RFC 7292): PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC, a MAC by HMAC-SHA256,
 * nothing of the legacy algorithms. Java 17 and OpenSSL 3 read it without settings.
 * @module
 */

export const PKCS12_OID = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyID: '1.2.840.113549.1.9.21',
  /** Java takes a certificate without a key for a trust anchor only where its bag carries this attribute. */
  trustedKeyUsage: '2.16.840.1.113894.746875.1.1',
  anyExtendedKeyUsage: '2.5.29.37.0',
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacWithSHA256: '1.2.840.113549.2.9',
  aes256CBC: '2.16.840.1.101.3.4.1.42',
  sha256: '2.16.840.1.101.3.4.2.1',
} as const;

/** Rounds of either key derivation; what keytool writes. */
export const PKCS12_ITERATIONS = 10_000;
export const PKCS12_CIPHER = 'aes-256-cbc';
export const PKCS12_KEY_LENGTH = 32;
/** Octets of a salt. */
export const PKCS12_SALT_LENGTH = 16;

/** Longest password; it goes through a key derivation, and more adds nothing. */
const MAX_PASSWORD_LENGTH = 256;

/**
 * What is wrong with a password, or undefined. Java takes nothing but ASCII, and a newline at the end is what `echo`
 * leaves there. The password itself is never part of the answer.
 */
export function passwordProblem(password: Uint8Array): string | undefined {
  if (password.length === 0) return 'is empty; write a password into it';
  if (password.length > MAX_PASSWORD_LENGTH)
    return `has more than ${MAX_PASSWORD_LENGTH} bytes; use a shorter password`;
  if (password.at(-1) === 0x0a) return 'ends with a newline; write it without one (printf, or echo -n)';
  const printable = password.every((octet) => octet >= 0x20 && octet < 0x7f);
  return printable
    ? undefined
    : 'has characters that are not printable ASCII, which Java does not take; use another password';
}
