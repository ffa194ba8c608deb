import { badRequest, type ScimType } from './problem.js';

export type Token =
  | { kind: '(' | ')' | '[' | ']' | 'end'; at: number }
  | { kind: 'word'; text: string; at: number }
  | { kind: 'literal'; value: string | number; at: number };

/** Longest text of a filter or path, in characters. */
const MAX_LENGTH = 8_192;

const SPACE = /\s*/y;
/** Names, URNs, operators, true, false and null. A leading dot continues what a bracket ended. */
const WORD = /\.?[A-Za-z$][\w$:.-]*/y;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y;
const STRING = /"(?:[^"\\]|\\.)*"/sy;

/** Takes a filter or path apart (RFC 7644 figure 1). Throws ScimProblem that says where it stops making sense. */
export function tokensOf(text: string, scimType: ScimType): Token[] {
  if (text.length > MAX_LENGTH)
    throw badRequest(scimType, `the text has more than ${MAX_LENGTH} characters: ask for less at a time`);
  const tokens: Token[] = [];
  let at = 0;
  const next = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  for (;;) {
    next(SPACE);
    const start = at;
    if (at === text.length) return [...tokens, { kind: 'end', at }];
    const char = text[at]!;
    if (char === '(' || char === ')' || char === '[' || char === ']') {
      tokens.push({ kind: char, at });
      at++;
      continue;
    }
    const string = next(STRING);
    if (string !== undefined) {
      tokens.push({ kind: 'literal', value: unquoted(string, start, scimType), at: start });
      continue;
    }
    const number = next(NUMBER);
    if (number !== undefined) {
      tokens.push({ kind: 'literal', value: Number(number), at: start });
      continue;
    }
    const word = next(WORD);
    if (word === undefined)
      throw badRequest(
        scimType,
        `the text makes no sense from character ${start + 1} on: write strings in double quotes, as userName eq "dana@acme.example"`,
      );
    tokens.push({ kind: 'word', text: word, at: start });
  }
}

function unquoted(text: string, at: number, scimType: ScimType): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    throw badRequest(
      scimType,
      `the text has a string at character ${at + 1} that is not a JSON string: escape \\ and control characters`,
    );
  }
}
