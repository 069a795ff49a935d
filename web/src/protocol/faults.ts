// The words that the interface has sentences for, from the conditions of RFC 6120 section 8.3.3.

import type { Fault } from '../util/fault.ts';

const CODES: Record<string, Fault['code']> = {
  offline: 'offline',
  'remote-server-timeout': 'timeout',
  'remote-server-not-found': 'not-found',
  'item-not-found': 'not-found',
  'recipient-unavailable': 'not-found',
  gone: 'not-found',
  'not-authorized': 'not-authorized',
  'not-allowed': 'not-allowed',
  forbidden: 'forbidden',
  conflict: 'conflict',
  'not-acceptable': 'not-acceptable',
  'policy-violation': 'wait',
  'resource-constraint': 'wait',
  'registration-required': 'registration-required',
  'service-unavailable': 'not-supported',
  'feature-not-implemented': 'not-supported',
  'bad-request': 'bad-request',
  'jid-malformed': 'bad-request',
};

export function faultOf(condition: string, text?: string): Fault {
  return { code: CODES[condition] ?? 'internal', ...(text && { text }) };
}
