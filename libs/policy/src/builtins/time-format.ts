import type { Civil } from './moment.js';
import { refuse } from './operands.js';
import { DAYS, isFraction, isOffset, layoutParts, MONTHS } from './time-layout.js';

/** A moment in a layout of Go. */
export function formatTime(civil: Civil, layout: string, zoneName: string): string {
  return layoutParts(layout)
    .map((part) => ('literal' in part ? part.literal : formatElement(civil, part.element, zoneName)))
    .join('');
}

const two = (value: number) => String(value).padStart(2, '0');
const twelve = (hour: number) => hour % 12 || 12;

function formatElement(civil: Civil, element: string, zoneName: string): string {
  const { year, month, day, hour, minute, second, weekday, yearDay } = civil;
  if (isFraction(element)) return fraction(civil.nanosecond, element);
  if (isOffset(element)) return offsetText(civil.offset, element);
  switch (element) {
    case '2006':
      return `${year < 0 ? '-' : ''}${String(Math.abs(year)).padStart(4, '0')}`;
    case '06':
      return two(Math.abs(year) % 100);
    case 'January':
      return MONTHS[month - 1]!;
    case 'Jan':
      return MONTHS[month - 1]!.slice(0, 3);
    case '1':
      return String(month);
    case '01':
      return two(month);
    case 'Monday':
      return DAYS[weekday]!;
    case 'Mon':
      return DAYS[weekday]!.slice(0, 3);
    case '2':
      return String(day);
    case '_2':
      return String(day).padStart(2);
    case '02':
      return two(day);
    case '__2':
      return String(yearDay).padStart(3);
    case '002':
      return String(yearDay).padStart(3, '0');
    case '15':
      return two(hour);
    case '3':
      return String(twelve(hour));
    case '03':
      return two(twelve(hour));
    case '4':
      return String(minute);
    case '04':
      return two(minute);
    case '5':
      return String(second);
    case '05':
      return two(second);
    case 'PM':
      return hour >= 12 ? 'PM' : 'AM';
    case 'pm':
      return hour >= 12 ? 'pm' : 'am';
    // Node does not know what people call the time in a zone.
    default:
      return zoneName === 'UTC' ? 'UTC' : refuse();
  }
}

// ".000" shows as many digits, ".999" no zeros at the end.
function fraction(nanosecond: number, element: string): string {
  const digits = String(nanosecond)
    .padStart(9, '0')
    .slice(0, element.length - 1);
  if (element[1] === '0') return element[0]! + digits;
  const kept = digits.replace(/0+$/, '');
  return kept === '' ? '' : element[0]! + kept;
}

function offsetText(offset: number, element: string): string {
  if (offset === 0 && element.startsWith('Z')) return 'Z';
  // Minutes are cut off towards zero before the sign is looked at, as Go does.
  const minutes = Math.trunc(offset / 60);
  const absolute = Math.abs(minutes);
  const shape = element.slice(1);
  const colon = shape.includes(':') ? ':' : '';
  let text = `${minutes < 0 ? '-' : '+'}${two(Math.trunc(absolute / 60))}`;
  if (shape !== '07') text += colon + two(absolute % 60);
  if (shape.length >= 6 && shape !== '07:00') text += colon + two(Math.abs(offset) % 60);
  return text;
}
