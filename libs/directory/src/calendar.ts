import { DAYS, MINUTE, offsetAt, type Calendar, type Hours } from '@countersign/approval';
import { z } from 'zod';

// When the people of a group are at work, and when they are to be left in peace, as the directory file says it.

export const zone = z.string().refine(isZone, 'is not a time zone: write a name like Europe/Berlin');

/** Minutes after midnight. */
const time = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'write a time of day like "09:00", in quotes')
  .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));

const hours = z
  .array(
    z
      .strictObject({
        days: z
          .array(z.enum(DAYS))
          .min(1)
          .default([...DAYS]),
        from: time,
        to: time,
      })
      .refine(
        ({ from, to }) => from !== to && from < 1_440,
        'begins when it ends: write "00:00" to "24:00" for a whole day',
      ),
  )
  .min(1);

const date = z.string().refine((text) => isDate(text), 'is not a date: write it like "2026-12-25", in quotes');

export const calendar = z.strictObject({ zone, hours, holidays: z.array(date).default([]) });

export const quiet = z.strictObject({ zone: zone.optional(), hours });

interface Given {
  calendar?: z.infer<typeof calendar> | undefined;
  quiet?: z.infer<typeof quiet> | undefined;
}

/** Quiet hours are somewhere: where they say, or where the group works. */
export function requireZone(group: Given, context: z.RefinementCtx): void {
  if (!group.quiet || group.quiet.zone || group.calendar) return;
  context.addIssue({ code: 'custom', path: ['quiet', 'zone'], message: 'is missing: say where these hours are' });
}

/** When a group is at work and when it is left in peace, as the rules take it. */
export function toCalendar({ calendar: work, quiet: peace }: Given): Calendar {
  return {
    ...(work ? { work: work satisfies Hours } : {}),
    ...(peace ? { quiet: { zone: peace.zone ?? work!.zone, hours: peace.hours, holidays: [] } } : {}),
  };
}

function isZone(name: string): boolean {
  try {
    return Number.isFinite(offsetAt(name, 0));
  } catch {
    return false;
  }
}

function isDate(text: string): boolean {
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isFinite(at) && new Date(at + MINUTE).toISOString().startsWith(text);
}
