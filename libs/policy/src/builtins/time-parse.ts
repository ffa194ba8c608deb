import { daysIn, momentOf } from './moment.js';
import { refuse } from './operands.js';
import { DAYS, isFraction, isOffset, layoutParts, MONTHS, type LayoutPart } from './time-layout.js';

/** Nanoseconds since 1970 of a time written in a layout of Go. Undefined for what does not fit it. */
export function parseTime(layout: string, text: string): bigint {
  return new TimeReader(text).read(layoutParts(layout));
}

class TimeReader {
  #text: string;
  #year = 0;
  #month = -1;
  #day = -1;
  #yearDay = -1;
  #hour = 0;
  #minute = 0;
  #second = 0;
  #nanosecond = 0;
  #half: 'am' | 'pm' | undefined;
  #offset: number | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  read(parts: LayoutPart[]): bigint {
    for (const [i, part] of parts.entries()) {
      if ('literal' in part) this.#literal(part.literal);
      else this.#element(part.element, nextElement(parts, i));
    }
    if (this.#text !== '') return refuse();
    if (this.#half === 'pm' && this.#hour < 12) this.#hour += 12;
    if (this.#half === 'am' && this.#hour === 12) this.#hour = 0;
    this.#settleDay();
    if (this.#day < 1 || this.#day > daysIn(this.#year, this.#month)) return refuse();
    const ns = momentOf({
      year: this.#year,
      month: this.#month,
      day: this.#day,
      hour: this.#hour,
      minute: this.#minute,
      second: this.#second,
      nanosecond: this.#nanosecond,
    });
    return ns - BigInt(this.#offset ?? 0) * 1_000_000_000n;
  }

  // Spaces match any number of spaces, none included.
  #literal(literal: string): void {
    for (const piece of literal.match(/ +|[^ ]+/g) ?? []) {
      if (piece.startsWith(' ')) {
        if (this.#text !== '' && !this.#text.startsWith(' ')) return refuse();
        this.#text = this.#text.replace(/^ +/, '');
      } else if (this.#text.startsWith(piece)) this.#text = this.#text.slice(piece.length);
      else return refuse();
    }
  }

  #element(element: string, next: string): void {
    if (isFraction(element)) return this.#fraction(element);
    if (isOffset(element)) return this.#readOffset(element);
    switch (element) {
      case '06':
        this.#year = Number(this.#take(/^\d\d/));
        this.#year += this.#year >= 69 ? 1900 : 2000;
        return;
      case '2006':
        this.#year = Number(this.#take(/^\d{4}/));
        return;
      case 'Jan':
        this.#month = this.#lookUp(MONTHS.map((name) => name.slice(0, 3))) + 1;
        return;
      case 'January':
        this.#month = this.#lookUp(MONTHS) + 1;
        return;
      case '1':
      case '01':
        this.#month = within(this.#number(element), 1, 12);
        return;
      case 'Mon':
        this.#lookUp(DAYS.map((name) => name.slice(0, 3)));
        return;
      case 'Monday':
        this.#lookUp(DAYS);
        return;
      case '_2':
        this.#text = this.#text.replace(/^ /, '');
        this.#day = Number(this.#take(/^\d\d?/));
        return;
      case '2':
      case '02':
        this.#day = this.#number(element);
        return;
      case '__2':
        this.#text = this.#text.replace(/^ {1,2}/, '');
        this.#yearDay = Number(this.#take(/^\d{1,3}/));
        return;
      case '002':
        this.#yearDay = Number(this.#take(/^\d{3}/));
        return;
      case '15':
        this.#hour = within(Number(this.#take(/^\d\d?/)), 0, 23);
        return;
      case '3':
      case '03':
        this.#hour = within(this.#number(element), 0, 12);
        return;
      case '4':
      case '04':
        this.#minute = within(this.#number(element), 0, 59);
        return;
      case '5':
      case '05':
        this.#second = within(this.#number(element), 0, 59);
        // A fraction may follow that the layout does not show.
        if (/^[.,]\d/.test(this.#text) && !isFraction(next)) this.#readNanoseconds(this.#take(/^[.,]\d+/));
        return;
      case 'PM':
        this.#half = this.#take(/^(?:AM|PM)/) === 'PM' ? 'pm' : 'am';
        return;
      case 'pm':
        this.#half = this.#take(/^(?:am|pm)/) === 'pm' ? 'pm' : 'am';
        return;
      default:
        return this.#zoneName();
    }
  }

  #take(pattern: RegExp): string {
    const found = pattern.exec(this.#text)?.[0] ?? refuse();
    this.#text = this.#text.slice(found.length);
    return found;
  }

  // "01" has two digits, "1" one or two.
  #number(element: string): number {
    return Number(this.#take(element.length === 2 ? /^\d\d/ : /^\d\d?/));
  }

  #lookUp(names: string[]): number {
    const start = this.#text.toLowerCase();
    const index = names.findIndex((name) => start.startsWith(name.toLowerCase()));
    if (index < 0) return refuse();
    this.#text = this.#text.slice(names[index]!.length);
    return index;
  }

  #fraction(element: string): void {
    if (element[1] === '0') {
      const digits = this.#text.slice(0, element.length);
      if (!/^[.,]\d+$/.test(digits) || digits.length < element.length) return refuse();
      this.#text = this.#text.slice(element.length);
      this.#readNanoseconds(digits);
    } else if (/^[.,]\d/.test(this.#text)) this.#readNanoseconds(this.#take(/^[.,]\d+/));
  }

  #readNanoseconds(fraction: string): void {
    this.#nanosecond = Number(fraction.slice(1, 10).padEnd(9, '0'));
  }

  #readOffset(element: string): void {
    if (element.startsWith('Z') && this.#text.startsWith('Z')) {
      this.#text = this.#text.slice(1);
      this.#offset = 0;
      return;
    }
    const shape = element.slice(1).replace(/\d\d/g, '(\\d\\d)');
    const match = new RegExp(`^([+-])${shape}`).exec(this.#text) ?? refuse();
    this.#text = this.#text.slice(match[0].length);
    const [hours = 0, minutes = 0, seconds = 0] = match.slice(2).map(Number);
    const total = (within(hours, 0, 24) * 60 + within(minutes, 0, 60)) * 60 + within(seconds, 0, 60);
    this.#offset = match[1] === '-' ? -total : total;
  }

  // A name says nothing about the offset, not even "GMT+3": so it is in Go on a machine that runs in UTC.
  #zoneName(): void {
    if (this.#text.startsWith('UTC')) {
      this.#text = this.#text.slice(3);
      this.#offset = 0;
      return;
    }
    const gmt = /^GMT([+-]\d+)?/.exec(this.#text);
    if (gmt) {
      this.#text = this.#text.slice(Math.abs(Number(gmt[1] ?? 0)) <= 23 ? gmt[0].length : 3);
      return;
    }
    const signed = /^[+-]\d+/.exec(this.#text)?.[0];
    if (signed !== undefined) {
      if (Math.abs(Number(signed)) > 23) return refuse();
      this.#text = this.#text.slice(signed.length);
      return;
    }
    this.#take(/^(?:ChST|MeST|[A-Z]{4}T(?![A-Z])|WITA(?![A-Z])|[A-Z]{3}T(?![A-Z])|[A-Z]{3}(?![A-Z]))/);
  }

  // The day of the year, when it is given, must agree with the month and the day.
  #settleDay(): void {
    if (this.#yearDay < 0) {
      if (this.#month < 0) this.#month = 1;
      if (this.#day < 0) this.#day = 1;
      return;
    }
    const last = daysIn(this.#year, 2) === 29 ? 366 : 365;
    let [month, day] = [1, within(this.#yearDay, 1, last)];
    while (day > daysIn(this.#year, month)) day -= daysIn(this.#year, month++);
    if ((this.#month >= 0 && this.#month !== month) || (this.#day >= 0 && this.#day !== day)) return refuse();
    [this.#month, this.#day] = [month, day];
  }
}

function within(value: number, least: number, most: number): number {
  return value >= least && value <= most ? value : refuse();
}

function nextElement(parts: LayoutPart[], index: number): string {
  const next = parts.slice(index + 1).find((part) => 'element' in part);
  return next && 'element' in next ? next.element : '';
}
