// The modal dialogs that are open. What is outside the topmost is inert: nobody can press it, and nothing there is spoken.

import { untrack } from 'svelte';

let open = $state.raw<readonly HTMLDialogElement[]>([]);

export const modals = {
  /** The topmost: what is for every view has to be inside it. */
  get top(): HTMLDialogElement | undefined {
    return open.at(-1);
  },
};

/** Shows the dialog over all others; the answer closes it. */
export function showModal(dialog: HTMLDialogElement): () => void {
  const before = document.activeElement;
  dialog.showModal();
  untrack(() => (open = [...open, dialog]));
  return () => {
    open = untrack(() => open.filter((one) => one !== dialog));
    dialog.close();
    // Where one came from, unless one is led elsewhere: a dialog that is taken away at once does not see to that.
    if (document.activeElement === document.body && before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
  };
}
