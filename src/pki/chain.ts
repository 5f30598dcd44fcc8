// SPDX-License-Identifier: Apache-2.0
/**
 * From the PEM of a stored chain to its certificates. What is too much to be a chain of ours is not looked at.
 * @module
 */
import { SignetError } from '../errors.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { MAX_CHAIN_LENGTH } from './path.ts';
import { parseCertificatesPEM } from './pem.ts';

const MAX_CHAIN_SIZE = 64 * 1024;

/** Leaf first, as they stand in the file of this name. Throws ERR_PEM and ERR_DER. */
export function readChain(file: string, chainPEM: Buffer): Certificate[] {
  if (chainPEM.length > MAX_CHAIN_SIZE)
    throw new SignetError('ERR_PEM', `${file} is larger than ${MAX_CHAIN_SIZE} bytes`);
  const blocks = parseCertificatesPEM(chainPEM);
  if (blocks.length > MAX_CHAIN_LENGTH)
    throw new SignetError('ERR_PEM', `${file} holds more than ${MAX_CHAIN_LENGTH} certificates`);
  return blocks.map(parseCertificate);
}
