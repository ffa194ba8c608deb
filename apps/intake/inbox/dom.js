// Elements from names and texts. There is no way here to turn a text into markup, and the page's policy forbids every other.

/** An element: attributes by name, `on…` as listeners, `undefined` and `false` left out; children are elements and texts. */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? '' : String(value));
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== '' && child !== false));
  return element;
}

export const $ = (id) => document.getElementById(id);

/** A text that others wrote: its direction ends where it ends. */
export const quoted = (text) => h('bdi', {}, text);
