// SPDX-License-Identifier: Apache-2.0
/**
 * What a SPIFFE ID pattern means for one ID, in as few words as possible: what the rules over patterns are held against.
 * @module
 */
import type { SPIFFEID } from '../../src/spiffe/id.ts';
import type { SPIFFEIDPattern } from '../../src/spiffe/pattern.ts';

/** Whether the pattern covers the ID. Case-sensitive, byte for byte. */
export function matchesSPIFFEID(pattern: SPIFFEIDPattern, id: SPIFFEID): boolean {
  if (pattern.trustDomain !== id.trustDomain) return false;
  const segments = id.path.split('/').slice(1);
  if (segments.length !== pattern.segments.length) return false;
  return pattern.segments.every((segment, index) => segment === '*' || segment === segments[index]);
}
