import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import { visible } from '@countersign/approval';

// Everything that reaches a terminal is a Text. A plain string put into one may come from an agent or a database, so its
// control characters are made visible; only the fixed words of this program are printed as they are.

const STYLES = { bold: '1', dim: '2', red: '31', green: '32', yellow: '33', cyan: '36' } as const;
export type Style = keyof typeof STYLES;

/** Text that is safe to print, in parts that may be styled. */
export class Text {
  constructor(private readonly parts: readonly { text: string; style?: Style }[]) {}

  styled(style: Style): Text {
    return new Text(this.parts.map((part) => ({ style, ...part })));
  }

  concat(other: Text): Text {
    return new Text([...this.parts, ...other.parts]);
  }

  render(colour: boolean): string {
    return this.parts.map(({ text, style }) => (colour && style ? paint(text, STYLES[style]) : text)).join('');
  }
}

/** A template whose values are inert. Newlines in a value stay; what could move the cursor or hide text becomes visible. */
export function say(strings: TemplateStringsArray, ...values: (string | number | Text)[]): Text {
  return strings.reduce((text, fixed, index) => {
    const value = values[index];
    const next = text.concat(new Text([{ text: fixed }]));
    if (value === undefined) return next;
    return next.concat(value instanceof Text ? value : new Text([{ text: visible(String(value)) }]));
  }, new Text([]));
}

/** A text with so many spaces behind it that columns meet. They are this program's own, and no run that could hide something. */
export function column(text: string, width: number): Text {
  return say`${text}`.concat(new Text([{ text: ' '.repeat(Math.max(0, width - text.length)) }]));
}

export function joinTexts(texts: readonly Text[], separator: string): Text {
  return texts.reduce(
    (all, text, index) => (index === 0 ? text : all.concat(say`${separator}`).concat(text)),
    new Text([]),
  );
}

export interface Streams {
  stdin: Readable & { isTTY?: boolean };
  stdout: Writable & { isTTY?: boolean };
  stderr: Writable & { isTTY?: boolean };
}

/** Where a verb speaks. With --json, stdout carries JSON alone and every message goes to stderr. */
export class Terminal {
  constructor(
    private readonly streams: Streams,
    private readonly options: { json: boolean; noColour: boolean },
  ) {}

  get json(): boolean {
    return this.options.json;
  }

  /** True when a person sits in front of it and can be asked. */
  get interactive(): boolean {
    return Boolean(this.streams.stdin.isTTY && this.streams.stdout.isTTY) && !this.json;
  }

  print(text: Text): void {
    write(this.json ? this.streams.stderr : this.streams.stdout, text, this.options.noColour);
  }

  warn(text: Text): void {
    write(this.streams.stderr, text, this.options.noColour);
  }

  /** One JSON value. Characters that hide or reorder text are escaped, which changes the text but not the value. */
  value(value: unknown, indent = 2): void {
    this.streams.stdout.write(`${escapeHidden(JSON.stringify(value, null, indent))}\n`);
  }

  /** Exact bytes, for files and pipes. */
  bytes(bytes: Uint8Array): void {
    this.streams.stdout.write(bytes);
  }

  /** Waits until what was printed has gone out, so that a long list is not kept in memory for a slow reader. */
  async drained(): Promise<void> {
    if (this.streams.stdout.writableNeedDrain) await once(this.streams.stdout, 'drain');
  }

  async confirm(question: Text): Promise<boolean> {
    const prompt = createInterface({ input: this.streams.stdin, output: this.streams.stdout });
    try {
      const answer = await prompt.question(`${question.render(!this.options.noColour)} [y/N] `);
      return /^y(es)?$/i.test(answer.trim());
    } finally {
      prompt.close();
    }
  }
}

function write(stream: Streams['stdout'], text: Text, noColour: boolean): void {
  stream.write(`${text.render(Boolean(stream.isTTY) && !noColour)}\n`);
}

function paint(text: string, code: string): string {
  return `\u001b[${code}m${text}\u001b[0m`;
}

function escapeHidden(json: string): string {
  return json.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => {
    if (char === '\n') return char;
    return [...Array(char.length).keys()].map((i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`).join('');
  });
}
