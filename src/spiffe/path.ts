// SPDX-License-Identifier: Apache-2.0
/**
 * The path of a SPIFFE ID: segments of a fixed character set, case-sensitive, compared byte for byte, never decoded.
 * @module
 */

/** What is wrong with one path segment, or undefined (SPIFFE-ID 2.2). */
export function pathSegmentProblem(segment: string): string | undefined {
  if (segment === '') return 'a path segment is empty';
  if (segment === '.' || segment === '..') return `the path contains the relative segment "${segment}"`;
  const foreign = /[^a-zA-Z0-9.\-_]/u.exec(segment)?.[0];
  if (foreign === undefined) return undefined;
  return `the path contains ${JSON.stringify(foreign)}; only letters, digits, ".", "-" and "_" are allowed`;
}

/** What is wrong with a whole path, or undefined. The empty path is the trust domain's own ID (SPIFFE-ID 2.2). */
export function pathProblem(path: string): string | undefined {
  if (path === '') return undefined;
  if (!path.startsWith('/')) return 'the path does not start with "/"';
  if (path.endsWith('/')) return 'the path ends with "/"';
  for (const segment of path.slice(1).split('/')) {
    const problem = pathSegmentProblem(segment);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
