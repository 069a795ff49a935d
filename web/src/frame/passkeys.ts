// Passkeys, as far as the browser makes and shows them: bytes become text, and what goes wrong becomes a word.

import { t } from '../i18n/index.svelte.ts';
import type { PasskeyBegun, PasskeyMade, PasskeyShown } from '../store/types.ts';
import { fromBase64Url, toBase64Url } from '../util/bytes.ts';
import { errorText } from './fault.ts';

/** `over`: it was ended here, and nobody has to know. */
export type Trouble = 'cancelled' | 'unsupported' | 'exists' | 'unusable' | 'over';

export class PasskeyError extends Error {
  constructor(readonly trouble: Trouble) {
    super(trouble);
  }
}

/** How long a person may take. */
const PATIENCE_MS = 240_000;

export function canPasskeys(): boolean {
  return typeof PublicKeyCredential === 'function' && 'getPublicKey' in AuthenticatorAttestationResponse.prototype;
}

/** Whether the browser can offer passkeys where a name is typed. */
export async function canSuggest(): Promise<boolean> {
  return canPasskeys() && ((await PublicKeyCredential.isConditionalMediationAvailable?.()) ?? false);
}

/** Whether this device itself knows its owner. */
export async function hasLock(): Promise<boolean> {
  return canPasskeys() && (await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable().catch(() => false));
}

function trouble(error: unknown): PasskeyError {
  const name = error instanceof Error ? error.name : '';
  const known: Record<string, Trouble> = { AbortError: 'over', InvalidStateError: 'exists', SecurityError: 'unsupported', NotSupportedError: 'unsupported', ConstraintError: 'unsupported' };
  return new PasskeyError(known[name] ?? 'cancelled');
}

export async function makePasskey(begun: PasskeyBegun, user: { address: string; name: string }, known: readonly string[]): Promise<PasskeyMade> {
  if (!canPasskeys()) throw new PasskeyError('unsupported');
  const made = await navigator.credentials
    .create({
      publicKey: {
        challenge: fromBase64Url(begun.challenge),
        rp: { id: location.hostname, name: 'Skein' },
        user: { id: fromBase64Url(begun.handle), name: user.address, displayName: user.name },
        pubKeyCredParams: begun.algorithms.map((alg) => ({ type: 'public-key' as const, alg })),
        authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
        excludeCredentials: known.map((id) => ({ type: 'public-key' as const, id: fromBase64Url(id) })),
        attestation: 'none',
        timeout: PATIENCE_MS,
      },
    })
    .catch((error: unknown) => {
      throw trouble(error);
    });
  const response = (made as PublicKeyCredential | null)?.response as AuthenticatorAttestationResponse | undefined;
  const key = response?.getPublicKey();
  if (!response || !key) throw new PasskeyError('unusable');
  return { algorithm: response.getPublicKeyAlgorithm(), key: toBase64Url(key), client: toBase64Url(response.clientDataJSON), data: toBase64Url(response.getAuthenticatorData()) };
}

/** `suggest`: the browser offers them where a name is typed, until `signal` ends it. */
export async function showPasskey(challenge: string, { suggest = false, signal }: { suggest?: boolean; signal?: AbortSignal } = {}): Promise<PasskeyShown> {
  if (!canPasskeys()) throw new PasskeyError('unsupported');
  const shown = await navigator.credentials
    .get({
      publicKey: { challenge: fromBase64Url(challenge), rpId: location.hostname, userVerification: 'required', ...(!suggest && { timeout: PATIENCE_MS }) },
      ...(suggest && { mediation: 'conditional' as const }),
      ...(signal && { signal }),
    })
    .catch((error: unknown) => {
      throw trouble(error);
    });
  const credential = shown as PublicKeyCredential | null;
  const response = credential?.response as AuthenticatorAssertionResponse | undefined;
  if (!credential || !response?.userHandle) throw new PasskeyError('unusable');
  return { id: toBase64Url(credential.rawId), handle: toBase64Url(response.userHandle), client: toBase64Url(response.clientDataJSON), data: toBase64Url(response.authenticatorData), signature: toBase64Url(response.signature) };
}

/** What went wrong, in words; empty if nobody has to know. `unknown`: what is said of a passkey that the server refuses. */
export function passkeyText(error: unknown, unknown: 'passkeys.unknown' | 'passkeys.wrongPassword'): string {
  if (error instanceof PasskeyError) return error.trouble === 'over' ? '' : t(`passkeys.${error.trouble}`);
  const { code } = (error as { fault?: { code?: string } } | null)?.fault ?? {};
  return code === 'not-authorized' ? t(unknown) : errorText(error);
}
