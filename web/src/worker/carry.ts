// How files travel: as `fetch` does it, but telling how much has gone.

import type { Carry } from '../sync/uploads.ts';

export const carry: Carry = (url, { method, headers, body, signal, sent }) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const end = (): void => signal.removeEventListener('abort', stop);
    const stop = (): void => request.abort();
    signal.addEventListener('abort', stop);
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    if (sent) request.upload.onprogress = (event) => sent(event.loaded);
    request.onload = () => (end(), resolve({ status: request.status, header: (name) => request.getResponseHeader(name) ?? undefined }));
    request.onerror = request.ontimeout = () => (end(), reject(new TypeError('the line broke')));
    request.onabort = () => (end(), reject(new DOMException('given up', 'AbortError')));
    if (signal.aborted) stop();
    else request.send(body ?? null);
  });
