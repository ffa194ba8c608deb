import { $ } from './dom.js';

// Single keys, for hands that stay where they are. They can be turned off (WCAG 2.1.4), and never reach past what is being
// typed into.

const STORED = 'countersign.single-keys';

export function listenForKeys(actions) {
  const box = $('single-keys');
  box.checked = localStorage.getItem(STORED) !== 'off';
  box.addEventListener('change', () => localStorage.setItem(STORED, box.checked ? 'on' : 'off'));
  $('help').addEventListener('click', () => $('keys').showModal());
  document.addEventListener('keydown', (event) => {
    if ($('keys').open || event.isComposing || event.altKey || event.metaKey) return;
    const typing = event.target.matches('input, textarea, select, [contenteditable]');
    if (event.key === 'Escape') return done(event, actions.escape);
    if (event.ctrlKey) {
      if (event.key === 'Enter' && event.target.id === 'reason') done(event, actions.submitReason);
      return;
    }
    if (typing || !box.checked) return;
    const action = actions.keys[event.key];
    if (action) done(event, action);
  });
}

function done(event, action) {
  if (action() !== false) event.preventDefault();
}
