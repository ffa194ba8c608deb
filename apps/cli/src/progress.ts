import { say, type Terminal } from './terminal.js';

const EVERY_MS = 2000;

/** A line on stderr now and then while something takes long. Returns what to call at each step. */
export function progress(terminal: Terminal, what: string): (done: number) => void {
  let next = performance.now() + EVERY_MS;
  return (done) => {
    if (performance.now() < next) return;
    next = performance.now() + EVERY_MS;
    terminal.warn(say`${done.toLocaleString('en-US')} ${what} …`.styled('dim'));
  };
}

/** Says to a person who waits what is being done. A script is not told: it reads the end. */
export function working(terminal: Terminal, what: string): void {
  if (terminal.interactive) terminal.warn(say`${what} …`.styled('dim'));
}
