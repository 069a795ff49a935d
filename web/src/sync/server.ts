// Which server served this page, and where its socket is.

import { faultOf } from '../protocol/faults.ts';
import type { RegistrationMode, ServerInfo } from '../store/types.ts';
import { ApiError } from './api.ts';

const MODES: RegistrationMode[] = ['open', 'invite', 'approval', 'closed'];

/** `/client.json`, which our server offers, and what time it is there; another may serve this client as files alone. */
export async function readServer(get: typeof fetch, origin: string): Promise<{ server: ServerInfo; time?: number }> {
  const fallback: ServerInfo = { domain: new URL(origin).hostname, registration: 'closed' };
  let answer: Response;
  try {
    answer = await get(`${origin}/client.json`, { credentials: 'omit' });
  } catch {
    throw new ApiError(faultOf('offline'));
  }
  const date = Date.parse(answer.headers?.get('Date') ?? '');
  const time = Number.isFinite(date) ? { time: date } : {};
  if (!answer.ok) return { server: fallback, ...time };
  const told = (await answer.json().catch(() => ({}))) as { domain?: unknown; registration?: unknown; name?: unknown; files?: unknown; tiles?: { url?: unknown; credit?: unknown } | null; passkeys?: unknown };
  const tiles = told.tiles?.url;
  const server: ServerInfo = {
    domain: typeof told.domain === 'string' ? told.domain : fallback.domain,
    registration: MODES.find((mode) => mode === told.registration) ?? 'closed',
    ...(typeof told.name === 'string' && { name: told.name }),
    ...(typeof told.files === 'string' && { files: told.files }),
    ...(Array.isArray(told.passkeys) && told.passkeys.includes(origin) && { passkeys: true }),
    ...(typeof tiles === 'string' && isTemplate(tiles) && { tiles: { url: tiles, credit: typeof told.tiles?.credit === 'string' ? told.tiles.credit : '' } }),
  };
  return { server, ...time };
}

function isTemplate(url: string): boolean {
  return /^https?:\/\//.test(url) && ['{z}', '{x}', '{y}'].every((part) => url.includes(part));
}

/** The server of this page, whichever of its domains it is; the content security policy allows no other. */
export function socketUrl(origin: string, _domain: string): string {
  return `${origin.replace(/^http/, 'ws')}/ws`;
}
