// After a sign-in with the password a passkey is offered, once on this device.

import { keep, kept } from './kept.ts';

const KEY = 'skein.passkeyOffered';

const offer = $state({ isOpen: false });

export function offersPasskey(): boolean {
  return offer.isOpen;
}

export function offerPasskey(): void {
  // Where nothing is kept, one would be asked each time.
  offer.isOpen = kept(KEY) === null;
}

/** It is seen: that was the one time. */
export function offered(): void {
  keep(KEY, '1');
}

export function endOffer(): void {
  offer.isOpen = false;
}
