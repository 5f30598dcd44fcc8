// SPDX-License-Identifier: Apache-2.0
/**
 * The parts of a page that are generated: each between two comments that name what its figures are of. What people
 * write stands beside them.
 * @module
 */

/** Both comments, as they stand on the page. */
function comments(of: string): { readonly begin: string; readonly end: string } {
  return {
    begin: `<!-- begin: figures of ${of}, by npm run generate -->\n`,
    end: `<!-- end: figures of ${of} -->\n`,
  };
}

/** What stands before and behind a block; an Error where its comments are not there. */
export function besideBlock(
  page: string,
  file: string,
  of: string,
): { readonly above: string; readonly below: string } {
  const { begin, end } = comments(of);
  const [above = '', rest = ''] = page.split(begin);
  const [, below] = rest.split(end);
  if (below === undefined) throw new Error(`${file} lacks the line ${begin}or, after it, ${end}`);
  return { above, below };
}

/** The page with another text in that block. */
export function withBlock(page: string, file: string, of: string, text: string): string {
  const { above, below } = besideBlock(page, file, of);
  const { begin, end } = comments(of);
  return `${above}${begin}${text}${end}${below}`;
}
