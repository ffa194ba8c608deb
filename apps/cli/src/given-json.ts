import { UsageError } from './exit.js';

// JSON that somebody has typed or written down, still as text.

/** The text of an object, as given. Throws UsageError. */
export function objectText(text: string, option: string): string {
  const value: unknown = JSON.parse(jsonText(text, option));
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new UsageError(`${option} is not a JSON object: write {"…": …}`);
  return text;
}

/** The text as given: the service judges duplicates and digits, and it must see what was typed. */
export function jsonText(text: string, option: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch (error) {
    throw new UsageError(
      `${option} is not JSON (${(error as Error).message}): quote it for the shell, as in '{"rows": 5}'`,
    );
  }
}
