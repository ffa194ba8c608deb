import * as api from './api.js';
import { $, h } from './dom.js';

/** The page for whoever is not signed in. `message` says why, where there is something to say. */
export async function askToSignIn(message) {
  const { provider } = await api.ways().catch(() => ({ provider: false }));
  document.body.classList.add('signed-out');
  const field = h('input', { id: 'token', type: 'password', autocomplete: 'current-password', required: true });
  const said = h('p', { id: 'problem', class: 'problem', role: 'alert' }, message);
  const submit = async (event) => {
    event.preventDefault();
    try {
      await api.signIn(field.value);
      location.reload();
    } catch (problem) {
      said.textContent = problem.message;
      field.focus();
    }
  };
  $('request').replaceChildren(
    h(
      'form',
      { class: 'sign-in', onsubmit: submit },
      h('h1', {}, 'Sign in'),
      provider &&
        h('a', { class: 'provider', href: `/sign-in?to=${location.pathname}` }, 'Sign in with your organisation'),
      h('label', { for: 'token' }, 'API token'),
      field,
      said,
      h('button', { class: 'approve' }, 'Sign in'),
    ),
  );
  field.focus();
}
