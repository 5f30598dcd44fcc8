// SPDX-License-Identifier: Apache-2.0
/**
 * Decides whether a client may be served. nginx has checked its chain against ca.crt and has no variable for the SPIFFE
 * ID, so it is read out of the certificate here. Written for njs 0.7.9 (Debian 12) and newer.
 * @module
 */
import fs from 'fs';

const ALLOWED_CLIENTS = '/var/run/secrets/signet/allowed-clients';
const SPIFFE_ID = /^spiffe:\/\/[a-z0-9._-]+(\/[a-zA-Z0-9._-]+)+$/;

const TAG_EXTENSIONS = 0xa3;
const TAG_URI = 0x86;
/** subjectAltName, 2.5.29.17 */
const OID_SUBJECT_ALT_NAME = '551d11';

/** The SPIFFE ID of the client: the only URI name of its certificate; otherwise ''. */
function id(r) {
  const pem = r.variables.ssl_client_raw_cert;
  if (!pem) return '';
  const base64 = pem.replace(/-----[A-Z ]+-----/g, '').replace(/\s/g, '');
  const uris = uriNames(Buffer.from(base64, 'base64'));
  return uris.length === 1 && SPIFFE_ID.test(uris[0]) ? uris[0] : '';
}

/** `allowed`, or anything else. No list is a refusal, too: here nobody has said that everybody is welcome. */
function verdict(r) {
  try {
    const client = id(r);
    const patterns = fs.readFileSync(ALLOWED_CLIENTS, 'utf8').split('\n');
    if (client !== '' && patterns.some((pattern) => matches(pattern, client))) return 'allowed';
    r.warn('refused "' + client + '"');
  } catch (error) {
    r.error('refused, because the list could not be applied: ' + error);
  }
  return 'refused';
}

/** `*` stands for exactly one whole path segment, never for a trust domain. */
function matches(pattern, client) {
  const wanted = pattern.split('/');
  const given = client.split('/');
  if (wanted.length !== given.length || wanted[2] !== given[2]) return false;
  return wanted.every((segment, index) => segment === '*' || segment === given[index]);
}

/** Certificate > TBSCertificate > extensions > subjectAltName > names with the tag of a URI. */
function uriNames(der) {
  const tbs = inside(der, read(der, 0))[0];
  const extensions = inside(der, tbs).filter((node) => node.tag === TAG_EXTENSIONS)[0];
  if (extensions === undefined) return [];
  const names = [];
  inside(der, inside(der, extensions)[0]).forEach((extension) => {
    const parts = inside(der, extension);
    if (der.toString('hex', parts[0].start, parts[0].end) !== OID_SUBJECT_ALT_NAME) return;
    const value = parts[parts.length - 1];
    inside(der, read(der, value.start)).forEach((name) => {
      if (name.tag === TAG_URI) names.push(der.toString('utf8', name.start, name.end));
    });
  });
  return names;
}

/** One value of DER. */
function read(der, at) {
  let length = der[at + 1];
  let start = at + 2;
  if (length >= 0x80) {
    const end = start + length - 0x80;
    length = 0;
    for (; start < end; start += 1) length = length * 256 + der[start];
  }
  return { tag: der[at], start: start, end: start + length };
}

/** The values that one holds. */
function inside(der, node) {
  const nodes = [];
  for (let at = node.start; at < node.end; at = nodes[nodes.length - 1].end) nodes.push(read(der, at));
  return nodes;
}

export default { id, verdict };
