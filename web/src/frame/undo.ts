// What is done a little later, so that it can be taken back.

import { t } from '../i18n/index.svelte.ts';
import { passing } from './shell.svelte.ts';

/** Heard when the page is about to be left: what waits is done. */
const LEAVING = 'pagehide';

/** Says that it is done, and does it when the words are gone, or the page is; unless it is taken back. */
export function holdBack(text: string, perform: () => void, undo: () => void = () => undefined): void {
  let isOver = false;
  const end = (then: () => void): void => {
    if (isOver) return;
    isOver = true;
    removeEventListener(LEAVING, leave);
    then();
  };
  const leave = (): void => end(perform);
  addEventListener(LEAVING, leave);
  void passing(text, { action: { label: t('app.undo'), perform: () => end(undo) } }).then(leave);
}
