import { describe, expect, it } from 'vitest';
import { presentedBy, signInCookie, signInToken } from './browser-credential.js';

const page = { 'x-countersign-inbox': '1', 'sec-fetch-site': 'same-origin', host: 'gate.example' };
const signedIn = { ...page, cookie: 'theme=dark; countersign_sign_in=tok%3D1' };

describe("a browser's cookie is a credential", () => {
  it('when our own page sends it, and the surface is the inbox', () => {
    expect(presentedBy(signedIn)).toEqual({ token: 'tok=1', surface: 'inbox' });
  });

  it('also in a browser that does not say where a request comes from, if the origin is ours', () => {
    const { 'sec-fetch-site': _, ...old } = signedIn;
    expect(presentedBy({ ...old, origin: 'http://gate.example' })).toMatchObject({ token: 'tok=1' });
    expect(presentedBy(old)).toMatchObject({ token: 'tok=1' });
    for (const origin of ['https://evil.example', 'https://gate.example.evil.example', 'null', 'gate.example'])
      expect(presentedBy({ ...old, origin })).toBeUndefined();
  });

  it.each([
    ['a form of another site posts', { 'x-countersign-inbox': undefined }],
    ['the header says something else', { 'x-countersign-inbox': '0' }],
    ['another site sends', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling of our domain sends', { 'sec-fetch-site': 'same-site' }],
    ['a person types an address', { 'sec-fetch-site': 'none' }],
    ['there are two of it', { cookie: 'countersign_sign_in=planted; countersign_sign_in=tok' }],
    ['it is empty', { cookie: 'countersign_sign_in=' }],
    ['it is too long', { cookie: `countersign_sign_in=${'x'.repeat(8193)}` }],
    ['it is not encoded as we do', { cookie: 'countersign_sign_in=%zz' }],
    ['only its name is like it', { cookie: 'not_countersign_sign_in=tok; countersign_sign_in2=tok' }],
    ['there is none', { cookie: undefined }],
  ])('but not when %s', (_, more) => expect(presentedBy({ ...signedIn, ...more })).toBeUndefined());

  it('whose name over https no neighbour on our domain can set', () => {
    const origin = 'https://gate.example';
    const own = '__Host-countersign_sign_in=own';
    expect(presentedBy({ ...page, origin, cookie: own })).toMatchObject({ token: 'own' });
    expect(presentedBy({ ...page, origin, cookie: `countersign_sign_in=planted; ${own}` })).toMatchObject({
      token: 'own',
    });
    expect(presentedBy({ ...page, origin, cookie: 'countersign_sign_in=planted' })).toBeUndefined();
  });

  it('and gives way to a bearer token, whose surface is never the inbox', () => {
    const authorization = 'Bearer api';
    expect(presentedBy({ ...signedIn, authorization })).toEqual({ token: 'api' });
    expect(presentedBy({ authorization, 'x-countersign-surface': 'inbox' })).toEqual({ token: 'api' });
    expect(presentedBy({ authorization, 'x-countersign-surface': 'terminal' })).toEqual({
      token: 'api',
      surface: 'terminal',
    });
  });

  it('that no script reads, no other site sends, and that ends', () => {
    const cookie = signInCookie('a b;c', { secure: true, maxAgeS: 60 });
    expect(cookie).toBe('__Host-countersign_sign_in=a%20b%3Bc; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure');
    expect(signInToken({ cookie: cookie.split(';')[0]! })).toBe('a b;c');
    expect(signInCookie('', { secure: false, maxAgeS: 60 })).toBe(
      'countersign_sign_in=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict',
    );
  });
});
