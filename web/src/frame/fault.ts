// What went wrong, in words; and the one way to try a command.

import { t, type Key } from '../i18n/index.svelte.ts';
import { ApiError } from '../sync/api.ts';
import type { Fault } from '../store/types.ts';
import { toast } from './shell.svelte.ts';

const CODES = new Set<string>(['offline', 'not-authorized', 'too-many-attempts', 'account-disabled', 'conflict', 'not-allowed', 'forbidden', 'not-found', 'not-acceptable', 'too-large', 'wait', 'not-supported', 'storage', 'timeout', 'bad-request', 'registration-required', 'internal'] satisfies Fault['code'][]);

/** A sentence in the reader's language. The server's own text is added where it says more. */
export function faultText(fault: Fault): string {
  const known = t((CODES.has(fault.code) ? `fault.${fault.code}` : 'fault.internal') as Key);
  return fault.text && ['not-acceptable', 'internal', 'bad-request'].includes(fault.code) ? fault.text : known;
}

export function errorText(error: unknown): string {
  // An error that came through the worker may have lost its class, never its fault.
  const fault = error instanceof ApiError ? error.fault : (error as { fault?: Fault } | null)?.fault;
  return fault ? faultText(fault) : t('fault.internal');
}

/** Waits for a command; if it fails a toast says why. True if it succeeded. */
export async function attempt(command: Promise<unknown>, done?: string): Promise<boolean> {
  try {
    await command;
    if (done) toast(done);
    return true;
  } catch (error) {
    toast(errorText(error), { bad: true });
    return false;
  }
}
