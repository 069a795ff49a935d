// Where files lie on our own server, and what the service worker keeps of them under which name.

export const FILES = '/upload/';
/** Of the cache in which pictures and recordings are kept that were looked at or heard. */
export const MEDIA = 'media';
/** An address with this behind it is of something to be seen once: it is kept nowhere. */
export const ONCE = '?once';
