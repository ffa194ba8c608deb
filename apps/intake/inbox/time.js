// Times in the reader's zone and manner, with the date when it is not today.

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

export function clock(text, now = new Date()) {
  const at = new Date(text);
  return at.toDateString() === now.toDateString() ? time.format(at) : `${day.format(at)}, ${time.format(at)}`;
}

/** "in 9 min": only for what is drawn again as time goes on. */
export function left(text, now = new Date()) {
  const minutes = Math.floor((new Date(text) - now) / 60_000);
  if (minutes < 0) return 'over';
  if (minutes < 1) return 'in less than a minute';
  if (minutes < 120) return `in ${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `in ${hours} hours` : `in ${Math.floor(hours / 24)} days`;
}

export const number = (value) => new Intl.NumberFormat().format(value);
