// After a sign-in with the password a passkey is offered, once on this device.

const KEY = 'skein.passkeyOffered';

const offer = $state({ isOpen: false });

function wasMade(): boolean {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    // Where nothing is kept, one would be asked each time.
    return true;
  }
}

export function offersPasskey(): boolean {
  return offer.isOpen;
}

export function offerPasskey(): void {
  offer.isOpen = !wasMade();
}

/** It is seen: that was the one time. */
export function offered(): void {
  try {
    localStorage.setItem(KEY, '1');
  } catch {
    // It stays as it was.
  }
}

export function endOffer(): void {
  offer.isOpen = false;
}
