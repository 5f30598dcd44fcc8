// SPDX-License-Identifier: Apache-2.0
/**
 * Every rule ID-1 to ID-14 of the SPIFFE ID standard that parsing can hold or break, under its own name.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { formatSPIFFEID, parseSPIFFEID, serviceAccountID } from '../../../src/spiffe/id.ts';
import { pathProblem, pathSegmentProblem } from '../../../src/spiffe/path.ts';
import { parseTrustDomainName } from '../../../src/spiffe/trust-domain.ts';

const TRUST_DOMAIN_CHARACTERS = 'abcdefghijklmnopqrstuvwxyz0123456789.-_';
const SEGMENT_CHARACTERS = `${TRUST_DOMAIN_CHARACTERS}ABCDEFGHIJKLMNOPQRSTUVWXYZ`;

function problemOf(text: string): string | undefined {
  const result = parseSPIFFEID(text);
  return 'problem' in result ? result.problem : undefined;
}

function accepts(text: string): void {
  const result = parseSPIFFEID(text);
  expect(result).not.toHaveProperty('problem');
  if ('value' in result) expect(formatSPIFFEID(result.value)).toBe(text);
}

describe('ID-1: the scheme is spiffe, there is no query and no fragment', () => {
  it.each([
    ['', 'does not start with "spiffe://"'],
    ['spiffe', 'does not start with "spiffe://"'],
    ['spiffe:', 'does not start with "spiffe://"'],
    ['spiffe:/td', 'does not start with "spiffe://"'],
    ['spiffe:td/a', 'does not start with "spiffe://"'],
    ['://td/a', 'does not start with "spiffe://"'],
    ['//td/a', 'does not start with "spiffe://"'],
    ['https://td/a', 'does not start with "spiffe://"'],
    ['spiffes://td/a', 'does not start with "spiffe://"'],
    [' spiffe://td/a', 'does not start with "spiffe://"'],
    ['spiffe://td/a?x=1', 'has a query'],
    ['spiffe://td/a?', 'has a query'],
    ['spiffe://td?x', 'has a query'],
    ['spiffe://td/a#f', 'has a fragment'],
    ['spiffe://td/a#', 'has a fragment'],
    ['spiffe://td#f', 'has a fragment'],
  ])('refuses %j: %s', (text, problem) => {
    expect(problemOf(text)).toContain(problem);
  });

  it('accepts the scheme with any trust domain and path', () => {
    accepts('spiffe://td/a');
  });
});

describe('ID-2: the trust domain is not empty', () => {
  it.each(['spiffe://', 'spiffe:///', 'spiffe:///a', 'spiffe:////a'])('refuses %j', (text) => {
    expect(problemOf(text)).toBe('the trust domain is empty');
  });
});

describe('ID-3: there is no user information and no port', () => {
  it.each([
    ['spiffe://u@td/a', 'user information'],
    ['spiffe://u:p@td/a', 'user information'],
    ['spiffe://@td/a', 'user information'],
    ['spiffe://td:8080/a', 'port'],
    ['spiffe://td:/a', 'port'],
    ['spiffe://td:8080', 'port'],
  ])('refuses %j: %s', (text, problem) => {
    expect(problemOf(text)).toContain(problem);
  });
});

describe('ID-4: the trust domain is made of a-z, 0-9, dot, hyphen and underscore', () => {
  it('takes each of the 256 octets in any place just when it is one of them', () => {
    for (let octet = 0; octet < 256; octet++) {
      const character = String.fromCharCode(octet);
      const allowed = TRUST_DOMAIN_CHARACTERS.includes(character);
      for (const name of [`td${character}`, `${character}td`, `t${character}d`, character]) {
        expect({ name, ok: 'value' in parseTrustDomainName(name) }).toEqual({ name, ok: allowed });
        // In an ID a slash ends the trust domain.
        if (character === '/') continue;
        expect({ name, ok: problemOf(`spiffe://${name}/a`) === undefined }).toEqual({ name, ok: allowed });
      }
    }
  });

  it.each(['t%64', 'tdé', 'td😀', 'xn--é', '[::1]', '[2001:db8::1]', '::1'])('refuses %j', (name) => {
    expect(parseTrustDomainName(name)).toHaveProperty('problem');
    expect(problemOf(`spiffe://${name}/a`)).toBeDefined();
  });

  it('names the character it refuses', () => {
    expect(parseTrustDomainName('td😀')).toEqual({ problem: expect.stringContaining('"😀"') });
    expect(parseTrustDomainName('t\nd')).toEqual({ problem: expect.stringContaining(String.raw`"\n"`) });
  });
});

describe('ID-5: the trust domain is never judged as a DNS name', () => {
  it.each(['1.2.3.4', 'a_b', '-a', 'a-', 'a.', '.a', '.', '..', '_', '-', '999.999.999.999', 'a..b', 'x'.repeat(200)])(
    'accepts %j',
    (name) => {
      expect(parseTrustDomainName(name)).toEqual({ value: name });
      accepts(`spiffe://${name}/a`);
    },
  );
});

describe('ID-6: a path segment is made of letters, digits, dot, hyphen and underscore', () => {
  it('takes each of the 256 octets in any place just when it is one of them', () => {
    for (let octet = 0; octet < 256; octet++) {
      const character = String.fromCharCode(octet);
      const allowed = SEGMENT_CHARACTERS.includes(character);
      for (const segment of [`a${character}`, `${character}a`, `a${character}a`]) {
        expect({ segment, ok: pathSegmentProblem(segment) === undefined }).toEqual({ segment, ok: allowed });
        if (character === '/') continue;
        const id = `spiffe://td/${segment}/b`;
        expect({ id, ok: problemOf(id) === undefined }).toEqual({ id, ok: allowed });
      }
    }
  });

  it.each(['/%41', '/a%2Fb', '/a!b', '/a$', '/é', '/a b', '/a\\b', '/a:b', '/a@b', '/a=b', '/a+b', '/a~b', '/a*'])(
    'refuses %j',
    (path) => {
      expect(pathProblem(path)).toBeDefined();
      expect(problemOf(`spiffe://td${path}`)).toBeDefined();
    },
  );

  it('says of a percent sign that it is encoding', () => {
    expect(problemOf('spiffe://td/%41')).toContain('percent-encoded');
    expect(problemOf('spiffe://t%64/a')).toContain('percent-encoded');
  });
});

describe('ID-7: no segment is empty, "." or ".."', () => {
  it.each(['/a//b', '//a', '/./a', '/a/.', '/a/./b', '/a/..', '/../a', '/..', '/.'])('refuses %j', (path) => {
    expect(pathProblem(path)).toBeDefined();
    expect(problemOf(`spiffe://td${path}`)).toBeDefined();
  });

  it.each(['/.a', '/..a', '/...', '/a.', '/a..', '/.../....', '/-', '/_'])('accepts %j', (path) => {
    expect(pathProblem(path)).toBeUndefined();
    accepts(`spiffe://td${path}`);
  });
});

describe('ID-8: the path does not end with a slash, and may be missing', () => {
  it.each(['spiffe://td/', 'spiffe://td/a/', 'spiffe://td/a//'])('refuses %j', (text) => {
    expect(problemOf(text)).toBe('the path ends with "/"');
  });

  it('accepts the ID of the trust domain itself', () => {
    expect(parseSPIFFEID('spiffe://td')).toEqual({ value: { trustDomain: 'td', path: '' } });
    accepts('spiffe://td');
  });

  it('refuses a path that does not begin with a slash', () => {
    expect(pathProblem('a')).toContain('does not start with "/"');
    expect(pathProblem('')).toBeUndefined();
  });
});

describe('ID-9: an ID has at most 2048 bytes in all', () => {
  const prefix = 'spiffe://example.org/';

  it('accepts 2048 and refuses 2049, in one segment or in many', () => {
    accepts(prefix + 'a'.repeat(2048 - prefix.length));
    expect(problemOf(prefix + 'a'.repeat(2049 - prefix.length))).toContain('longer than 2048 bytes');
    const many = `${prefix}${'a/'.repeat(1000)}`;
    accepts(many + 'b'.repeat(2048 - many.length));
    expect(problemOf(many + 'b'.repeat(2049 - many.length))).toContain('longer than 2048 bytes');
  });

  it('never generates a longer one', () => {
    const segment = 'n'.repeat(1020);
    expect(serviceAccountID('example.org', segment, segment)).toEqual({ problem: expect.stringContaining('2048') });
    expect(serviceAccountID('td', 'n'.repeat(1000), 's'.repeat(1000))).toHaveProperty('value');
  });
});

describe('ID-10: a trust domain has at most 255 bytes', () => {
  it('accepts 255 and refuses 256', () => {
    expect(parseTrustDomainName('t'.repeat(255))).toEqual({ value: 't'.repeat(255) });
    expect(parseTrustDomainName('t'.repeat(256))).toEqual({ problem: expect.stringContaining('longer than 255') });
    accepts(`spiffe://${'t'.repeat(255)}/a`);
    expect(problemOf(`spiffe://${'t'.repeat(256)}/a`)).toContain('longer than 255');
  });
});

describe('ID-11: scheme and trust domain are lowercase, and are refused rather than folded', () => {
  it.each(['SPIFFE://td/a', 'Spiffe://td/a', 'spiffE://td/a', 'spiffe://TD/a', 'spiffe://td.Example/a'])(
    'refuses %j',
    (text) => {
      expect(problemOf(text)).toBeDefined();
    },
  );
});

describe('ID-12: the path keeps its case, and IDs are equal byte for byte', () => {
  it('keeps /Service and /service apart', () => {
    expect(parseSPIFFEID('spiffe://td/Service')).toEqual({ value: { trustDomain: 'td', path: '/Service' } });
    expect(parseSPIFFEID('spiffe://td/service')).toEqual({ value: { trustDomain: 'td', path: '/service' } });
  });
});

describe("ID-13: an authority's ID is its trust domain's own, without a path", () => {
  it('formats it without a slash', () => {
    expect(formatSPIFFEID({ trustDomain: 'example.org', path: '' })).toBe('spiffe://example.org');
  });
});

describe('ID-14: a rendered ID is validated again', () => {
  it('renders the convention for service accounts', () => {
    expect(serviceAccountID('example.org', 'shop', 'checkout')).toEqual({
      value: { trustDomain: 'example.org', path: '/ns/shop/sa/checkout' },
    });
  });

  it.each([
    ['td', '', 'a'],
    ['td', 'ns', ''],
    ['td', '.', 'a'],
    ['td', 'ns', '..'],
    ['td', 'a/b', 'c'],
    ['td', 'shop/sa/other', 'c'],
    ['td', 'shop', 'a/b'],
    ['td', 'shop', 'a?b'],
    ['td', 'shop', 'a#b'],
    ['td', 'shop', 'é'],
    ['td', 'sh%6fp', 'a'],
    ['TD', 'shop', 'a'],
    ['', 'shop', 'a'],
    ['td/x', 'shop', 'a'],
    ['td:1', 'shop', 'a'],
  ])('refuses trust domain %j, namespace %j, service account %j', (trustDomain, namespace, serviceAccount) => {
    expect(serviceAccountID(trustDomain, namespace, serviceAccount)).toHaveProperty('problem');
  });
});
