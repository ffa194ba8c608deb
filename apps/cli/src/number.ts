import { UsageError } from './exit.js';

/** A whole number from 1. */
export function parseWhole(text: string, option: string, most: number): number {
  if (/^[1-9]\d{0,8}$/.test(text) && Number(text) <= most) return Number(text);
  throw new UsageError(`${option} is "${text}": write a number from 1 to ${most}`);
}
